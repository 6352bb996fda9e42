"""Policy changes beside crashes, other processes and traffic: each ticket moves once."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from command_side import policies
from command_side.deciding.events import shown
from command_side.desk import Page, TicketDesk
from command_side.event_store import Append
from command_side.intake.batches import Intake
from command_side.retargeting import PAGE, Retargeting
from tests.support.desk import Clock, Process, until, working
from tests.support.items import at, opening, text, update

BEFORE = """
sla_targets:
  GOLD:
    P1: {resolution: 60m}
    P2: {resolution: 60m}
"""
AFTER = BEFORE.replace("P1: {resolution: 60m", "P1: {resolution: 30m")


@pytest_asyncio.fixture
async def process(database_url: str) -> AsyncGenerator[Process]:
    async with working(database_url, BEFORE) as process:
        yield process


class Slow(Intake):
    """Decides once, and appends only when something else has happened."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def _decide(self, *given: Any, **named: Any) -> tuple[list[Append], Mapping[UUID, int]]:
        decided = await super()._decide(*given, **named)
        if (meanwhile := self.meanwhile) is not None:
            self.meanwhile = None
            await meanwhile()
        return decided


class Interrupted(TicketDesk):
    """Does one page and then takes for ever."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.pool, process.book, learn=process.policies.follow)
        self.first_page_is_done = asyncio.Event()

    async def retarget(self, after: UUID, now: datetime, limit: int, judged: int = 0) -> Page:
        if self.first_page_is_done.is_set():
            await asyncio.Event().wait()
        page = await super().retarget(after, now, limit, judged)
        self.first_page_is_done.set()
        return page


async def many(process: Process) -> set[str]:
    """More than two pages of open tickets, every third of which will move."""
    names = [f"T-{number}" for number in range(2 * PAGE + 100)]
    await process.post(
        *(
            opening(0, name, priority=f"P{1 + bool(number % 3)}")
            for number, name in enumerate(names)
        )
    )
    return set(names[::3])


async def test_what_a_crash_leaves_undone_is_done_by_the_next_who_looks(process: Process) -> None:
    moving = await many(process)
    desk = Interrupted(process)
    crashing = Retargeting(process.pool, desk, process.book, process.now)
    process.clock.set(10)
    await process.offer(AFTER)
    task = asyncio.create_task(crashing.apply())
    await desk.first_page_is_done.wait()
    done = sum((await process.retargeted()).values())
    assert 0 < done < len(moving)

    assert await process.retargeting.apply() is None  # the other one is still at it
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with process.pool.connection() as conn:
        assert await policies.last_applied(conn) == 0

    assert await process.retargeting.apply() == len(moving) - done
    assert await process.retargeted() == dict.fromkeys(moving, 1)
    async with process.pool.connection() as conn:
        assert await policies.last_applied(conn) == 2


async def test_tickets_that_change_meanwhile_say_it_once_all_the_same(process: Process) -> None:
    moving = await many(process)
    other = Process(process.pool, process.clock)
    await other.policies.follow()
    process.clock.set(10)
    await process.offer(AFTER)
    names = sorted(moving)

    async def send() -> None:
        for start in range(0, len(names), 50):
            batch = [update(10, name, status="in_progress") for name in names[start : start + 50]]
            await other.post(*batch)

    await asyncio.gather(process.retargeting.apply(), send())

    assert await process.retargeted() == dict.fromkeys(moving, 1)


async def test_two_processes_do_not_apply_it_twice(process: Process) -> None:
    moving = await many(process)
    other = Process(process.pool, process.clock)
    process.clock.set(10)
    await process.offer(AFTER)
    await other.policies.follow()

    counts = await asyncio.gather(process.retargeting.apply(), other.retargeting.apply())

    assert sum(count or 0 for count in counts) == len(moving)
    assert await process.retargeted() == dict.fromkeys(moving, 1)


async def test_it_is_applied_in_the_background_and_ends_when_told_to(process: Process) -> None:
    await process.post(opening(0))
    process.clock.set(10)
    await process.offer(AFTER)
    stop = asyncio.Event()

    running = asyncio.create_task(process.retargeting.run(stop))
    await until(process.retargeted)
    stop.set()
    await running

    assert await process.retargeted() == {"T-1": 1}


async def test_what_was_decided_before_a_version_came_is_decided_again(process: Process) -> None:
    """A new ticket, and one that the update brings under what the version changes."""
    await process.post(opening(0, "old", priority="P2"))
    other = Process(process.pool, process.clock)
    await other.policies.follow()
    process.clock.set(10)

    async def a_version_comes_and_is_applied() -> None:
        await other.offer(AFTER)
        assert await other.retargeting.apply() == 0

    process.intake = slow = Slow(process.book, learn=process.policies.follow)
    slow.meanwhile = a_version_comes_and_is_applied
    await process.post(opening(9, "new"), update(10, "old", priority="P1"))

    assert [one.outcome for one in await process.post(opening(9, "new"))] == ["duplicate"]
    for name, minute in (("old", 30), ("new", 39)):
        (*_, last) = await process.stream(name)
        assert shown(last.body)["policy"] == 2
        assert shown(last.body)["facts"]["due_at"] == text(minute)


async def test_a_process_whose_clock_is_behind_applies_it_all_the_same(process: Process) -> None:
    await process.post(opening(0, "T-1"))
    behind = Process(process.pool, Clock(at(9.9)))
    process.clock.set(10)
    await process.offer(AFTER)
    await behind.policies.follow()

    assert await behind.retargeting.apply() == 1
    await behind.post(opening(9, "T-2"))

    assert shown((await process.stream("T-1"))[-1].body)["facts"]["due_at"] == text(30)
    (opened,) = await process.stream("T-2")
    assert (shown(opened.body)["policy"], shown(opened.body)["facts"]["due_at"]) == (2, text(39))
