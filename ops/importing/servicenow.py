"""ServiceNow's incident export: one row is one entry of the audit log, one observation.

`resolved_at`, `closed_at` and `resolved_by` stand on every row of an incident from its first on:
they were filled in from its end, when it was over. None of them may become a reply or a status.
Nor does any column say when somebody first answered: the statuses decide.
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from ops.importing import columns
from ops.importing.columns import Cells
from ops.importing.rows import Malformed, MalformedRow, Row

REQUIRED = (
    "number",
    "sys_updated_at",
    "sys_mod_count",
    "opened_at",
    "incident_state",
    "priority",
    "caller_id",
)
MISSING = ("?", "")

# day/month/year hour:minute, of an unnamed zone: taken as UTC.
_WHEN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})")
_PRIORITY = re.compile(r"([1-5]) - \w+")  # "1 - Critical" is P0


def read(lines: Iterable[str]) -> Iterator[Row | Malformed]:
    """The rows of the export in the file's order. Raises UnusableFile for any other file."""
    return columns.read(lines, required=REQUIRED, item_of=_item)


def tier_of(caller: str) -> str:
    """The customer tier of a caller: 10 % enterprise, 30 % premium, 60 % standard.

    The first 8 bytes of the SHA-256 of `caller_id` in UTF-8, as a big-endian number, modulo 100:
    below 10 enterprise, below 40 premium, else standard. Stable for ever: imported tickets depend
    on it. An incident without a caller counts as standard.
    """
    if caller in MISSING:
        return "standard"
    share = int.from_bytes(sha256(caller.encode()).digest()[:8], "big") % 100
    return "enterprise" if share < 10 else "premium" if share < 40 else "standard"


def _item(cells: Cells) -> dict[str, Any]:
    number = cells["number"]
    if number in MISSING:
        raise MalformedRow("no number")
    item: dict[str, Any] = {
        "source": "servicenow",
        "external_id": number,
        "updated_at": _instant(cells, "sys_updated_at"),
        "revision": _revision(cells["sys_mod_count"]),
        "customer_tier": tier_of(cells["caller_id"]),
    }
    if cells["opened_at"] not in MISSING:
        item["created_at"] = _instant(cells, "opened_at")
    if cells["priority"] not in MISSING:
        item["priority"] = _priority(cells["priority"])
    for column, attribute in (
        ("incident_state", "status"),
        ("assigned_to", "assigned_to"),
        ("sys_updated_by", "updated_by"),
    ):
        if (value := cells.get(column, "")) not in MISSING:
            item[attribute] = value
    about = [cells.get(column, "") for column in ("category", "subcategory", "u_symptom")]
    if title := " / ".join(part for part in about if part not in MISSING):
        item["title"] = title
    return item


def _instant(cells: Cells, column: str) -> str:
    """The same instant in RFC 3339; the service judges whether there is such a day."""
    match = _WHEN.fullmatch(cells[column])
    if match is None:
        raise MalformedRow(f"{column} is not day/month/year hour:minute: {cells[column]!r}")
    day, month, year, hour, minute = match.groups()
    return f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:00Z"


def _revision(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise MalformedRow(f"sys_mod_count is not a number: {text!r}")
    return int(text)


def _priority(text: str) -> str:
    match = _PRIORITY.fullmatch(text)
    if match is None:
        raise MalformedRow(f"unknown priority: {text!r}")
    return f"P{int(match[1]) - 1}"
