"""CSV as programs write it: its delimiter is found, and what stands before its header left out."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final

from ops.importing import encodings
from ops.importing.columns import Lines, rows_of
from ops.importing.files import Content
from ops.importing.records import Record, Table, named
from ops.importing.rows import Malformed, MalformedRow, UnusableFile, not_utf8

DELIMITERS: Final = (",", ";", "\t", "|")
_NAMES: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_TRIED: Final = 30
"""Records by which the delimiter is found."""
_PREAMBLE: Final = 10
"""Lines that may stand before the header, such as a report's title."""
LONGEST: Final = 16_000_000
"""Letters of a cell; the library's own limit is below what people write into descriptions."""


def table(content: Content) -> Table:
    """Raises UnusableFile where there is no header."""
    letters = encodings.encoding(content)
    csv.field_size_limit(LONGEST)
    begin = encodings.first_lines(content, letters, 400)
    skipped, delimiter = _told(begin)
    if delimiter is None:
        delimiter = _delimiter(begin)
    header, above = _header(begin[skipped:], delimiter)
    columns = named(header)
    names = list(columns)

    def rows() -> Iterator[Record | Malformed]:
        before = skipped + above
        source = Lines(islice(encodings.lines(content, letters), before, None), before)
        return _rows(source, delimiter, names)

    said = letters.removesuffix("-sig").upper() if letters != "utf-8" else "UTF-8"
    form = f"CSV with {_NAMES[delimiter]}, {said}"
    return Table(content.name, columns, rows, form)


def _told(begin: Sequence[str]) -> tuple[int, str | None]:
    """Excel's first line `sep=;`."""
    first = begin[0].strip().strip('"') if begin else ""
    if first.lower().startswith("sep=") and len(first) == len("sep=;"):
        return 1, first[-1]
    return (1, "\t") if first.lower() == "sep=" else (0, None)


def _records(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    found: list[list[str]] = []
    try:
        for cells in csv.reader(lines, delimiter=delimiter):
            found.append(cells)
            if len(found) == _TRIED:
                break
    except csv.Error:
        pass  # what was read until then will do
    return found


def _delimiter(begin: Sequence[str]) -> str:
    """That by which most records have as many cells as most others."""

    def fits(delimiter: str) -> tuple[int, int]:
        widths = [len(cells) for cells in _records(begin, delimiter) if len(cells) > 1]
        usual = max(set(widths), key=lambda one: (widths.count(one), one), default=0)
        return widths.count(usual) * (usual > 1), usual

    return max(DELIMITERS, key=fits)


def _header(begin: Sequence[str], delimiter: str) -> tuple[list[str], int]:
    """The first line with as many cells as the rest, and how many lines stand before it."""
    source = Lines(begin)
    records: list[tuple[int, list[str]]] = []
    try:
        for cells in csv.reader(source, delimiter=delimiter):
            records.append((source.begin(), cells))
            if len(records) == _TRIED:
                break
    except csv.Error as error:
        if not records:
            raise UnusableFile(f"its header cannot be read: {error}") from error
    wide = max((len(cells) for _, cells in records), default=0)
    if not any(one.strip() for _, cells in records for one in cells):
        raise UnusableFile("the file is empty")
    before = 0
    for after, cells in records[:_PREAMBLE]:
        filled = sum(bool(one.strip()) for one in cells)
        if filled > 1 or (wide == 1 and filled):
            if any(map(not_utf8, cells)):
                raise UnusableFile("its header is not UTF-8")
            while cells and not cells[-1].strip() and len(cells) > 1:
                cells = cells[:-1]
            return cells, before
        before = after - 1
    raise UnusableFile("none of its first lines is a header: the names of its columns")


def _rows(source: Lines, delimiter: str, names: Sequence[str]) -> Iterator[Record | Malformed]:
    next(csv.reader(source, delimiter=delimiter))  # the header, as it was found

    def record(line: int, cells: Sequence[str]) -> Record | None:
        if not any(cells):
            return None
        if len(cells) < len(names) - 1 or any(cells[len(names) :]):
            raise MalformedRow(f"{len(cells)} columns where the header has {len(names)}")
        filled = (one if (one := cell.strip()) else None for cell in cells)
        return Record(line, dict(zip(names, chain(filled, [None]), strict=False)))

    return rows_of(source, csv.reader(source, delimiter=delimiter, strict=True), record)
