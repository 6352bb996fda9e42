"""Programs of ours that begin with their modules loaded: forked from a process that loads them.

To load them takes a second of CPU, which is most of what a service of a test does. Most of what is
left is to look at all routes for the first time: that process has made a service once. And it gives
them the patience of tests. The rest is the same: `python -m ops.cli` in a process of its own, with
its environment, files and signals. Whoever measures, or tries how it starts, runs the programs
without this.
"""

import asyncio
import atexit
import gc
import importlib
import json
import logging
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from tests.support.patience import LIMITS, PATIENCE

ROOT = Path(__file__).parents[2]
LOADED = (
    *("ops.wiring", "ops.commands.serve", "ops.demo.mock_slack", "ops.demo.mock_slack_people"),
    *("ops.backup_cli", "ops.config_cli", "ops.excuses_cli", "ops.held_cli", "ops.import_cli"),
    *("ops.log_cli", "ops.notifications_cli", "ops.on_call_cli", "ops.silences_cli"),
    *("ops.sources_cli", "ops.tokens_cli"),
    # What is otherwise loaded when it is first needed
    *("anyio._backends._asyncio", "apscheduler.executors.asyncio", "uvicorn.lifespan.off"),
    *("uvicorn.loops.uvloop",),
)
"""Not `ops.cli`, which each runs itself."""
_POLL = 0.01


class Forked:
    """One such program, to be handled as `subprocess.Popen` is."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        out: Path,
        err: Path,
        folder: Path = ROOT,
        module: str = "ops.cli",
    ) -> None:
        """`folder` is where it works; what it says is appended to `out` and `err`."""
        files = {"out": str(out), "err": str(err), "folder": str(folder), "module": module}
        about = {"arguments": arguments, "environment": dict(environment), **files}
        self.pid: int = _first().ask({"fork": about})
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code once it has ended; less than 0 if by a signal."""
        if self._code is None:
            self._code = _first().ask({"poll": self.pid})
        return self._code

    def wait(self, timeout: float = 3 * PATIENCE) -> int:
        """Raises subprocess.TimeoutExpired."""
        give_up = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > give_up:
                raise subprocess.TimeoutExpired("a forked program", timeout)
            time.sleep(_POLL)
        return code

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def _signal(self, which: signal.Signals) -> None:
        if self.poll() is None:  # it is not let go of before: the pid is its own
            os.kill(self.pid, which)


class _First:
    """From which all are forked."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forking"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what is loaded looks whether this is a terminal
        )
        atexit.register(self._end)

    def ask(self, request: Mapping[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def _end(self) -> None:
        with self._process:  # it ends with its input
            pass


_made: list[_First] = []


def _first() -> _First:
    if not _made:
        _made.append(_First())
    return _made[0]


def main() -> None:
    """Does as it is asked by lines of its input; in a fork, returns as the program that it is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for those who end the programs
    for name in LOADED:
        importlib.import_module(name)
    for name in LIMITS:
        module, _, limit = name.rpartition(".")
        setattr(importlib.import_module(module), limit, PATIENCE)
    asyncio.run(_make_a_service())
    gc.collect()
    gc.freeze()
    while request := sys.stdin.buffer.readline():
        asked: dict[str, Any] = json.loads(request)
        if "poll" in asked:
            pid, status = os.waitpid(asked["poll"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if answer == 0:
                _become(**asked["fork"])
                return
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


async def _make_a_service() -> None:
    """It is never run: it opens nothing."""
    from config.settings import Settings
    from ops.wiring import Service

    Service(Settings.model_construct(), role="all", environment={})


def _become(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    out: str,
    err: str,
    folder: str,
    module: str,
) -> None:
    """As `python -m MODULE ARGUMENTS`."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for place, path, flags in (
        (2, err, os.O_WRONLY | os.O_APPEND),  # first: it is said there if more cannot be done
        (1, out, os.O_WRONLY | os.O_APPEND),
        (0, os.devnull, os.O_RDONLY),
    ):
        file = os.open(path, flags)
        os.dup2(file, place)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    codes: list[int] = []
    atexit.register(_leave, codes)  # before all that the program registers: it is called after it
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as asked:
        codes.append(asked.code if isinstance(asked.code, int) else int(asked.code is not None))
        raise


def _leave(codes: list[int]) -> None:
    """At once: Python would take apart all that was loaded, which in a fork is to copy it first."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    for code in codes:
        os._exit(code)


if __name__ == "__main__":
    main()
