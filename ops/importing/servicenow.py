"""ServiceNow's incident export: one row is one incident, or one entry of its audit log, as it was
when it was updated: one observation.

`resolved_at`, `closed_at` and `resolved_by` may stand on every row of an incident from its first
on, filled in from its end. None of them may become a reply or a status. Nor does any column say
when somebody first answered: the statuses decide.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from ops.importing import columns
from ops.importing.columns import Cells, ItemOf
from ops.importing.rows import MOST_DIGITS, Malformed, MalformedRow, Row, UnusableFile
from ops.importing.told import Told

UPDATED: Final = ("sys_updated_on", "sys_updated_at")
OPENED: Final = ("opened_at", "sys_created_on", "sys_created_at")
STATE: Final = ("incident_state", "state")
"""Of each the first that the header names; exports differ."""
TEXTS: Final = (
    ("customer_tier", "customer_tier"),
    ("assigned_to", "assigned_to"),
    ("sys_updated_by", "updated_by"),
    ("description", "description"),
)
SHORT: Final = "short_description"
ABOUT: Final = ("category", "subcategory", "u_symptom")
"""Where nothing else says what it is about."""
READ: Final = frozenset(
    (
        *("number", "priority", "sys_mod_count", SHORT),
        *UPDATED,
        *OPENED,
        *STATE,
        *ABOUT,
        *(column for column, _ in TEXTS),
    )
)
MISSING: Final = ("?", "")

_PRIORITY: Final = re.compile(r"([1-5])( - .+)?")  # "1 - Critical" is P0


def read(lines: Iterable[str], told: Told, unread: list[str]) -> Iterator[Row | Malformed]:
    """The rows of the export in the file's order; `unread` is given the columns left aside.

    Raises UnusableFile for any other file, and where `told` does not say what the export leaves
    open.
    """

    def items(header: Sequence[str]) -> ItemOf:
        columns.need(header, "number", UPDATED, STATE, "priority")
        if "customer_tier" not in header and told.tier is None:
            raise UnusableFile(
                "it does not say which tier its customers have: say it with --tier, or in a column"
                " customer_tier"
            )
        unread.extend(name for name in header if name not in READ)
        updated, state = _first(UPDATED, header), _first(STATE, header)
        opened, tier = _first(OPENED, header), told.tier_of(header)
        return lambda cells: _item(cells, told, tier, updated=updated, state=state, opened=opened)

    return columns.read(lines, items)


def _first(names: Sequence[str], header: Sequence[str]) -> str:
    """Empty, which no column is called, where there is none."""
    return next((name for name in names if name in header), "")


def _item(
    cells: Cells, told: Told, tier: str | None, *, updated: str, state: str, opened: str
) -> dict[str, Any]:
    said = {name: text for name, cell in cells.items() if (text := cell.strip()) not in MISSING}
    if "number" not in said:
        raise MalformedRow("no number")
    item: dict[str, Any] = {"source": "servicenow", "external_id": said["number"]}
    if updated in said:
        item["updated_at"] = told.instant(updated, said[updated])
    told.updated(item)
    if "sys_mod_count" in said:
        item["revision"] = _revision(said["sys_mod_count"])
    if tier is not None:
        item["customer_tier"] = tier
    if opened in said:
        item["created_at"] = told.instant(opened, said[opened])
    if "priority" in said:
        item["priority"] = _priority(said["priority"])
    if state in said:
        item["status"] = said[state]
    item |= {attribute: said[column] for column, attribute in TEXTS if column in said}
    about = " / ".join(said[column] for column in ABOUT if column in said)
    if title := said.get(SHORT) or about:
        item["title"] = title
    return item


def _revision(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise MalformedRow(f"sys_mod_count is not a number: {text!r}")
    return int(text)


def _priority(text: str) -> str:
    match = _PRIORITY.fullmatch(text)
    if match is None:
        raise MalformedRow(f"unknown priority: {text!r}")
    return f"P{int(match[1]) - 1}"
