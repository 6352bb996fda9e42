"""The pulse beats, and counts from now once the clock was set back."""

import asyncio

from engine.scheduler import Pulse
from tests.support.patience import PATIENCE


async def test_it_beats_on_after_it_was_reset_and_not_twice_as_often() -> None:
    first, second = asyncio.Event(), asyncio.Event()
    beats = 0

    def beat() -> None:
        nonlocal beats
        beats += 1
        (second if first.is_set() else first).set()

    pulse = Pulse(beat, interval=0.3)
    pulse.start()
    try:
        await asyncio.wait_for(first.wait(), PATIENCE)
        pulse.reset()
        before = beats
        await asyncio.wait_for(second.wait(), PATIENCE)
        assert beats == before + 1
    finally:
        pulse.stop()
