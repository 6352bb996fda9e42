"""What holds, and probably means something else than whoever wrote it thinks."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from config.findings import Findings
from config.problems import KeyPath
from config.schema import File, Holidays, Rule
from engine.sla.conditions import Condition
from engine.sla.policy import Plan, Policy

ANY: Final = "any"
OTHERS: Final = frozenset({ANY, "default", "*"})
"""Words that stand for all others somewhere in the file, or in other products."""
_TURNED_ROUND: Final = re.compile(r"Etc/GMT([+-])([1-9][0-9]?)")
NO_SUMMER_TIME: Final = {
    "EST": "America/New_York",
    "MST": "America/Denver",
    "GMT": "Europe/London",
}


def warn(file: File, policy: Policy, findings: Findings, *, today: date) -> None:
    """About everything of the kind."""
    _of_tiers(file, policy, findings)
    for index, (rule, built) in enumerate(zip(file.rules or (), policy.rules, strict=True)):
        path: KeyPath = ("rules", index)
        _of_rule(rule, built.match.when, built.match.unless, path, findings)
        for name in rule.model_extra or {}:
            key = "" if name.casefold() == ANY else name.casefold()
            _of_ladder(policy.rule_plans[built.name, key], (*path, name), findings)
    _of_thresholds(file, findings)
    for name in file.clocks or {}:
        if name in policy.clocks and name not in policy.counted:
            message = "nothing is promised on this clock, by no tier and no rule: it never counts"
            findings.warn(("clocks", name), message)
    _of_calendars(file, findings, today)


def _of_tiers(file: File, policy: Policy, findings: Findings) -> None:
    known = ", ".join(name for name in file.sla_targets if name.casefold() not in OTHERS)
    for name, tier in file.sla_targets.items():
        path: KeyPath = ("sla_targets", name)
        if name.casefold() in OTHERS:
            unless = f"unless: {{customer_tier: [{known}]}}" if known else "without `when`"
            message = f"is the tier of that name, not all others: those are a rule {unless}"
            findings.warn(path, message)
        priorities: Mapping[str, Any] = tier.model_extra or {}
        for priority in priorities:
            if priority.casefold() in OTHERS:
                message = (
                    "is the priority of that name, not all others: name each, or write a rule "
                    f"when: {{customer_tier: {name}}} with `any`"
                )
                findings.warn((*path, priority), message)
            plan = policy.plans[name.casefold(), priority.casefold()]
            _of_ladder(plan, (*path, priority), findings)


def _of_ladder(plan: Plan, path: KeyPath, findings: Findings) -> None:
    """That levels of one unit rise, whoever reads it sees; of several it depends on the target."""
    target = plan.targets.get("resolution")
    if target is None or target.unit != "time":
        return
    highest, below = 0, 0
    for rung in plan.ladder or ():
        here, after = (
            (*path, "escalation", f"LEVEL_{rung.level}"),
            rung.reached_after(target.amount),
        )
        if rung.unit == "from_deadline" and not after:
            message = f"is reached as soon as the clock starts, for the target is {target.text}"
            findings.warn(here, message)
        elif after < highest:
            findings.warn(here, f"comes before LEVEL_{below} with a target of {target.text}")
        if after >= highest:
            highest, below = after, rung.level


def _of_rule(
    rule: Rule,
    when: Iterable[Condition],
    unless: Iterable[Condition],
    path: KeyPath,
    findings: Findings,
) -> None:
    entries = list(rule.model_extra or {})
    named = {name.casefold() for name in entries}
    let_in = [one for one in when if one.field == "priority"]
    left_out = [one for one in unless if one.field == "priority"]
    for name in entries:
        if name.casefold() == ANY:
            continue
        if name.casefold() in OTHERS:
            message = "is the priority of that name; all others are `any`"
            findings.warn((*path, name), message)
        elif not all(one.holds(name) for one in let_in):
            findings.warn((*path, name), "the rule matches no such ticket: see its `when`")
        elif any(one.holds(name) for one in left_out):
            findings.warn((*path, name), "the rule matches no such ticket: see its `unless`")
    if not entries or ANY in named:
        return
    words = {word.casefold(): word for one in let_in for word in one.written}
    without = [
        word
        for key, word in words.items()
        if key not in named
        and all(one.holds(word) for one in let_in)
        and not any(one.holds(word) for one in left_out)
    ]
    if let_in and not without:
        return
    whom = f"priority {', '.join(without)}" if let_in else "every other priority"
    message = (
        f"promises nothing to tickets of {whom}, and none of them goes on to a later rule or a "
        "tier: write `any`, `any: none` where that is meant, or ask for the priority in `when`"
    )
    findings.warn(path, message)


def _of_thresholds(file: File, findings: Findings) -> None:
    block = file.alert_thresholds
    for key in ("warning", "critical"):
        share: float | None = None if block is None else getattr(block, key)
        if share is not None and share < 1:
            message = f"is {share:g} per cent: write {share * 100:g} if that share is meant"
            findings.warn(("alert_thresholds", key), message)


def _of_calendars(file: File, findings: Findings, today: date) -> None:
    for name, block in (file.calendars or {}).items():
        path: KeyPath = ("calendars", name)
        if turned := _TURNED_ROUND.fullmatch(block.timezone):
            sign, hours = turned.groups()
            behind, other = ("behind", "-") if sign == "+" else ("ahead of", "+")
            message = (
                f"is {hours} h {behind} UTC, for these names turn the sign round: Etc/GMT{other}"
                f"{hours} is the other, and a place such as Europe/Berlin knows summer time"
            )
            findings.warn((*path, "timezone"), message)
        if place := NO_SUMMER_TIME.get(block.timezone):
            message = f"never has summer time: write {place} if that is meant"
            findings.warn((*path, "timezone"), message)
        holidays = block.holidays or Holidays()
        if holidays.dates and holidays.country is None and max(holidays.dates) < today:
            message = f"end with {max(holidays.dates)}: no day to come is one"
            findings.warn((*path, "holidays"), message)
