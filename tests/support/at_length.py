"""Many tickets compared with the slow evaluator, in processes of their own."""

import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context

from engine.sla.timeline import Observation
from tests.support.slow_cycle import Open
from tests.support.slowly import EXCUSES, OPEN, POLICIES, quickly, slowly
from tests.support.timelines import DAY, MINUTE

BEGIN, END = 16_800 * DAY // MINUTE, 17_900 * DAY // MINUTE
"""Minutes since 1970: from the last day of 2015 into 2019, long enough for every real ticket."""
CHUNK = 10

Timeline = tuple[str, list[Observation]]


@cache
def tables() -> dict[str, bytes]:
    """By calendar whether each minute counts, asked once: looking up is faster than reckoning."""
    return {
        name: bytes(BEGIN) + bytes(map(is_open, range(BEGIN, END)))
        for name, is_open in OPEN.items()
    }


_opened: dict[str, Open] = {}
"""Of this process."""


def learn(given: Mapping[str, bytes]) -> None:
    """Every process begins with it."""
    _opened.update({name: table.__getitem__ for name, table in given.items()})


@dataclass
class Compared:
    """What came of it."""

    tickets: int = 0
    cycles: int = 0
    minutes: int = 0
    differences: list[str] = field(default_factory=list[str])


def compare(ticket: Timeline, under: str, excused: bool = False) -> tuple[int, int, list[str]]:
    """Cycles, minutes, and what differs; a day after the ticket's last update."""
    excuses = EXCUSES if excused else []
    number, observations = ticket
    end = observations[-1].at + DAY
    created = observations[0].created_at or observations[0].at
    assert created // MINUTE >= BEGIN, number
    found = quickly(observations, POLICIES[under], end, excuses)
    expected = slowly(observations, POLICIES[under], end, _opened, excuses)
    differing = [
        f"{number} {under} {clock}: {cycles} instead of {expected[clock]}"
        for clock, cycles in found.items()
        if cycles != expected[clock]
    ]
    return sum(map(len, found.values())), (end - created) // MINUTE, differing


def compare_all(
    tickets: Mapping[str, list[Observation]], under: str, *, excused: bool = False
) -> Compared:
    """On all cores. The longest first, so that none waits for the last one."""
    longest_first = sorted(tickets.items(), key=lambda one: one[1][0].at - one[1][-1].at)
    total = Compared()
    with ProcessPoolExecutor(
        os.cpu_count(), get_context("spawn"), initializer=learn, initargs=(tables(),)
    ) as processes:
        many = len(longest_first)
        results = processes.map(
            compare, longest_first, [under] * many, [excused] * many, chunksize=CHUNK
        )
        for cycles, minutes, differences in results:
            total.tickets += 1
            total.cycles += cycles
            total.minutes += minutes
            total.differences += differences
    return total
