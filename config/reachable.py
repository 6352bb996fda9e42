"""Which routes an alert can ever take: says so of those that none can, and why."""

from collections.abc import Mapping, Sequence
from itertools import combinations, product

from config.findings import Findings
from config.problems import KeyPath
from engine.sla.policy import Policy, Route
from engine.sla.verdict import SEVERITIES

OF_ALERTS = SEVERITIES[1:]
DECIDED = ("customer_tier", "priority", "clock", "type", "severity")
"""The fields whose values the promises decide."""
OTHER = "\0"
"""Stands for all tiers and priorities that no route names: they are alike to all."""
Facts = Mapping[str, str]


def warn(routes: Sequence[Route], policy: Policy, path: KeyPath, findings: Findings) -> None:
    """Warns about routes that no alert takes: nothing matches, or earlier ones have it all.

    Of fields that no promise decides, anything may come: none of them counts against a route, and
    one that asks for them never takes all.
    """
    everything = _possible(routes, policy)
    left = everything
    for index, route in enumerate(routes):
        here = (*path, index)
        taken = [facts for facts in left if _matches(route.match, facts)]
        possible = [facts for facts in everything if _matches(route.match, facts)]
        if not possible:
            if why := _why(route.match, everything):
                findings.warn((*here, "match"), why)
        elif not taken:
            findings.warn(here, "is never reached: the routes before it take all that it matches")
        for name in DECIDED if possible else ():
            values = route.match.get(name, frozenset())
            for value in sorted(values - {facts[name] for facts in possible}):
                if any(facts[name] == value for facts in everything):  # else that is said already
                    message = f"what else is matched here never has the {name} {value!r}"
                    findings.warn((*here, "match", name), message)
        if route.match.keys() <= set(DECIDED):
            left = [facts for facts in left if not _matches(route.match, facts)]


def _possible(routes: Sequence[Route], policy: Policy) -> list[Facts]:
    """All that can be matched of an alert or escalation, under any plan."""
    named = {
        name: {value for route in routes for value in route.match.get(name, ())}
        for name in ("customer_tier", "priority")
    }
    found: set[tuple[str, str, str, str, str]] = set()
    has_default_levels = any(policy.default_levels.values())
    rules = {rule.name: rule for rule in policy.rules}
    for plan in policy.all_plans:
        rule = rules.get(plan.rule)
        tiers, priorities = {plan.tier}, {plan.priority}
        if rule is not None:
            tiers = rule.only("customer_tier") or {*named["customer_tier"], OTHER}
            if not plan.priority:
                priorities = rule.only("priority") or {*named["priority"], OTHER}
        of_tickets = {
            (
                tier if tier in named["customer_tier"] else OTHER,
                priority if priority in named["priority"] else OTHER,
            )
            for tier in tiers
            for priority in priorities
        }
        for who, clock in product(of_tickets, plan.clocks):
            about = (*who, clock.casefold())
            found.update((*about, "alert", severity) for severity in OF_ALERTS)
            if plan.ladder is None and has_default_levels:
                found.update((*about, "escalation", severity) for severity in OF_ALERTS)
            elif plan.ladder and policy.clocks[clock].kind == "resolution":
                # A level may be reached long before the warning.
                found.update((*about, "escalation", severity) for severity in SEVERITIES)
    return [dict(zip(DECIDED, facts, strict=True)) for facts in sorted(found)]


def _matches(match: Mapping[str, frozenset[str]], facts: Facts) -> bool:
    return all(facts[name] in values for name, values in match.items() if name in facts)


def _why(match: Mapping[str, frozenset[str]], everything: Sequence[Facts]) -> str | None:
    """The fewest fields that cannot be together; None: one of them is wrong by itself, which is
    said where its values are looked at, but for clocks and types that nothing promises."""
    for size in range(1, len(match) + 1):
        for names in combinations(match, size):
            part = {name: match[name] for name in names}
            if not any(_matches(part, facts) for facts in everything):
                if names in (("customer_tier",), ("priority",)):
                    return None
                said = " and ".join(
                    f"the {name} {' or '.join(sorted(match[name]))}" for name in names
                )
                return f"no alert ever has {said}: nothing goes here"
    return None
