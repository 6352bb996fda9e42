"""The command `sla` of a shell in which pages are typed: with its modules loaded, as services are.

The script in its place says which process it is, and ends as the program does that is forked for
it: with the arguments, environment and folder of that process, and says all where that would.
"""

import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from tests.support.forking import Forked

FRESH = f'#!/bin/sh\nexec {sys.executable} -m ops.cli "$@"\n'
_ASKING = """#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/{port} 4>&1 5>&2 # echo moves 1 away for a moment
echo $$ >&3
read -r code <&3
exit "$code"
"""


@contextmanager
def command() -> Generator[str]:
    """The script, which works until this is left."""
    if sys.platform != "linux":
        yield FRESH
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=_serve, args=(listener,), daemon=True).start()
        yield _ASKING.format(port=listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket) -> None:
    while True:
        try:
            asking, _ = listener.accept()
        except OSError:  # it is left
            return
        Thread(target=_answer, args=(asking,), daemon=True).start()


def _answer(asking: socket.socket) -> None:
    with asking, asking.makefile("rw") as lines:
        process = Path("/proc", lines.readline().strip())
        _, _, *arguments = _split(process / "cmdline")  # bash, and the script
        environment = dict(one.split("=", 1) for one in _split(process / "environ"))
        out, err = process / "fd" / "4", process / "fd" / "5"
        program = Forked(arguments, environment, out, err, (process / "cwd").readlink())
        lines.write(f"{program.wait()}\n")


def _split(file: Path) -> list[str]:
    return file.read_bytes().decode().split("\0")[:-1]
