"""What one process at a time does, in several transactions."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool


@asynccontextmanager
async def alone(
    pool: AsyncConnectionPool[AsyncConnection[Any]], key: int
) -> AsyncGenerator[bool, None]:
    """Whether nobody else is at it; nobody begins it until this is left.

    `key` is an advisory lock's. It is held by a transaction that does nothing else, on a connection
    of its own: behind a pooler such as PgBouncer, a session is whoever's turn it is, and what it
    holds would be held by nobody. Such a transaction keeps no snapshot, so that vacuum goes on.
    """
    async with pool.connection() as conn, conn.transaction():
        await conn.execute("set local idle_in_transaction_session_timeout = 0")
        locked = await (
            await conn.execute("select pg_try_advisory_xact_lock(%s)", [key])
        ).fetchone()
        yield locked is not None and locked[0]
