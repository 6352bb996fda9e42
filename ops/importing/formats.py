"""The registry: every format that `sla import` reads.

Its readers are imported when one of them is wanted: `sla --help` reads this list too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ops.importing.rows import Malformed, Row
    from ops.importing.told import Told


@dataclass(frozen=True, slots=True)
class Format:
    about: str
    """What such a file is, for `--help`."""
    read: "Callable[[Iterable[str], Told, list[str]], Iterator[Row | Malformed]]"
    """Of the lines of a file and what it leaves open; adds the columns that nothing reads."""
    is_table: bool = True
    """It can leave open tiers, the order of dates and time zones."""


def _servicenow(
    lines: Iterable[str], told: "Told", unread: list[str]
) -> "Iterator[Row | Malformed]":
    from ops.importing import servicenow

    return servicenow.read(lines, told, unread)


def _csv(lines: Iterable[str], told: "Told", _: list[str]) -> "Iterator[Row | Malformed]":
    from ops.importing import api_csv

    return api_csv.read(lines, told)


def _jsonl(lines: Iterable[str], told: "Told", _: list[str]) -> "Iterator[Row | Malformed]":
    from ops.importing import jsonl

    return jsonl.read(lines, told)


FORMATS: Mapping[str, Format] = {
    "servicenow": Format("its incident export as CSV", _servicenow),
    "csv": Format("a header with the field names of POST /tickets", _csv),
    "jsonl": Format("one item of POST /tickets a line", _jsonl, is_table=False),
}
