"""Expressions of a reading: JMESPath, with a few fixed transformations of what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self, cast

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter
from pydantic import BaseModel, ConfigDict, model_validator

from command_side.connect.moments import Zone

LONGEST = 1_000
"""Characters of an expression."""


_INTERPRETER = TreeInterpreter()
"""It holds nothing of what it has read; to make one takes longer than most expressions."""


class BadExpression(ValueError):
    """Not JMESPath; the message shows where."""


@lru_cache(maxsize=2_000)
def compiled(expression: str) -> ParsedResult:
    """Raises BadExpression."""
    if len(expression) > LONGEST:
        raise BadExpression(f"has more than {LONGEST} characters")
    try:
        return jmespath.compile(expression)
    except JMESPathError as error:
        words = " ".join(str(error).split())
        raise BadExpression(f"is no JMESPath expression: {words}") from None


def found(expression: str, within: object) -> Any:
    """What the expression finds there; None also for what it cannot be applied to."""
    try:
        return _INTERPRETER.visit(compiled(expression).parsed, within)
    except JMESPathError:
        return None  # a function of a value of another type: there is nothing of what was meant


def text(value: object) -> str | None:
    """As an attribute has it: trimmed; None for what is empty, or no single value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str | int | float):
        return str(value).strip() or None
    return None


class Value(BaseModel):
    """Where a value is, and what is made of it: an expression, or one with transformations."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, populate_by_name=True)

    find: str
    map: Mapping[str, str] | None = None
    """Values of the desk, without regard to case, and what they are here; others stay."""
    path: bool = False
    """Of an address, what follows its host."""
    after: str | None = None
    """What follows the first of these in it."""
    split: str | None = None
    """Its first part before this."""
    replace: Mapping[str, str] = {}
    """What is put for parts of it."""
    lower: bool = False
    zone: Zone | None = None
    """Of a time that names none."""

    @model_validator(mode="before")
    @classmethod
    def _expression_alone(cls, value: object) -> object:
        return {"find": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _is_jmespath(self) -> Self:
        compiled(self.find)
        return self

    def raw(self, within: object) -> Any:
        """As the desk has it."""
        return found(self.find, within)

    def read(self, within: object) -> str | None:
        """As text; None: there is none."""
        value = self.came(within)
        return mapped(value, self.map) if value is not None and self.map else value

    def came(self, within: object) -> str | None:
        """The same, before the map."""
        value = text(self.raw(within))
        if value is None:
            return None
        if self.path:
            value = value.rpartition("://")[2].partition("/")[2].strip()
        if self.after is not None:
            value = value.partition(self.after)[2].strip()
        if self.split is not None:
            value = value.split(self.split)[0].strip()
        for part, other in self.replace.items():
            value = value.replace(part, other)
        if self.lower:
            value = value.lower()
        return value


def mapped(value: str, names: Mapping[str, str]) -> str:
    """By the map, without regard to case; what it does not name stays."""
    known = {name.casefold(): other for name, other in names.items()}
    return known.get(value.casefold(), value)


@dataclass(frozen=True, slots=True)
class Truth:
    """Whether something holds: an expression that finds something but false, null and nothing."""

    expression: str

    def holds(self, within: object) -> bool:
        value = found(self.expression, within)
        return value is not None and value is not False and value not in ("", [], {})


def listed(expression: str, within: object) -> list[object]:
    """What it finds, one by one: one thing that is no list is one."""
    value = found(expression, within)
    if value is None:
        return []
    return cast(list[object], value) if isinstance(value, list) else [value]


def names_in(expression: str) -> set[str]:
    """The members that it asks for, at whatever depth."""
    asked: set[str] = set()
    waiting: list[Any] = [compiled(expression).parsed]
    while waiting:
        node = waiting.pop()
        if node["type"] == "field":
            asked.add(node["value"])
        waiting += [one for one in node["children"] if isinstance(one, dict)]
    return asked
