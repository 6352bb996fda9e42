"""The rows of a ticket's cycles, folded from its life: what the read tables say of them at an
instant, of any instant, by what was known at any other."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import seconds
from command_side.deciding.excusing import ExcuseBook
from engine.sla import timeline
from engine.sla.conditions import Attributes
from engine.sla.cycle import Cycle
from engine.sla.instants import moment
from engine.sla.policy import Plan, Policy
from engine.sla.timeline import Fold
from engine.sla.uses import Key, Uses
from engine.sla.verdict import CycleView, view
from query_side.audit.reported.life import Life


class CycleRow(NamedTuple):
    """One cycle of one clock; the columns of `replayed_cycles.sql`, which says what they are."""

    ticket_id: UUID
    external_id: str
    source: str
    title: str | None
    status: str
    phase: str
    clock: str
    cycle: int
    rule: str | None
    team: str | None
    type: str | None
    tier: str
    priority: str
    organization: str | None
    assigned_to: str | None
    policy: int
    state: str
    started_at: datetime
    stopped_at: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    overdue_from: datetime | None
    counted_at: datetime
    target_seconds: float | None
    elapsed_seconds: float
    paused_seconds: float
    excused_seconds: float
    out_of_hours_seconds: float
    uncounted_seconds: float
    breached_at_unexcused: datetime | None
    overdue_from_unexcused: datetime | None
    acknowledged_at: datetime | None


class _Stood(NamedTuple):
    """By what a cycle was judged from an instant on."""

    at: int
    attributes: Attributes
    plan: Plan | None
    policy: Policy | None
    newest: tuple[int, int] | None


class Judged:
    """Watches a fold being made; knows by what each cycle was judged at any instant of its own."""

    def __init__(self) -> None:
        self._stood: defaultdict[Key, list[_Stood]] = defaultdict(list)

    def __call__(self, fold: Fold) -> None:
        for clock in fold.clocks.values():
            cycle = clock.cycle
            # One that was ended by what its ticket says now was judged by what it said before.
            if cycle is not None and (cycle.is_open or cycle.attributes is fold.attributes):
                stood = _Stood(fold.at, cycle.attributes, cycle.plan, cycle.policy, fold.newest)
                self._stood[_key(cycle)].append(stood)

    def of(self, cycle: Cycle, at: int | None) -> _Stood:
        """At an instant; None: at last."""
        stood = self._stood[_key(cycle)]
        place = len(stood) if at is None else bisect_right(stood, at, key=lambda one: one.at)
        return stood[max(place, 1) - 1]


def rows(
    life: Life, book: PolicyBook, excuses: ExcuseBook, at: int, known_at: int | None
) -> Iterator[CycleRow]:
    """A ticket's cycles at an instant; none before it was opened. `life` is what was known then.

    Where it stands under a change of what is excused that came after `excuses` were read, it is as
    it was before. Raises UnknownVersion.
    """
    began = life.opened.policy
    policies = [
        one
        for one in book.all
        if one.version > began and (known_at is None or one.accepted_at <= known_at)
    ]
    uses, judged = Uses(), Judged()

    def seen(fold: Fold) -> None:
        uses(fold)
        judged(fold)

    fold = timeline.fold(
        life.observations,
        [book.version(began), *policies],
        at,
        seen,
        excuses.version(min(life.excuses, excuses.number)),
        life.opened.source,
    )
    if at < fold.created_at:
        return
    for cycle in fold.cycles():
        yield _row(life, fold, cycle, at, uses, judged)


def _row(life: Life, fold: Fold, cycle: Cycle, at: int, uses: Uses, judged: Judged) -> CycleRow:
    seen, now = view(cycle), life.said_at(at)
    stood = judged.of(cycle, _decided_at(cycle, seen, at))
    said = life.said_by(stood.newest)
    used = uses.in_all(cycle, seen.counted_at)
    breached_at, overdue_from = seen.unexcused or (None, None)
    until = at if cycle.ended_at is None else cycle.ended_at
    acknowledged = life.first_acknowledged(cycle.started_at, until)
    return CycleRow(
        ticket_id=life.ticket,
        external_id=life.opened.external_id,
        source=life.opened.source,
        title=now.title,
        status=now.status,
        phase=fold.phase,
        clock=seen.clock,
        cycle=seen.number,
        rule=None if stood.plan is None else stood.plan.rule or None,
        team=seen.team or stood.attributes.team,
        type=said.type,
        tier=stood.attributes.tier,
        priority=stood.attributes.priority,
        organization=stood.attributes.organization,
        assigned_to=said.assigned_to,
        policy=0 if stood.policy is None else stood.policy.version,
        state=seen.state,
        started_at=moment(seen.started_at),
        stopped_at=_moment(seen.stopped_at),
        due_at=_moment(seen.due_at),
        breached_at=_moment(seen.breached_at),
        overdue_from=_moment(seen.overdue_from),
        counted_at=moment(seen.counted_at),
        target_seconds=None if seen.target is None else seconds(seen.target),
        elapsed_seconds=seconds(seen.elapsed),
        paused_seconds=seconds(used.paused),
        excused_seconds=seconds(used.excused),
        out_of_hours_seconds=seconds(used.out_of_hours),
        uncounted_seconds=seconds(seen.uncounted),
        breached_at_unexcused=_moment(breached_at),
        overdue_from_unexcused=_moment(overdue_from),
        acknowledged_at=_moment(acknowledged),
    )


def _decided_at(cycle: Cycle, seen: CycleView, at: int) -> int | None:
    """When it was breached, else when it ended; None: neither has come."""
    overdue_from = seen.overdue_from
    if seen.state != "cancelled" and overdue_from is not None and overdue_from <= at:
        return overdue_from
    return cycle.ended_at


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else moment(instant)


def _key(cycle: Cycle) -> Key:
    return cycle.rules.name, cycle.number, cycle.started_at


COLUMNS: Sequence[str] = CycleRow._fields
