"""What is asked of a ticket: conditions on what it says about itself, and which of them fails.

Rules match by them. Texts are compared without case; what a ticket says is kept as it was written,
for whoever has to be told why.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, cast

Value = str | tuple[str, ...] | None
"""What a ticket says of one attribute; None: nothing."""

ALWAYS_KEPT: Final = ("customer_tier", "priority", "team", "organization", "assigned")
"""What is known of every ticket; the others only where somebody asks."""
FIELDS: Final = (*ALWAYS_KEPT, "source", "type", "tags")
"""What can be asked, besides `fields.<name>`: an attribute of the source's own."""
OWN: Final = "fields."
LONGEST: Final = 255
"""Characters of a word in a condition."""
ANYTHING: Final = "*"
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_MISSING: Final = object()


class Attributes(NamedTuple):
    """What is known of a ticket at an instant, as far as anybody may ask."""

    tier: str
    priority: str
    team: str | None = None
    organization: str | None = None
    assigned: bool = False
    others: Mapping[str, Value] = NOTHING
    """By the field's name, for every field of a policy's `asks` that is not one of the above."""

    def value(self, field: str) -> Value:
        """What it says of a field that is kept."""
        match field:
            case "customer_tier":
                return self.tier or None
            case "priority":
                return self.priority or None
            case "team":
                return self.team
            case "organization":
                return self.organization
            case "assigned":
                return "yes" if self.assigned else "no"
            case _:
                return self.others.get(field)

    def after(
        self,
        tier: str | None,
        priority: str | None,
        assigned: bool | None,
        said: Mapping[str, Any],
    ) -> "Attributes":
        """With what an observation says; itself where that is nothing new."""
        tier, priority = tier or self.tier, priority or self.priority
        team = said.get("team", self.team)
        organization = said.get("organization", self.organization)
        if assigned is None:
            assigned = self.assigned
        others = self.others
        for field in self.others:
            value = named(said, field)
            if value is not _MISSING and value != others[field]:
                others = {**others, field: cast(Value, value)}
        new = (tier, priority, team, organization, assigned, others)
        return self if new == self else Attributes(*new)


NOTHING_SAID: Final = Attributes("", "")


def unsaid(asked: Collection[str], source: str) -> Mapping[str, Value]:
    """The fields that are asked for, before the ticket says anything of them."""
    if not asked:
        return NOTHING
    return {field: source if field == "source" else None for field in sorted(asked)}


def named(said: Mapping[str, Any], field: str) -> object:
    """What an observation says of a field, in the form in which it is kept; its missing is told
    apart from None, that it was cleared."""
    if field.startswith(OWN):
        own: Mapping[str, Any] = said.get("extra") or NOTHING
        value = own.get(field.removeprefix(OWN))
        return _MISSING if value is None else plain(value)
    value = said.get(field, _MISSING)
    return tuple(cast("list[str]", value)) if isinstance(value, list) else value


def plain(value: object) -> str | None:
    """A scalar as the text that it is compared by; None for what is none, or empty.

    No longer than what tells it from every word that a condition may have."""
    if isinstance(value, str):
        return value[: LONGEST + 1] or None
    return json.dumps(value) if isinstance(value, bool | int | float) else None


@dataclass(frozen=True, slots=True)
class Condition:
    """One field, and what it has to be."""

    field: str
    words: frozenset[str] = frozenset()
    """Casefolded; one of them is enough."""
    nothing: bool = False
    """Holds where the ticket says nothing of it, too."""
    anything: bool = False
    """Holds whatever the ticket says of it, if it says anything."""
    written: tuple[str, ...] = ()
    """The words as they were written, for people."""

    def holds(self, value: Value) -> bool:
        if value is None or value == ():
            return self.nothing
        if self.anything:
            return True
        if isinstance(value, str):
            return value.casefold() in self.words
        return any(one.casefold() in self.words for one in value)


class Failure(NamedTuple):
    """Why something does not match: a condition, and what the ticket says instead."""

    condition: Condition
    value: Value
    unless: bool
    """The condition holds, and should not."""


class Says(Protocol):
    """What can be asked for its fields."""

    def value(self, field: str) -> Value: ...


@dataclass(frozen=True)
class Match:
    """All of `when` hold, and none of `unless`."""

    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()

    @cached_property
    def asks(self) -> frozenset[str]:
        """The fields that it refers to and that are kept for that reason only."""
        return asked((*self.when, *self.unless))

    def holds(self, attributes: Says) -> bool:
        for one in self.when:
            if not one.holds(attributes.value(one.field)):
                return False
        return not any(one.holds(attributes.value(one.field)) for one in self.unless)

    def first_failure(self, attributes: Says) -> Failure | None:
        """The first condition that keeps it from matching; None: it matches."""
        for one in self.when:
            value = attributes.value(one.field)
            if not one.holds(value):
                return Failure(one, value, False)
        for one in self.unless:
            value = attributes.value(one.field)
            if one.holds(value):
                return Failure(one, value, True)
        return None


def asked(conditions: Iterable[Condition]) -> frozenset[str]:
    """The fields that these refer to and that are kept for that reason only."""
    return frozenset(one.field for one in conditions if one.field not in ALWAYS_KEPT)


def is_own(field: str) -> bool:
    """Whether it is a field of a desk's own: `fields.<name>`."""
    return field.startswith(OWN) and field != OWN


def condition(field: str, accepted: object) -> Condition:
    """As `worded`. Raises ValueError, about the field UnknownField where there is none of that
    name."""
    if field not in FIELDS and not is_own(field):
        raise UnknownField(field)
    return worded(field, accepted)


def worded(field: str, accepted: object) -> Condition:
    """From what people write: a text, a list of any of them, null, or `"*"`. Raises ValueError."""
    entries = cast(
        "Iterable[object]", accepted if isinstance(accepted, list | tuple) else (accepted,)
    )
    nothing = anything = False
    written: list[str] = []
    for one in entries:
        if one is None:
            nothing = True
        elif one == ANYTHING:
            anything = True
        else:
            written.append(_word(field, one))
    if not (nothing or anything or written):
        raise ValueError("names no value: nothing would ever match")
    words = frozenset(one.casefold() for one in written)
    return Condition(field, words, nothing, anything, tuple(written))


class UnknownField(ValueError):
    """There is no such field."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is none of what a ticket says about itself")
        self.field = field


def _word(field: str, value: object) -> str:
    if field == "assigned":
        said = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else value
        if said not in ("yes", "no"):
            raise ValueError("is yes or no")
        return cast(str, said)
    if isinstance(value, bool) and not field.startswith(OWN):
        raise ValueError(f"{json.dumps(value)} is no text: put it in quotes")
    word = plain(value)
    if word is None:
        raise ValueError('takes a text, a list of them, null, or "*"')
    if len(word) > LONGEST:
        raise ValueError(f"no word has more than {LONGEST} characters")
    return word
