"""As whom PostgreSQL runs: it refuses root, and initdb refuses a user without a name."""

import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ops.embedded.errors import PostgresUnavailable

if sys.platform != "win32":
    import pwd

logger = logging.getLogger(__name__)

_LAUNCHER = Path(__file__).with_name("launcher.py")
_LIKELY_NAMED = (1000, 1, 2, 65534)  # inside a namespace any user will do that has a name


@dataclass(frozen=True)
class Identity:
    """A user for the server: how the launcher becomes it, and to whom its files belong."""

    argument: str
    uid: int
    gid: int

    def popen(
        self, command: Sequence[str | Path], *, cwd: Path, output: IO[bytes] | int
    ) -> subprocess.Popen[bytes]:
        """Start a program that ends with the *thread* that calls this (Linux) or our process."""
        return subprocess.Popen(
            [sys.executable, "-I", "-S", _LAUNCHER, self.argument, str(os.getpid()), *command],
            cwd=cwd,
            env={name: value for name, value in os.environ.items() if name[:2] != "PG"},
            stdin=subprocess.PIPE,  # its end says on other systems that we have ended
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us: we stop the server after its clients
        )

    def own(self, folder: Path) -> None:
        """Make a folder and all that is in it the server's."""
        if folder.stat().st_uid == self.uid:
            return
        logger.info("giving the database folder to the server's user", extra={"uid": self.uid})
        os.chown(folder, self.uid, self.gid)
        for parent, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(Path(parent, name), self.uid, self.gid, follow_symlinks=False)


def choose(programs: Path, data_dir: Path) -> Identity:
    """The first user that may run the programs beside the data. Raises PostgresUnavailable."""
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and _named(uid):
        return Identity("self", uid, gid)
    inside = next((likely for likely in _LIKELY_NAMED if _named(likely)), 1000)
    candidates = [Identity(f"namespace:{inside}", uid, gid)]
    if uid == 0:
        # Never below the owner of the place: root may work in somebody's private home folder.
        other = data_dir.parent.stat().st_uid or 65534
        group = pwd.getpwuid(other).pw_gid if _named(other) else other
        candidates.append(Identity(f"user:{other}:{group}", other, group))
    for candidate in candidates:
        if _works(candidate, programs, data_dir):
            return candidate
        logger.info("user not usable for PostgreSQL", extra={"identity": candidate.argument})
    raise PostgresUnavailable(
        f"PostgreSQL cannot run as {'root' if uid == 0 else f'user {uid}, who has no name'}, and "
        f"no other user may use {programs} and {data_dir}. Run the program as an ordinary user, "
        "or set DATABASE_URL to a PostgreSQL server."
    )


def _named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _works(identity: Identity, programs: Path, data_dir: Path) -> bool:
    """Whether that user may read the programs and enter the data folder."""
    look = [
        "/bin/sh",
        "-c",
        'cd "$1" && exec "$2" --version',
        "sh",
        data_dir,
        programs / "postgres",
    ]
    with identity.popen(look, cwd=Path("/"), output=subprocess.DEVNULL) as probe:
        return probe.wait() == 0
