"""The rows of a ticket's cycles, folded from its life: what the read tables say of them at an
instant, of any instant, by what was known at any other."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import seconds
from command_side.deciding.excusing import ExcuseBook
from engine.sla import timeline
from engine.sla.counted import Stood
from engine.sla.instants import moment, moment_or_none
from engine.sla.timeline import Fold
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


def rows(life: Life, book: PolicyBook, excuses: ExcuseBook, at: int) -> Iterator[CycleRow]:
    """A ticket's cycles at an instant; none before it was opened. What was known is in `life`.

    Where it stands under a change of what is excused that came after `excuses` were read, it is as
    it was before. Raises UnknownVersion.
    """
    began = life.opened.policy
    policies = [one for one in book.all if began < one.version <= life.policy]
    fold = timeline.fold(
        life.observations,
        [book.version(began), *policies],
        at,
        excuses=excuses.version(min(life.excuses, excuses.number)),
        source=life.opened.source,
    )
    if at < fold.created_at:
        return
    for seen in map(partial(view, at=at), fold.cycles()):
        yield _row(life, fold, seen, at)


def _row(life: Life, fold: Fold, seen: CycleView, at: int) -> CycleRow:
    now = life.said_at(at)
    said = now if seen.decided_at is None else life.said_at(seen.decided_at)
    stood = seen.stood or Stood(seen.policy, seen.rule or "", *seen.attributes[:4])
    breached_at, overdue_from = seen.unexcused or (None, None)
    acknowledged = life.first_acknowledged(
        seen.started_at, at + 1 if seen.stopped_at is None else seen.stopped_at
    )
    return CycleRow(
        ticket_id=life.ticket,
        external_id=life.opened.external_id,
        source=life.opened.source,
        title=now.title,
        status=now.status,
        phase=fold.phase,
        clock=seen.clock,
        cycle=seen.number,
        rule=stood.rule or None,
        team=seen.team or stood.team,
        type=said.type,
        tier=stood.tier,
        priority=stood.priority,
        organization=stood.organization,
        assigned_to=said.assigned_to,
        policy=stood.policy,
        state=seen.state,
        started_at=moment(seen.started_at),
        stopped_at=moment_or_none(seen.stopped_at),
        due_at=moment_or_none(seen.due_at),
        breached_at=moment_or_none(seen.breached_at),
        overdue_from=moment_or_none(seen.overdue_from),
        counted_at=moment(seen.counted_at),
        target_seconds=None if seen.target is None else seconds(seen.target),
        elapsed_seconds=seconds(seen.elapsed),
        paused_seconds=seconds(seen.paused),
        excused_seconds=seconds(seen.excused),
        out_of_hours_seconds=seconds(seen.out_of_hours),
        uncounted_seconds=seconds(seen.uncounted),
        breached_at_unexcused=moment_or_none(breached_at),
        overdue_from_unexcused=moment_or_none(overdue_from),
        acknowledged_at=moment_or_none(acknowledged),
    )
