"""A projection built anew beside the live one, and swapped in: readers never see a mix.

The tables are made in a schema of their own and filled from the start of the log; the last stretch
and the swap are one transaction, which holds the projection's row so that no runner moves it.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

import psycopg
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from command_side.event_store import alone, last_position, read_after
from projections import poison, schema
from projections.applying import apply
from projections.batch import Batch, prepare
from projections.protocol import Projector
from projections.writing import Writer

BATCH = 2000
SWAP_ATTEMPTS = 20

logger = logging.getLogger(__name__)


class RebuildRunning(Exception):
    """Somebody else is rebuilding this projection right now."""


class NotRebuildable(Exception):
    """This projection touches the world: building it again would do everything again."""


def _nothing(position: int, end: int) -> None:
    """Nobody asked for progress."""


async def rebuild(
    pool: AsyncConnectionPool,
    projector: Projector,
    *,
    now: Callable[[], datetime],
    progress: Callable[[int, int], None] = _nothing,
) -> int:
    """Build the projection from the whole log, swap it in, and answer its position.

    Takes three of the pool's connections: one says that we are at it, and what comes next is read
    while a batch is written.
    `progress` hears (position, last position) after each batch. Raises NotRebuildable or
    RebuildRunning. Cut off half-way it leaves the live tables alone and starts from the beginning.
    """
    if projector.once:
        raise NotRebuildable(projector.name)
    async with pool.connection() as conn:
        lock = f"rebuild of {projector.name}"
        cursor = await conn.execute("SELECT hashtextextended(%s, 0)", (lock,))
        ((key,),) = await cursor.fetchall()
    async with alone(pool, key) as ours:
        if not ours:
            raise RebuildRunning(projector.name)
        async with pool.connection() as conn:
            return await _build(pool, conn, projector, now, progress)


async def _build(
    pool: AsyncConnectionPool,
    conn: AsyncConnection,
    projector: Projector,
    now: Callable[[], datetime],
    progress: Callable[[int, int], None],
) -> int:
    cursor = await conn.execute("SELECT current_schema()")
    row = await cursor.fetchone()
    home = str(row[0]) if row else "public"
    beside = f"rebuild_{projector.name}"
    writer = Writer()
    async with conn.transaction():
        await _empty_schema(conn, home, beside, projector)
        await writer.learn(conn, projector.tables)  # the new ones, not those that are live
    end = await last_position(conn)
    await conn.commit()
    position = 0
    ahead = _prepared(pool, writer, projector, position)
    try:
        while (batch := await ahead) is not None:
            ahead = _prepared(pool, writer, projector, batch.end)
            await _write(conn, writer, projector, position, batch, now, home, beside)
            position = batch.end
            progress(position, max(position, end))
    finally:
        ahead.cancel()
        await asyncio.wait([ahead])
    for attempt in range(SWAP_ATTEMPTS):
        try:
            async with conn.transaction():
                position = await _finish(conn, writer, projector, position, now, home, beside)
            break
        except psycopg.errors.LockNotAvailable:
            if attempt + 1 == SWAP_ATTEMPTS:
                raise
            logger.info("swap waits for readers", extra={"projection": projector.name})
            await asyncio.sleep(0.2)
    progress(position, position)
    return position


async def _empty_schema(
    conn: AsyncConnection, home: str, beside: str, projector: Projector
) -> None:
    await conn.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(beside)))
    await conn.execute(SQL("CREATE SCHEMA {}").format(Identifier(beside)))
    await _look_at(conn, beside, home)
    await conn.execute(schema.ddl(projector.name))
    await conn.execute(
        SQL("CREATE TABLE {}.parked_events (LIKE {}.parked_events INCLUDING ALL)").format(
            Identifier(beside), Identifier(home)
        )
    )


async def _look_at(conn: AsyncConnection, beside: str, home: str) -> None:
    """For this transaction unqualified names mean the tables being built, then the live ones."""
    await conn.execute(
        SQL("SET LOCAL search_path TO {}, {}").format(Identifier(beside), Identifier(home))
    )
    await conn.execute("SET LOCAL synchronous_commit = off")


def _prepared(
    pool: AsyncConnectionPool, writer: Writer, projector: Projector, position: int
) -> asyncio.Task[Batch | None]:
    return asyncio.create_task(prepare(pool, writer, [projector], after=position, limit=BATCH))


async def _write(
    conn: AsyncConnection,
    writer: Writer,
    projector: Projector,
    position: int,
    batch: Batch,
    now: Callable[[], datetime],
    home: str,
    beside: str,
) -> None:
    async def begin() -> bool:
        await _look_at(conn, beside, home)
        return True

    async def end() -> None:
        """The position is kept when all is built."""

    await apply(conn, writer, [projector], batch, after=position, at=now(), begin=begin, end=end)


async def _batch(
    conn: AsyncConnection,
    writer: Writer,
    projector: Projector,
    position: int,
    now: Callable[[], datetime],
) -> int | None:
    """The position after one more batch; None at the end of the log."""
    events = await read_after(conn, position, BATCH)
    if not events:
        return None
    await poison.project_or_park(conn, writer, projector, events, at=now())
    return events[-1].position


async def _finish(
    conn: AsyncConnection,
    writer: Writer,
    projector: Projector,
    position: int,
    now: Callable[[], datetime],
    home: str,
    beside: str,
) -> int:
    await _look_at(conn, beside, home)
    await conn.execute("SET LOCAL lock_timeout = '1s'")
    cursor = await conn.execute(
        "SELECT position FROM projections WHERE name = %s FOR UPDATE", (projector.name,)
    )
    row = await cursor.fetchone()
    live = int(row[0]) if row else 0
    while position < live:
        moved = await _batch(conn, writer, projector, position, now)
        if moved is None:
            break
        position = moved
    old, new = Identifier(home), Identifier(beside)
    for table in projector.tables:
        name = Identifier(table.name)
        await conn.execute(SQL("DROP TABLE IF EXISTS {}.{}").format(old, name))
        await conn.execute(SQL("ALTER TABLE {}.{} SET SCHEMA {}").format(new, name, old))
    await conn.execute(
        SQL("DELETE FROM {}.parked_events WHERE projection = %s").format(old), (projector.name,)
    )
    await conn.execute(
        SQL("INSERT INTO {}.parked_events SELECT * FROM {}.parked_events").format(old, new)
    )
    await conn.execute(SQL("DROP SCHEMA {} CASCADE").format(new))
    position = max(position, live)
    await conn.execute(
        "INSERT INTO projections (name, version, position, ddl_hash) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (name) DO UPDATE SET version = excluded.version,"
        " position = excluded.position, ddl_hash = excluded.ddl_hash,"
        # Whoever held another version must not write a single batch more.
        " lease_owner = CASE WHEN projections.version = excluded.version"
        " THEN projections.lease_owner END,"
        " lease_until = CASE WHEN projections.version = excluded.version"
        " THEN projections.lease_until END",
        (projector.name, projector.version, position, schema.ddl_hash(projector.name)),
    )
    return position
