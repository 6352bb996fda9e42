"""Deciding who is reminded now, and of what nobody is any more.

Pure.
"""

from collections.abc import Mapping

from command_side.deciding.about import subject
from command_side.deciding.casefile import Casefile
from command_side.deciding.following import remind
from command_side.deciding.head import Repeated
from command_side.deciding.repeating import go_on
from command_side.deciding.silencing import InForce
from command_side.deciding.telling import Telling
from engine.sla.cycle import Cycle
from engine.sla.milestones import level_of
from engine.sla.timeline import Fold
from engine.sla.verdict import severity

Cycles = Mapping[tuple[str, int], Cycle]
"""By clock and start."""


def is_so(cycles: Cycles, clock: str, started_at: int, milestone: str, level: int) -> bool:
    """Whether the clock still stands there, or the ticket on that level."""
    if raised_level := level_of(milestone):
        return raised_level == level
    cycle = cycles.get((clock, started_at))
    return cycle is not None and severity(cycle) == milestone


def remind_of_all(
    case: Casefile,
    fold: Fold,
    cycles: Cycles,
    silences: InForce,
    telling: Telling,
    level: int,
    now: int,
) -> list[int]:
    """Tells once more what is still so, where it is due, and forgets what is not, or whose route
    repeats no more; when the next ones are due."""
    routes = {one.name: one.repeat for one in fold.policy.routes}
    kept: list[Repeated] = []
    for one in case.head.repeats:
        repeat, cycle = routes.get(one.route), cycles.get((one.clock, one.started_at))
        if repeat is None or cycle is None or not cycle.counts:
            continue
        if repeat.at_most is not None and one.count >= repeat.at_most:
            continue  # a head made anew has it again
        if not is_so(cycles, one.clock, one.started_at, one.milestone, level):
            continue
        if one.next_at <= now:
            if not _is_quiet(case, fold, one, cycle, silences, level, now):
                one.count += 1
                remind(case, one, cycle, telling, level, now)
            go_on(one, now)
        if repeat.at_most is None or one.count < repeat.at_most:
            kept.append(one)
    case.head.repeats = kept
    return [one.next_at for one in kept]


def _is_quiet(
    case: Casefile,
    fold: Fold,
    one: Repeated,
    cycle: Cycle,
    silences: InForce,
    level: int,
    now: int,
) -> bool:
    """Whether a snooze or a silence swallows it."""
    snoozed_until = case.head.snoozed_until
    if snoozed_until is not None and now < snoozed_until:
        return True
    raised_level = level_of(one.milestone)
    told = subject(
        case,
        fold,
        now,
        type="escalation" if raised_level else "alert",
        severity=severity(cycle),
        level=raised_level or level,
        clock=one.clock,
        cycle=cycle,
    )
    return bool(silences.matching(told, now))
