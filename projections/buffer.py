"""The writes of a batch, collapsed: one row a key, whatever happened to it in between."""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

from projections.protocol import (
    Change,
    Delete,
    Fill,
    Insert,
    Replace,
    Row,
    Table,
    Upsert,
    Write,
)

Key = tuple[Any, ...]


class TableBuffer:
    """What is to be done to one table: in this order `deleted`, `cleared`, `inserts`, `changes`,
    `upserts`, `fills`. A change of a row that is upserted before it has become part of that."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._key = _keys(table.key)
        self._parent = _keys(table.parent)
        self.deleted: dict[Key, Row] = {}
        self.cleared: dict[Key, Row] = {}
        self.inserts: dict[Key, Row] = {}
        self.upserts: dict[Key, Row] = {}
        self.changes: dict[Key, Row] = {}
        self.fills: dict[tuple[tuple[str, ...], Key], tuple[Row, Row]] = {}
        self._children: dict[Key, list[Key]] = {}

    def upsert(self, row: Row) -> None:
        """Later columns win."""
        key = self._key(row)
        known = self.upserts.get(key)
        if known is not None:
            known.update(row)
            return
        self.upserts[key] = row
        if self.table.parent:
            self._children.setdefault(self._parent(row), []).append(key)

    def change(self, row: Row) -> None:
        """Nothing for a row that this batch has deleted and not written again."""
        key = self._key(row)
        known = self.upserts.get(key)
        if known is None:
            known = self.changes.get(key)
        if known is not None:
            known.update(row)
        elif key not in self.deleted:
            self.changes[key] = row

    def insert(self, row: Row) -> None:
        """The first one stays."""
        key = self._key(row)
        if key not in self.upserts:
            self.inserts.setdefault(key, row)

    def delete(self, row: Row) -> None:
        """Forget what was to be written under this key, and delete what is stored."""
        key = self._key(row)
        self._forget(key)
        self.deleted[key] = row

    def replace(self, parent: Row, rows: Sequence[Row]) -> None:
        """Drop all rows of the parent, then write these."""
        parent_key = self._parent(parent)
        for key in self._children.pop(parent_key, ()):
            self._forget(key)
        self.cleared[parent_key] = parent
        for row in rows:
            self.upsert(row)

    def fill(self, match: Row, values: Row) -> None:
        """What comes first fills; later values only fill what is still open."""
        slot = (tuple(match), tuple(match.values()))
        known = self.fills.get(slot)
        self.fills[slot] = (match, {**values, **known[1]} if known else values)

    def _forget(self, key: Key) -> None:
        self.inserts.pop(key, None)
        self.upserts.pop(key, None)
        self.changes.pop(key, None)


class Buffer:
    """All tables of one projector."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self.tables = {table.name: TableBuffer(table) for table in tables}

    def add(self, writes: Iterable[Write]) -> None:
        """Collapse these writes into what is already here, in their order.

        Raises KeyError for a table that the projector does not own, or a row without its key."""
        for write in writes:
            table = self.tables[write.table]
            match write:
                case Upsert():
                    table.upsert(write.row)
                case Change():
                    table.change(write.row)
                case Replace():
                    table.replace(write.parent, write.rows)
                case Insert():
                    table.insert(write.row)
                case Fill():
                    table.fill(write.match, write.values)
                case Delete():
                    table.delete(write.key)


def _keys(columns: Sequence[str]) -> Callable[[Row], Key]:
    """What tells a row of a table from others, by these columns."""
    if not columns:
        return lambda _: ()
    first, *others = columns
    rest = itemgetter(*others) if others else None

    def key(row: Row) -> Key:
        value = row[first]
        if type(value) is UUID:  # whose hash is made by Python code, time and again
            value = value.int
        return (value, rest(row)) if rest else (value,)

    return key
