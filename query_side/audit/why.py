"""Why a ticket is promised what it is, in words: each rule that was tried, and what follows."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from engine.sla.conditions import OWN, Attributes, Condition, Failure, Value
from engine.sla.policy import Plan
from engine.sla.rules import Rule, Validity
from engine.sla.timeline import Fold
from engine.sla.why import Ended, Nothing, Promise, Why
from query_side.audit.wording import listed, promise
from query_side.audit.wording import value as quoted

FEW = 5
"""Words of a list that are told; of more, how many there are."""


class Reason(BaseModel):
    """A rule that was tried, or the customer tier, which comes behind all rules."""

    rule: str = Field(description="Its name, or the tier's.")
    matched: bool = Field(description="It is the one that decides.")
    because: str = Field(
        description="What of the ticket it matches; or the first thing that keeps it from matching,"
        " as in `team is billing, not payments`."
    )


def rule_of(plan: Plan) -> str | None:
    """The name of the rule that decides, or the tier; None: nothing is promised to such tickets."""
    return plan.rule or plan.tier or None


def reasons(why: Why, fold: Fold) -> list[Reason]:
    """In the order in which they were tried, to the one that decides."""
    found = [_failed(one.rule.name, _lacks(one.failure, fold.created_at)) for one in why.passed]
    nothing, tier = why.nothing, fold.tier
    if why.rule is not None:
        decides = _matched(why.rule.name, _has(why.rule, fold.attributes))
    elif nothing is not None and nothing.because == "tier":
        there = f", only {_any(nothing.named, 'and')}" if nothing.named else ""
        decides = _failed(tier, f"the configuration has no customer tier {tier}{there}")
    elif nothing is not None and nothing.validity is not None:
        decides = _failed(tier, _holds(nothing.validity, fold.created_at))
    else:
        behind = ", and no rule before it matches" if found else ""
        decides = _matched(fold.plan.tier, f"customer tier is {tier}{behind}")
    return [*found, decides]


def _matched(rule: str, because: str) -> Reason:
    return Reason(rule=rule, matched=True, because=because)


def _failed(rule: str, because: str) -> Reason:
    return Reason(rule=rule, matched=False, because=because)


def promised(why: Why, fold: Fold) -> str:
    """What follows from it, in a few sentences."""
    told: list[str] = []
    promises = listed([_within(one) for one in why.promises] or [""])
    if why.nothing is None:
        told.append(f"{_whose(why, fold)} at priority {fold.priority}: {promises}.")
    else:
        if why.promises:
            told.append(f"Only a date of its own counts: {promises}.")
        else_ = "Nothing else" if why.promises else "Nothing"
        told.append(f"{else_} is promised{_nothing(why.nothing, why.rule, fold)}.")
    told += [_ended(one) for one in why.ended]
    told += [
        f"The {_clock(name)} clock was cancelled: nothing is promised for it any more."
        for name in why.withdrawn
    ]
    return " ".join(told)


def _whose(why: Why, fold: Fold) -> str:
    if why.rule is None:
        return f"Customer tier {fold.tier} is promised"
    return f"The rule {quoted(why.rule.name)} promises"


def _within(one: Promise) -> str:
    by = "by" if one.budget.unit == "own_date" else "within"
    return f"{_clock(one.clock)} {by} {promise(one.budget, one.calendar)}"


def _ended(one: Ended) -> str:
    had = f"But the {_clock(one.clock)} clock had ended before this came to apply"
    if one.budget is None:
        return f"{had}, and nothing was promised for it."
    return f"{had}, and keeps the promise of then: {promise(one.budget, one.calendar)}."


def _clock(name: str) -> str:
    return name.replace("_", " ")


def _nothing(nothing: Nothing, rule: Rule | None, fold: Fold) -> str:
    whose = f"customer tier {fold.tier}" if rule is None else f"the rule {quoted(rule.name)}"
    match nothing.because:
        case "on_purpose":
            return f", and that is meant so: {whose} says none"
        case "team":
            team = fold.attributes.team
            has = "no team has it" if team is None else f"{team} has it"
            return f" while {has}: {whose} has targets for other teams only"
        case "priority":
            there = f", only for {_any(_spelled(nothing.named, fold), 'and')}"
            told = f": {whose} has no targets for priority {fold.priority}"
            told += there if nothing.named else ""
            return told if rule is None else f"{told}, and rules and tiers behind it are not tried"
        case "tier":
            return f": no rule matches, and the configuration has no customer tier {fold.tier}"
        case "validity":
            return f": no rule matches, and {whose} is not valid for it"


def _spelled(priorities: Sequence[str], fold: Fold) -> Sequence[str]:
    """In capitals where the ticket's is."""
    return [one.upper() for one in priorities] if fold.priority.isupper() else priorities


# What a rule asks for
def _lacks(failure: Failure | Validity, created_at: int) -> str:
    """`team is billing, not payments`."""
    if isinstance(failure, Validity):
        return _holds(failure, created_at)
    condition, value = failure.condition, failure.value
    told = _said(condition.field, value)
    one = "any" if condition.field == "tags" else "one"
    if condition.field == "assigned":
        if failure.unless:
            return f"{told}, and the rule leaves such tickets out"
        return f"{told} already" if value == "yes" else told  # somebody may have been
    if failure.unless:
        return _left_out(condition, value, told, one)
    wanted = _any(condition.written)
    if value is None or value == ():
        if not wanted:
            return f"{told}, and the rule is for tickets that have {one}"
        return f"{told}, and the rule asks for {wanted}"
    if not wanted:
        return f"{told}, and the rule is for tickets without {one}"
    empty = f", and not without {one}" if condition.nothing else ""
    if isinstance(value, tuple) and len(value) > 1:
        return f"{told}, and none of them is {wanted}{empty}"
    return f"{told}, not {wanted}{empty}"


def _left_out(condition: Condition, value: Value, told: str, one: str) -> str:
    if value is None or value == ():
        return f"{told}, and the rule is for tickets that have {one}"
    if condition.anything:
        return f"{told}, and the rule is for tickets without {one}"
    return f"{_said(condition.field, _hits(condition, value))}, which the rule leaves out"


def _has(rule: Rule, said: Attributes) -> str:
    """`team is payments and it has the tag outage`."""
    if not rule.match.when:
        left = " that it does not leave out" if rule.match.unless else ""
        return f"it is for every ticket{left}"
    return listed([_meets(one, said.value(one.field)) for one in rule.match.when])


def _meets(condition: Condition, value: Value) -> str:
    return _said(condition.field, value if condition.anything else _hits(condition, value))


def _hits(condition: Condition, value: Value) -> Value:
    """Of tags those that it is about."""
    if not isinstance(value, tuple):
        return value
    return tuple([tag for tag in value if tag.casefold() in condition.words])


def _said(field: str, value: Value) -> str:
    name = field.removeprefix(OWN).replace("_", " ")
    if field == "assigned":
        return "somebody is assigned" if value == "yes" else "nobody is assigned"
    if value is None or value == ():
        return f"it has no {name}"
    if isinstance(value, str):
        return f"{name} is {value}"
    if len(value) == 1:
        return f"it has the tag {value[0]}"
    return f"it has the tags {_any(value, 'and')}"


def _holds(validity: Validity, created_at: int) -> str:
    if validity.by_time:
        return f"it holds only {validity.written}"
    early = validity.start is not None and created_at < validity.start
    when = "before" if early else "after that"
    return f"it is for tickets created {validity.written}, and this one was created {when}"


def _any(words: Sequence[str], joined: str = "or") -> str:
    """`a, b or c`; of many the first few, and how many there are besides."""
    if len(words) > FEW:
        return f"{', '.join(words[:FEW])} {joined} {len(words) - FEW} others"
    *most, last = words or [""]
    return f"{', '.join(most)} {joined} {last}" if most else last
