"""What a fold says about a ticket: every cycle as people see it, and the ticket's own state."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from engine.sla.conditions import NOTHING, NOTHING_SAID, Attributes
from engine.sla.counted import Stood
from engine.sla.cycle import Cycle
from engine.sla.timeline import Fold

Severity = Literal["compliant", "warning", "critical", "breached"]
SEVERITIES: tuple[Severity, ...] = ("compliant", "warning", "critical", "breached")
State = Literal["compliant", "warning", "critical", "breached", "untracked"]
ShownState = Literal["running", "paused", "met", "breached", "cancelled"]


class CycleView(Struct):
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
    own_date: int | None
    """The ticket's own date, from which its target comes; None: it comes from the rule."""
    own_date_ignored: int | None
    """One that does not count, because it is not after the start."""
    uncounted: int = 0
    """What `elapsed` leaves out because it is excused."""
    unexcused: tuple[int | None, int | None] | None = None
    """`breached_at` and `overdue_from` as they would be if it counted; None: the same."""
    resumes_at: int | None = None
    """When it runs again by itself, where it is paused and may not be for ever."""
    team: str | None = None
    """Whose stint it is, of an ownership clock."""
    rule: str | None = None
    """By which it is judged; None: by the tier."""
    attributes: Attributes = NOTHING_SAID
    """Of the ticket, as long as the cycle was open: by these it is judged."""
    decided_at: int | None = None
    """When it was breached, else when it ended; null: neither by now."""
    stood: Stood | None = None
    """By what it was judged then, where that is not what it is judged by now."""
    paused: int = 0
    """Of the time up to its end, or to `counted_at`, in working hours: paused, or over before it
    was reopened; and not excused."""
    excused: int = 0
    """In working hours."""
    out_of_hours: int = 0


class Verdict(Struct):
    """The ticket's state at `at`, and from when on it will be worse if nothing happens."""

    at: int
    state: State
    warning_at: int | None
    critical_at: int | None
    breached_at: int | None
    due_at: int | None
    cycles: list[CycleView]
    resumes_at: int | None = None
    """When the first of its paused clocks runs again by itself."""


def severity(cycle: Cycle) -> Severity:
    """By elapsed and target alone, so that a paused clock keeps its severity."""
    result: Severity = "compliant"
    elapsed = cycle.elapsed
    for threshold in cycle.thresholds():
        if elapsed < threshold.elapsed:
            break  # as is every further one
        if threshold.strict and elapsed == threshold.elapsed:
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


def state_of(cycle: Cycle) -> ShownState:
    if cycle.vanished is not None:
        return "cancelled"
    if cycle.state == "stopped":
        return "met" if cycle.target is None or cycle.elapsed <= cycle.target else "breached"
    return cycle.state


def view(cycle: Cycle, at: int | None = None) -> CycleView:
    """As it stands at an instant up to which it has been counted, or can be foreseen."""
    ahead, reached = cycle.foreseen(), cycle.reached
    target, elapsed, stopped_at, end = cycle.target, cycle.elapsed, cycle.stopped_at, cycle.since
    if cycle.vanished is not None:
        stopped_at, elapsed = cycle.vanished
        end, ahead = stopped_at, NOTHING
    missed, deadline, counts, too_early = cycle.breached_at, cycle.deadline(), False, False
    if cycle.own is not None:
        budget = cycle.budget
        counts = budget is not None and budget.unit == "own_date"
        too_early = cycle.own <= cycle.started_at
        too_early = too_early and cycle.plan is not None and cycle.plan.own_dates
    foreseen = missed if missed is not None else deadline
    overdue_from = reached.get("breached", ahead.get("breached"))
    unexcused = None
    if cycle.vanished is None and (cycle.windows or cycle.uncounted):
        unexcused = cycle.unexcused()
        if unexcused == (foreseen, overdue_from):
            unexcused = None
    _, excused, out_of_hours = cycle.lost or cycle.apart_at(end)
    at = cycle.since if at is None else at
    return CycleView(
        clock=cycle.rules.name,
        number=cycle.number,
        state=state_of(cycle),
        severity=severity(cycle),
        calendar=cycle.calendar.name,
        policy=cycle.policy.version if cycle.policy is not None else 0,
        started_at=cycle.started_at,
        stopped_at=stopped_at,
        first_stopped_at=cycle.first_stopped_at,
        target=target,
        elapsed=elapsed,
        counted_at=cycle.since,
        due_at=deadline if cycle.state == "running" and cycle.vanished is None else None,
        warning_at=reached.get("warning", ahead.get("warning")),
        critical_at=reached.get("critical", ahead.get("critical")),
        breached_at=foreseen,
        overdue_from=overdue_from,
        missed_at=missed,
        own_date=cycle.own if counts else None,
        own_date_ignored=cycle.own if too_early else None,
        uncounted=cycle.uncounted if cycle.vanished is None else 0,
        unexcused=unexcused,
        resumes_at=cycle.resumes_at if cycle.vanished is None else None,
        team=cycle.team,
        rule=None if cycle.plan is None else cycle.plan.rule or None,
        attributes=cycle.attributes,
        decided_at=overdue_from if overdue_from is not None and overdue_from <= at else stopped_at,
        stood=cycle.stood,
        paused=end - cycle.started_at - elapsed - cycle.restarted - excused - out_of_hours,
        excused=excused,
        out_of_hours=out_of_hours,
    )


def verdict(fold: Fold, changed_since: Iterable[Cycle] | None = None) -> Verdict:
    """Reads a fold; `changed_since` narrows `cycles` down to these."""
    opened = fold.counting()
    ahead: dict[str, int] = {}
    due_at: int | None = None
    for cycle in opened:
        due = cycle.due_at()
        if due is not None and (due_at is None or due < due_at):
            due_at = due
        if not ahead:
            ahead.update(cycle.foreseen())
            continue
        for milestone, at in cycle.foreseen().items():
            known = ahead.get(milestone)
            if known is None or at < known:
                ahead[milestone] = at
    state: State
    if fold.phase == "cancelled" or not (opened or _was_tracked(fold)):
        state, ahead, due_at = "untracked", {}, None
    elif opened:
        state = max([severity(cycle) for cycle in opened], key=SEVERITIES.index)
    else:
        state = "breached" if _was_breached(fold) else "compliant"
    return Verdict(
        fold.at,
        state,
        ahead.get("warning"),
        ahead.get("critical"),
        ahead.get("breached"),
        due_at,
        [
            view(cycle, fold.at)
            for cycle in (fold.cycles() if changed_since is None else changed_since)
        ],
        min(fold.resumptions().values(), default=None) if fold.policy.limits_pauses else None,
    )


def _was_tracked(fold: Fold) -> bool:
    """Whether anything is promised to the ticket, or ever was."""
    return bool(fold.plan.targets) or any(
        clock.had_target or any(cycle.target is not None for cycle in clock.cycles())
        for clock in fold.clocks.values()
    )


def _was_breached(fold: Fold) -> bool:
    return any(
        clock.had_breach or any(cycle.is_missed for cycle in clock.cycles())
        for clock in fold.clocks.values()
    )
