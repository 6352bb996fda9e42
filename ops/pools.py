"""Connections to the database, shared by all parts of a process."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[AsyncConnection[Any]]


def opened_later(
    where: Callable[[], str],
    role: str,
    *,
    autocommit: bool,
    most: int,
    kind: type[Pool] = AsyncConnectionPool,
) -> Pool:
    """A pool that whoever made it opens. `where` says where the database is, at every connect: a
    server of our own may have moved."""
    return kind(
        conninfo=where,
        kwargs={"autocommit": autocommit, "application_name": f"sla-tracker {role}"},
        min_size=2,
        max_size=most,
        timeout=5,
        # Then the next request tries anew: by default the pauses double up to minutes, and so
        # would the time from the database's return to ours.
        reconnect_timeout=1,
        configure=heed_poolers,
        open=False,
    )


async def heed_poolers(conn: AsyncConnection[Any]) -> None:
    """Behind a pooler that lends a server to one transaction after another, nothing is prepared: a
    statement would be known to the server that has prepared it, and the next may be another.

    A pooler shows by the process that it says is ours: it makes up a number, where the server tells
    its own.
    """
    asked = await conn.execute("select pg_backend_pid()", prepare=False)
    if await asked.fetchall() != [(conn.info.backend_pid,)]:
        conn.prepare_threshold = None
    if not conn.autocommit:
        await conn.rollback()


async def connected(conninfo: str) -> AsyncConnection[Any]:
    """One connection outside of any pool, in autocommit; close it. Raises OperationalError."""
    conn = await AsyncConnection.connect(conninfo, autocommit=True)
    await heed_poolers(conn)
    return conn


async def opened(pools: Sequence[Pool], exits: AsyncExitStack) -> None:
    """Each is connected, side by side; `exits` close them. Raises `PoolTimeout`."""
    for pool in pools:
        await pool.open()
        exits.push_async_callback(pool.close)
    for pool in pools:
        await pool.wait(timeout=30)
