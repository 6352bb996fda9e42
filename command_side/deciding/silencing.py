"""Which alerts are recorded without anybody being told."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from engine.sla.conditions import Condition, Match
from engine.sla.excuses import Window, Windows
from engine.sla.matching import FIELDS, SEVERAL, Subject, condition, long_last


@dataclass(frozen=True, slots=True)
class Silence:
    """Mutes what matches, in windows. Values are compared without regard to case."""

    silence_id: UUID
    match: Match
    windows: Windows
    """At least one; in order and apart from each other."""

    @property
    def until(self) -> int:
        """When the last of its windows ends."""
        return self.windows[-1][1]

    def window(self, now: int) -> Window | None:
        """The one that this instant lies in."""
        for one in self.windows[bisect_right(self.windows, now, key=_end) :][:1]:
            return one if one[0] <= now else None
        return None

    def matches(self, subject: Subject, now: int) -> bool:
        return self.window(now) is not None and self.match.holds(subject)

    def ends_at(self, now: int) -> int:
        """When it mutes no more, for now; at once where it does not."""
        window = self.window(now)
        return now if window is None else window[1]

    def without_past(self, now: int) -> "Silence | None":
        """With the windows that are not over; itself where none is, None where all are."""
        if now < self.windows[0][1]:
            return self
        left = self.windows[bisect_right(self.windows, now, key=_end) :]
        return replace(self, windows=left) if left else None


def _end(window: Window) -> int:
    return window[1]


def match(matchers: Mapping[str, Sequence[str | None]]) -> Match:
    """Of all fields that are named, each by any of its values. Raises UnknownField, ValueError."""
    return Match(long_last(condition(name, values) for name, values in matchers.items()))


class InForce:
    """Some silences, found by what they match: each is filed under one field's values, if it can
    be; the others are looked at each time."""

    def __init__(self, silences: Iterable[Silence] = ()) -> None:
        self._all = tuple(silences)
        self._filed: dict[str, dict[str, list[Silence]]] = {}
        self._others: list[Silence] = []
        for one in self._all:
            by = min(filter(_files, one.match.when), key=_place, default=None)
            if by is None:
                self._others.append(one)
                continue
            drawer = self._filed.setdefault(by.field, defaultdict(list))
            for value in by.words:
                drawer[value].append(one)

    def __iter__(self) -> Iterator[Silence]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def matching(self, subject: Subject, now: int) -> list[Silence]:
        """Those that mute this."""
        found = [one for one in self._others if one.matches(subject, now)]
        for field, drawer in self._filed.items():
            value = subject.value(field)
            if isinstance(value, str):
                found += [
                    one for one in drawer.get(value.casefold(), ()) if one.matches(subject, now)
                ]
        return found


def _files(one: Condition) -> bool:
    """Whether a condition holds for single values that are known beforehand."""
    return one.field not in SEVERAL and not (one.nothing or one.anything)


def _place(one: Condition) -> int:
    """That which tells most tickets apart first."""
    return list(FIELDS).index(one.field) if one.field in FIELDS else len(FIELDS)
