"""Silences: matchers under which alerts are recorded but nobody is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


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
