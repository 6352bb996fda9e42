"""JSON Lines: each line is one item of `POST /tickets`, as it is sent."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, Never, cast

from command_side.intake.item import shown
from ops.importing.rows import BrokenFile, Malformed, MalformedRow, Row, not_utf8
from ops.importing.told import Told

_ESCAPED_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def read(lines: Iterable[str], told: Told) -> Iterator[Row | Malformed]:
    """The items in the file's order; blank lines are passed over."""
    line = 0
    try:
        for line, text in enumerate(lines, start=1):
            if text.isspace():
                continue
            try:
                yield Row(line, _item(text, told))
            except MalformedRow as error:
                yield Malformed(line, str(error))
    except BrokenFile as error:
        yield Malformed(line + 1, str(error))


def _item(text: str, told: Told) -> dict[str, Any]:
    fields = members(text)
    if not isinstance(fields.get("external_id"), str):
        raise MalformedRow("no external_id")
    told.updated(fields)
    return fields


def members(text: str) -> dict[str, Any]:
    """Of the object that a line is. Raises MalformedRow."""
    if not_utf8(text):
        raise MalformedRow("not UTF-8")
    try:
        found = loaded(text)
    except (ValueError, RecursionError) as error:
        raise MalformedRow(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise MalformedRow("not a JSON object")
    if _ESCAPED_SURROGATE.search(text) and (wrong := unsendable(cast("object", found))):
        raise MalformedRow(wrong)
    return cast("dict[str, Any]", found)


def loaded(text: str) -> object:
    """Raises ValueError, also for NaN, and RecursionError."""
    return json.loads(text, parse_constant=_refuse)


def unsendable(value: object) -> str | None:
    """What is wrong with its letters, wherever in it they stand; None: nothing."""
    text = json.dumps(value, ensure_ascii=False)
    if not_utf8(text):
        return "not UTF-8"
    return None if shown(text) == text else "half a surrogate pair, which is no character"


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is no number")
