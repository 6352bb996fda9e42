"""Which alerts are recorded without anybody being told."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from engine.sla.matching import FIELDS


@dataclass(frozen=True, slots=True)
class Silence:
    """Mutes what matches until an instant. Values are compared without regard to case."""

    silence_id: UUID
    matchers: Mapping[str, frozenset[str]]
    until: int

    def matches(self, facts: Mapping[str, str], now: int) -> bool:
        return now < self.until and all(
            facts.get(name, "").casefold() in accepted for name, accepted in self.matchers.items()
        )


class InForce:
    """Some silences, found by what they match: each is filed under one field's values."""

    def __init__(self, silences: Iterable[Silence] = ()) -> None:
        self._all = tuple(silences)
        self._filed: dict[str, dict[str, list[Silence]]] = {}
        for one in self._all:
            field = next((name for name in FIELDS if name in one.matchers), None)
            if (
                field is None
            ):  # of a newer release, which knows more fields: it matches nothing here
                continue
            drawer = self._filed.setdefault(field, defaultdict(list))
            for value in one.matchers[field]:
                drawer[value].append(one)

    def __iter__(self) -> Iterator[Silence]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def matching(self, facts: Mapping[str, str], now: int) -> list[Silence]:
        """Those that mute this."""
        return [
            one
            for field, drawer in self._filed.items()
            for one in drawer.get(facts.get(field, "").casefold(), ())
            if one.matches(facts, now)
        ]
