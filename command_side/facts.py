"""A verdict of the pure core in the form in which events and answers carry it."""

from command_side.ticket import CycleFacts, Facts
from engine.sla.instants import SECOND, rfc3339, rfc3339_or_none
from engine.sla.timeline import Fold
from engine.sla.verdict import CycleView, Verdict


def seconds(duration: int) -> float:
    """Whole where it is whole."""
    return duration // SECOND if duration % SECOND == 0 else duration / SECOND


def cycle_facts(view: CycleView) -> CycleFacts:
    return {
        "clock": view.clock,
        "cycle": view.number,
        "state": view.state,
        "severity": view.severity,
        "calendar": view.calendar,
        "policy": view.policy,
        "started_at": rfc3339(view.started_at),
        "stopped_at": rfc3339_or_none(view.stopped_at),
        "first_stopped_at": rfc3339_or_none(view.first_stopped_at),
        "target_seconds": None if view.target is None else seconds(view.target),
        "elapsed_seconds": seconds(view.elapsed),
        "counted_at": rfc3339(view.counted_at),
        "due_at": rfc3339_or_none(view.due_at),
        "warning_at": rfc3339_or_none(view.warning_at),
        "critical_at": rfc3339_or_none(view.critical_at),
        "breached_at": rfc3339_or_none(view.breached_at),
        "overdue_from": rfc3339_or_none(view.overdue_from),
    }


def facts(
    verdict: Verdict,
    fold: Fold,
    *,
    status: str,
    observations: int,
    late: int,
    level: int,
    all_cycles: bool,
) -> Facts:
    return {
        "at": rfc3339(verdict.at),
        "status": status,
        "phase": fold.phase,
        "priority": fold.priority,
        "customer_tier": fold.tier,
        "created_at": rfc3339(fold.created_at),
        "newest_at": rfc3339(fold.newest[0] if fold.newest else fold.created_at),
        "observations": observations,
        "late": late,
        "policy": fold.policy.version,
        "state": verdict.state,
        "warning_at": rfc3339_or_none(verdict.warning_at),
        "critical_at": rfc3339_or_none(verdict.critical_at),
        "breached_at": rfc3339_or_none(verdict.breached_at),
        "due_at": rfc3339_or_none(verdict.due_at),
        "level": level,
        "cycles": [cycle_facts(view) for view in verdict.cycles],
        "all_cycles": all_cycles,
    }
