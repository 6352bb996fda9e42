"""CSV whose header names the fields of `POST /tickets`; an empty cell is an absent field."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from command_side.deciding.observed import MOMENTS
from ops.importing import columns
from ops.importing.columns import Cells, ItemOf
from ops.importing.rows import Malformed, MalformedRow, Row, tags
from ops.importing.told import Told


def read(lines: Iterable[str], told: Told) -> Iterator[Row | Malformed]:
    """The rows in the file's order. Raises UnusableFile without a column `external_id`, and where
    `told` does not say what the file leaves open."""

    def items(header: Sequence[str]) -> ItemOf:
        columns.need(header, "external_id")
        tier = told.tier_of(header)
        return lambda cells: _item(cells, told, tier)

    return columns.read(lines, items)


def _item(cells: Cells, told: Told, tier: str | None) -> dict[str, Any]:
    item: dict[str, Any] = {name: text for name, text in cells.items() if text != ""}
    if "external_id" not in item:
        raise MalformedRow("no external_id")
    for name in ("updated_at", *MOMENTS):
        if name in item:
            item[name] = told.instant(name, item[name].strip())
    told.updated(item)
    if tier is not None:
        item["customer_tier"] = tier
    if "revision" in item:
        item["revision"] = _revision(item["revision"])
    if "tags" in item:
        item["tags"] = tags(item["tags"])
    return item


def _revision(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise MalformedRow(f"revision is not a number: {text!r}") from None
