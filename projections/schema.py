"""The read tables' definitions, and which version of them is in place."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL

from projections import sql
from projections.protocol import Projector

logger = logging.getLogger(__name__)

DDL_LOCK = 7_310_001
"""Advisory lock: one process at a time defines tables."""
PATIENCE: LiteralString = "SET LOCAL lock_timeout = '500ms'"
"""Half of the time after which PostgreSQL looks for circles."""
AGAIN_SECONDS = 0.2
RUNNER = "_runner"
"""The file of the tables that are nobody's in particular."""


def ddl(name: str) -> bytes:
    """The text of projections/sql/<name>.sql."""
    return sql.load(name).encode()


def ddl_hash(name: str) -> str:
    """Tells whether the file has changed since it was last executed."""
    return hashlib.sha256(ddl(name)).hexdigest()


async def define(conn: AsyncConnection, projectors: Sequence[Projector]) -> list[Projector]:
    """Make what is missing; answers the projectors whose stored version is older than theirs.

    Where nothing is, nothing is locked. Each projection is defined in a transaction of its own: two
    start-ups and a running batch can wait for each other, never in a circle. A definition that has
    not changed is not executed.
    """
    if await _in_place(conn, projectors):
        return []
    await _giving_way(conn, lambda: _define_runner(conn))
    return [
        projector
        for projector in projectors
        if not await _giving_way(conn, partial(_define, conn, projector))
    ]


async def _giving_way(conn: AsyncConnection, step: Callable[[], Awaitable[bool]]) -> bool:
    """In a transaction of its own, again and again until others let it.

    Who changes several tables and who reads several may wait for each other in a circle, and who
    waits for a change keeps all others waiting: the change is given up sooner than PostgreSQL looks
    for circles."""
    while True:
        try:
            async with conn.transaction():
                await conn.execute("SELECT pg_advisory_xact_lock(%s)", (DDL_LOCK,))
                await conn.execute(PATIENCE)
                return await step()
        except LockNotAvailable as error:
            logger.info("tables are in use and changed a little later", extra={"why": str(error)})
            await asyncio.sleep(AGAIN_SECONDS)


async def _define_runner(conn: AsyncConnection) -> bool:
    await conn.execute(ddl(RUNNER))
    as_executed = SQL("COMMENT ON TABLE projections IS {}")
    await conn.execute(as_executed.format(ddl_hash(RUNNER)))
    return True


async def _in_place(conn: AsyncConnection, projectors: Sequence[Projector]) -> bool:
    """Whether all of it was executed, by these texts."""
    async with conn.transaction():
        cursor = await conn.execute(
            "SELECT obj_description(to_regclass('projections'), 'pg_class')"
        )
        if await cursor.fetchone() != (ddl_hash(RUNNER),):
            return False
        cursor = await conn.execute("SELECT name, version, ddl_hash FROM projections")
        stored = {name: (version, digest) for name, version, digest in await cursor.fetchall()}
    return all(stored.get(one.name) == (one.version, ddl_hash(one.name)) for one in projectors)


async def _define(conn: AsyncConnection, projector: Projector) -> bool:
    name, version, digest = projector.name, projector.version, ddl_hash(projector.name)
    cursor = await conn.execute(
        "SELECT version, ddl_hash FROM projections WHERE name = %s", (name,)
    )
    stored = await cursor.fetchone()
    if stored is not None and stored[0] > version:
        logger.warning(
            "projection is newer than this process, which leaves it alone",
            extra={"projection": name, "stored": stored[0], "ours": version},
        )
        return True
    if stored is not None and stored[0] < version and not projector.once:
        return False
    if stored != (version, digest):
        await conn.execute(ddl(name))
        await conn.execute(
            SQL(
                "INSERT INTO projections (name, version, ddl_hash) VALUES (%s, %s, %s)"
                " ON CONFLICT (name) DO UPDATE"
                " SET version = excluded.version, ddl_hash = excluded.ddl_hash"
            ),
            (name, version, digest),
        )
    return True
