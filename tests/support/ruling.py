"""Rules of a policy in a few words, for the tests of the clocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.sla.calendar import ALWAYS, Calendar
from engine.sla.conditions import Match, condition
from engine.sla.policy import Plan, Policy
from engine.sla.rules import Rule, Validity
from tests.support.timelines import at, budget, ladder

Targets = Mapping[str, str]


@dataclass(frozen=True)
class Ruled:
    """What a rule asks, and promises by priority; `any` stands for all others."""

    name: str
    when: Mapping[str, Any] = field(default_factory=dict[str, Any])
    unless: Mapping[str, Any] = field(default_factory=dict[str, Any])
    targets: Mapping[str, Targets] = field(default_factory=dict[str, Targets])
    calendar: Calendar = ALWAYS
    ladder: Mapping[int, str] | None = None
    on_purpose: bool = False
    valid: Validity | None = None


def until(end: str, *, start: str | None = None, by_time: bool = True) -> Validity:
    return Validity(None if start is None else at(start), at(end), by_time, f"until {end}")


def match(when: Mapping[str, Any], unless: Mapping[str, Any]) -> Match:
    return Match(
        tuple(condition(name, accepted) for name, accepted in when.items()),
        tuple(condition(name, accepted) for name, accepted in unless.items()),
    )


def ruled(policy: Policy, *rules: Ruled, **given: Any) -> Policy:
    """The policy with these rules before its tiers."""
    plans: dict[tuple[str, str], Plan] = {}
    for one in rules:
        calendars = dict.fromkeys(policy.clocks, one.calendar)
        rungs = None if one.ladder is None else ladder(one.ladder)
        nothing: dict[str, Targets] = {"any": {}}
        for priority, targets in {**nothing, **one.targets}.items():
            key = "" if priority == "any" else priority.casefold()
            promised = {name: budget(target) for name, target in targets.items()}
            plans[one.name, key] = Plan(
                promised,
                calendars,
                rungs,
                priority=key,
                rule=one.name,
                on_purpose=one.on_purpose,
                own_dates=not one.on_purpose,
            )
    made = tuple(Rule(one.name, match(one.when, one.unless), one.valid) for one in rules)
    return replace(policy, rules=made, rule_plans=plans, **given)


def asking(policy: Policy, fields: Sequence[str]) -> Policy:
    """The policy with a rule that asks for these, and that no ticket falls under."""
    return ruled(policy, Ruled("never", {name: "never said" for name in fields}))
