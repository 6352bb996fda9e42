"""CSV of any kind as records by column name; the readers give the columns their meaning."""

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from ops.importing.rows import BrokenFile, Malformed, MalformedRow, Row, UnusableFile, not_utf8

T = TypeVar("T")
Cells = dict[str, str]
ItemOf = Callable[[Cells], dict[str, Any]]


def read(
    lines: Iterable[str], items: Callable[[Sequence[str]], ItemOf]
) -> Iterator[Row | Malformed]:
    """A row for every record.

    `items` is asked once how a record becomes an item, by the header, and raises UnusableFile where
    none can; what it answers raises MalformedRow for a record that cannot. Raises UnusableFile,
    too, when the header cannot be read or names a column twice.
    """
    source = Lines(lines)
    reader = csv.reader(source, strict=True)
    header = _header(reader)
    item_of = items(header)

    def row(line: int, cells: Sequence[str]) -> Row:
        if len(cells) != len(header):
            raise MalformedRow(f"{len(cells)} columns where the header has {len(header)}")
        return Row(line, item_of(dict(zip(header, cells, strict=True))))

    return rows_of(source, reader, row)


def rows_of(
    source: "Lines", reader: Iterator[list[str]], made: Callable[[int, Sequence[str]], T | None]
) -> Iterator[T | Malformed]:
    """What is made of each, by the line that it begins on: None where it says nothing, and raises
    MalformedRow where nothing can be. `reader` reads the source."""
    while True:
        line = source.begin()
        try:
            cells = next(reader)
            if any(map(not_utf8, cells)):
                raise MalformedRow("not UTF-8")
            if cells and (one := made(line, cells)) is not None:
                yield one
        except StopIteration:
            return
        except MalformedRow as error:
            yield Malformed(line, str(error))
        except csv.Error as error:
            why = " (is a quote not closed?)" if source.give_back() else ""
            yield Malformed(line, f"{error}{why}")
        except BrokenFile as error:
            yield Malformed(line, str(error))
            return


class Lines:
    """Lines that can be had again: a quote that is not closed takes those that follow with it."""

    def __init__(self, lines: Iterable[str], before: int = 0) -> None:
        """`before` them stand so many others."""
        self._lines = iter(lines)
        self._returned: deque[str] = deque()
        self._record: list[str] = []
        self._number = before

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines)
        self._record.append(line)
        self._number += 1
        return line

    def begin(self) -> int:
        """The number of the next line, with which a record begins; it may have several."""
        self._record.clear()
        return self._number + 1

    def give_back(self) -> int:
        """Takes back all lines of the record but the first; answers how many."""
        rest = self._record[1:]
        self._returned.extendleft(reversed(rest))
        self._number -= len(rest)
        return len(rest)


def need(header: Sequence[str], *required: str | Sequence[str]) -> None:
    """Raises UnusableFile unless the header has these columns; of several names any will do."""
    groups = [(one,) if isinstance(one, str) else one for one in required]
    if missing := [" or ".join(group) for group in groups if not set(group) & set(header)]:
        raise UnusableFile(
            f"its header lacks {', '.join(missing)}; it has {', '.join(header)[:200]}"
        )


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [name.strip() for name in next(reader)]
    except StopIteration:
        raise UnusableFile("the file is empty") from None
    except (csv.Error, BrokenFile) as error:
        raise UnusableFile(f"its header cannot be read: {error}") from error
    if any(map(not_utf8, header)):
        raise UnusableFile("its header is not UTF-8")
    if len(set(header)) != len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        raise UnusableFile(f"its header names {', '.join(map(repr, twice))} twice")
    return header
