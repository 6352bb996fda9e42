"""Where what was read waits until all of a ticket is there: a file of the database in every Python.

It lies where temporary files lie and goes with the program. Memory holds one ticket at a time.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from ops.importing.rows import Malformed

_TABLES: Final = """
create table joined (name text, key text, cells text, primary key (name, key)) without rowid;
create table said (ticket text, at integer, number integer, file integer, line integer,
    kind integer, content text);
create table refused (line integer, error text, file text);
"""
_ORDER: Final = """
select ticket, at, file, line, kind, content from said
order by ticket, at is null, at, file, number
"""
_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class Said:
    """What one row says of a ticket."""

    ticket: str
    at: int | None
    """In microseconds; None: it does not say when it was so."""
    file: int
    line: int
    is_milestone: bool
    item: Mapping[str, Any]
    first: Mapping[str, Any]
    """For what nothing else says."""
    was: Mapping[str, Any]


class Spool:
    def __init__(self) -> None:
        self._conn = sqlite3.connect("", isolation_level=None)
        self._conn.executescript("pragma journal_mode = off; pragma synchronous = off;" + _TABLES)
        self._waiting: list[tuple[Any, ...]] = []
        self.joined = lru_cache(maxsize=10_000)(self._joined)

    def join(self, name: str, key: str, cells: Mapping[str, Any]) -> None:
        """Keeps a row that others refer to; of several the last."""
        self._conn.execute(
            "insert or replace into joined values (?, ?, ?)", (name, key, json.dumps(cells))
        )

    def _joined(self, name: str, key: str) -> Mapping[str, Any] | None:
        found = self._conn.execute(
            "select cells from joined where name = ? and key = ?", (name, key)
        ).fetchone()
        return None if found is None else json.loads(found[0])

    def add(self, said: Said, number: int) -> None:
        """`number` orders what one file says at one time."""
        content = json.dumps([said.item, said.first, said.was])
        self._waiting.append(
            (said.ticket, said.at, number, said.file, said.line, said.is_milestone, content)
        )
        if len(self._waiting) >= _AT_ONCE:
            self._write()

    def _write(self) -> None:
        self._conn.execute("begin")
        self._conn.executemany("insert into said values (?, ?, ?, ?, ?, ?, ?)", self._waiting)
        self._conn.execute("commit")
        self._waiting.clear()

    def tickets(self) -> Iterator[Sequence[Said]]:
        """All that is said of one ticket after another, in its order; what has no time comes
        last."""
        self._write()
        rows = (_said(row) for row in self._conn.execute(_ORDER))
        return (list(of_it) for _, of_it in groupby(rows, key=lambda one: one.ticket))

    def refuse(self, row: Malformed) -> None:
        """Keeps what of the files cannot be read."""
        self._conn.execute("insert into refused values (?, ?, ?)", (row.line, row.error, row.file))

    def refused(self) -> Iterator[Malformed]:
        """In the order in which it was read."""
        rows = self._conn.execute("select line, error, file from refused order by rowid")
        return (Malformed(*row) for row in rows)

    def clear(self) -> None:
        """Forgets all of it."""
        self._waiting.clear()
        self._conn.executescript("delete from joined; delete from said; delete from refused;")
        self.joined.cache_clear()

    def close(self) -> None:
        self._conn.close()


def _said(row: Iterable[Any]) -> Said:
    ticket, at, file, line, kind, content = row
    item, first, was = json.loads(content)
    return Said(ticket, at, file, line, bool(kind), item, first, was)
