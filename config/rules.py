"""Builds the rules that are tried before the tiers, and says of which nothing can come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from config.findings import Findings
from config.plans import Around, Promises, refuse_twins
from config.problems import KeyPath
from config.schema import NOTHING, Priority
from config.schema import Rule as Block
from config.suggestion import suggestion
from config.validity import valid
from engine.sla.conditions import FIELDS, OWN, Condition, Match, UnknownField, condition
from engine.sla.policy import Plan
from engine.sla.rules import Rule, Validity

ANY: Final = "any"
SHORT: Final = 100
"""Characters of a tier, a priority or a tag."""


@dataclass(frozen=True, slots=True)
class Ruled:
    rules: tuple[Rule, ...]
    plans: Mapping[tuple[str, str], Plan]


def build(
    blocks: Sequence[Block], tiers: Mapping[str, Any], promises: Promises, outer: Around
) -> Ruled:
    """`tiers` are those of the file: a rule may not bear the name of one."""
    findings = promises.findings
    rules: list[Rule] = []
    plans: dict[tuple[str, str], Plan] = {}
    spelled: dict[tuple[str, ...], str] = {}
    names = {name.casefold() for name in tiers}
    for index, block in enumerate(blocks):
        path: KeyPath = ("rules", index)
        key = (block.name.casefold(),)
        if block.name.casefold() in names:
            findings.refuse((*path, "name"), f"{block.name!r} is the name of a tier")
        elif key in spelled:
            findings.refuse((*path, "name"), f"another rule is called {spelled[key]!r} already")
        spelled[key] = block.name
        around = promises.around(block, path, outer)
        rules.append(_rule(block, around.calendar.timezone, path, findings))
        plans |= _plans(block, promises, around, path)
    for index, name in enumerate(_unreached(rules)):
        if _is_left_out(rules[index].match):
            message = "never matches: `unless` leaves out all that `when` lets in"
            findings.warn(("rules", index), message)
        elif name is not None:
            message = f"is never reached: {name!r} takes all that it matches"
            findings.warn(("rules", index), message)
    for tier in tiers:
        only = Rule(tier, Match((condition("customer_tier", tier),)))
        if name := next((one.name for one in rules if _takes_all(one, only)), None):
            message = f"is never reached: the rule {name!r} takes all of its tickets"
            findings.warn(("sla_targets", tier), message)
    return Ruled(tuple(rules), plans)


def _rule(block: Block, zone: str, path: KeyPath, findings: Findings) -> Rule:
    when = _conditions(block.when or {}, (*path, "when"), findings)
    unless = _conditions(block.unless or {}, (*path, "unless"), findings)
    validity: Validity | None = None
    if block.valid is not None:
        validity = valid(block.valid, zone, (*path, "valid"), findings)
    return Rule(block.name, Match(when, unless), validity)


def _conditions(
    entries: Mapping[str, Any], path: KeyPath, findings: Findings
) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for name, accepted in entries.items():
        try:
            one = condition(name, accepted)
        except UnknownField:
            hint = suggestion(name, [*FIELDS, f"{OWN}<name>"])
            findings.refuse((*path, name), f"no ticket says this about itself{hint}")
        except ValueError as error:
            findings.refuse((*path, name), error)
        else:
            found.append(one)
            for word in one.written:
                if why := _never(name, word):
                    findings.warn((*path, name), f"no ticket ever has {word!r}: {why}")
    return tuple(found)


def _never(field: str, word: str) -> str | None:
    """Why no item says such a word."""
    if word != word.strip():
        return "there is no white space around a word"
    if field in ("customer_tier", "priority", "tags") and len(word) > SHORT:
        return f"such a word has at most {SHORT} characters"
    if field in ("source", "team", "type", "organization") and not word.isprintable():
        return "such a word is a single line"
    return None


def _plans(
    block: Block, promises: Promises, around: Around, path: KeyPath
) -> Mapping[tuple[str, str], Plan]:
    findings = promises.findings
    entries: dict[str, Priority] = block.model_extra or {}
    if not entries:
        message = "promises nothing: write `any: none` where that is meant"
        findings.warn(path, message)
    plans = {(block.name, ""): promises.nothing(around, rule=block.name)}
    spelled: dict[tuple[str, ...], str] = {}
    for name, priority in entries.items():
        here = (*path, name)
        refuse_twins(spelled, (name,), here, findings)
        key = "" if name.casefold() == ANY else name.casefold()
        plan = promises.plan(priority, here, around, rule=block.name, priority=key)
        if priority is NOTHING:
            plan = promises.nothing(
                around._replace(own_dates="ignored"),
                rule=block.name,
                priority=key,
                on_purpose=True,
            )
        plans[block.name, key] = plan
    promises.warn_of_cutoff(around, plans.values(), path)
    return plans


def _unreached(rules: Sequence[Rule]) -> list[str | None]:
    """Of each rule the name of an earlier one that takes all it would, where that can be told."""
    return [
        next((before.name for before in rules[:index] if _takes_all(before, rule)), None)
        for index, rule in enumerate(rules)
    ]


def _takes_all(before: Rule, rule: Rule) -> bool:
    """Whether whatever matches a rule matches the one before it as well; no: nobody knows."""
    if before.valid is not None and before.valid != rule.valid:
        return False
    when, unless = rule.match.when, rule.match.unless
    return all(any(_within(one, other) for one in when) for other in before.match.when) and all(
        any(_within(other, one) for one in unless) or any(_apart(one, other) for one in when)
        for other in before.match.unless
    )


def _is_left_out(match: Match) -> bool:
    return any(_within(one, other) for one in match.when for other in match.unless)


def _within(one: Condition, other: Condition) -> bool:
    """Whether the second holds wherever the first does."""
    if one.field != other.field or (one.nothing and not other.nothing):
        return False
    return other.anything or (not one.anything and one.words <= other.words)


def _apart(one: Condition, other: Condition) -> bool:
    """Whether both never hold together: of tags a ticket may have many."""
    if one.field != other.field or one.field == "tags" or (one.nothing and other.nothing):
        return False
    if one.anything:
        return not (other.anything or other.words)
    if other.anything:
        return not one.words
    return not one.words & other.words
