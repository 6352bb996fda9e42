"""Who had a ticket, and of which type it was, at an instant: what no clock is told of.

Pure. A cycle counts for whoever had its ticket when it was breached, else when it ended. Names are
personal: facts say when that was, and the personal part of their event who it was.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from engine.sla.timeline import Fold

ALWAYS: Final = -1
"""Before every instant."""


class Holder(NamedTuple):
    """What an observation may say besides what clocks are told."""

    type: str | None
    assigned_to: str | None

    @classmethod
    def of(cls, plain: Mapping[str, Any], personal: Mapping[str, Any]) -> "Holder":
        """As folded attributes say."""
        return cls(plain.get("type"), personal.get("assigned_to"))

    def after(self, given: Mapping[str, Any], personal: Mapping[str, Any]) -> "Holder":
        """With what an observation says; itself where that is nothing new."""
        kind, assigned_to = self
        if (
            given.get("type", kind) == kind
            and personal.get("assigned_to", assigned_to) == assigned_to
        ):
            return self
        return Holder(given.get("type", kind), personal.get("assigned_to", assigned_to))


class Held(msgspec.Struct, array_like=True, frozen=True):
    """Of the newest cycle of a clock, breached, or promised nothing any more, before its ticket
    came to somebody else."""

    started_at: int
    """Of the cycle."""
    decided_at: int
    """The first instant at which it was."""
    holder: Holder


class Holders:
    """Who has had a ticket, from the first known on."""

    def __init__(self, first: Holder) -> None:
        self._since, self._holders = [ALWAYS], [first]

    @property
    def last(self) -> Holder:
        return self._holders[-1]

    def take(self, at: int, holder: Holder) -> None:
        """From then on it is this one's; in order."""
        if holder is not self.last:
            self._since.append(at)
            self._holders.append(holder)

    def at(self, instant: int) -> Holder:
        """What an observation of that very instant says is so already."""
        return self._holders[bisect_right(self._since, instant) - 1]


def held(holders: Holders, fold: Fold, before: Mapping[str, Held]) -> dict[str, Held]:
    """By clock, what a head keeps of its newest cycle as of the fold; what it kept `before` goes
    on, where `holders` do not reach back that far."""
    found: dict[str, Held] = {}
    now = holders.at(fold.at)
    for cycle in fold.newest_cycles():
        decided = cycle.breached_by(fold.at)
        if decided is None and cycle.vanished is not None:
            decided, _ = cycle.vanished
        if decided is None:
            continue
        name = cycle.rules.name
        kept = before.get(name)
        if kept is None or (kept.started_at, kept.decided_at) != (cycle.started_at, decided):
            kept = Held(cycle.started_at, decided, holders.at(decided))
        if kept.holder != now:
            found[name] = kept
    return found
