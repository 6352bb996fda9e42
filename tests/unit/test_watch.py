"""The watch raises what is due until nothing is, and sleeps no longer than it may."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from engine.watch import LIMIT, Watch

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Raised:
    count: int
    next_due_at: datetime | None


class Desk:
    """Tickets that are due at an instant each; a transaction claims what no other holds."""

    def __init__(self, dues: Sequence[datetime]) -> None:
        self.dues = sorted(dues)
        self.held: list[datetime] = []
        self.together = self.most_together = 0
        self.fails_at: int | None = None
        self.calls = 0

    async def raise_due(self, now: datetime, limit: int) -> Raised:
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
        return Raised(len(claimed), min([*self.dues, *self.held], default=None))


def watch(desk: Desk) -> Watch:
    async def sleep(_: timedelta) -> None:
        await asyncio.sleep(0)

    return Watch(desk, lambda: NINE, sleep)


async def test_a_tick_without_anything_due_asks_once() -> None:
    desk = Desk([NINE + SECOND])
    assert await watch(desk).tick() == 0
    assert desk.calls == 1


async def test_a_tick_raises_until_nothing_is_due() -> None:
    desk = Desk([NINE] * (LIMIT * 7 + 1) + [NINE + SECOND])
    one = watch(desk)
    assert await one.tick() == one.raised == LIMIT * 7 + 1
    assert desk.dues == [NINE + SECOND]


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
    assert (desk.together, desk.dues, one.raised) == (0, [], LIMIT * 6)
