"""Values as the database takes them: a column becomes one binary array.

Most types travel in the form in which the server stores them: casting a text to an instant costs
it more than all else that it does with a value. What Python cannot read as its column's type goes
as text, for the server to cast or refuse.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, cast
from uuid import UUID

from pydantic_core import to_json

from command_side.event_store import binary
from command_side.event_store.binary import NULL, Array, Element

LONGEST_INSTANT = 32
"""Of RFC 3339 with microseconds. Python cuts off finer ones, where the server rounds."""
PACKED = {
    "uuid": binary.UUID,
    "bigint": binary.BIGINT,
    "integer": binary.INTEGER,
    "double precision": binary.DOUBLE,
    "boolean": binary.BOOLEAN,
}


class Elements:
    """What one flush sends; texts and instants that come again are encoded once."""

    def __init__(self) -> None:
        self._texts = _Texts()
        self._instants = _Instants()

    def column(self, kind: LiteralString, values: Sequence[Any]) -> tuple[LiteralString, Array]:
        """These values of a column of this type, and the type in which they travel."""
        try:
            if kind in PACKED:
                return kind, binary.values(PACKED[kind], values)
            if kind == "timestamp with time zone":
                instants = [*map(self._instants.__getitem__, values)]
                return kind, binary.array(binary.INSTANT, instants)
        except binary.REFUSED:
            pass
        if kind in ("json", "jsonb"):
            values = [None if value is None else _json(value) for value in values]
        return "text", binary.array(binary.TEXT, [*map(self._texts.__getitem__, values)])


class _Instants(dict[Any, Element]):
    def __missing__(self, value: Any) -> Element:
        if value is None:
            element = NULL
        elif type(value) is str and len(value) <= LONGEST_INSTANT:
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
            text = _clean(value) if type(value) is str else _spelled(value)
            element = binary.TEXT.element(text)
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


def _json(value: Any) -> str:
    document = to_json(value).decode()
    return to_json(_without_nul(value)).decode() if "\\u0000" in document else document


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
