"""Whether the read tables say what the log says: built again beside them, and compared.

All of it is temporary tables inside one transaction that is rolled back: nothing is left behind,
and only the comparison itself keeps the runner waiting.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Identifier
from psycopg_pool import AsyncConnectionPool

from projections import schema
from projections.applying import apply
from projections.batch import Batch, prepare
from projections.protocol import Projector, Table
from projections.writing import Writer

_BATCH = 2000
_NAMED = 5  # rows that differ, of each kind


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of one table that are not as the log has them, with the keys of some."""

    table: str
    missing: int
    """Rows that the log gives and the table has not, or has otherwise."""
    surplus: int
    """Rows that the table has and the log does not give, or gives otherwise."""
    keys: tuple[str, ...]


async def compare(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    projectors: Sequence[Projector],
    *,
    now: Callable[[], datetime],
    progress: Callable[[int, int], None],
) -> list[Difference]:
    """What is wrong with the tables of these projections; nothing: they are what a rebuild would
    give. The log is read once for all of them.

    `progress` hears (position, last position).
    """
    tables = [table for projector in projectors for table in projector.tables]
    async with pool.connection() as conn, conn.transaction(force_rollback=True):
        cursor = await conn.execute("SELECT current_schema()")
        home = str((await cursor.fetchall())[0][0])
        await conn.execute(SQL("SET LOCAL search_path TO pg_temp, {}").format(Identifier(home)))
        for projector in projectors:
            await conn.execute(schema.ddl(projector.name))
        await conn.execute(
            SQL("CREATE TEMPORARY TABLE parked_events (LIKE {} INCLUDING ALL)").format(
                Identifier(home, "parked_events")
            )
        )
        walk = _Walk(pool, conn, Writer(), now)
        await walk.writer.learn(conn, tables)
        # Once together while the runner goes on; the rest of each while the runner waits for us.
        together = min([await _position(conn, home, one, hold=False) for one in projectors])
        await walk.project(projectors, 0, together, progress)
        found: list[Difference] = []
        for projector in projectors:
            async with conn.transaction(force_rollback=True):  # lets go of the runner's row
                until = await _position(conn, home, projector, hold=True)
                await walk.project([projector], together, until, lambda _done, _all: None)
                differences = [await _differ(conn, home, table) for table in projector.tables]
                found += [one for one in differences if one is not None]
        return found


class _Walk:
    """Writes the rows of stretches of the log, and reads ahead meanwhile."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        conn: AsyncConnection[Any],
        writer: Writer,
        now: Callable[[], datetime],
    ) -> None:
        self._pool, self._conn, self.writer, self._now = pool, conn, writer, now

    async def project(
        self,
        projectors: Sequence[Projector],
        after: int,
        until: int,
        progress: Callable[[int, int], None],
    ) -> None:
        ahead = self._prepared(projectors, after, until)
        try:
            while (batch := await ahead) is not None:
                ahead = self._prepared(projectors, batch.end, until)
                await apply(
                    self._conn,
                    self.writer,
                    projectors,
                    batch,
                    after=after,
                    at=self._now(),
                    begin=_go_on,
                    end=_no_position,
                )
                after = batch.end
                progress(after, until)
        finally:
            ahead.cancel()
            await asyncio.wait([ahead])

    def _prepared(
        self, projectors: Sequence[Projector], after: int, until: int
    ) -> asyncio.Task[Batch | None]:
        return asyncio.create_task(
            prepare(self._pool, self.writer, projectors, after=after, limit=_BATCH, until=until)
        )


async def _go_on() -> bool:
    return True


async def _no_position() -> None:
    """None is kept: all of it is rolled back."""


async def _position(
    conn: AsyncConnection[Any], home: str, projector: Projector, *, hold: bool
) -> int:
    query = SQL("SELECT position FROM {} WHERE name = %s").format(Identifier(home, "projections"))
    query += SQL(" FOR UPDATE") if hold else SQL("")
    found = await (await conn.execute(query, (projector.name,))).fetchall()
    return int(found[0][0]) if found else 0


async def _differ(conn: AsyncConnection[Any], home: str, table: Table) -> Difference | None:
    cursor = await conn.execute(
        "SELECT attname FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        (table.name,),
    )
    columns = SQL(", ").join([Identifier(str(name)) for (name,) in await cursor.fetchall()])
    ours, theirs = Identifier("pg_temp", table.name), Identifier(home, table.name)
    missing, absent = await _except(conn, columns, ours, theirs, table)
    surplus, foreign = await _except(conn, columns, theirs, ours, table)
    if not missing and not surplus:
        return None
    return Difference(table.name, missing, surplus, tuple(dict.fromkeys(absent + foreign)))


async def _except(
    conn: AsyncConnection[Any],
    columns: Composable,
    some: Composable,
    others: Composable,
    table: Table,
) -> tuple[int, list[str]]:
    """How many rows are only in `some`, and the keys of a few."""
    query = SQL(
        "WITH only_here AS (SELECT {columns} FROM {some} EXCEPT ALL SELECT {columns} FROM {others})"
        " SELECT count(*) OVER (), {key} FROM only_here ORDER BY {key} LIMIT {named}"
    ).format(
        columns=columns,
        some=some,
        others=others,
        key=SQL(", ").join([Identifier(name) for name in table.key]),
        named=_NAMED,
    )
    rows = await (await conn.execute(query)).fetchall()
    return (int(rows[0][0]) if rows else 0), [" ".join(map(str, row[1:])) for row in rows]
