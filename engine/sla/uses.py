"""What the time of each cycle was used for, and by whom: every stretch of it divided.

Instants and durations are integer microseconds.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from engine.sla.calendar import FAR_FUTURE, Calendar
from engine.sla.cycle import Cycle
from engine.sla.excuses import Excepted, Windows, within
from engine.sla.timeline import Fold


class Had(NamedTuple):
    """Who had the ticket, how it stood, and by which rule it was promised."""

    team: str | None
    assigned: bool
    newest: tuple[int, int] | None
    """The newest observation: it, or one before it, names who is assigned."""
    status: str | None
    """In the source's words; None: none was named yet."""
    rule: str
    """Empty: the tier's."""


class Time(NamedTuple):
    """Wall time by what it was, each instant once: out of hours, else excused, else paused, else
    counted."""

    counted: int = 0
    paused: int = 0
    excused: int = 0
    out_of_hours: int = 0

    def plus(self, other: "Time") -> "Time":
        return Time(*map(int.__add__, self, other))


Key = tuple[str, int, int]
"""The clock, the number and the start of a cycle."""


class Use(NamedTuple):
    """A stretch of one cycle in which nothing happened."""

    start: int
    end: int
    had: Had
    time: Time


Kind = Literal["counted", "paused", "excused", "out_of_hours"]
"""As the members of `Time`."""


class Piece(NamedTuple):
    """Time of one kind without a break, while nothing happened."""

    start: int
    end: int
    kind: Kind
    had: Had


class _Stretch(NamedTuple):
    start: int
    runs_from: int
    """Paused before, as is all time in which it had ended, if it was opened again."""
    calendar: Calendar
    had: Had


class Uses:
    """Watches a fold being made; answers of its cycles once it has been.

    What an open cycle has counted in all is its elapsed time, unless a change restarted it: the
    time before that was used all the same.
    """

    def __init__(self) -> None:
        self._stretches: defaultdict[Key, list[_Stretch]] = defaultdict(list)
        self._spans: dict[Key, object] = {}
        """As the cycle had them: others once all of it was counted anew."""

    def __call__(self, fold: Fold) -> None:
        said, plan = fold.attributes, fold.plan
        had = Had(said.team, said.assigned, fold.newest, fold.status, plan.rule)
        for clock in fold.clocks.values():
            cycle = clock.cycle
            if cycle is None:
                continue
            key, calendar = key_of(cycle), cycle.calendar
            stretches = self._stretches[key]
            if self._spans.get(key) is not cycle.spans:
                self._spans[key] = cycle.spans
                stretches[:] = [one._replace(calendar=calendar) for one in stretches]
            runs_from = FAR_FUTURE if cycle.runs_from is None else cycle.runs_from
            stretches.append(_Stretch(fold.at, runs_from, calendar, had))

    def of(self, cycle: Cycle, until: int, edges: Sequence[int] = ()) -> Iterator[Use]:
        """From its start to its end, or to `until` if it goes on; those of no length left out.

        The cycle is one of the fold that was watched. At `edges`, in order, stretches are cut.
        """
        end = until if cycle.ended_at is None else cycle.ended_at
        stretches = self._stretches[key_of(cycle)]
        for number, one in enumerate(stretches, 1):
            next_at = stretches[number].start if number < len(stretches) else end
            ends_at = min(next_at, end)
            if one.start < ends_at:
                cuts = edges[bisect_right(edges, one.start) : bisect_left(edges, ends_at)]
                for start, stop in pairwise([one.start, *cuts, ends_at]):
                    time = _divided(one._replace(start=start), stop, cycle.windows)
                    yield Use(start, stop, one.had, time)

    def pieces(self, cycle: Cycle, until: int) -> Iterator[Piece]:
        """What `of` adds up, one after another: from its start to its end, or to `until`."""
        end = until if cycle.ended_at is None else cycle.ended_at
        stretches = self._stretches[key_of(cycle)]
        for number, one in enumerate(stretches, 1):
            next_at = stretches[number].start if number < len(stretches) else end
            for start, stop, kind in _laid_out(one, min(next_at, end), cycle.windows):
                yield Piece(start, stop, kind, one.had)

    def in_all(self, cycle: Cycle, until: int) -> Time:
        """The same, added up."""
        return total(use.time for use in self.of(cycle, until))


def total(times: Iterable[Time]) -> Time:
    result = Time()
    for one in times:
        result = result.plus(one)
    return result


def _divided(one: _Stretch, end: int, windows: Windows) -> Time:
    start, turns_at = one.start, min(max(one.start, one.runs_from), end)
    counting = Excepted(one.calendar, windows)
    open_time = one.calendar.elapsed(start, end)
    return Time(
        counted=counting.elapsed(turns_at, end),
        paused=counting.elapsed(start, turns_at),
        excused=counting.excused(start, end),
        out_of_hours=end - start - open_time,
    )


def _laid_out(one: _Stretch, end: int, windows: Windows) -> Iterator[tuple[int, int, Kind]]:
    """The same as `_divided`, each part of it by itself."""
    turns_at, at = min(max(one.start, one.runs_from), end), one.start
    for opens, closes in one.calendar.open_intervals(one.start, end):
        if at < opens:
            yield at, opens, "out_of_hours"
        at = opens
        for begins, ends in within(windows, opens, closes):
            yield from _open(at, begins, turns_at)
            yield begins, ends, "excused"
            at = ends
        yield from _open(at, closes, turns_at)
        at = closes
    if at < end:
        yield at, end, "out_of_hours"


def _open(start: int, end: int, turns_at: int) -> Iterator[tuple[int, int, Kind]]:
    """Time that is neither out of hours nor excused."""
    middle = min(max(start, turns_at), end)
    if start < middle:
        yield start, middle, "paused"
    if middle < end:
        yield middle, end, "counted"


def key_of(cycle: Cycle) -> Key:
    """By which it is told from all others of its ticket."""
    return cycle.rules.name, cycle.number, cycle.started_at
