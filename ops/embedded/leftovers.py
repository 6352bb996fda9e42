"""What an earlier server of a data folder left behind: a dying one, orphans, stale files."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path

from ops.embedded.errors import PostgresUnavailable

logger = logging.getLogger(__name__)

_POLL = 0.02  # seconds
# Signals, by name because Windows lacks some, and the seconds that each is given. A clean shutdown
# writes a checkpoint first; whatever ends without is recovered from the log at the next start.
ASK = (("SIGINT", 30.0), ("SIGQUIT", 10.0), ("SIGKILL", 10.0))
_FORCE = (("SIGKILL", 10.0),)


def clear(data: Path, sockets: Path) -> None:
    """Leave nothing that keeps a new server from starting on this folder.

    For the owner of the folder only: whatever else serves it is asked to end, then made to.
    Raises PostgresUnavailable when it does not end.
    """
    pid = _recorded(data)
    if pid is not None and is_server_of(pid, data):
        logger.warning("waiting for an earlier PostgreSQL server to end", extra={"pid": pid})
        _end([pid], lambda: not is_server_of(pid, data), ASK)
    if orphans := list(_servers_in(data)):
        # Children outlive a killed postmaster until their statement is done, and PostgreSQL refuses
        # to start beside them. What they have committed is in the log. Where we cannot find them,
        # outside Linux, the supervisor tries until they are gone.
        logger.warning("ending orphans of an earlier PostgreSQL server", extra={"pids": orphans})
        _end(orphans, lambda: not any(_servers_in(data)), _FORCE)
    # Empty, or naming a zombie or a stranger, it would keep the server from starting; naming our
    # own next pid, as in a container started again, it would look like an early readiness.
    # PostgreSQL still refuses while anybody is attached to the shared memory of the folder.
    (data / "postmaster.pid").unlink(missing_ok=True)
    for leftover in sockets.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)


def ready_pid(data: Path) -> int | None:
    """The server of the folder once it answers."""
    return _recorded(data, "ready")


def is_server_of(pid: int, data: Path) -> bool:
    """Whether a process is alive and a PostgreSQL server of this folder."""
    if sys.platform != "linux":
        return _is_server_by_ps(pid, data)
    process = Path("/proc", str(pid))
    try:
        if (process / "comm").read_text().strip() != "postgres":
            return False
        # Servers live in their folder, zombies nowhere; the folder may be given as a link.
        return (process / "cwd").readlink() == data.resolve()
    except PermissionError:
        with suppress(OSError):  # it has ended meanwhile
            return os.fsencode(data) in (process / "cmdline").read_bytes().split(b"\0")
        return False
    except OSError:
        return False


def _is_server_by_ps(pid: int, data: Path) -> bool:
    shown = subprocess.run(
        ["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return not shown.startswith("Z") and "postgres" in shown and str(data) in shown


def _servers_in(data: Path) -> Iterator[int]:
    """Every server process of the folder, children too; only Linux can tell."""
    if sys.platform == "linux":
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and is_server_of(int(process.name), data):
                yield int(process.name)


def _recorded(data: Path, status: str = "") -> int | None:
    """The process in the server's own pid file (pid on line 1, status on line 8), if any."""
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
        return int(lines[0]) if not status or lines[7].strip() == status else None
    except (OSError, ValueError, IndexError):
        return None


def _end(
    pids: Collection[int],
    ended: Callable[[], bool],
    patience: Collection[tuple[str, float]],
) -> None:
    for name, seconds in patience:
        for pid in pids:
            with suppress(ProcessLookupError):  # it has ended by itself
                os.kill(pid, signal.Signals[name])
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if ended():
                return
            time.sleep(_POLL)
    raise PostgresUnavailable(f"An earlier PostgreSQL server does not end: {list(pids)}")
