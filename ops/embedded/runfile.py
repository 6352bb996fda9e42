"""Who serves a data folder, and where: the owner's lock, and the file that others read."""

import json
import os
import stat
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo

from ops.embedded.errors import PostgresUnavailable

if sys.platform != "win32":  # where only `conninfo_from` is of use
    import fcntl

USER = DATABASE = "sla"
PORT = 5432  # only a part of the socket's name
_SOCKET_PATH_BYTES = 107  # sockaddr_un.sun_path on Linux, less its final zero; 103 on macOS


@dataclass(frozen=True)
class Running:
    """A server as its owner announces it."""

    socket_dir: str
    port: int
    postmaster_pid: int
    owner_pid: int

    def write(self, path: Path) -> None:
        """Replace the run file in one step."""
        draft = path.with_name(f"{path.name}.new")
        draft.write_text(json.dumps(asdict(self)) + "\n")
        draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> "Running | None":
        """What the last owner announced; it may be gone since."""
        try:
            said = json.loads(path.read_text())
            return cls(
                str(said["socket_dir"]),
                int(said["port"]),
                int(said["postmaster_pid"]),
                int(said["owner_pid"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None


def conninfo(socket_dir: str, database: str = DATABASE, port: int = PORT) -> str:
    """How psycopg reaches the server."""
    return make_conninfo(host=socket_dir, port=port, user=USER, dbname=database)


def can_be_found(socket_dir: str, port: int = PORT) -> bool:
    """Whether the socket is still where clients look for it: a clean-up of temporary files may
    take it, or its folder, and then the server runs on where nobody can reach it."""
    return os.path.exists(os.path.join(socket_dir, f".s.PGSQL.{port}"))


class OwnerLock:
    """At most one process serves a data folder; the kernel lets go when that process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        os.register_at_fork(after_in_child=self._close)  # a forked child must not keep it

    def acquire(self) -> bool:
        """Whether we are the owner now; never waits. Raises PostgresUnavailable."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError as error:
            raise PostgresUnavailable(
                f"{self._path.parent} belongs to another user, perhaps of an earlier run: run the "
                "program as that user, give yourself the folder with chown, or name another one "
                "in SLA_DATA_DIR."
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Let another process become the owner."""
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def socket_dir(wanted: str | None, uid: int, gid: int) -> str:
    """A private folder for the socket, short enough for its path, for the server's user.

    `wanted`, the one of an earlier server, is kept where possible: clients know it.
    """
    for folder in (wanted, None):
        if folder is None:
            folder = tempfile.mkdtemp(prefix="sla-", dir=_short_temporary_dir())
        elif not _private(folder, uid):
            continue
        os.chown(folder, uid, gid)
        return folder
    raise PostgresUnavailable("no folder for the socket")


def _private(folder: str, uid: int) -> bool:
    """Whether the folder is ours alone; made again if a clean-up of temporary files took it."""
    try:
        os.makedirs(folder, 0o700)
    except FileExistsError:
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077:
            return False
        return found.st_uid in (uid, os.geteuid())
    except OSError:
        return False
    return True


def _short_temporary_dir() -> str:
    """The usual place, unless its name is too long for a socket in it."""
    usual = tempfile.gettempdir()
    longest = os.path.join(usual, "sla-12345678", f".s.PGSQL.{PORT}.lock")
    return (
        usual if len(os.fsencode(longest)) < _SOCKET_PATH_BYTES - 4 else os.path.join(os.sep, "tmp")
    )
