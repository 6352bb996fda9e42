"""What policy versions promise a ticket, and whether one promises it otherwise than the last."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from engine.sla.cycle import Cycle
from engine.sla.policy import Policy, succession
from engine.sla.timeline import Fold


def moved(policies: Sequence[Policy], fold: Fold) -> bool:
    """Whether the versions after the first, up to that of the fold, change any open cycle."""
    first, *later = policies
    applied = succession([first, *(one for one in later if one.version <= fold.policy.version)])
    return any(
        promise(old, fold, cycle) != promise(new, fold, cycle)
        for clock in fold.clocks.values()
        if (cycle := clock.cycle) is not None and cycle.is_open
        for old, new in pairwise(applied)
    )


def promise(policy: Policy, fold: Fold, cycle: Cycle) -> tuple[Any, ...] | None:
    """All of a policy that bears on when milestones of an open cycle fall; None: no target."""
    plan, clock = policy.promised(fold.attributes, fold.created_at, fold.at), cycle.rules.name
    budget = plan.budget(clock, cycle.started_at, cycle.own, cycle.team)
    if budget is None:
        return None
    rules = policy.clocks[clock]
    levels: Any = policy.default_levels
    if plan.ladder is not None:
        levels = plan.ladder if rules.kind == "resolution" else None
    thresholds = (levels, policy.warning, policy.critical)
    pauses = (rules.pauses_in, rules.pauses_at_most)
    return (budget, plan.calendars[clock], *pauses, *thresholds)
