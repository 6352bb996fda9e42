"""What a fold says about a ticket: every cycle as people see it, and the ticket's own state."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from engine.sla.cycle import Cycle
from engine.sla.timeline import Fold

Severity = Literal["compliant", "warning", "critical", "breached"]
SEVERITIES: tuple[Severity, ...] = ("compliant", "warning", "critical", "breached")
State = Literal["compliant", "warning", "critical", "breached", "untracked"]
ShownState = Literal["running", "paused", "met", "breached", "cancelled"]


@dataclass(slots=True)
class CycleView:
    """One cycle, counted up to `counted_at`. Instants and durations in microseconds."""

    clock: str
    number: int
    state: ShownState
    severity: Severity
    calendar: str
    policy: int
    started_at: int
    stopped_at: int | None
    first_stopped_at: int | None
    target: int | None
    elapsed: int
    counted_at: int
    due_at: int | None
    warning_at: int | None
    critical_at: int | None
    breached_at: int | None
    """The deadline that was missed, or will be if nothing changes."""
    overdue_from: int | None
    """The first instant at which elapsed exceeds the target."""
    missed_at: int | None
    """The deadline, only once it was missed."""


@dataclass(slots=True)
class Verdict:
    """The ticket's state at `at`, and from when on it will be worse if nothing happens."""

    at: int
    state: State
    warning_at: int | None
    critical_at: int | None
    breached_at: int | None
    due_at: int | None
    cycles: list[CycleView]


def severity(cycle: Cycle) -> Severity:
    """By elapsed and target alone, so that a paused clock keeps its severity."""
    result: Severity = "compliant"
    for threshold in cycle.thresholds():
        over = cycle.elapsed > threshold.elapsed or (
            not threshold.strict and cycle.elapsed == threshold.elapsed
        )
        if not over:
            continue
        match threshold.milestone:
            case "breached":
                return "breached"
            case "critical":
                result = "critical"
            case "warning" if result == "compliant":
                result = "warning"
            case _:
                pass
    return result


def view(cycle: Cycle) -> CycleView:
    ahead = dict(cycle.foreseen())
    reached = cycle.reached
    target, elapsed, stopped_at = cycle.target, cycle.elapsed, cycle.stopped_at
    shown: ShownState
    if cycle.vanished is not None:
        shown, (stopped_at, elapsed) = "cancelled", cycle.vanished
        ahead = {}
    elif cycle.state == "stopped":
        shown = "met" if target is None or elapsed <= target else "breached"
    else:
        shown = cycle.state
    missed = cycle.breached_at
    return CycleView(
        clock=cycle.rules.name,
        number=cycle.number,
        state=shown,
        severity=severity(cycle),
        calendar=cycle.calendar.name,
        policy=cycle.policy.version if cycle.policy is not None else 0,
        started_at=cycle.started_at,
        stopped_at=stopped_at,
        first_stopped_at=cycle.first_stopped_at,
        target=target,
        elapsed=elapsed,
        counted_at=cycle.since,
        due_at=cycle.due_at() if cycle.vanished is None else None,
        warning_at=reached.get("warning", ahead.get("warning")),
        critical_at=reached.get("critical", ahead.get("critical")),
        breached_at=missed if missed is not None else cycle.due_at(),
        overdue_from=reached.get("breached", ahead.get("breached")),
        missed_at=missed,
    )


def verdict(fold: Fold, changed_since: Iterable[Cycle] | None = None) -> Verdict:
    """Reads a fold; `changed_since` narrows `cycles` down to these."""
    worst, warning_at, critical_at, breached_at, due_at = 0, None, None, None, None
    tracked, any_open, ever_breached = bool(fold.plan.targets), False, False
    for clock in fold.clocks.values():
        tracked = tracked or clock.had_target
        ever_breached = ever_breached or clock.had_breach
        for cycle in clock.cycles():
            tracked = tracked or cycle.target is not None
            ever_breached = ever_breached or cycle.breached_at is not None
            if not cycle.counts:
                continue
            any_open = True
            worst = max(worst, SEVERITIES.index(severity(cycle)))
            due_at = _earliest(due_at, cycle.due_at())
            for milestone, at in cycle.foreseen():
                match milestone:
                    case "warning":
                        warning_at = _earliest(warning_at, at)
                    case "critical":
                        critical_at = _earliest(critical_at, at)
                    case "breached":
                        breached_at = _earliest(breached_at, at)
                    case _:
                        pass
    state: State = SEVERITIES[worst]
    if not any_open:
        state = "breached" if ever_breached else "compliant"
    if not tracked or fold.phase == "cancelled":
        state, warning_at, critical_at, breached_at, due_at = "untracked", None, None, None, None
    cycles = fold.cycles() if changed_since is None else changed_since
    return Verdict(
        fold.at, state, warning_at, critical_at, breached_at, due_at, [view(c) for c in cycles]
    )


def _earliest(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
