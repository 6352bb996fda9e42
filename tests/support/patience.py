"""How long tests wait for what must come, and time that passes though nobody waits."""

import asyncio

import pytest

PATIENCE = 60.0
"""Seconds, most of which nobody ever waits, on a machine that is slow or busy with others. How late
something may be is another question."""


async def time_passes(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """For all that waits on this event loop."""
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + seconds)
    await asyncio.sleep(0.01)  # whoever has waited for that has his turn
