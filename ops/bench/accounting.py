"""What the operating system counts: processor time by process, bytes by table.

Processor time is read from Linux's /proc; elsewhere, and for a database on another machine, there
is no such figure.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

from psycopg import AsyncConnection, Error

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
"""Of the counters in /proc, a second."""
PROC = Path("/proc")
POSTMASTER: LiteralString = "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int"
"""Only a superuser may read it: that of a server of our own."""
TABLES: LiteralString = """
select relname, pg_table_size(oid), pg_indexes_size(oid) from pg_class
where relkind = 'r' and relnamespace = 'public'::regnamespace
"""
LOG: LiteralString = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
OF_THE_LOG = ("events",)
OF_THE_HEADS = ("heads",)


def processor_seconds(pid: int) -> float | None:
    """Of one process since it began, its children that have ended included; None: not known."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field is the name in brackets, and may hold blanks.
    fields = text.rpartition(")")[2].split()
    return sum(int(value) for value in fields[11:15]) / TICK


def children_of(pid: int) -> list[int]:
    """The processes that this one has begun and that still run."""
    found: list[int] = []
    for entry in PROC.iterdir() if PROC.exists() else ():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if int(text.rpartition(")")[2].split()[1]) == pid:
            found.append(int(entry.name))
    return found


async def postmaster(conn: AsyncConnection[Any]) -> int | None:
    """The process of the server itself; None when it cannot be told, or runs elsewhere."""
    try:
        cursor = await conn.execute(POSTMASTER)
        row = await cursor.fetchone()
    except Error:
        return None
    pid = int(row[0]) if row else 0
    return pid if (PROC / str(pid)).exists() else None


def server_seconds(pid: int) -> float | None:
    """Of a PostgreSQL server with all its processes, those that have ended included."""
    own = processor_seconds(pid)
    if own is None:
        return None
    return own + sum(processor_seconds(child) or 0 for child in children_of(pid))


@dataclass(frozen=True, slots=True)
class Accounts:
    """The processes of a service and its database."""

    api: int
    worker: int
    server: int | None

    @classmethod
    async def of(cls, conn: AsyncConnection[Any], *, api: int, worker: int) -> "Accounts":
        return cls(api, worker, await postmaster(conn))

    def seconds(self) -> Mapping[str, float]:
        """Of processor time so far; what is not known is left out."""
        known = {
            "api": processor_seconds(self.api),
            "worker": processor_seconds(self.worker),
            "postgres": None if self.server is None else server_seconds(self.server),
        }
        return {name: seconds for name, seconds in known.items() if seconds is not None}


@dataclass(frozen=True, slots=True)
class Bytes:
    """What a database has written and keeps, in all."""

    events: int
    heads: int
    read_tables: int
    indexes: int
    """Of all of them."""
    wal: int

    def since(self, before: "Bytes") -> Mapping[str, int]:
        return {
            name: getattr(self, name) - getattr(before, name)
            for name in ("events", "heads", "read_tables", "indexes", "wal")
        }


async def sizes(conn: AsyncConnection[Any]) -> Bytes:
    """As of now; what has been vacuumed away is used again and does not count twice."""
    cursor = await conn.execute(TABLES)
    events = heads = others = indexes = 0
    for name, table, index in await cursor.fetchall():
        indexes += index
        if name in OF_THE_LOG:
            events += table
        elif name in OF_THE_HEADS:
            heads += table
        else:
            others += table
    cursor = await conn.execute(LOG)
    row = await cursor.fetchone()
    return Bytes(events, heads, others, indexes, int(row[0]) if row else 0)
