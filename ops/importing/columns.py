"""CSV of any kind as records by column name; the readers give the columns their meaning."""

import csv
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ops.importing.rows import BrokenFile, Malformed, MalformedRow, Row, UnusableFile, not_utf8

Cells = dict[str, str]


def read(
    lines: Iterable[str], *, required: Iterable[str], item_of: Callable[[Cells], dict[str, Any]]
) -> Iterator[Row | Malformed]:
    """A row for every record that `item_of` takes; it raises MalformedRow for the others.

    Raises UnusableFile when the header lacks a required column or names one twice.
    """
    reader = csv.reader(lines, strict=True)
    header = _header(reader, required)
    while True:
        line = reader.line_num + 1  # where the record begins: it may hold line breaks
        try:
            cells = next(reader)
            if not cells:
                continue
            if len(cells) != len(header):
                raise MalformedRow(f"{len(cells)} columns where the header has {len(header)}")
            if any(map(not_utf8, cells)):
                raise MalformedRow("not UTF-8")
            yield Row(line, item_of(dict(zip(header, cells, strict=True))))
        except StopIteration:
            return
        except (MalformedRow, csv.Error) as error:
            yield Malformed(line, str(error))
        except BrokenFile as error:
            yield Malformed(line, str(error))
            return


def _header(reader: Iterator[list[str]], required: Iterable[str]) -> list[str]:
    try:
        header = [name.strip() for name in next(reader)]
    except StopIteration:
        raise UnusableFile("the file is empty") from None
    except (csv.Error, BrokenFile) as error:
        raise UnusableFile(f"its header cannot be read: {error}") from error
    if missing := [name for name in required if name not in header]:
        raise UnusableFile(
            f"its header lacks {', '.join(missing)}; it has {', '.join(header)[:200]}"
        )
    if len(set(header)) != len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        raise UnusableFile(f"its header names {', '.join(map(repr, twice))} twice")
    return header
