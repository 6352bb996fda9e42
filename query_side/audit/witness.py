"""What each point of a ticket's timeline did to its clocks: the facts, to be told by `telling`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from engine.sla.calendar import Calendar
from engine.sla.cycle import Cycle
from engine.sla.excuses import Windows, within
from engine.sla.timeline import Fold
from engine.sla.uses import Key, key_of
from query_side.audit.standing import Happening, Known, Standing, Under, Update

LATEST = 50
"""Segments of a change that are kept."""

Kind = Literal[
    "phase_changed",
    "clock_started",
    "clock_promised",
    "clock_moved",
    "milestones_moved",
    "clock_paused",
    "clock_resumed",
    "clock_met",
    "clock_stopped_late",
    "clock_cancelled",
    "own_date_ignored",
]
BECAME: dict[str, Kind] = {
    "paused": "clock_paused",
    "running": "clock_resumed",
    "met": "clock_met",
    "breached": "clock_stopped_late",
    "cancelled": "clock_cancelled",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One cycle became something else at an instant; or, without a clock, the ticket did."""

    kind: Kind
    happening: Happening
    counted: list[tuple[str, int, int]] | None
    """Open time since the change before, by calendar; None: the cycle did not run."""

    @property
    def at(self) -> int:
        return self.happening.at

    @property
    def key(self) -> tuple[str, int, int] | None:
        """The clock, the number and the start of the cycle; None: it is of the ticket alone."""
        cycle = self.happening.cycle
        return None if cycle is None else cycle.key


class Witness:
    """Watches a fold being made."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self._known: dict[Key, Known] = {}
        self._under: dict[Key, Under] = {}
        self._open: set[Key] = set()
        """The cycles that were open at the point before."""
        self._ticket: Standing | None = None

    def __call__(self, fold: Fold) -> None:
        before, now = self._ticket, Standing.of(fold)
        self._ticket = now
        update = _update(before, now, fold.at)
        told = len(self.changes)
        there: set[tuple[str, int, int]] = set()
        for cycle in fold.cycles():
            known = Known.of(cycle, fold.at)
            there.add(known.key)
            was, under = self._known.get(known.key), self._under.get(known.key)
            self._look(cycle, known, Happening(before, now, fold.at, update, was, known, under))
        if gone := self._known.keys() - there:  # a cycle that never lasted never was
            self.changes = [one for one in self.changes if one.key not in gone]
            for key in gone:
                del self._known[key]
                self._under.pop(key, None)
        if len(self.changes) == told and _rephased(before, now):
            it = Happening(before, now, fold.at, None, None, None, None)
            self.changes.append(Change("phase_changed", it, None))
        self._keep(fold, now)

    def _keep(self, fold: Fold, now: Standing) -> None:
        """What each cycle is under; one that ends here came under that first."""
        newest = {key_of(cycle): cycle for cycle in fold.newest_cycles()}
        for key, cycle in newest.items():
            if cycle.is_open or key in self._open or key not in self._under:
                self._under[key] = Under(now, cycle.windows)
        self._open = {key for key, cycle in newest.items() if cycle.is_open}

    def _look(self, cycle: Cycle, now: Known, it: Happening) -> None:
        was, at = it.was, it.at
        told = _begun(now, it.under) if was is None else _became(was, now, it.under)
        counted = _counted(was, at, cycle.windows)
        if was is None and cycle.spans:
            counted = _open(cycle.calendar, cycle.windows, cycle.spans)
        if was is not None and was.view.target is None:  # it went on while nothing was promised
            spans = [(max(start, was.since), end) for start, end in cycle.spans if end > was.since]
            counted = _open(was.calendar, cycle.windows, spans) or counted
        self.changes += [Change(kind, it, counted) for kind in told]
        if was is None or told:
            self._known[now.key] = now
        elif was.calendar is not now.calendar:
            was.counted, was.since, was.calendar = counted or [], at, now.calendar


def _update(before: Standing | None, now: Standing, at: int) -> Update | None:
    if before is None or before.policy is not now.policy:
        return None
    return now.newest if before.newest != now.newest else (at, None)


def _rephased(before: Standing | None, now: Standing) -> bool:
    """Another policy version maps the ticket's status otherwise."""
    return before is not None and before.policy is not now.policy and before.phase != now.phase


def _begun(now: Known, under: Under | None) -> list[Kind]:
    told: list[Kind] = ["clock_started" if under is None else "clock_promised"]
    state = now.view.state
    if now.view.own_date_ignored is not None:
        told.append("own_date_ignored")
    return told if state in ("running", "paused") else [*told, BECAME[state]]


def _became(was: Known, now: Known, under: Under | None) -> list[Kind]:
    ignored = now.view.own_date_ignored
    more: list[Kind] = [] if ignored in (None, was.view.own_date_ignored) else ["own_date_ignored"]
    return [*_changed(was, now, under), *more]


def _changed(was: Known, now: Known, under: Under | None) -> list[Kind]:
    old, new = was.view, now.view
    if old.target is None and new.target is not None and new.state in ("running", "paused"):
        return ["clock_promised"]
    if old.target is not None and new.target is None:
        return ["clock_cancelled"]
    changed = (old.target, old.calendar) != (new.target, new.calendar)
    if old.state != new.state:
        return ["clock_moved", BECAME[new.state]] if changed else [BECAME[new.state]]
    # Without a deadline what it will be is in the calendar.
    paused = new.state == "paused" and was.calendar != now.calendar
    if changed or paused or old.due_at != new.due_at:
        return ["clock_moved"]
    if old.resumes_at != new.resumes_at:
        excused = under is not None and under.windows != now.windows
        moved = excused or was.milestones != now.milestones
        return ["clock_moved" if moved else "clock_paused"]
    if new.state in ("running", "paused") and was.milestones != now.milestones:
        return ["milestones_moved"]
    return []


def _open(
    calendar: Calendar, windows: Windows, spans: Iterable[tuple[int, int]]
) -> list[tuple[str, int, int]]:
    found = (one for start, end in spans for one in calendar.open_intervals(start, end))
    counted = [(calendar.name, *part) for one in found for part in _unexcused(*one, windows)]
    return counted[-LATEST:]


def _unexcused(start: int, end: int, windows: Windows) -> Iterator[tuple[int, int]]:
    for begins, ends in within(windows, start, end):
        if start < begins:
            yield start, begins
        start = ends
    if start < end:
        yield start, end


def _counted(was: Known | None, until: int, windows: Windows) -> list[tuple[str, int, int]] | None:
    if was is None or was.view.state != "running":
        return None
    return [*was.counted, *_open(was.calendar, windows, [(was.since, until)])][-LATEST:]
