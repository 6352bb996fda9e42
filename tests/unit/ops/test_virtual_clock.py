"""A clock that runs as fast as it is told, and whoever sleeps by it wakes in time."""

import asyncio
from datetime import UTC, datetime, timedelta

from ops.demo.virtual_clock import VirtualClock

START = datetime(2016, 3, 28, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def test_it_stands_until_it_is_told_to_run() -> None:
    clock = VirtualClock(START)
    await asyncio.sleep(0.01)
    assert clock.now() == START


async def test_hours_pass_in_no_time() -> None:
    clock = VirtualClock(START)
    clock.run(1_000_000)
    await clock.sleep(5 * HOUR)
    assert clock.now() >= START + 5 * HOUR


async def test_it_never_runs_backwards_when_its_speed_changes() -> None:
    clock = VirtualClock(START)
    clock.run(1_000_000)
    await clock.sleep(HOUR)
    before = clock.now()
    clock.run(1)
    assert clock.now() >= before


async def test_a_sleeper_wakes_although_the_clock_stood_when_it_lay_down() -> None:
    clock = VirtualClock(START)
    sleeping = asyncio.create_task(clock.sleep(HOUR))
    await asyncio.sleep(0)
    clock.run(1_000_000)
    await sleeping
    assert clock.now() >= START + HOUR
