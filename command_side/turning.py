"""What would become of tickets if they were counted otherwise: whose verdict turns, and which
alerts would not be true any more. Nothing is written."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from command_side.deciding.replayed import Replayed
from engine.sla import escalation
from engine.sla.timeline import Fold
from engine.sla.verdict import CycleView, view

NOTHING = "none"
"""In place of a verdict, where there is no such cycle."""
Group = tuple[str, str, str]
"""Customer tier, priority and clock, casefolded."""
Attained = dict[Group, Counter[str]]
"""By group how many are met and how many breached."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A cycle whose verdict would be another one."""

    ticket_id: UUID
    external_id: str
    clock: str
    cycle: int
    before: str
    after: str


@dataclass(slots=True)
class Preview:
    """Of the tickets concerned; the others stay as they are."""

    tickets: int = 0
    cycles: list[Turned] = field(default_factory=list[Turned])
    alerts_withdrawn: int = 0
    alerts_raised: int = 0
    """Told of or not: what was long past is no news."""
    before: Attained = field(default_factory=dict[Group, Counter[str]])
    after: Attained = field(default_factory=dict[Group, Counter[str]])

    def add(self, case: Replayed, before: Fold, after: Fold, now: int) -> None:
        """A ticket that it concerns; `case` is as it would be then, and the folds are spent."""
        self.tickets += 1
        standing = case.standing(after, now)
        crossed = {escalation.key_of(crossing) for crossing in after.crossings()}
        self.alerts_withdrawn += len(escalation.untrue(after, standing, crossed, now))
        old = {(one.clock, one.started_at, one.number): one for one in _views(before, now)}
        for cycle in _views(after, now):
            was = old.pop((cycle.clock, cycle.started_at, cycle.number), None)
            if was is not None:
                _count(self.before, was)
            _count(self.after, cycle)
            self._turn(case, cycle, was, cycle)
        for gone in old.values():
            _count(self.before, gone)
            self._turn(case, gone, gone, None)
        happened = {escalation.key_of(crossing) for crossing in after.crossings()}
        self.alerts_raised += len(happened.difference(standing))

    def _turn(
        self, case: Replayed, of: CycleView, was: CycleView | None, now: CycleView | None
    ) -> None:
        before, after = _verdict(was), _verdict(now)
        if before != after:
            external_id = case.head.external_id
            turned = Turned(case.ticket, external_id, of.clock, of.number, before, after)
            self.cycles.append(turned)


def _views(fold: Fold, now: int) -> Iterator[CycleView]:
    if now >= fold.created_at:
        fold.count_to(now)
    return map(view, fold.cycles())


def _verdict(cycle: CycleView | None) -> str:
    """Breached as soon as it is overdue, though it may run on; what was cancelled is no miss."""
    if cycle is None:
        return NOTHING
    overdue = cycle.missed_at is not None and cycle.state != "cancelled"
    return "breached" if overdue else cycle.state


def _count(attained: Attained, cycle: CycleView) -> None:
    if (verdict := _verdict(cycle)) in ("met", "breached") and cycle.target is not None:
        by = cycle.stood or cycle.attributes  # as reports have it: what stood when it was decided
        group = (by.tier.casefold(), by.priority.casefold(), cycle.clock)
        attained.setdefault(group, Counter())[verdict] += 1
