"""A feed is read in a process of its own: what others wrote may hang or grow there, not here."""

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.on_call.reading import Found, Names, NoCalendar, read

SECONDS = 60
"""That a feed of five megabytes may take; most take less than one."""
MOST_MEMORY = 2**29
"""Bytes."""
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the process is told; the text of the feed follows it after a line break."""

    names: Names
    since: int
    until: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What it found, or why there is no calendar."""

    found: Found | None = None
    refused: str = ""


async def read_apart(
    text: bytes, names: Names, since: int, until: int, *, seconds: int = SECONDS
) -> Found:
    """As `reading.read`, and no longer than that. Raises NoCalendar."""
    asked = msgspec.json.encode(Asked(names, since, until, seconds))
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "engine.on_call.apart",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # Nothing of ours: whatever gets hold of that process finds no secret there.
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )
    try:
        async with asyncio.timeout(seconds + 5):
            said, _ = await process.communicate(asked + b"\n" + text)
    except TimeoutError:
        said = b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if not said:
        raise NoCalendar(f"cannot be read within {seconds} seconds and {MOST_MEMORY >> 20} MB")
    answer = msgspec.json.decode(said, type=Answer)
    if answer.found is None:
        raise NoCalendar(answer.refused)
    return answer.found


def main() -> None:
    """Reads one feed from the standard input."""
    head, _, text = sys.stdin.buffer.read().partition(b"\n")
    asked = msgspec.json.decode(head, type=Asked)
    _limit(asked.seconds)
    try:
        answer = Answer(found=read(text, asked.names, asked.since, asked.until))
    except NoCalendar as refused:
        answer = Answer(refused=str(refused))
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def _limit(seconds: int) -> None:
    with contextlib.suppress(ImportError):  # where there is no such thing, time alone ends it
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


if __name__ == "__main__":
    main()
