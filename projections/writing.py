"""A buffer becomes SQL: a few statements for any number of rows.

Every column travels as one binary text array and is cast inside the server. Measured with 2000
rows of 24 columns on two busy cores, in ms of Python / in all: this 6 / 27, psycopg's own arrays
13 / 44, binary COPY to a temporary table 12 / 26 (but a round trip each), one JSON document 4 / 40.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from struct import Struct
from typing import Any, LiteralString, cast
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.adapt import Dumper
from psycopg.errors import UndefinedColumn
from psycopg.pq import Format
from psycopg.sql import SQL, Composed, Identifier
from pydantic_core import to_json

from projections.buffer import Buffer, TableBuffer
from projections.protocol import Row, Table

Columns = tuple[str, ...]
Types = Mapping[str, LiteralString]

CHUNK = 1000
"""Rows a statement: encoding them holds the event loop for about 3 ms."""

TYPES: LiteralString = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""


class Writer:
    """Writes buffers, and remembers the column types of the tables that it has met."""

    def __init__(self) -> None:
        self._types: dict[str, Types] = {}
        self._statements: dict[tuple[Any, ...], bytes] = {}

    async def flush(self, conn: AsyncConnection, buffer: Buffer) -> None:
        """Execute the buffer inside the caller's transaction.

        Raises psycopg.Error when the server refuses a row; the transaction is then unusable.
        """
        conn.adapters.register_dumper(_TextArray, _TextArrayDumper)
        texts = _Texts()
        for table in buffer.tables.values():
            for shape, rows, plan_once in _work(table):
                types = await self._types_of(conn, table.table, rows[0])
                statement = self._statement(table.table, types, *shape)
                for start in range(0, len(rows), CHUNK):
                    chunk = rows[start : start + CHUNK]
                    arrays = [_array(texts, types[name], name, chunk) for name in chunk[0]]
                    await conn.execute(statement, arrays, prepare=plan_once)

    async def _types_of(self, conn: AsyncConnection, table: Table, row: Row) -> Types:
        if table.name not in self._types:
            cursor = await conn.execute(TYPES, (table.name,))
            if found := dict(await cursor.fetchall()):
                self._types[table.name] = found
        types = self._types.get(table.name, {})
        if unknown := [name for name in row if name not in types]:
            raise UndefinedColumn(f"{table.name} has no {', '.join(unknown)}")
        return types

    def _statement(
        self, table: Table, types: Types, build: "Build", columns: Columns, match: Columns
    ) -> bytes:
        key = (table.name, build, columns, match)
        if key not in self._statements:
            self._statements[key] = build(table, types, columns, match).as_bytes(None)
        return self._statements[key]


Build = Callable[[Table, Types, Columns, Columns], Composed]
Shape = tuple[Build, Columns, Columns]


def _work(buffer: TableBuffer) -> Iterator[tuple[Shape, list[Row], bool]]:
    """Statements and their rows, in the order in which they must run, and whether the plan may be
    kept: not where it was made while the table was small, and might scan it for ever."""
    key = buffer.table.key
    for rows in (buffer.deleted, buffer.cleared):
        for columns, group in _by_columns(rows.values()):
            yield (_delete, columns, columns), group, False
    for columns, group in _by_columns(buffer.inserts.values()):
        yield (_insert, columns, key), group, True
    for columns, group in _by_columns(buffer.changes.values()):
        yield (_change, columns, key), group, False
    for columns, group in _by_columns(buffer.upserts.values()):
        yield (_upsert, columns, key), group, True
    filled: dict[tuple[Columns, Columns], list[Row]] = {}
    for match, values in buffer.fills.values():
        row = {**match, **values}
        filled.setdefault((tuple(row), tuple(match)), []).append(row)
    for (columns, match), group in filled.items():
        yield (_fill, columns, match), group, False


def _by_columns(rows: Iterable[Row]) -> Iterator[tuple[Columns, list[Row]]]:
    groups: dict[Columns, list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    yield from groups.items()


def _insert(table: Table, types: Types, columns: Columns, key: Columns) -> Composed:
    return SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT ({}) DO NOTHING").format(
        Identifier(table.name),
        _names(columns),
        _casts(types, columns),
        _given(columns),
        _names(key),
    )


def _upsert(table: Table, types: Types, columns: Columns, key: Columns) -> Composed:
    others = [name for name in columns if name not in key]
    if not others:
        return _insert(table, types, columns, key)
    return SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT ({}) DO UPDATE SET {}").format(
        Identifier(table.name),
        _names(columns),
        _casts(types, columns),
        _given(columns),
        _names(key),
        _list(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in others),
    )


def _change(table: Table, types: Types, columns: Columns, key: Columns) -> Composed:
    return _update(table, types, columns, key, SQL("{0} = {1}"))


def _fill(table: Table, types: Types, columns: Columns, match: Columns) -> Composed:
    return _update(table, types, columns, match, SQL("{0} = COALESCE(t.{0}, {1})"))


def _update(table: Table, types: Types, columns: Columns, match: Columns, to: SQL) -> Composed:
    return SQL("UPDATE {} t SET {} FROM {} WHERE {}").format(
        Identifier(table.name),
        _list(
            to.format(Identifier(name), _cast(types, name)) for name in columns if name not in match
        ),
        _given(columns),
        _same(types, match),
    )


def _delete(table: Table, types: Types, columns: Columns, match: Columns) -> Composed:
    return SQL("DELETE FROM {} t USING {} WHERE {}").format(
        Identifier(table.name), _given(columns), _same(types, match)
    )


def _given(columns: Columns) -> Composed:
    arrays = SQL(", ").join([SQL("%b::text[]")] * len(columns))
    return SQL("unnest({}) AS r ({})").format(arrays, _names(columns))


def _names(columns: Iterable[str]) -> Composed:
    return _list(Identifier(name) for name in columns)


def _casts(types: Types, columns: Iterable[str]) -> Composed:
    return _list(_cast(types, name) for name in columns)


def _cast(types: Types, column: str) -> Composed:
    return SQL("r.{}::{}").format(Identifier(column), SQL(types[column]))


def _same(types: Types, columns: Iterable[str]) -> Composed:
    return SQL(" AND ").join(
        SQL("t.{} = {}").format(Identifier(name), _cast(types, name)) for name in columns
    )


def _list(parts: Iterable[Composed | Identifier]) -> Composed:
    return SQL(", ").join(parts)


class _TextArray:
    """A PostgreSQL text[] in its binary form."""

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        self.content = content


class _TextArrayDumper(Dumper):
    format = Format.BINARY
    oid = 1009  # text[]

    def dump(self, obj: _TextArray) -> bytes:
        return obj.content


HEADER = Struct(">5i")  # one dimension, nulls possible, element type text, length, lower bound
LENGTH = Struct(">i").pack
NULL = LENGTH(-1)


class _Texts(dict[Any, bytes]):
    """Values as elements of a text array. Equal numbers of different types are spelled alike."""

    def __missing__(self, value: Any) -> bytes:
        if value is None:
            element = NULL
        else:
            content = (_clean(value) if type(value) is str else _text(value)).encode()
            element = LENGTH(len(content)) + content
        self[value] = element
        return element


def _clean(text: str) -> str:
    """PostgreSQL's text has no NUL: one in a title must not keep a ticket from being shown."""
    return text.replace("\0", "") if "\0" in text else text


def _text(value: Any) -> str:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    return str(value)


def _array(texts: _Texts, kind: str, column: str, rows: Sequence[Row]) -> _TextArray:
    values = [row[column] for row in rows]
    if kind in ("json", "jsonb"):
        values = [None if value is None else _json(value) for value in values]
    header = HEADER.pack(1, 1, 25, len(values), 1)
    return _TextArray(header + b"".join(map(texts.__getitem__, values)))


def _json(value: Any) -> str:
    document = to_json(value).decode()
    return to_json(_without_nul(value)).decode() if "\\u0000" in document else document


def _without_nul(value: Any) -> Any:
    match value:
        case str():
            return _clean(value)
        case dict():
            entries = cast("dict[str, Any]", value)
            return {_without_nul(name): _without_nul(entry) for name, entry in entries.items()}
        case list():
            return [_without_nul(entry) for entry in cast("list[Any]", value)]
        case _:
            return value
