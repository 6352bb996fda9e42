"""What every reader of an import file shares: rows, bad rows, and the file as lines of text."""

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

GZIP = b"\x1f\x8b"
"""How such a file begins."""
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)
"""What is raised in the middle of a compressed file."""
MOST_DIGITS = 100
"""Of a number that is read at all; the service takes none of a dozen."""


@dataclass(frozen=True, slots=True)
class Row:
    """One item for `POST /tickets` and the line of the file that it begins on, from 1."""

    line: int
    item: dict[str, Any]
    file: str = ""
    """Its name, where there are several."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A row that cannot be made into an item; the rows after it are read nevertheless."""

    line: int
    error: str
    file: str = ""


class MalformedRow(ValueError):
    """Raised inside a reader for the row at hand; the text says what is wrong with it."""


class UnusableFile(Exception):
    """The file as a whole is not what it was said to be; the text says why."""


class ImportFile:
    """A file of UTF-8 text, gzipped or not, by its content and not by its name; or a pipe."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file cannot be read. A pipe is waited for."""
        self._file = path.open("rb")
        self.size = path.stat().st_size if self._file.seekable() else None
        """In bytes; None: nobody knows beforehand how much a pipe will bring."""
        magic = self._file.peek(len(GZIP))[: len(GZIP)]
        content = gzip.GzipFile(fileobj=self._file) if magic == GZIP else self._file
        # Bytes that are no UTF-8 must cost one row, not the file: `not_utf8` finds them later.
        self._text = io.TextIOWrapper(
            content, encoding="utf-8-sig", errors="surrogateescape", newline=""
        )

    @property
    def consumed(self) -> int:
        """Bytes of the file read so far, for a progress bar; at most `size`, and 0 of a pipe."""
        return 0 if self.size is None else min(self._file.tell(), self.size)

    def lines(self) -> Iterator[str]:
        """The lines with their ends. Raises BrokenFile where a gzipped file is cut or damaged."""
        return lines_of(self._text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._text.close()
        self._file.close()


class BrokenFile(Exception):
    """What came before can be used; what would have followed cannot be read."""


def lines_of(text: Iterable[str]) -> Iterator[str]:
    """Raises BrokenFile where a compressed file is cut or damaged."""
    try:
        yield from text
    except DAMAGED as error:
        raise BrokenFile(f"the compressed file is damaged from here on: {error}") from error


def tags(text: str) -> list[str]:
    """Of a cell with several, between commas or semicolons."""
    return [tag for tag in re.split(r"\s*[,;]\s*", text.strip()) if tag]


def not_utf8(text: str) -> bool:
    """Whether the text holds bytes that were no UTF-8 when it was read from an `ImportFile`."""
    return not text.isascii() and any("\udc80" <= letter <= "\udcff" for letter in text)
