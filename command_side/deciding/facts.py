"""A verdict of the pure core in the form in which events carry it."""

from typing import Protocol

from command_side.deciding.events import CycleFacts, Facts
from engine.sla.timeline import Fold
from engine.sla.verdict import CycleView, Verdict


class Besides(Protocol):
    """What no clock knows of its cycles."""

    def type_at(self, view: CycleView) -> str | None:
        """The ticket's, when the cycle was decided; None: it is not."""
        ...

    def acknowledged_at(self, started_at: int, stopped_at: int | None) -> int | None:
        """When somebody first did while the cycle was open."""
        ...


def cycle_facts(view: CycleView, fold: Fold, besides: Besides) -> CycleFacts:
    breached_at, overdue_from = view.unexcused or (None, None)
    policy, rule = view.policy, view.rule
    tier, priority, team, organization, *_ = view.attributes
    if view.stood is not None:
        policy, rule, tier, priority, team, organization = view.stood
    return CycleFacts(
        clock=view.clock,
        cycle=view.number,
        state=view.state,
        severity=view.severity,
        calendar=view.calendar,
        policy=policy,
        started_at=view.started_at,
        stopped_at=view.stopped_at,
        first_stopped_at=view.first_stopped_at,
        target=view.target,
        elapsed=view.elapsed,
        counted_at=view.counted_at,
        due_at=view.due_at,
        warning_at=view.warning_at,
        critical_at=view.critical_at,
        breached_at=view.breached_at,
        overdue_from=view.overdue_from,
        resumes_at=view.resumes_at,
        stood_at=view.decided_at,
        type=besides.type_at(view),
        paused=view.paused,
        excused=view.excused,
        out_of_hours=view.out_of_hours,
        acknowledged_at=besides.acknowledged_at(view.started_at, view.stopped_at),
        team=view.team or team,
        rule=rule or None,
        customer_tier=None if tier == fold.tier else tier,
        priority=None if priority == fold.priority else priority,
        organization=organization,
        uncounted=view.uncounted,
        breached_at_unexcused=breached_at,
        overdue_from_unexcused=overdue_from,
        own_date=view.own_date,
    )


def facts(
    verdict: Verdict,
    fold: Fold,
    *,
    status: str,
    observations: int,
    late: int,
    level: int,
    all_cycles: bool,
    besides: Besides,
) -> Facts:
    return Facts(
        at=verdict.at,
        status=status,
        phase=fold.phase,
        priority=fold.priority,
        customer_tier=fold.tier,
        created_at=fold.created_at,
        newest_at=fold.newest[0] if fold.newest else fold.created_at,
        observations=observations,
        late=late,
        policy=fold.policy.version,
        state=verdict.state,
        warning_at=verdict.warning_at,
        critical_at=verdict.critical_at,
        breached_at=verdict.breached_at,
        due_at=verdict.due_at,
        resumes_at=verdict.resumes_at,
        level=level,
        cycles=tuple([cycle_facts(view, fold, besides) for view in verdict.cycles]),
        all_cycles=all_cycles,
        excuses=fold.excuses.number,
        rule=fold.plan.rule or None,
        on_purpose=fold.plan.on_purpose,
    )
