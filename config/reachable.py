"""Which routes anything can ever take: says so of those that nothing can, and why."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product

from config.findings import Findings
from config.problems import KeyPath
from engine.sla.conditions import Condition
from engine.sla.matching import levels
from engine.sla.policy import Plan, Policy
from engine.sla.routes import RAISED, TYPES, Route
from engine.sla.verdict import SEVERITIES

OF_ALERTS = SEVERITIES[1:]
DECIDED = ("customer_tier", "priority", "clock", "type", "severity", "level")
"""The fields whose values the promises decide."""
OTHER = "\0"
"""Stands for all tiers and priorities that no route names: they are alike to all."""
Facts = Mapping[str, str]


def warn(routes: Sequence[Route], policy: Policy, path: KeyPath, findings: Findings) -> None:
    """Warns about routes that nothing takes: nothing matches, or earlier ones have it all.

    Of fields that no promise decides, anything may come: none of them counts against a route, and
    one that asks for them never takes all.
    """
    everything = _possible(routes, policy)
    left = everything
    for index, route in enumerate(routes):
        here = (*path, index)
        possible = [facts for facts in everything if _may_take(route, facts)]
        if not possible:
            if why := _why(route, everything):
                findings.warn((*here, "match"), why)
        elif not any(_may_take(route, facts) for facts in left):
            findings.warn(here, "is never reached: the routes before it take all that it matches")
        for one in route.match.when if possible else ():
            if one.field not in DECIDED:
                continue
            for value in sorted(one.words - {facts[one.field] for facts in possible}):
                # Else that is said already.
                if any(facts[one.field] == value for facts in everything):
                    message = f"what else is matched here never has the {one.field} {value!r}"
                    findings.warn((*here, "match", one.field), message)
        if not route.goes_on:
            left = [facts for facts in left if not _takes_for_sure(route, facts)]


def _possible(routes: Sequence[Route], policy: Policy) -> list[Facts]:
    """All that can be matched of what happens, under any plan."""
    asks = [one for route in routes for one in (*route.match.when, *route.match.unless)]
    named = {
        name: {value for one in _of(name, asks) for value in one.words}
        for name in ("customer_tier", "priority", "type")
    }
    others = set(TYPES).difference(RAISED)
    types = others if any(one.anything for one in _of("type", asks)) else named["type"] & others
    by_level = any(_of("level", asks))
    found: set[tuple[str, ...]] = set()
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
            for told in _told(plan, clock, policy, types, by_level):
                found.add((*about, *told))
    return [dict(zip(DECIDED, facts, strict=True)) for facts in sorted(found)]


def _told(
    plan: Plan, clock: str, policy: Policy, types: Iterable[str], by_level: bool
) -> Iterable[tuple[str, str, str]]:
    """Type, severity and level of all that may come about on a clock."""
    on_any = {str(level) for level in levels(policy)} if by_level else {"0"}
    yield from product(("alert",), OF_ALERTS, on_any)
    if plan.ladder is None:
        own = {level for level in policy.default_levels.values() if level}
        severities = OF_ALERTS
    else:
        is_on = policy.clocks[clock].kind == "resolution"
        own = {rung.level for rung in plan.ladder} if is_on else set[int]()
        severities = SEVERITIES  # a level may be reached long before the warning
    if own:
        yield from product(("escalation",), severities, map(str, own) if by_level else ("0",))
    yield from product(types, SEVERITIES, on_any)


def _of(name: str, conditions: Iterable[Condition]) -> list[Condition]:
    return [one for one in conditions if one.field == name]


def _may_take(route: Route, facts: Facts) -> bool:
    if facts["type"] not in RAISED and not route.names_types:
        return False
    return _hold(route.match.when, facts) and not any(
        one.field in facts and one.holds(facts[one.field]) for one in route.match.unless
    )


def _takes_for_sure(route: Route, facts: Facts) -> bool:
    asked = (*route.match.when, *route.match.unless)
    return all(one.field in facts for one in asked) and _may_take(route, facts)


def _hold(conditions: Iterable[Condition], facts: Facts) -> bool:
    return all(one.holds(facts[one.field]) for one in conditions if one.field in facts)


def _why(route: Route, everything: Sequence[Facts]) -> str | None:
    """The fewest conditions that cannot hold together; None: one of them is wrong by itself, which
    is said where its values are looked at, but for clocks and types that nothing promises."""
    when = route.match.when
    for size in range(1, len(when) + 1):
        for part in combinations(when, size):
            if not any(_hold(part, facts) for facts in everything):
                if [one.field for one in part] in (["customer_tier"], ["priority"], ["level"]):
                    return None
                said = " and ".join(f"the {one.field} {_written(one)}" for one in part)
                return f"no alert ever has {said}: nothing goes here"
    return "all that it matches is left out by `unless`: nothing goes here"


def _written(one: Condition) -> str:
    return " or ".join(sorted(word.casefold() for word in one.written)) or "nothing"
