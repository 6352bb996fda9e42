"""How long tests wait for what must come, and time that passes though nobody waits."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

PATIENCE = 60.0
"""Seconds, most of which nobody ever waits, on a machine that is slow or busy with others. How late
something may be is another question."""
LIMITS = (
    "query_side.health.PATIENCE_SECONDS",
    "query_side.reading.LONGEST_WAIT_SECONDS",
    "ops.http.in_time.PROBES_WITHIN_SECONDS",
    "ops.http.in_time.ANSWER_WITHIN_SECONDS",
    "command_side.intake.writer.ANSWER_WITHIN_SECONDS",
)
"""After which a service answers that it cannot in time. In tests it has our patience; who tries
what it does then says so."""


async def time_passes(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """For all that waits on this event loop."""
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + seconds)
    await asyncio.sleep(0.01)  # whoever has waited for that has his turn


class Machine:
    """How late it is with whoever sleeps: as late it is with each program that has to go on."""

    STEP = 0.02
    """Seconds."""

    def __init__(self) -> None:
        self.late = 0.0
        """Seconds; the most that it ever was."""

    async def watch(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(self.STEP)
            self.late = max(self.late, time.monotonic() - began - self.STEP)


@asynccontextmanager
async def watched_machine() -> AsyncGenerator[Machine]:
    machine = Machine()
    watching = asyncio.create_task(machine.watch())
    try:
        yield machine
    finally:
        watching.cancel()
