"""A buffer becomes SQL: a few statements for any number of rows.

Every column travels as one binary array. They are unnested side by side in a select list: in a
FROM the server would store each column's values apart before it joins them to rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, LiteralString, NamedTuple

from psycopg import AsyncConnection
from psycopg.errors import UndefinedColumn
from psycopg.sql import SQL, Composed, Identifier

from command_side.event_store import binary
from projections.buffer import Buffer, TableBuffer
from projections.elements import Elements
from projections.protocol import Row, Table

Columns = tuple[str, ...]
Types = Mapping[str, LiteralString]
Given = tuple[LiteralString, ...]
"""The types in which the columns travel."""

CHUNK = 1000
"""Rows a statement: encoding them holds the event loop for about 3 ms."""
MERGED = 50
"""Rows from which on they are merged: a plan of its own costs less then than what it saves."""
MERGE_SINCE = 150_000
"""The first version of PostgreSQL that can."""

BY_INDEX: LiteralString = """
SELECT set_config(name, 'off', true)
FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'jit']) AS name
"""
"""Rows of a batch are found by their keys. Of a table of some ten thousand rows the planner would
read all for the sake of a thousand."""

TYPES: LiteralString = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""


class Statement(NamedTuple):
    """At most `CHUNK` rows, ready to be sent."""

    text: bytes
    arrays: Sequence[binary.Array]
    keep_plan: bool
    """Whether the plan may be kept: not where it was made while the table was small, and might
    scan it for ever."""


async def execute(conn: AsyncConnection, statements: Iterable[Statement]) -> None:
    """One after the other, inside the caller's transaction."""
    binary.register(conn)
    await conn.execute(BY_INDEX)
    for text, arrays, keep_plan in statements:
        await conn.execute(text, arrays, prepare=keep_plan)


class Writer:
    """Writes buffers, and remembers the column types of the tables that it has met."""

    def __init__(self) -> None:
        self._types: dict[str, Types] = {}
        self._statements: dict[tuple[Any, ...], bytes] = {}
        self._merges = False

    async def flush(self, conn: AsyncConnection, buffer: Buffer) -> None:
        """Execute the buffer inside the caller's transaction.

        Raises psycopg.Error when the server refuses a row; the transaction is then unusable.
        """
        await self.learn(conn, [table.table for table in buffer.tables.values()])
        await execute(conn, self.statements(buffer))

    async def learn(self, conn: AsyncConnection, tables: Iterable[Table]) -> Mapping[str, Types]:
        """Ask for the column types of those of these tables that have not been met yet; answers
        those of all tables met, by name."""
        self._merges = conn.info.server_version >= MERGE_SINCE
        for table in tables:
            if table.name not in self._types:
                cursor = await conn.execute(TYPES, (table.name,))
                if found := dict(await cursor.fetchall()):
                    self._types[table.name] = found
        return self._types

    def statements(self, buffer: Buffer) -> Iterator[Statement]:
        """What executes the buffer; its tables have been learnt.

        Raises UndefinedColumn for a column that a table has not.
        """
        elements = Elements()
        for table in buffer.tables.values():
            for (build, names, match), rows, keep_plan in _work(table):
                if keep_plan and self._merges and len(rows) >= MERGED:
                    build, keep_plan = MERGING[build], False
                types = self._types_of(table.table, rows[0])
                for start in range(0, len(rows), CHUNK):
                    # All rows of a shape have the same columns in the same order.
                    columns = zip(
                        *[row.values() for row in rows[start : start + CHUNK]], strict=True
                    )
                    sent = [
                        elements.column(types[name], values)
                        for name, values in zip(rows[0], columns, strict=True)
                    ]
                    given: Given = tuple([kind for kind, _ in sent])
                    text = self._statement(table.table, types, given, build, names, match)
                    yield Statement(text, [array for _, array in sent], keep_plan)

    def _types_of(self, table: Table, row: Row) -> Types:
        types = self._types.get(table.name, {})
        if unknown := [name for name in row if name not in types]:
            raise UndefinedColumn(f"{table.name} has no {', '.join(unknown)}")
        return types

    def _statement(
        self,
        table: Table,
        types: Types,
        given: Given,
        build: "Build",
        columns: Columns,
        match: Columns,
    ) -> bytes:
        key = (table.name, given, build, columns, match)
        if key not in self._statements:
            rows = _rows(given, columns)
            self._statements[key] = build(table, types, rows, columns, match).as_bytes(None)
        return self._statements[key]


Build = Callable[[Table, Types, Composed, Columns, Columns], Composed]
Shape = tuple[Build, Columns, Columns]


def _work(buffer: TableBuffer) -> Iterator[tuple[Shape, list[Row], bool]]:
    """Statements and their rows, in the order in which they must run, and whether to plan once."""
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


def _insert(table: Table, types: Types, rows: Composed, columns: Columns, key: Columns) -> Composed:
    return SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT ({}) DO NOTHING").format(
        Identifier(table.name),
        _names(columns),
        _casts(types, columns),
        rows,
        _names(key),
    )


def _upsert(table: Table, types: Types, rows: Composed, columns: Columns, key: Columns) -> Composed:
    others = [name for name in columns if name not in key]
    if not others:
        return _insert(table, types, rows, columns, key)
    return SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT ({}) DO UPDATE SET {}").format(
        Identifier(table.name),
        _names(columns),
        _casts(types, columns),
        rows,
        _names(key),
        _list(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in others),
    )


def _merge_new(
    table: Table, types: Types, rows: Composed, columns: Columns, key: Columns
) -> Composed:
    """As `_insert`, where nobody else inserts meanwhile: whoever projects holds the projection. It
    logs less, for a row need not be confirmed once its key has turned out to be free."""
    return SQL(
        "MERGE INTO {} t USING {} ON {} WHEN NOT MATCHED THEN INSERT ({}) VALUES ({})"
    ).format(
        Identifier(table.name),
        rows,
        _same(types, key),
        _names(columns),
        _casts(types, columns),
    )


def _merge(table: Table, types: Types, rows: Composed, columns: Columns, key: Columns) -> Composed:
    """As `_upsert`, likewise: nor need a row be locked that is changed at once."""
    new = _merge_new(table, types, rows, columns, key)
    others = [name for name in columns if name not in key]
    if not others:
        return new
    return SQL("{} WHEN MATCHED THEN UPDATE SET {}").format(
        new, _list(SQL("{} = {}").format(Identifier(name), _cast(types, name)) for name in others)
    )


def _change(table: Table, types: Types, rows: Composed, columns: Columns, key: Columns) -> Composed:
    return _update(table, types, rows, columns, key, SQL("{0} = {1}"))


def _fill(table: Table, types: Types, rows: Composed, columns: Columns, match: Columns) -> Composed:
    return _update(table, types, rows, columns, match, SQL("{0} = COALESCE(t.{0}, {1})"))


def _update(
    table: Table, types: Types, rows: Composed, columns: Columns, match: Columns, to: SQL
) -> Composed:
    return SQL("UPDATE {} t SET {} FROM {} WHERE {}").format(
        Identifier(table.name),
        _list(
            to.format(Identifier(name), _cast(types, name)) for name in columns if name not in match
        ),
        rows,
        _same(types, match),
    )


def _delete(
    table: Table, types: Types, rows: Composed, columns: Columns, match: Columns
) -> Composed:
    return SQL("DELETE FROM {} t USING {} WHERE {}").format(
        Identifier(table.name), rows, _same(types, match)
    )


MERGING: Mapping[Build, Build] = {_insert: _merge_new, _upsert: _merge}


def _rows(given: Given, columns: Columns) -> Composed:
    arrays = SQL(", ").join(
        SQL("unnest(%b::{}[]) AS {}").format(SQL(kind), Identifier(name))
        for kind, name in zip(given, columns, strict=True)
    )
    return SQL("(SELECT {}) AS r").format(arrays)


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
