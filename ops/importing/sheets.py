"""Workbooks: the first sheet that holds a table. Dates are dates there, and name no zone."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from ops.importing.files import Content
from ops.importing.records import Record, Table, named
from ops.importing.rows import Malformed, UnusableFile


def table(content: Content) -> Table:
    """Raises UnusableFile where no sheet has a header."""
    try:
        with content.open() as file:
            book = CalamineWorkbook.from_filelike(BytesIO(file.read()))
        sheets = [(name, book.get_sheet_by_name(name).to_python()) for name in book.sheet_names]
    except CalamineError as error:
        raise UnusableFile(f"the workbook cannot be read: {error}") from error
    for name, rows in sheets:
        for number, cells in enumerate(rows, start=1):
            if sum(_cell(one) is not None for one in cells) > 1:
                left = [f"sheet {other}" for other, rows in sheets if other != name and rows]
                return _table(content, name, rows, number, left)
    raise UnusableFile("no sheet of the workbook holds a table")


def _table(
    content: Content, name: str, rows: Sequence[Sequence[Any]], header: int, left: list[str]
) -> Table:
    columns = named([str(_cell(one) or "") for one in rows[header - 1]])

    def read() -> Iterator[Record | Malformed]:
        for line, cells in enumerate(rows[header:], start=header + 1):
            found = dict(zip(columns, map(_cell, cells), strict=False))
            if any(one is not None for one in found.values()):
                yield Record(line, found)

    remarks = [f"not read: {', '.join(left)}"] if left else []
    return Table(content.name, columns, read, f"workbook, sheet {name}", remarks=remarks)


def _cell(value: object) -> Any:
    """As a CSV would have it."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return str(int(value)) if float(value).is_integer() else str(value)
    return str(value).strip() or None
