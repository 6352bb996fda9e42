"""CSV whose header names the fields of `POST /tickets`; an empty cell is an absent field."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ops.importing import columns
from ops.importing.columns import Cells
from ops.importing.rows import Malformed, MalformedRow, Row


def read(lines: Iterable[str]) -> Iterator[Row | Malformed]:
    """The rows in the file's order. Raises UnusableFile without a column `external_id`."""
    return columns.read(lines, required=("external_id",), item_of=_item)


def _item(cells: Cells) -> dict[str, Any]:
    item: dict[str, Any] = {name: text for name, text in cells.items() if text != ""}
    if "external_id" not in item:
        raise MalformedRow("no external_id")
    if "revision" in item:
        item["revision"] = _revision(item["revision"])
    if "tags" in item:
        item["tags"] = [tag for tag in re.split(r"\s*[,;]\s*", item["tags"].strip()) if tag]
    return item


def _revision(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise MalformedRow(f"revision is not a number: {text!r}") from None
