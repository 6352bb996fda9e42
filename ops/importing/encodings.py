"""In which letters a text is written: by its first bytes, or by what fits all of it."""

import codecs
import io
from collections.abc import Iterator
from typing import Final

from charset_normalizer import from_bytes

from ops.importing.files import Content
from ops.importing.rows import DAMAGED, BrokenFile, lines_of

MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LIKELY: Final = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "cp932", "gb18030", "big5"),
    "euc_kr",
)
"""What programs write that write no Unicode."""
_PIECE: Final = 1 << 20
_SAMPLE: Final = 200_000


def encoding(content: Content) -> str:
    """The whole file is looked through: one umlaut in the last line decides.

    A few bytes that are no UTF-8 in what is UTF-8 otherwise are for whoever reads the row. Raises
    what an archive raises that is damaged.
    """
    begin = content.begins(_SAMPLE)
    for mark, name in MARKS:
        if begin.startswith(mark):
            return name
    if (wide := _unmarked_utf16(begin)) is not None:
        return wide
    found, wrong, sample = 0, 0, b""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    with content.open() as file:
        try:
            while piece := file.read(_PIECE):
                if piece.isascii():
                    continue
                text = decoder.decode(piece)
                beyond = sum(not one.isascii() for one in text)
                bad = sum("\udc80" <= one <= "\udcff" for one in text)
                found, wrong = found + beyond - bad, wrong + bad
                if bad and not sample:
                    sample = _around(piece)
        except DAMAGED:
            pass  # whoever reads it says so, with the line
    if wrong <= found:
        return "utf-8"
    best = from_bytes(sample, cp_isolation=list(LIKELY)).best()
    if best is None or str(best) == sample.decode("cp1252", "replace"):
        return "cp1252"  # of several that fit the one that is usual
    return best.encoding


def _unmarked_utf16(begin: bytes) -> str | None:
    """Every second byte of a text in Latin letters is empty."""
    if len(begin) < 4 or b"\0" not in begin:
        return None
    even, odd = begin[:2000:2].count(0), begin[1:2000:2].count(0)
    if odd > 10 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 10 * odd else None


def _around(piece: bytes) -> bytes:
    """The lines that show which letters are meant."""
    lines = [line for line in piece.splitlines() if not line.isascii()]
    return b"\n".join(lines)[:_SAMPLE]


def first_lines(content: Content, encoding: str, count: int) -> list[str]:
    """As many of them as can be read."""
    found: list[str] = []
    try:
        for line in lines(content, encoding):
            found.append(line)
            if len(found) == count:
                break
    except BrokenFile:
        pass  # whoever reads the rows says so, with the line
    return found


def lines(content: Content, encoding: str) -> Iterator[str]:
    """The lines with their ends. Raises BrokenFile where a compressed file is cut or damaged."""
    with content.open() as file:
        text = io.TextIOWrapper(file, encoding=encoding, errors=_errors(encoding), newline="")
        yield from lines_of(text)


def _errors(encoding: str) -> str:
    return "surrogateescape" if encoding.startswith("utf-8") else "replace"
