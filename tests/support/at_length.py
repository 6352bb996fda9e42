"""Many tickets compared with the slow evaluator, in processes of their own."""

import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from random import Random

from engine.sla.timeline import Observation
from tests.support import made_up
from tests.support.slowly import EXCUSES, POLICIES, quickly, slowly
from tests.support.timelines import DAY, MINUTE, shown

CHUNK = 10

Timeline = tuple[str, list[Observation]]


@dataclass
class Compared:
    """What came of it."""

    tickets: int = 0
    cycles: int = 0
    minutes: int = 0
    differences: list[str] = field(default_factory=list[str])


def compare(ticket: Timeline, under: str, retold: bool = False) -> tuple[int, int, list[str]]:
    """Cycles, minutes, and what differs: a day after the ticket's last update, and while it was
    open, when its deadlines still lay ahead. `retold`: with more happening to it, and excuses."""
    number, observations = ticket
    excuses = EXCUSES if retold else []
    if retold:
        observations = made_up.retold(number, observations)
    created, last = observations[0].created_at or observations[0].at, observations[-1].at
    cycles = minutes = 0
    differing: list[str] = []
    for now in (
        created + Random(number).randint(0, (last - created) // MINUTE) * MINUTE,
        last + DAY,
    ):
        found = quickly(observations, POLICIES[under], now, excuses)
        expected = slowly(observations, POLICIES[under], now, excuses)
        differing += [
            f"{number} {under} {shown(now)} {clock}: {every} instead of {expected[clock]}"
            for clock, every in found.items()
            if every != expected[clock]
        ]
        cycles += sum(map(len, found.values()))
        minutes += (now - created) // MINUTE
    return cycles, minutes, differing


def compare_all(
    tickets: Mapping[str, list[Observation]], under: str, *, retold: bool = False
) -> Compared:
    """On all cores. The longest first, so that none waits for the last one."""
    longest_first = sorted(tickets.items(), key=lambda one: one[1][0].at - one[1][-1].at)
    total = Compared()
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as processes:
        many = len(longest_first)
        results = processes.map(
            compare, longest_first, [under] * many, [retold] * many, chunksize=CHUNK
        )
        for cycles, minutes, differences in results:
            total.tickets += 1
            total.cycles += cycles
            total.minutes += minutes
            total.differences += differences
    return total
