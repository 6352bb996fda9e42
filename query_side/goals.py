"""READ: what share of the promises has to be kept, and how many more may be missed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

from engine.sla.policy import Policy


@dataclass(slots=True)
class Goals:
    """Whom a policy has goals for, as parallel lists that a query can join."""

    rules: list[str] = field(default_factory=list[str])
    """Empty: it is the tier's."""
    tiers: list[str] = field(default_factory=list[str])
    priorities: list[str] = field(default_factory=list[str])
    clocks: list[str] = field(default_factory=list[str])
    percents: list[float] = field(default_factory=list[float])


def everywhere(policy: Policy) -> Goals | None:
    """Where every rule, tier and priority has the same goals: these, by rule alone (also for none).
    None: they differ."""
    plans = (*policy.all_plans, *policy.tier_fallbacks.values(), policy.fallback)
    shared = policy.fallback.goals
    if any(plan.goals != shared for plan in plans):
        return None
    found = Goals()
    for rule in ("", *(rule.name for rule in policy.rules)):
        for clock, goal in shared.items():
            found.rules.append(rule)
            found.tiers.append("")
            found.priorities.append("")
            found.clocks.append(clock)
            found.percents.append(float(goal))
    return found


def of(policy: Policy, judged: Iterable[tuple[str, str, str]]) -> Goals:
    """By rule, tier and priority as cycles were judged by them, and by clock; those without a goal,
    and those of rules that the policy does not have any more, are not in."""
    found, known = Goals(), {"", *(rule.name for rule in policy.rules)}
    for rule, tier, priority in judged:
        if rule not in known:
            continue
        for clock, goal in policy.plan_by(rule, tier, priority).goals.items():
            found.rules.append(rule)
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
    missable = _missable(goal)
    return (met + breached) * missable.numerator // missable.denominator - breached


@cache
def _missable(goal: float) -> Fraction:
    """The share; a report asks for each of its groups, and there are few goals."""
    return (100 - Fraction(str(goal))) / 100
