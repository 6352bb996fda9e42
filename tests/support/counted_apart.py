"""Figures of reports counted apart from the product: every minute is told once whether it counts,
and a cycle is a sum over minutes. Nothing here is shared with the clocks, the tables or the SQL.

All instants are whole minutes since 1970-01-01T00:00Z, all spans minutes.
"""

import csv
import gzip
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_STATUS = "-100"
FIRST = int((datetime(2016, 2, 1, tzinfo=UTC) - EPOCH).total_seconds()) // 60
LAST = int((datetime(2017, 12, 31, tzinfo=UTC) - EPOCH).total_seconds()) // 60


class Row(NamedTuple):
    """One update of a ticket, in order."""

    at: int
    revision: int
    status: str
    priority: str
    tier: str
    team: str | None
    type: str | None
    assigned_to: str | None
    created: int


def lives(file: Path) -> dict[str, list[Row]]:
    """By number; rows without a status are left out."""
    found: dict[str, list[Row]] = defaultdict(list)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["incident_state"] != NO_STATUS:
                found[row["number"]].append(_row(row))
    return {number: sorted(rows) for number, rows in found.items()}


def _row(row: Mapping[str, str]) -> Row:
    return Row(
        _minute(row["sys_updated_at"]),
        int(row["sys_mod_count"]),
        row["incident_state"],
        f"P{int(row['priority'][0]) - 1}",
        row["customer_tier"],
        _known(row["assignment_group"]),
        _known(row["category"]),
        _known(row["assigned_to"]),
        _minute(row["opened_at"]),
    )


def _known(word: str) -> str | None:
    return None if word == "?" else word


def _minute(local: str) -> int:
    at = datetime.strptime(local, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)
    return minute(at)


def minute(at: datetime) -> int:
    return int((at - EPOCH).total_seconds()) // 60


def instant(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


class Minutes:
    """Which minutes count; `sums` has how many did before each."""

    def __init__(self, counts: Iterable[bool]) -> None:
        self.sums = list(accumulate(counts, initial=0))

    def between(self, start: int, end: int) -> int:
        return self.sums[end - FIRST] - self.sums[start - FIRST]

    def reached(self, start: int, wanted: int) -> int:
        """The first minute before which so many have counted since the start."""
        sums = self.sums
        return bisect_left(sums, sums[start - FIRST] + wanted, start - FIRST) + FIRST


def minutes(zone: str | None, excused: Sequence[tuple[int, int]] = ()) -> Minutes:
    """Monday to Friday from eight to six in a zone, or all; none that is excused."""

    def counts() -> Iterator[bool]:
        local = None if zone is None else ZoneInfo(zone)
        for one in range(FIRST, LAST):
            opened = True
            if local is not None:
                now = instant(one).astimezone(local)
                opened = now.weekday() < 5 and 8 <= now.hour < 18
            yield opened and not any(start <= one < end for start, end in excused)

    return Minutes(counts())


class Promise(NamedTuple):
    """What a ticket is promised by what it says of itself."""

    rule: str | None
    targets: Mapping[str, int]
    hours: str


Promises = Callable[[Row], Promise]
Hours = Callable[[str, Promise, Row], Minutes]
"""Which minutes count for a clock of a ticket that says this."""


@dataclass
class Cycle:
    """One clock of one ticket; here each has one cycle."""

    clock: str
    started: int
    state: str = "running"
    elapsed: int = 0
    target: int = 0
    ended: int | None = None
    reached: int | None = None
    missed: int | None = None
    judged: tuple[Promise, Row] | None = None
    """By what it was when it was breached, else ended, else as it is."""

    @property
    def is_open(self) -> bool:
        return self.state in ("running", "paused")

    def promise(self, at: int, promised: Promise, row: Row) -> None:
        """From now on, with what has been counted."""
        before, was_over = self.target, self.missed is not None
        self.target = promised.targets[self.clock]
        if before != self.target and not (was_over and self.elapsed > self.target):
            self.reached = None
        if self.elapsed < self.target:
            self.reached = None
        elif self.reached is None:
            self.reached = at
        if self.elapsed <= self.target:
            self.missed = None
        elif self.missed is None:
            self.missed = self.reached
        if self.missed is None or not was_over:
            self.judged = promised, row

    def count(self, start: int, end: int, counting: Minutes, promised: Promise, row: Row) -> None:
        """Minutes in which it runs and nothing happens."""
        if self.state != "running":
            return
        before, self.elapsed = self.elapsed, self.elapsed + counting.between(start, end)
        if self.reached is None and self.elapsed >= self.target:
            self.reached = counting.reached(start, self.target - before)
        if self.missed is None and self.elapsed > self.target:
            self.missed, self.judged = self.reached, (promised, row)


PHASES = {"New": "waiting", "Active": "active", "Resolved": "done", "Closed": "done"}


def phase(row: Row) -> str:
    return "paused" if row.status.startswith("Awaiting") else PHASES[row.status]


def cycles(rows: Sequence[Row], until: int, promises: Promises, hours: Hours) -> list[Cycle]:
    """A ticket's, as they stand at a minute."""
    created = rows[-1].created
    if created > until:
        return []
    known = [row for row in rows if row.at <= until]
    before = [row for row in known if row.at <= created]
    after = known[len(before) :]
    now = before[-1] if before else rows[0]._replace(assigned_to=None, status="New")
    response, resolution = Cycle("response", created), Cycle("resolution", created)
    both = (response, resolution)
    for one in both:
        one.promise(created, promises(now), now)
    _enter(both, created, now)
    if not before:
        response.state = resolution.state = "running"
    at = created
    for row in [*after, None]:
        end = until if row is None else row.at
        for one in both:
            one.count(at, end, hours(one.clock, promises(now), now), promises(now), now)
        at = end
        if row is not None:
            for one in both:
                if one.is_open:
                    one.promise(at, promises(row), row)
            if phase(row) != "done" and not resolution.is_open:
                resolution.ended = None  # it goes on
                resolution.state = "running"
                resolution.promise(at, promises(row), row)
            _enter(both, at, row)
            now = row
    return list(both)


def _enter(both: tuple[Cycle, Cycle], at: int, row: Row) -> None:
    response, resolution = both
    where = phase(row)
    if response.is_open and where != "waiting":
        response.state, response.ended = "ended", at
    if where == "done":
        if resolution.is_open:
            resolution.state, resolution.ended = "ended", at
    else:
        resolution.state = "paused" if where == "paused" else "running"


class Counted(NamedTuple):
    """One cycle as a report counts it."""

    outcome: str
    at: int
    elapsed: int | None
    """Of those that have ended."""
    resolved: int | None
    acknowledged: int | None


@dataclass
class Figures:
    """Of one group."""

    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("met", "breached", "open"), 0)
    )
    elapsed: list[int] = field(default_factory=list[int])
    resolved: list[int] = field(default_factory=list[int])
    acknowledged: list[int] = field(default_factory=list[int])

    def add(self, one: Counted) -> None:
        self.counts[one.outcome] += 1
        for values, value in (
            (self.elapsed, one.elapsed),
            (self.resolved, one.resolved),
            (self.acknowledged, one.acknowledged),
        ):
            if value is not None:
                values.append(value)

    def shown(self) -> dict[str, float | None]:
        """As a report has them, in seconds."""
        met, breached = self.counts["met"], self.counts["breached"]
        decided = met + breached
        return {
            **self.counts,
            "attainment_percent": 10_000 * met // decided / 100 if decided else None,
            "p50_seconds": _percentile(self.elapsed, 50),
            "p90_seconds": _percentile(self.elapsed, 90),
            "mtta_seconds": _mean(self.acknowledged),
            "mttr_seconds": _mean(self.resolved),
        }


def _mean(values: Sequence[int]) -> float | None:
    return round(60 * sum(values) / len(values), 3) if values else None


def _percentile(values: Sequence[int], percent: int) -> float | None:
    """Between the two nearest, by how near they are."""
    if not values:
        return None
    ranked, place = sorted(values), percent * (len(values) - 1)
    low, part = ranked[place // 100], place % 100
    high = ranked[min(place // 100 + 1, len(ranked) - 1)]
    return round(60 * (low + (high - low) * part / 100), 3)


def counted(cycle: Cycle, until: int, acknowledged: Sequence[int]) -> Counted:
    """As it stands at that minute."""
    if cycle.missed is not None:
        outcome, at = "breached", cycle.missed
    elif cycle.ended is not None:
        outcome, at = "met", cycle.ended
    else:
        outcome, at = "open", cycle.started
    over = until + 1 if cycle.ended is None else cycle.ended
    taken = next((one for one in acknowledged if cycle.started <= one < over), None)
    ended = cycle.ended is not None
    return Counted(
        outcome,
        at,
        cycle.elapsed if ended else None,
        over - cycle.started if ended and cycle.clock == "resolution" else None,
        None if taken is None else taken - cycle.started,
    )
