"""What routes and silences may ask of what happens: each field once, with the values it can have.

A new field is an entry here: the configuration, the API and the decisions read this list.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from engine.sla.conditions import OWN, Condition, UnknownField, Value, is_own, named, worded
from engine.sla.policy import Policy, status_key
from engine.sla.routes import RAISED, TYPES
from engine.sla.verdict import SEVERITIES

TURNED_TO: Final = ("none", "running", "paused", "met", "breached", "cancelled")
"""What a clock turns to, and from: `none` before it starts."""
HIGHEST: Final = 9999
"""Of the escalation levels."""
_LEVEL: Final = re.compile(r"(>=|<=|>|<|=|)\s*(\d{1,4})")


@dataclass(frozen=True, slots=True)
class Subject:
    """What happens, and the ticket that it is about."""

    type: str
    """One of `routes.TYPES`."""
    severity: str
    clock: str
    tier: str
    priority: str
    external_id: str
    source: str
    attributes: Mapping[str, Any]
    """What else is known of the ticket, by name."""
    level: int = 0
    """Of an escalation the level itself, else the ticket's."""
    rule: str | None = None
    team: str | None = None
    organization: str | None = None
    to: str | None = None
    """Of a transition, what the clock has turned to."""
    at_length: Callable[[], Mapping[str, Any]] = dict
    """The attributes that may be long, as they were said: asked for only where they matter."""

    def value(self, field: str) -> Value:
        """What it has of one; None: nothing."""
        return found(field).of(self)


@dataclass(frozen=True, slots=True)
class Field:
    """One of them. With neither `values` nor `promised`, nobody knows what may come."""

    of: Callable[[Subject], Value]
    values: Callable[[Policy], Iterable[str]] | None = None
    """All that it can have under a policy: whatever else is asked for is a mistake."""
    promised: Callable[[Policy], Iterable[str] | None] | None = None
    """Those of tickets, and of clocks, that have targets: nothing is raised of others. None: a rule
    may promise something to any."""
    silenced: Callable[[Policy], Iterable[str]] | None = None
    """Of `values`, those of what a silence can mute; None: all."""
    in_routes: bool = True
    """False: for silences alone."""
    in_silences: bool = True
    """False: for routes alone."""


def _attribute(name: str) -> Callable[[Subject], Value]:
    """An empty text says nothing, as clocks and messages take it: nobody is assigned."""
    return lambda one: one.attributes.get(name) or None


def _status(one: Subject) -> Value:
    status = one.attributes.get("status")
    return None if status is None else status_key(status)


def _tags(one: Subject) -> Value:
    return tuple(one.at_length().get("tags") or ())


def levels(policy: Policy) -> set[int]:
    """Those that a ticket may be on."""
    default = {level for level in policy.default_levels.values() if level}
    ladders = [plan.ladder for plan in policy.all_plans if plan.ladder is not None]
    return {0, *default, *(rung.level for ladder in ladders for rung in ladder)}


FIELDS: Mapping[str, Field] = {
    "external_id": Field(lambda one: one.external_id, in_routes=False),
    "source": Field(lambda one: one.source),
    "customer_tier": Field(
        lambda one: one.tier,
        promised=lambda policy: policy.promising("customer_tier"),
    ),
    "priority": Field(
        lambda one: one.priority,
        promised=lambda policy: policy.promising("priority"),
    ),
    "clock": Field(
        lambda one: one.clock,
        values=lambda policy: policy.clocks,
        promised=lambda policy: {
            clock.casefold() for plan in policy.all_plans for clock in plan.clocks
        },
    ),
    "team": Field(lambda one: one.team),
    "organization": Field(lambda one: one.organization),
    "rule": Field(lambda one: one.rule, values=lambda policy: [rule.name for rule in policy.rules]),
    "type_of_ticket": Field(_attribute("type")),
    "status": Field(_status),
    "severity": Field(lambda one: one.severity, values=lambda _: SEVERITIES),
    "level": Field(lambda one: str(one.level)),
    "type": Field(lambda one: one.type, values=lambda _: TYPES, silenced=lambda _: RAISED),
    # Who it is, is personal: not for what is stored of a silence.
    "assigned_to": Field(_attribute("assigned_to"), in_silences=False),
    "tags": Field(_tags),
    "to": Field(lambda one: one.to, values=lambda _: TURNED_TO, in_silences=False),
}
"""That which tells most tickets apart first."""
SEVERAL: Final = ("tags", "level")
"""Of these no single value says whether a condition holds."""


def found(name: str) -> Field:
    """Raises UnknownField."""
    if name in FIELDS:
        return FIELDS[name]
    if not is_own(name):
        raise UnknownField(name)
    return Field(lambda one: _own(one, name))


def _own(one: Subject, name: str) -> Value:
    value = named(one.at_length(), name)
    return value if isinstance(value, str) else None


def of_routes() -> list[str]:
    """The names of the fields that routes may match, besides `fields.<name>`."""
    return [name for name, field in FIELDS.items() if field.in_routes]


def of_silences() -> list[str]:
    """The names of the fields that silences may match, besides `fields.<name>`."""
    return [name for name, field in FIELDS.items() if field.in_silences]


def long_last(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """What only the stream may know is asked last."""
    return tuple(sorted(conditions, key=lambda one: one.field == "tags" or OWN in one.field))


@dataclass(frozen=True, slots=True)
class Levels(Condition):
    """Escalation levels, each range with both its ends."""

    ranges: tuple[tuple[int, int], ...] = ()

    def holds(self, value: Value) -> bool:
        level = int(cast(str, value))
        return any(low <= level <= high for low, high in self.ranges)


def condition(name: str, accepted: object) -> Condition:
    """From what people write: a text, a list of any of them, null, or `"*"`; of the level a number
    or a comparison such as `">=4"`. Raises UnknownField, or ValueError."""
    found(name)
    if name == "level":
        return _levels(accepted)
    return _of_status(accepted) if name == "status" else worded(name, accepted)


def _of_status(accepted: object) -> Condition:
    one = worded("status", accepted)
    words = frozenset(status_key(word) for word in one.written)
    return Condition("status", words, one.nothing, one.anything, one.written)


def _levels(accepted: object) -> Condition:
    entries = cast(
        "Sequence[object]", accepted if isinstance(accepted, list | tuple) else (accepted,)
    )
    if not entries:
        raise ValueError("names no value: nothing would ever match")
    ranges: list[tuple[int, int]] = []
    for one in entries:
        text = str(one) if type(one) is int else one
        match = _LEVEL.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise ValueError('takes a level, a comparison such as ">=4", or a list of them')
        ranges.append(_range(match[1], int(match[2])))
    return Levels("level", written=tuple(map(str, entries)), ranges=tuple(ranges))


def _range(sign: str, level: int) -> tuple[int, int]:
    match sign:
        case ">=":
            return level, HIGHEST
        case ">":
            return level + 1, HIGHEST
        case "<=":
            return 0, level
        case "<":
            return 0, level - 1
        case _:
            return level, level
