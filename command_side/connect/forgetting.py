"""Drops what desks have sent once it is old: never in silence what nobody could read."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.connect.source import RAW_DAYS, Source

logger = logging.getLogger(__name__)

PARKED_FOR = timedelta(days=90)
"""So long what nobody could read waits for a reading; longer where all is kept longer. /health
says a week before that it will be dropped."""
MOST = 10_000
"""Deliveries that are dropped at a time."""
SOURCES = """
with recursive named as (
    (select source from deliveries order by source limit 1)
    union all
    select (select d.source from deliveries d where d.source > named.source order by 1 limit 1)
    from named where named.source is not null)
select source from named where source is not null
"""
FORGET = """
with old as (
    select delivery_id from deliveries
    where source = %s and received_at < %s and state = any (%s) order by received_at limit %s),
gone as (delete from deliveries d using old where d.delivery_id = old.delivery_id
    returning d.received_at)
select count(*), min(received_at), max(received_at) from gone
"""


def parked_for(source: Source) -> timedelta:
    """How long what nobody could read of it is kept."""
    return max(timedelta(days=source.raw_days), PARKED_FOR)


class Has(Protocol):
    """Somebody who is connected."""

    @property
    def source(self) -> Source: ...


class Forgetting:
    """Of all desks, also of those that are connected no more."""

    def __init__(
        self, pool: AsyncConnectionPool[AsyncConnection[Any]], now: Callable[[], datetime]
    ) -> None:
        self._pool, self._now = pool, now

    async def forget(self, connected: Mapping[str, Has]) -> None:
        """Some of what is old."""
        async with self._pool.connection(timeout=2) as conn:
            for (source,) in await (await conn.execute(SOURCES)).fetchall():
                known = connected.get(source)
                raw = timedelta(days=RAW_DAYS if known is None else known.source.raw_days)
                parked = PARKED_FOR if known is None else parked_for(known.source)
                await self._drop(conn, source, raw, ["taken", "ignored"])
                await self._drop(conn, source, parked, ["parked"])

    async def _drop(
        self, conn: AsyncConnection[Any], source: str, age: timedelta, states: list[str]
    ) -> None:
        cursor = await conn.execute(FORGET, (source, self._now() - age, states, MOST))
        ((count, first, last),) = await cursor.fetchall()
        if count and "parked" in states:
            about = {"source": source, "count": count, "first": first, "last": last}
            logger.warning("deliveries that nobody could read were dropped", extra=about)
