"""What backups that were broken off have left in the folder, and that it is nobody's any more.

One that is killed, or finds the disk full, leaves half a copy, or a proof: as large as a whole one,
or as the database.
"""

import os
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ops.backups import folder as places

if sys.platform != "win32":  # where no server is copied
    import fcntl

_LOCK = ".lock"


class UnderWay(Exception):
    """Another backup into the folder has not ended."""


@contextmanager
def alone(folder: Path) -> Generator[int]:
    """While nobody else makes one there. The kernel lets go once this process has ended, and each
    program to which the descriptor was handed. Raises UnderWay at once."""
    file = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UnderWay(f"Another backup into {folder} is under way.") from error
        yield file
    finally:
        os.close(file)


def clear(folder: Path) -> int:
    """Remove them; answers how many. Only for who is alone there."""
    left = [one for one in places.base(folder).iterdir() if _is_ours(one)]
    left = [one / places.PROOF if places.is_whole(one) else one for one in left]
    left = [one for one in left if one.exists()]
    for one in left:
        # What the server of a proof still removes itself, or nobody can, is for the next time.
        shutil.rmtree(one, ignore_errors=True)
    return sum(not one.exists() for one in left)


def _is_ours(one: Path) -> bool:
    """By its name: what people have put there is left alone."""
    try:
        datetime.strptime(one.name.removeprefix("."), places.NAMED).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True
