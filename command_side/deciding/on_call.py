"""Who is on call by what is known of the calendars, and when that has changed.

Pure. What a decision rests on is the number of the version that it was looked up in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from command_side.deciding.events import ON_CALL, CalendarsRead, OnCallShift
from command_side.deciding.records import Recorded
from engine.sla.instants import SECOND, micros
from engine.sla.rotations import Plan, Rotation, Shift, Shifts

STREAM = ON_CALL
DAY = 24 * 60 * 60 * SECOND


@dataclass(frozen=True, slots=True)
class Version:
    """What a rotation's calendars said from one instant on."""

    number: int
    """Of the event in its stream."""
    recorded_at: int
    since: int
    until: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Answer:
    """Who is told."""

    people: tuple[str, ...]
    """Keys; empty: nobody, and there is no fallback."""
    number: int
    """Of the version by which; 0: none was ever read."""
    fallback: bool = False
    """Nobody is on call: these are told instead."""
    stale: bool = False
    """The calendars could not be read for a day, or ever: it may be otherwise by now."""


class RotaBook:
    """The versions of every rotation, as far as this process knows, and needs."""

    def __init__(self, *, keep: int | None = 2) -> None:
        """`keep` is how many of each rotation are held; None: all, for the history."""
        self._versions: dict[str, list[Version]] = {}
        self._keep = keep
        self.number = 0
        """Of the newest event."""
        self.read_at: Mapping[str, int] = {}
        """When all calendars of a rotation could be read last, 0 where that never was; it has none
        where nobody has tried yet. No event tells it."""

    def take(self, event: Recorded) -> None:
        """The next version. Raises ValueError for an event that is none."""
        self.number = event.version
        body = event.body
        if not isinstance(body, CalendarsRead):
            raise ValueError(f"{event.topic} says nothing of who is on call")
        one = Version(
            event.version,
            micros(event.recorded_at),
            body.since,
            body.until,
            Plan(_shifts(body.shifts), _shifts(body.overrides)),
        )
        known = self._versions.setdefault(body.rotation, [])
        known.append(one)
        if self._keep is not None:
            del known[: -self._keep]

    def newest(self, rotation: str) -> Version | None:
        """None: none was ever read."""
        known = self._versions.get(rotation)
        return known[-1] if known else None

    def version(self, rotation: str, at: int, known_at: int) -> Version | None:
        """The one by which it is said who is on call at an instant, by what was known at another:
        the newest that was recorded by then and reaches so far back."""
        heard = [one for one in self._versions.get(rotation, ()) if one.recorded_at <= known_at]
        reaching = (one for one in reversed(heard) if one.since <= at)
        return next(reaching, heard[0] if heard else None)

    def people(self, rotation: Rotation, at: int, level: int) -> Answer:
        """Whom a notice of an escalation level names."""
        known = self.newest(rotation.name)
        standing = () if known is None else known.plan.standing(at, level)
        number = 0 if known is None else known.number
        stale = at - self.read_at.get(rotation.name, at) > DAY
        people = tuple(dict.fromkeys(one.person for one in standing))
        if people:
            return Answer(people, number, stale=stale)
        return Answer(rotation.fallback, number, fallback=True, stale=stale)


NOBODY_ON_CALL = RotaBook()


def change(
    before: Version | None, rotation: str, plan: Plan, now: int, until: int
) -> CalendarsRead | None:
    """What is to be recorded of what was just read; None: it is known already.

    What is past is never compared: feeds forget it. And reading further is no news by itself, but
    is recorded once it is a day's.
    """
    if before is not None and until - before.until < DAY:
        both = min(until, before.until)
        if plan.within(now, both) == before.plan.within(now, both):
            return None
    return CalendarsRead(
        rotation=rotation,
        since=now,
        until=until,
        shifts=_parts(plan.calendar),
        overrides=_parts(plan.overrides),
    )


def _shifts(parts: Iterable[OnCallShift]) -> Shifts:
    return tuple(Shift(one.start, one.end, one.person, one.level) for one in parts)


def _parts(shifts: Shifts) -> tuple[OnCallShift, ...]:
    return tuple(
        OnCallShift(person=one.person, start=one.start, end=one.end, level=one.level)
        for one in shifts
    )
