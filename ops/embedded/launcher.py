"""Becomes a PostgreSQL program: as a user that it accepts, and tied to its owner's life.

Run by its path in a fresh interpreter (`python -I -S launcher.py IDENTITY OWNER COMMAND...`), so
that what happens between fork and exec runs in no copy of a process with threads. It imports
nothing of ours. IDENTITY is `self`, `namespace:UID` (a user namespace in which we are UID) or
`user:UID:GID`; OWNER is the process whose end ends the server.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

_CLONE_NEWUSER = 0x10000000  # linux/sched.h
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def become(identity: str) -> None:
    """Change the user of this process. Raises OSError where that is not permitted."""
    match identity.split(":"):
        case ["namespace", inside]:
            uid, gid = os.geteuid(), os.getegid()
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(_CLONE_NEWUSER) != 0:
                raise OSError(ctypes.get_errno(), "unshare")
            own = Path("/proc/self")
            (own / "setgroups").write_text("deny")  # else the kernel refuses the next but one
            (own / "uid_map").write_text(f"{inside} {uid} 1")
            (own / "gid_map").write_text(f"{inside} {gid} 1")
        case ["user", uid, gid]:
            os.setgroups([])
            os.setgid(int(gid))
            os.setuid(int(uid))
        case _:
            pass


def end_with_parent(owner: int) -> None:
    """Linux: the kernel sends us SIGINT, a clean shutdown, when the thread that made us ends.

    Survives exec, but not a change of user: call it after `become`.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a parent in the background may ignore it
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGINT) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != owner:  # it ended before we asked
        raise SystemExit(1)


def watch(command: list[str]) -> int:
    """Elsewhere: stay beside the program, and end it when our standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a parent in the background may ignore it
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def pass_on(number: int, _: FrameType | None) -> None:
        server.send_signal(number)

    def until_owner_ends() -> None:
        while os.read(0, 1):  # not by sys.stdin, whose lock would abort the interpreter's end
            pass
        server.send_signal(signal.SIGINT)

    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, pass_on)
    threading.Thread(target=until_owner_ends, daemon=True).start()
    return server.wait()


def main(identity: str, owner: str, *command: str) -> int:
    become(identity)
    if sys.platform != "linux":
        return watch(list(command))
    end_with_parent(int(owner))
    os.execv(command[0], command)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
