"""Work is done in a process of its own, which gives way to everything else: a process that answers
and decides would stand still meanwhile."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
from psycopg import OperationalError

from ops import garbage
from ops.jobs.kinds import KINDS
from ops.jobs.work import AWAY, Refused, Say, Work

MOST_MEMORY = 2**30
"""Bytes, of each process."""
MOST_ANSWERED = 2**25
"""Bytes of a result."""
MOST_TOLD = 4_000
"""Characters of what it complains of, for the log."""
NICE = 10
"""Where the processors are busy it gets a tenth of what others get, and not next to nothing."""
AUTOGROUP = Path("/proc/self/autogroup")
ROOT = Path(__file__).parents[2]


class Failed(Exception):
    """The work ended without a result; the message is for whoever asked."""

    def __init__(self, message: str, told: str = "") -> None:
        super().__init__(message)
        self.told = told
        """What the process last said, for the log."""


class Line(msgspec.Struct, omit_defaults=True):
    """What the process says: how far it is, and once the result or why there is none."""

    done: int = 0
    total: int | None = None
    result: msgspec.Raw = msgspec.Raw()
    refused: str | None = None


async def work_apart(work: Work, say: Say) -> bytes:
    """The result, as JSON. Raises Refused with the work's own words, Failed, and OperationalError
    where the database went away."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ops.jobs.apart",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        limit=MOST_ANSWERED,
        start_new_session=True,  # so that those that it starts end with it
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    complaints = asyncio.create_task(process.stderr.read())
    try:
        with suppress(BrokenPipeError, ConnectionResetError):  # then it says why
            process.stdin.write(msgspec.json.encode(work) + b"\n")
            await process.stdin.drain()
        try:
            async for text in process.stdout:
                line = msgspec.json.decode(text, type=Line)
                if line.refused is not None:
                    raise Refused(line.refused)
                if result := bytes(line.result):
                    return result
                say(line.done, line.total)
        except ValueError as error:
            raise Failed(f"The result has more than {MOST_ANSWERED:,} bytes.") from error
        told = (await complaints).decode(errors="replace")[-MOST_TOLD:]
        code = await process.wait()
    finally:
        _end(process)
        await process.wait()
        complaints.cancel()
    if code == AWAY:
        raise OperationalError("the database went away")
    if "MemoryError" in told:
        raise Failed(f"It needs more than {MOST_MEMORY >> 20} MB. Ask for less at a time.", told)
    raise Failed(f"The process that did it ended with {code}; the log says more.", told)


def _end(process: asyncio.subprocess.Process) -> None:
    """With all that it has begun."""
    with suppress(ProcessLookupError, PermissionError):  # it is gone
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except AttributeError:  # where there are no groups of processes
            process.kill()


def main() -> None:
    """Does the work that the standard input names; whoever started it is gone once nobody reads
    what is said."""
    garbage.seldom_from_now_on()
    work = msgspec.json.decode(sys.stdin.buffer.readline(), type=Work)
    _stay_small()
    if work.gives_way:
        _give_way()
    try:
        result = KINDS[work.kind]().run(work, lambda done, total: _say(Line(done, total)))
    except Refused as refused:
        _say(Line(refused=str(refused)))
    except OperationalError:
        sys.exit(AWAY)
    else:
        _say(Line(result=msgspec.Raw(msgspec.json.encode(result))))
    finally:
        garbage.never_again()


def _say(line: Line) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def _stay_small() -> None:
    with suppress(ImportError):  # where there is no such thing, it takes what it needs
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def _give_way() -> None:
    with suppress(AttributeError):  # where there is no such thing, it takes its share
        os.nice(NICE)
    # Linux may share the processors out between sessions first: then this one's counts.
    with suppress(OSError):  # where it does not, there is no such file: being nice is enough
        AUTOGROUP.write_text(str(NICE), encoding="ascii")


if __name__ == "__main__":
    main()
