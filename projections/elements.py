"""Values as the database takes them: a column becomes one binary array.

Most types travel in the form in which the server stores them: casting a text to an instant costs
it more than all else that it does with a value. What Python cannot read as its column's type goes
as text, for the server to cast or refuse.
"""

from collections.abc import Sequence
from datetime import datetime
from types import NoneType
from typing import Any, LiteralString, cast
from uuid import UUID

from pydantic_core import to_json

from command_side.event_store import binary
from command_side.event_store.binary import NULL, Array, Element

MICROSECONDS = len("2026-03-02T09:00:00.123456")
"""Python cuts off what is finer, where the server rounds."""
INSTANTS = "timestamp with time zone"
PACKED = {
    "uuid": binary.UUID,
    "bigint": binary.BIGINT,
    "double precision": binary.DOUBLE,
    "boolean": binary.BOOLEAN,
}
"""Those that are encoded as fast as they are looked up."""


class Elements:
    """What one flush sends; texts, instants and small numbers are encoded once."""

    def __init__(self) -> None:
        self._texts = _Texts()
        self._integers = _Integers()
        self._instants = _Instants()

    def column(self, kind: LiteralString, values: Sequence[Any]) -> tuple[LiteralString, Array]:
        """These values of a column of this type, and the type in which they travel."""
        try:
            if kind in PACKED:
                return kind, binary.values(PACKED[kind], values)
            if kind == "integer":
                integers = [*map(self._integers.__getitem__, values)]
                return kind, binary.array(binary.INTEGER, integers)
            if kind == INSTANTS:
                # To look up an aware datetime, whose hash asks for its offset, takes longer than
                # to encode it.
                types = {*map(type, values)}
                if types <= {int, NoneType}:
                    return kind, binary.values(binary.MICROSECONDS, values)
                if types <= {datetime, NoneType}:
                    return kind, binary.values(binary.INSTANT, values)
                instants = [*map(self._instants.__getitem__, values)]
                return kind, binary.array(binary.INSTANT, instants)
        except binary.REFUSED:  # not of the type of its column: the database judges the text
            pass
        if kind in ("json", "jsonb"):
            return "text", binary.array(binary.TEXT, [*map(_json, values)])
        return "text", binary.array(binary.TEXT, [*map(self._texts.__getitem__, values)])


class _Integers(dict[Any, Element]):
    def __missing__(self, value: Any) -> Element:
        self[value] = element = NULL if value is None else binary.INTEGER.element(value)
        return element


class _Instants(dict[Any, Element]):
    def __missing__(self, value: Any) -> Element:
        if value is None:
            element = NULL
        elif type(value) is int:
            element = binary.MICROSECONDS.element(value)
        elif type(value) is str and len(value) <= MICROSECONDS + (1 if value[-1:] == "Z" else 6):
            element = binary.INSTANT.element(datetime.fromisoformat(value))
        else:
            element = binary.INSTANT.element(value)
        self[value] = element
        return element


class _Texts(dict[Any, Element]):
    """Equal numbers of different types are spelled alike."""

    def __missing__(self, value: Any) -> Element:
        if value is None:
            element = NULL
        else:
            element = binary.TEXT.element(_clean(value if type(value) is str else _spelled(value)))
        self[value] = element
        return element


def _clean(text: str) -> str:
    """PostgreSQL's text has no NUL: one in a title must not keep a ticket from being shown."""
    return text.replace("\0", "") if "\0" in text else text


def _spelled(value: Any) -> str:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    return str(value)


def _json(value: Any) -> Element:
    if value is None:
        return NULL
    document = to_json(value)
    if b"\\u0000" in document:
        document = to_json(_without_nul(value))
    return binary.BYTEA.element(document)


def _without_nul(value: Any) -> Any:
    match value:
        case str():
            return _clean(value)
        case dict():
            entries = cast("dict[str, Any]", value)
            return {_without_nul(name): _without_nul(entry) for name, entry in entries.items()}
        case list():
            return [_without_nul(entry) for entry in cast("list[Any]", value)]
        case _:
            return value
