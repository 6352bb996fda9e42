"""Why a ticket is promised what it is: which rule decides, and what each one before it lacks.

Read from a fold, as it stands; the words are for others.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from engine.sla.budget import Budget
from engine.sla.calendar import Calendar
from engine.sla.conditions import Failure
from engine.sla.rules import Rule, Validity
from engine.sla.timeline import Fold


class Passed(NamedTuple):
    """A rule that was tried and does not match."""

    rule: Rule
    failure: Failure | Validity


class Promise(NamedTuple):
    clock: str
    budget: Budget
    calendar: Calendar


class Ended(NamedTuple):
    """A clock that had ended when that came to apply which decides now."""

    clock: str
    budget: Budget | None
    """What it was promised; None: nothing."""
    calendar: Calendar


class Nothing(NamedTuple):
    """Why nothing is promised: it is meant so; nothing is named for the priority, for the team that
    has it, or for the tier; or the tier does not hold then."""

    because: Literal["on_purpose", "priority", "team", "tier", "validity"]
    named: Sequence[str] = ()
    """Casefolded: the priorities, or the tiers, that something is promised to instead."""
    validity: Validity | None = None
    """When the tier holds."""


class Why(NamedTuple):
    """What decides about a ticket at an instant."""

    passed: Sequence[Passed]
    """In the order in which they were tried."""
    rule: Rule | None
    """The one that matches; None: the tier decides, behind all of them."""
    promises: Sequence[Promise]
    """As they are listed to people; dates of the ticket's own among them."""
    ended: Sequence[Ended]
    withdrawn: Sequence[str]
    """The clocks that were promised something until that came to apply which decides now."""
    nothing: Nothing | None
    """Why nothing is promised, but for dates of the ticket's own; None: something is."""


def why(fold: Fold, at: int) -> Why:
    """Of a fold that has been counted to `at`, not before the ticket's creation."""
    passed: list[Passed] = []
    decides: Rule | None = None
    for rule in fold.policy.rules:
        failure = rule.failure(fold.attributes, fold.created_at, at)
        if failure is None:
            decides = rule
            break
        passed.append(Passed(rule, failure))
    promises = _promises(fold)
    by_policy = any(one.clock in fold.plan.clocks for one in promises)
    nothing = None if by_policy else _nothing(fold)
    return Why(passed, decides, promises, *_over(fold, promises), nothing)


def _promises(fold: Fold) -> list[Promise]:
    plan, team = fold.plan, fold.attributes.team
    found: list[Promise] = []
    for name in fold.policy.counted:
        clock = fold.clocks[name]
        if clock.by_team and team is None:
            continue
        started_at = fold.created_at if clock.cycle is None else clock.cycle.started_at
        budget = plan.budget(name, started_at, clock.own, team)
        if budget is not None:
            found.append(Promise(name, budget, plan.calendars[name]))
    return found


def _over(fold: Fold, promises: Sequence[Promise]) -> tuple[list[Ended], list[str]]:
    """Of the newest cycles those whose promise is not that of now, and those that have lost it."""
    now = {one.clock: (one.budget, one.calendar.name) for one in promises}
    ended: list[Ended] = []
    withdrawn: list[str] = []
    for name in fold.policy.counted:
        cycle = fold.clocks[name].cycle
        if cycle is None:
            continue
        if cycle.vanished is not None:
            withdrawn.append(name)
        elif not cycle.is_open:
            kept = None if cycle.budget is None else (cycle.budget, cycle.calendar.name)
            if kept != now.get(name):
                ended.append(Ended(name, cycle.budget, cycle.calendar))
    return ended, withdrawn


def _nothing(fold: Fold) -> Nothing:
    policy, plan, tier = fold.policy, fold.plan, fold.tier.casefold()
    if plan.on_purpose:
        return Nothing("on_purpose")
    if plan.clocks:
        return Nothing("team")
    if plan.rule:
        entries = [(key[1], one) for key, one in policy.rule_plans.items() if key[0] == plan.rule]
    elif tier not in policy.tier_fallbacks:
        return Nothing("tier", tuple(policy.tier_fallbacks))
    elif plan is policy.fallback:
        return Nothing("validity", validity=policy.tier_validity[tier])
    else:
        entries = [(key[1], one) for key, one in policy.plans.items() if key[0] == tier]
    return Nothing("priority", tuple([priority for priority, one in entries if one.clocks]))
