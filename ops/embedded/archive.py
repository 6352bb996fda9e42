"""Keeps the server's write-ahead log elsewhere, segment by segment, and brings it back.

Run by PostgreSQL by its path in a fresh interpreter: `python -I -S archive.py put SEGMENT FOLDER`
is its `archive_command`, `… get NAME FOLDER TARGET` its `restore_command`. It imports nothing of
ours. What is kept is durable: PostgreSQL throws its own away once this has ended well.
"""

import gzip
import os
import shutil
import sys
from pathlib import Path

_LEVEL = 1  # a segment is mostly a tenth of its size then; more would cost the processor
_ENDING = ".gz"


def put(segment: Path, folder: Path) -> None:
    """Keep a file. One that is there already must be the same; raises FileExistsError else."""
    kept = folder / (segment.name + _ENDING)
    content = segment.read_bytes()
    if kept.exists():
        if gzip.decompress(kept.read_bytes()) != content:
            raise FileExistsError(f"{kept} is of another server, or of another life of this one")
        return
    draft = folder / f".{kept.name}"
    with draft.open("wb") as file:
        file.write(gzip.compress(content, _LEVEL, mtime=0))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(kept)
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def get(name: str, folder: Path, target: Path) -> bool:
    """Bring a file back; False: it was never kept."""
    kept = folder / (name + _ENDING)
    if not kept.exists():
        return False
    with gzip.open(kept) as packed, target.open("wb") as file:
        shutil.copyfileobj(packed, file)
    return True


def main(verb: str, name: str, folder: str, *target: str) -> int:
    if verb == "put":
        put(Path(name), Path(folder))
        return 0
    return 0 if get(name, Path(folder), Path(*target)) else 1


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
