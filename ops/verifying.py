"""Whether the read tables say what the log says: built again beside them, and compared.

All of it is temporary tables inside one transaction that is rolled back: nothing is left behind,
and only the comparison itself keeps the runner waiting.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Identifier
from psycopg_pool import AsyncConnectionPool

from command_side.event_store import read_after
from projections import poison, schema
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
    projector: Projector,
    *,
    now: Callable[[], datetime],
    progress: Callable[[int, int], None],
) -> list[Difference]:
    """What is wrong with a projection's tables; nothing: they are what a rebuild would give.

    `progress` hears (position, the projection's position).
    """
    async with pool.connection() as conn, conn.transaction(force_rollback=True):
        cursor = await conn.execute("SELECT current_schema()")
        home = str((await cursor.fetchall())[0][0])
        await conn.execute(SQL("SET LOCAL search_path TO pg_temp, {}").format(Identifier(home)))
        await conn.execute(schema.ddl(projector.name))
        await conn.execute(
            SQL("CREATE TEMPORARY TABLE parked_events (LIKE {} INCLUDING ALL)").format(
                Identifier(home, "parked_events")
            )
        )
        writer, position = Writer(), 0
        for last in (False, True):
            # Once while the runner goes on, and the rest while it waits for us.
            until = await _position(conn, home, projector, hold=last)
            while position < until:
                events = await read_after(conn, position, _BATCH)
                events = [event for event in events if event.position <= until]
                if not events:
                    break
                await poison.project_or_park(conn, writer, projector, events, at=now())
                position = events[-1].position
                progress(position, until)
        return [found for table in projector.tables if (found := await _differ(conn, home, table))]


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
