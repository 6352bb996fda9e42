"""READ: what share of the promises has to be kept, and how many more may be missed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from engine.sla.policy import Policy


@dataclass(slots=True)
class Goals:
    """Whom a policy has goals for, as parallel lists that a query can join."""

    tiers: list[str] = field(default_factory=list[str])
    priorities: list[str] = field(default_factory=list[str])
    clocks: list[str] = field(default_factory=list[str])
    percents: list[float] = field(default_factory=list[float])


def of(policy: Policy, tickets: Iterable[tuple[str, str]]) -> Goals:
    """By tier and priority as tickets spell them, and by clock; those without a goal are not in.

    No table says which rule a ticket is under: where one promises the clock with another goal than
    the tier does, there are several, hence none.
    """
    found = Goals()
    for tier, priority in tickets:
        rules = [policy.plan_by(rule.name, tier, priority) for rule in policy.rules]
        for clock, goal in policy.plan(tier, priority).goals.items():
            if any(plan.goals.get(clock) != goal for plan in rules if clock in plan.clocks):
                continue
            found.tiers.append(tier)
            found.priorities.append(priority)
            found.clocks.append(clock)
            found.percents.append(float(goal))
    return found


def budget_left(met: int, breached: int, goal: float | None) -> int | None:
    """How many more of these cycles could have been missed with the goal still reached; negative:
    so many were too many.

    `goal` is per cent as it was written: 99.9 leaves exactly one of a thousand.
    """
    if goal is None:
        return None
    return floor((met + breached) * (100 - Fraction(str(goal))) / 100) - breached
