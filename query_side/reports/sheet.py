"""READ: rows as a file for a spreadsheet: CSV, or a workbook with real instants and numbers.

Rows go to a temporary file as they come, so that memory does not grow with them.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import IO, Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi.responses import StreamingResponse
from xlsxwriter import Workbook  # pyright: ignore[reportMissingTypeStubs]  # ships none

from query_side.spreadsheet import cell

Format = Literal["json", "csv", "xlsx"]
FORMATS: Final = (
    "csv and xlsx: for a spreadsheet; in xlsx instants are those of `time_zone`, and cells of their"
    " own kind"
)
TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SHEETS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            TYPES["xlsx"]: {"schema": {"type": "string", "format": "binary"}},
        }
    }
}
"""What the OpenAPI document says of an answer that may be one."""
CHUNK: Final = 65_536
INSTANT: Final = "yyyy-mm-dd hh:mm:ss"
WIDTH: Final = 18
"""Of a column, in characters: an instant fits."""
PLAIN: Final[Mapping[str, Any]] = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


class Sheet:
    """A file that is being written; `answer` ends it."""

    def __init__(self, kind: Literal["csv", "xlsx"], columns: Sequence[str], zone: str) -> None:
        self._kind: Literal["csv", "xlsx"] = kind
        self._zone = ZoneInfo(zone)
        self._file = _temporary()
        self._rows = (
            _Text(self._file, columns) if kind == "csv" else _Book(self._file, columns, zone)
        )

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Members that are no columns are left out."""
        self._rows.add(rows)

    def answer(self, what: str, since: datetime, until: datetime) -> StreamingResponse:
        """The file, named by what it has of which time, in days of the zone that was asked for."""
        days = (f"{one.astimezone(self._zone):%Y%m%d}" for one in (since, until))
        name = "-".join([what, *days])
        self._rows.end()
        length = self._file.tell()
        self._file.seek(0)
        return StreamingResponse(
            self._chunks(),
            media_type=TYPES[self._kind],
            headers={
                "Content-Disposition": f'attachment; filename="{name}.{self._kind}"',
                "Content-Length": str(length),
            },
        )

    def _chunks(self) -> Iterator[bytes]:
        with self._file as file:
            while chunk := file.read(CHUNK):
                yield chunk


def _temporary() -> IO[bytes]:
    return TemporaryFile()


class _Text:
    """Comma separated; instants are RFC 3339."""

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        self._text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        self._columns, self._writer = columns, csv.writer(self._text)
        self._writer.writerow(columns)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._writer.writerows([_plain(row.get(name)) for name in self._columns] for row in rows)

    def end(self) -> None:
        self._text.detach()


class _Book:
    """A workbook of one sheet, whose texts are never formulas."""

    def __init__(self, file: IO[bytes], columns: Sequence[str], zone: str) -> None:
        self._book: Any = Workbook(file, dict(PLAIN))
        self._columns, self._zone, self._row = columns, ZoneInfo(zone), 0
        self._instant = self._book.add_format({"num_format": INSTANT})
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(columns) - 1, WIDTH)
        for place, name in enumerate(columns):
            self._sheet.write_string(0, place, name)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        sheet = self._sheet
        for row in rows:
            self._row += 1
            for place, name in enumerate(self._columns):
                value = row.get(name)
                if isinstance(value, datetime):
                    local = value.astimezone(self._zone).replace(tzinfo=None)
                    sheet.write_datetime(self._row, place, local, self._instant)
                elif isinstance(value, int | float):
                    sheet.write_number(self._row, place, value)
                elif value is not None:
                    sheet.write_string(self._row, place, str(value))

    def end(self) -> None:
        self._book.close()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return cell(value)
