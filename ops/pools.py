"""Connections to the database, shared by all parts of a process."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

Pool = AsyncConnectionPool[AsyncConnection[Any]]


def opened_later(where: Callable[[], str], role: str, *, autocommit: bool, most: int) -> Pool:
    """A pool that whoever made it opens. `where` says where the database is, at every connect: a
    server of our own may have moved."""
    return AsyncConnectionPool(
        conninfo=where,
        kwargs={"autocommit": autocommit, "application_name": f"sla-tracker {role}"},
        min_size=2,
        max_size=most,
        timeout=5,
        # Then the next request tries anew: by default the pauses double up to minutes, and so
        # would the time from the database's return to ours.
        reconnect_timeout=1,
        open=False,
    )


async def opened(pools: Sequence[Pool], exits: AsyncExitStack) -> None:
    """Each is connected, side by side; `exits` close them. Raises `PoolTimeout`."""
    for pool in pools:
        await pool.open()
        exits.push_async_callback(pool.close)
    for pool in pools:
        await pool.wait(timeout=30)
