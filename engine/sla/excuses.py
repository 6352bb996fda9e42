"""Time that both sides agreed not to count: which windows a ticket has, and calendars without them.

Windows are half-open, in microseconds, in order and apart from each other.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from engine.sla.calendar import FAR_FUTURE, Calendar
from engine.sla.conditions import Attributes, Match

Window = tuple[int, int]
Windows = tuple[Window, ...]


def merged(windows: Iterable[Window]) -> Windows:
    """In order, each instant once; what overlaps or touches is one window."""
    found: list[Window] = []
    for start, end in sorted(windows):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return tuple(found)


def spliced(before: Windows, after: Windows, at: int) -> Windows:
    """The ones up to an instant, and the others from there on."""
    first = bisect_right(after, at, key=_end)
    later = after[first:] if first else after
    if later and later[0][0] < at:
        later = ((at, later[0][1]), *later[1:])
    past = before[: bisect_left(before, at, key=_start)]
    if past and past[-1][1] >= at:
        if later and later[0][0] == at:
            return (*past[:-1], (past[-1][0], later[0][1]), *later[1:])
        past = (*past[:-1], (past[-1][0], at))
    return past + later


def within(windows: Windows, start: int, end: int) -> Windows:
    """What of them lies between two instants."""
    return spliced(spliced((), windows, start), (), end)


@dataclass(frozen=True, slots=True)
class Excepted:
    """A calendar that is closed in some windows as well; asked in the same words."""

    calendar: Calendar
    windows: Windows

    def elapsed(self, start: int, end: int) -> int:
        """Open microseconds between two instants; 0 when `end` is not after `start`."""
        return self.calendar.elapsed(start, end) - self.excused(start, end)

    def excused(self, start: int, end: int) -> int:
        """What the calendar alone would count besides."""
        excused = 0
        for opens, closes in self._from(start):
            if opens >= end:
                break
            excused += self.calendar.elapsed(max(start, opens), min(end, closes))
        return excused

    def deadline(self, start: int, budget: int) -> int:
        """The earliest instant at which `elapsed(start, instant)` equals the budget."""
        for opens, closes in self._from(start) if budget > 0 else ():
            counted = self.calendar.elapsed(start, opens)
            if counted >= budget:
                break
            start, budget = closes, budget - counted
        return start if start >= FAR_FUTURE else self.calendar.deadline(start, budget)

    def first_after(self, instant: int) -> int:
        """The first instant at or after this one at which time counts."""
        found = self.calendar.first_after(instant)
        for opens, closes in self._from(instant):
            if found < opens:
                break
            if found < closes:
                found = closes if closes >= FAR_FUTURE else self.calendar.first_after(closes)
        return found

    def is_open(self, instant: int) -> bool:
        """Whether time counts at this instant."""
        opens, _ = next(self._from(instant), (FAR_FUTURE, FAR_FUTURE))
        return instant < opens and self.calendar.is_open(instant)

    def _from(self, instant: int) -> Iterator[Window]:
        """The windows that are not over by then; they may be many, and few are looked at."""
        for index in range(bisect_right(self.windows, instant, key=_end), len(self.windows)):
            yield self.windows[index]


def _start(window: Window) -> int:
    return window[0]


def _end(window: Window) -> int:
    return window[1]


@dataclass(frozen=True, slots=True)
class Excuse:
    """One agreement, as it stands: not withdrawn, and ended where it was ended."""

    windows: Windows
    match: Match
    """What a ticket has to say of itself at the instants that are excused."""
    clocks: frozenset[str] | None = None
    """None: all of them."""


class Excuses:
    """All that stand at one time, under the number of the last change. Equal by identity."""

    def __init__(self, number: int, excuses: Iterable[Excuse] = ()) -> None:
        self.number = number
        self._all = tuple(excuses)
        self.asks: frozenset[str] = frozenset().union(*(one.match.asks for one in self._all))
        """What conditions refer to, as in `Policy.asks`."""
        self._others = sorted(self.asks)
        self._found: dict[tuple[object, ...], Windows] = {}

    def __len__(self) -> int:
        return len(self._all)

    def windows(self, clock: str, attributes: Attributes) -> Windows:
        """When a clock of a ticket stands still that says this of itself."""
        if not self._all:
            return ()
        key = (clock, *attributes[:-1], *(attributes.others.get(name) for name in self._others))
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= MOST_KEPT:
                self._found.clear()
            found = self._found[key] = merged(
                window
                for one in self._all
                if (one.clocks is None or clock in one.clocks) and one.match.holds(attributes)
                for window in one.windows
            )
        return found


MOST_KEPT: Final = 4096
"""Kinds of tickets whose windows are kept ready at most."""
NOTHING_EXCUSED: Final = Excuses(0)
