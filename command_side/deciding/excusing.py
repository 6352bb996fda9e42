"""What is agreed not to count, after each change of the list, and whom a change concerns.

Pure. A ticket stands under the number of one such change.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from command_side.deciding.events import (
    EXCUSES,
    ExcuseEnded,
    ExcuseGranted,
    ExcuseWithdrawn,
)
from command_side.deciding.records import Recorded
from engine.sla.calendar import FAR_FUTURE
from engine.sla.conditions import Match, condition
from engine.sla.cycle import Cycle
from engine.sla.excuses import (
    NOTHING_EXCUSED,
    Excuse,
    Excuses,
    Window,
    Windows,
    merged,
    within,
)
from engine.sla.instants import micros
from engine.sla.policy import UnknownVersion
from engine.sla.stored_fold import StoredFold
from engine.sla.timeline import Fold

STREAM = EXCUSES
KEPT = 16
"""Versions of the list that are kept ready at most."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """One excuse, as it stands after a change."""

    excuse_id: UUID
    windows: Windows
    """As they count: none once it is withdrawn."""
    match: Mapping[str, Any]
    unless: Mapping[str, Any]
    clocks: frozenset[str] | None
    reason: str
    by: str | None
    granted_at: int
    granted: Windows
    """As they were granted."""
    rrule: str | None = None
    time_zone: str | None = None
    ended_at: int | None = None
    withdrawn: str | None = None
    """Why."""

    @property
    def until(self) -> int:
        """When the last window is over; `FAR_FUTURE`: it goes on."""
        return self.granted[-1][1] if not self.windows else self.windows[-1][1]

    def excuse(self) -> Excuse:
        """As the clocks know it. Raises ValueError for conditions of another release."""
        return Excuse(self.windows, matching(self.match, self.unless), self.clocks)


@dataclass(frozen=True, slots=True)
class _Change:
    """One change of the list."""

    number: int
    at: int
    agreement: Agreement
    """The one that changed, as it stands since."""
    touched: Windows
    """Where it may have made a difference."""


class ExcuseBook:
    """Every change of the list that this process knows of, from the first on."""

    def __init__(self, changes: Sequence[_Change] = ()) -> None:
        self._changes = list(changes)
        self._made: dict[int, Excuses] = {0: NOTHING_EXCUSED}

    @property
    def number(self) -> int:
        """Of the newest change; 0: there was none."""
        return len(self._changes)

    @property
    def newest(self) -> Excuses:
        return self.version(self.number)

    def version(self, number: int) -> Excuses:
        """As it stood after a change. Raises UnknownVersion."""
        found = self._made.get(number)
        if found is None:
            if number > self.number:
                raise UnknownVersion(f"change {number} of what is excused")
            standing = (one for one in self.agreements(number) if one.windows)
            found = Excuses(number, [one.excuse() for one in standing])
            if len(self._made) >= KEPT:
                self._made = {0: NOTHING_EXCUSED}
            self._made[number] = found
        return found

    def agreements(self, number: int | None = None) -> Sequence[Agreement]:
        """All of them after a change, or now: withdrawn ones too, the oldest first."""
        changes = self._changes[:number]
        return list({one.agreement.excuse_id: one.agreement for one in changes}.values())

    def changed_at(self, number: int) -> int:
        """When that change was recorded."""
        return self._changes[number - 1].at

    def take(self, event: Recorded) -> None:
        """The next change. Raises ValueError for an event that is none."""
        body, at = event.body, micros(event.recorded_at)
        match body:
            case ExcuseGranted():
                agreement = _granted(body, event)
                agreement.excuse()  # what this release cannot read is not taken
                touched = agreement.windows
            case ExcuseEnded():
                before = self.agreement(body.excuse_id)
                windows = within(before.windows, 0, body.ended_at)
                agreement = replace(before, windows=windows, ended_at=body.ended_at)
                touched = within(before.windows, body.ended_at, FAR_FUTURE)
            case ExcuseWithdrawn():
                before = self.agreement(body.excuse_id)
                agreement, touched = (
                    replace(before, windows=(), withdrawn=body.reason),
                    before.windows,
                )
            case _:
                raise ValueError(f"{event.topic} changes nothing that is excused")
        self._changes.append(_Change(event.version, at, agreement, touched))

    def agreement(self, excuse: UUID) -> Agreement:
        """As it stands now. Raises LookupError."""
        for change in reversed(self._changes):
            if change.agreement.excuse_id == excuse:
                return change.agreement
        raise LookupError(excuse)

    def supposing(self, agreement: Agreement) -> "ExcuseBook":
        """With one agreement more, under the next number."""
        one = _Change(self.number + 1, agreement.granted_at, agreement, agreement.windows)
        return ExcuseBook([*self._changes, one])

    def may_concern(self, stood_under: int, fold: StoredFold) -> bool:
        """Whether what has changed since may bear on this ticket: its stream has to say."""
        goes_on = fold.may_be_moved or fold.pending_at is not None
        end = FAR_FUTURE if goes_on else max(fold.at, fold.created_at + 1)
        return any(
            _meet(change.touched, fold.created_at, end) for change in self._changes[stood_under:]
        )

    def touches(self, number: int, lives: Windows) -> bool:
        """Whether that change may bear on anything of these times."""
        touched = self._changes[number - 1].touched
        return any(_meet(touched, start, end) for start, end in lives)


def matching(match: Mapping[str, Any], unless: Mapping[str, Any]) -> Match:
    """Conditions as they were written. Raises ValueError, UnknownField."""
    when = tuple(condition(field, accepted) for field, accepted in match.items())
    return Match(when, tuple(condition(field, accepted) for field, accepted in unless.items()))


NOTHING_AGREED = ExcuseBook()


def _granted(body: ExcuseGranted, event: Recorded) -> Agreement:
    windows = merged(
        (one.start, FAR_FUTURE if one.until is None else one.until) for one in body.windows
    )
    return Agreement(
        body.excuse_id,
        windows,
        body.match,
        body.unless or {},
        None if body.clocks is None else frozenset(body.clocks),
        body.reason,
        event.personal.by,
        micros(event.occurred_at),
        windows,
        body.rrule,
        body.time_zone,
    )


def _meet(windows: Windows, start: int, end: int) -> bool:
    index = bisect_right(windows, start, key=lambda window: window[1])
    return index < len(windows) and windows[index][0] < end


Excused = tuple[str, int, Windows]
"""What is excused of one cycle, by its clock and its start."""


def excused(fold: Fold) -> list[Excused]:
    """The windows within the lives of a full fold's cycles.

    Two lists concern a ticket alike when this is the same under both.
    """
    return [
        (name, cycle.started_at, windows)
        for name, clock in fold.clocks.items()
        for cycle in clock.cycles()
        if (windows := within(clock.windows, *_life(cycle)))
    ]


def lives(fold: Fold) -> Windows:
    """When any cycle of a full fold goes on. That does not depend on what is excused: a change
    that bears on nothing of it leaves the ticket as it was."""
    return merged(_life(cycle) for clock in fold.clocks.values() for cycle in clock.cycles())


def _life(cycle: Cycle) -> Window:
    return cycle.started_at, FAR_FUTURE if cycle.ended_at is None else cycle.ended_at
