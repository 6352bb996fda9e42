"""One timer for many waits: it rings for the one that lasts too long, and for no other."""

import asyncio
from collections.abc import Callable

import pytest

from query_side.patience import Patience

SECONDS = 10.0


class Timer:
    def __init__(self, at: float, callback: Callable[[], object]) -> None:
        self.at, self.callback, self.cancelled = at, callback, False

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """As much of an event loop as has a clock; time passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        self.timers.append(Timer(self.now + delay, callback))
        return self.timers[-1]

    def run_until(self, then: float) -> None:
        while due := [one for one in self.timers if not one.cancelled and one.at <= then]:
            first = min(due, key=lambda one: one.at)
            self.timers.remove(first)
            self.now = first.at
            first.callback()
        self.now = then


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    made = Loop()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: made)
    return made


def test_a_wait_that_lasts_too_long_rings_each_time(loop: Loop) -> None:
    rung: list[float] = []
    patience = Patience(SECONDS, lambda: rung.append(loop.now))
    patience.begin()
    loop.run_until(12)
    patience.begin()
    loop.run_until(40)
    assert rung == [10, 22]


def test_waits_that_ended_do_not_ring(loop: Loop) -> None:
    rung: list[float] = []
    ended, closed = (Patience(SECONDS, lambda: rung.append(loop.now)) for _ in range(2))
    for one in (ended, closed):
        one.begin()
    ended.end()
    closed.close()
    loop.run_until(100)
    assert rung == []


def test_a_wait_that_begins_anew_is_counted_from_there(loop: Loop) -> None:
    rung: list[float] = []
    patience = Patience(SECONDS, lambda: rung.append(loop.now))
    patience.begin()
    loop.run_until(7)
    patience.begin()
    loop.run_until(100)
    assert rung == [17]


def test_many_waits_take_one_timer(loop: Loop) -> None:
    patience = Patience(SECONDS, lambda: None)
    for _ in range(100):
        patience.begin()
        patience.end()
    assert len(loop.timers) == 1
