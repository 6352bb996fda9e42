"""The watch raises what is due until nothing is, and sleeps no longer than it may."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

import engine.watch
from engine.watch import LIMIT, Watch

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Tick:
    count: int
    next_due_at: datetime | None
    raised: Sequence[datetime] = ()


class Desk:
    """Tickets that are due at an instant each; a transaction claims what no other holds."""

    def __init__(self, dues: Sequence[datetime]) -> None:
        self.dues = sorted(dues)
        self.held: list[datetime] = []
        self.together = self.most_together = 0
        self.others: list[datetime] = []
        """Due as well, but held by somebody else."""
        self.fails_at: int | None = None
        self.calls = 0

    async def raise_due(self, now: datetime, limit: int) -> Tick:
        self.calls += 1
        if self.calls == self.fails_at:
            raise ConnectionError("the database is away")
        claimed = [due for due in self.dues if due <= now][:limit]
        self.dues = self.dues[len(claimed) :]
        self.held += claimed
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        for _ in range(3):
            await asyncio.sleep(0)
        self.together -= 1
        for due in claimed:
            self.held.remove(due)
        left = min([*self.dues, *self.held, *self.others], default=None)
        return Tick(len(claimed), left, claimed)


class SlowDesk:
    """Its transactions end when the test says, and as it says."""

    def __init__(self) -> None:
        self.open: list[asyncio.Future[Tick]] = []

    async def raise_due(self, now: datetime, limit: int) -> Tick:
        transaction = asyncio.get_running_loop().create_future()
        self.open.append(transaction)
        return await transaction

    async def end(self, number: int, count: int, next_due_at: datetime | None) -> None:
        """The transaction of that number among the open ones ends, and what follows is done."""
        self.open.pop(number).set_result(Tick(count, next_due_at))
        await turns()


def watch(desk: Desk) -> Watch:
    async def sleep(_: timedelta) -> None:
        await asyncio.sleep(0)

    return Watch(desk, lambda: NINE, sleep)


async def until_the_clock_runs(_: timedelta) -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def running(one: Watch) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(one.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def turns() -> None:
    """Whatever can go on has gone on."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_a_tick_without_anything_due_asks_once() -> None:
    desk = Desk([NINE + SECOND])
    assert await watch(desk).tick() == 0
    assert desk.calls == 1


async def test_a_tick_raises_until_nothing_is_due() -> None:
    desk = Desk([NINE] * (LIMIT * 7 + 1) + [NINE + SECOND])
    one = watch(desk)
    assert await one.tick() == one.tickets_due == LIMIT * 7 + 1
    assert desk.dues == [NINE + SECOND]


async def test_how_late_each_is_counts_to_when_it_is_stored() -> None:
    told: list[float] = []
    times = iter([NINE, NINE + SECOND])  # a transaction takes a second
    desk = Desk([NINE - SECOND, NINE])
    await Watch(desk, lambda: next(times), until_the_clock_runs, late=told.append).tick()
    assert told == [2.0, 1.0]


async def test_a_flood_is_raised_by_two_at_a_time() -> None:
    desk = Desk([NINE] * LIMIT * 4)
    await watch(desk).tick()
    assert desk.most_together == 2


async def test_a_tick_that_fails_says_so_once_the_other_lane_has_ended() -> None:
    desk = Desk([NINE] * LIMIT * 6)
    desk.fails_at = 3
    one = watch(desk)
    with pytest.raises(ConnectionError):
        await one.tick()
    assert (desk.together, desk.dues, one.tickets_due) == (0, [], LIMIT * 6)


class DeskWithoutDatabase(Desk):
    is_away = True

    async def raise_due(self, now: datetime, limit: int) -> Tick:
        if self.is_away:
            raise ConnectionError("the database is away")
        return await super().raise_due(now, limit)


async def test_while_ticks_fail_it_says_what_kind_of_error_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.watch.RETRY", 0)
    desk = DeskWithoutDatabase([NINE])
    one = watch(desk)
    async with running(one):
        await turns()
        assert (one.last_error, one.last_tick_at) == ("ConnectionError", None)
        desk.is_away = False
        await turns()
        assert (one.last_error, one.last_tick_at) == (None, NINE)


async def test_what_somebody_else_holds_is_not_asked_for_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine.watch, "HELD", 3600.0)
    desk = Desk([])
    desk.others = [NINE]
    one = watch(desk)
    async with running(one):
        await turns()
        assert desk.calls == 1
        one.wake()
        await turns()
        assert desk.calls == 2
        one.new_deadline(NINE - SECOND)
        await turns()
        assert desk.calls == 3


async def test_what_somebody_else_held_is_asked_for_again_even_where_the_clock_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine.watch, "HELD", 0.0)
    desk = Desk([])
    desk.others = [NINE]
    one = Watch(desk, lambda: NINE, until_the_clock_runs)
    async with running(one):
        await turns()
        desk.others, desk.dues = [], [NINE]
        await turns()
        assert one.tickets_due == 1


async def test_a_deadline_written_during_the_only_look_is_looked_for() -> None:
    desk = SlowDesk()
    one = Watch(desk, lambda: NINE, until_the_clock_runs)
    async with running(one):
        await turns()
        one.new_deadline(NINE + SECOND)
        await desk.end(0, 0, None)
        assert len(desk.open) == 1
        await desk.end(0, 0, None)


@pytest.mark.parametrize("last", [0, 1])
async def test_a_deadline_written_while_one_lane_has_ended_is_looked_for(last: int) -> None:
    desk = SlowDesk()
    one = Watch(desk, lambda: NINE, until_the_clock_runs)
    async with running(one):
        await turns()
        await desk.end(0, LIMIT, NINE)
        await desk.end(1 - last, 0, NINE)
        one.new_deadline(NINE + SECOND)
        await desk.end(0, 1, None)
        assert len(desk.open) == 1
        await desk.end(0, 0, None)


@pytest.mark.parametrize("last", [0, 1])
async def test_after_two_lanes_only_an_earlier_deadline_than_the_last_found_wakes(
    last: int,
) -> None:
    desk = SlowDesk()
    one = Watch(desk, lambda: NINE, until_the_clock_runs)
    async with running(one):
        await turns()
        await desk.end(0, LIMIT, NINE)
        await desk.end(1 - last, 0, NINE)
        await desk.end(0, 1, NINE + SECOND * 2)
        one.new_deadline(NINE + SECOND * 3)
        await turns()
        assert desk.open == []
        one.new_deadline(NINE + SECOND)
        await turns()
        assert len(desk.open) == 1
        await desk.end(0, 0, None)


async def test_a_flood_ends_with_the_transactions_in_hand_once_it_is_to_stop() -> None:
    desk = SlowDesk()
    stop = asyncio.Event()
    one = Watch(desk, lambda: NINE, until_the_clock_runs)
    run = asyncio.create_task(one.run(stop))
    await turns()
    await desk.end(0, LIMIT, NINE)
    stop.set()
    await desk.end(0, LIMIT, NINE)
    assert not run.done()
    await desk.end(0, LIMIT, NINE)
    assert (desk.open, one.tickets_due, run.done()) == ([], LIMIT * 3, True)
