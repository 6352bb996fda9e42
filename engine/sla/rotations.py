"""Who is on call at an instant: shifts as they were read from calendars, and what follows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import normalize

PREFIX = "on-call:"
"""Before a rotation's name, where a route says whom it tells."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """One of the configuration's `on_call`."""

    name: str
    tell_by: tuple[str, ...]
    """The channels."""
    fallback: tuple[str, ...] = ()
    """Keys of the people who are told when nobody is on call."""


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """Somebody is on call from `start` up to but not including `end`, microseconds."""

    start: int
    end: int
    person: str
    """Key in the configuration's `people`."""
    level: int = 0
    """From this escalation level on."""


Shifts = tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Two calendars of one rotation, normalised."""

    calendar: Shifts = ()
    overrides: Shifts = ()
    """They take the place of the calendar's shifts of the same level, as long as they last."""

    def standing(self, at: int, level: int | None = None) -> Shifts:
        """The shifts that count at an instant on an escalation level; None: on any. All of those
        that overlap."""
        over = _at(self.overrides, at)
        replaced = {one.level for one in over}
        under = [one for one in _at(self.calendar, at) if one.level not in replaced]
        found = sorted([*over, *under], key=lambda one: (one.level, one.person))
        return tuple(one for one in found if level is None or one.level <= level)

    def coming(self, at: int) -> Shifts:
        """Those that are the next to count, from when on they do: an override may hold the place
        of one that has begun."""
        turns = {one.start for one in (*self.calendar, *self.overrides)}
        turns |= {one.end for one in self.overrides}
        for then in sorted(one for one in turns if one > at):
            before = {(one.person, one.level) for one in self.standing(then - 1)}
            begun = {
                Shift(then, self.until(one, then), one.person, one.level)
                for one in self.standing(then)
                if (one.person, one.level) not in before
            }
            if begun:
                return tuple(sorted(begun))
        return ()

    def until(self, shift: Shift, at: int) -> int:
        """When a shift that counts at an instant ends, or is replaced."""
        if shift in self.overrides:
            return shift.end
        taken = (one.start for one in self.overrides if one.level == shift.level)
        return min([shift.end, *(start for start in taken if start > at)])

    def gaps(self, since: int, until: int) -> list[tuple[int, int]]:
        """When nobody is on call on the lowest level."""
        found: list[tuple[int, int]] = []
        reached = since
        for one in sorted(
            one for one in (*self.calendar, *self.overrides) if not one.level and one.end > since
        ):
            if one.start >= until:
                break
            if one.start > reached:
                found.append((reached, one.start))
            reached = max(reached, one.end)
        if reached < until:
            found.append((reached, until))
        return found

    def within(self, since: int, until: int) -> "Plan":
        """As much of it as lies in between."""
        return Plan(_clipped(self.calendar, since, until), _clipped(self.overrides, since, until))


def spelled(text: str) -> str:
    """By which names are compared: without regard to case, spaces, and whether an accent is a
    character of its own, which nobody sees."""
    return " ".join(normalize("NFC", normalize("NFC", text).casefold()).split())


def normalised(shifts: Iterable[Shift]) -> Shifts:
    """In order, and what goes on without a break as one: who is on call is the same either way."""
    open_: dict[tuple[str, int], Shift] = {}
    found: list[Shift] = []
    for one in sorted(one for one in shifts if one.start < one.end):
        key = (one.person, one.level)
        before = open_.get(key)
        if before is not None and one.start <= before.end:
            one = Shift(before.start, max(before.end, one.end), *key)
        elif before is not None:
            found.append(before)
        open_[key] = one
    return tuple(sorted([*found, *open_.values()]))


def _at(shifts: Sequence[Shift], at: int) -> list[Shift]:
    return [one for one in shifts if one.start <= at < one.end]


def _clipped(shifts: Shifts, since: int, until: int) -> Shifts:
    return tuple(
        sorted(
            Shift(max(one.start, since), min(one.end, until), one.person, one.level)
            for one in shifts
            if one.start < until and since < one.end
        )
    )
