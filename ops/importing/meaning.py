"""What a desk's words are here (status, priority, tier): by the reading, or as somebody says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from command_side.connect.expressions import mapped
from command_side.connect.source import Choice, Source, Tiers
from engine.sla.policy import Phase
from ops.importing.gathering import TIER_BY


@dataclass
class Meaning:
    """Answers over those of the source."""

    source: Source
    phase: Callable[[str], Phase | None]
    """Of a status; None: nobody knows it."""
    statuses: dict[str, str] = field(default_factory=dict[str, str])
    priorities: dict[str, str] = field(default_factory=dict[str, str])
    tier: str | None = None
    """Of tickets for which nothing decides it."""
    priority: str | None = None
    """Of tickets that have none."""

    def status(self, written: str) -> str:
        known = mapped(mapped(written, self.source.reading.statuses), self.source.statuses)
        return mapped(known, self.statuses)

    def priority_of(self, written: str | None) -> str | None:
        if written is not None and written in self.priorities:
            return self.priorities[written]
        return self._priorities.choose(written, None) or self.priority

    def tier_of(self, item: Mapping[str, Any]) -> str | None:
        """By what the reading finds it by; a column of tiers says it itself."""
        if (named := item.get("customer_tier")) is not None:
            return mapped(str(named), self.source.tiers.map)
        return self._tiers.choose(item.get(self._tier_by), None) or self.tier

    def names_tier(self, item: Mapping[str, Any]) -> bool:
        """Whether it says what that is: not every row of a ticket does."""
        return item.get("customer_tier") is not None or item.get(self._tier_by) is not None

    @property
    def _tier_by(self) -> str:
        return "organization" if self.source.tiers.by is None else TIER_BY

    @cached_property
    def _priorities(self) -> Choice:
        """What they are chosen by has been read."""
        return self.source.priorities.model_copy(update={"by": None})

    @cached_property
    def _tiers(self) -> Tiers:
        return self.source.tiers.model_copy(update={"by": None})
