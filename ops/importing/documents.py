"""JSON: one document, or an object a line. Where it holds a list of objects, these are the rows."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, cast

from ops.importing import encodings, jsonl
from ops.importing.files import Content
from ops.importing.records import Record, Table, named, plain
from ops.importing.rows import BrokenFile, Malformed, MalformedRow, UnusableFile

_SAMPLE: Final = 1000
"""Objects by which the columns are known."""
_DEPTH: Final = 3
"""How far inside a document a list of tickets is looked for, and an object is taken apart."""


def table(content: Content) -> Table:
    """Raises UnusableFile where there are no objects."""
    letters = encodings.encoding(content)
    if _by_lines(content, letters):
        return _table(content, "JSON lines", lambda: _lines(content, letters))
    try:
        text = "".join(encodings.lines(content, letters))
        document = jsonl.loaded(text)
    except (ValueError, RecursionError, BrokenFile) as error:
        raise UnusableFile(f"it is not valid JSON: {error}") from error
    rows = objects(document)
    if not rows:
        raise UnusableFile("the JSON holds no list of objects")
    found = numbered(rows)
    return _table(content, "JSON", lambda: iter(found), document)


def numbered(rows: Iterable[Mapping[str, Any]]) -> list[Record | Malformed]:
    return [
        Malformed(number, wrong) if (wrong := jsonl.unsendable(row)) else Record(number, row)
        for number, row in enumerate(rows, start=1)
    ]


def objects(document: object) -> Sequence[Mapping[str, Any]]:
    """The longest list of objects in it, or the document itself as the only one."""
    if isinstance(document, list) and (pages := _pages(cast("list[object]", document))):
        return pages
    lists = sorted(_lists(cast("object", document), _DEPTH), key=len, reverse=True)
    if lists and (isinstance(document, list) or _envelope(cast("dict[str, Any]", document))):
        return lists[0]
    return [cast("dict[str, Any]", document)] if isinstance(document, dict) else []


def _pages(document: Sequence[object]) -> Sequence[Mapping[str, Any]]:
    """What pages of an API hold that were saved one after another; empty: these are none."""
    found: list[Mapping[str, Any]] = []
    for page in document:
        if not isinstance(page, dict) or not _envelope(cast("dict[str, Any]", page)):
            return []
        within: list[object] = list(cast("dict[str, Any]", page).values())
        lists = [one for value in within for one in _lists(value, 0)]
        if len(lists) != 1:
            return []
        found += lists[0]
    return found


def _envelope(document: Mapping[str, Any]) -> bool:
    """Whether an object is only around a list: it has no name of its own."""
    return not {"id", "key", "number", "external_id", "issueKey"} & set(document)


def _lists(value: object, depth: int) -> Iterator[list[dict[str, Any]]]:
    if isinstance(value, list):
        several = cast("list[object]", value)
        if several and all(isinstance(one, dict) for one in several):
            yield cast("list[dict[str, Any]]", several)
    elif isinstance(value, dict) and depth:
        for inner in cast("dict[str, object]", value).values():
            yield from _lists(inner, depth - 1)


def _by_lines(content: Content, letters: str) -> bool:
    """Two lines that are objects, each by itself; or the only one."""
    first = [one for one in encodings.first_lines(content, letters, 200) if one.strip()][:2]
    return bool(first) and len(first) > 1 and all(_is_object(one) for one in first)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _lines(content: Content, letters: str) -> Iterator[Record | Malformed]:
    line = 0
    try:
        for line, text in enumerate(encodings.lines(content, letters), start=1):
            if not text.isspace():
                yield _line(line, text)
    except BrokenFile as error:
        yield Malformed(line + 1, str(error))


def _line(line: int, text: str) -> Record | Malformed:
    try:
        return Record(line, jsonl.members(text))
    except MalformedRow as error:
        return Malformed(line, str(error))


def _table(
    content: Content,
    form: str,
    rows: Callable[[], Iterator[Record | Malformed]],
    document: object = None,
) -> Table:
    """Its columns are the members of its first objects."""
    sample = (one.cells for one in islice(rows(), _SAMPLE) if isinstance(one, Record))
    headings = dict.fromkeys(name for cells in sample for name, _ in flat(cells))
    if not headings:
        raise UnusableFile("it holds no JSON object that can be read")
    columns = named(list(headings))
    return Table(content.name, columns, rows, form, document, nested=True)


def flat(cells: Mapping[str, Any], depth: int = _DEPTH) -> Iterator[tuple[str, Any]]:
    """The members of an object and of those inside it, by their names one after another."""
    for name, value in cells.items():
        if isinstance(value, dict) and depth:
            inner = flat(cast("dict[str, Any]", value), depth - 1)
            yield from ((f"{name} {member}", within) for member, within in inner)
        else:
            yield name, value


def flattened(cells: Mapping[str, Any]) -> dict[str, Any]:
    """As a table would have it: lists stay."""
    return {plain(name): value for name, value in flat(cells)}
