"""JSON Lines: each line is one item of `POST /tickets`, as it is sent."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Never, cast

from ops.importing.rows import BrokenFile, Malformed, MalformedRow, Row, not_utf8
from ops.importing.told import Told

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


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
    if not_utf8(text):
        raise MalformedRow("not UTF-8")
    try:
        item: object = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise MalformedRow(f"not JSON: {error}") from error
    if not isinstance(item, dict):
        raise MalformedRow("not a JSON object")
    fields = cast("dict[str, Any]", item)
    if not isinstance(fields.get("external_id"), str):
        raise MalformedRow("no external_id")
    told.updated(fields)
    if _ESCAPED_SURROGATE.search(text):
        try:
            json.dumps(fields, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise MalformedRow("half a surrogate pair, which is no character") from None
    return fields


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is no number")
