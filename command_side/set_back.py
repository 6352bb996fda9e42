"""What to do when the clock has been ahead and is set back: the log then tells of the future.

Whatever was raised by the clock that was ahead is looked at again, so that what has not happened
yet is taken back, as after a correction, and raised again at its time. And the log says so, in an
event that is dated before those in front of it: from there on, times are true again.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side import event_store
from command_side.deciding.events import CLOCK, ClockSetBack
from command_side.event_store import Append, encode
from engine.sla.instants import micros

logger = logging.getLogger(__name__)

STREAM = CLOCK
LOCK = 5_710_926_428_164_209_348
"""Key of the advisory lock: one process does it. Its neighbours are those of the order of events,
of migrations and of the application of policies."""
AHEAD = timedelta(seconds=15)
"""So far the newest event may be dated ahead of a clock that is right: clocks differ a little."""


async def set_back(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    now: datetime,
    *,
    first: Callable[[datetime], Awaitable[None]],
) -> timedelta | None:
    """How far the log was ahead of `now`; None when it is not, or another process is at it.

    `first` does elsewhere what is to be done then: if it fails, all of it is done again.
    """
    async with pool.connection() as conn:
        if not await _is_ahead(conn, now):
            return None
        await first(now)
        async with conn.transaction():
            locked = await conn.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
            if not (await locked.fetchone() or (False,))[0] or not (
                newest := await _is_ahead(conn, now)
            ):
                return None
            ahead = newest - now
            tickets = await event_store.look_again(conn, now=now)
            body = ClockSetBack(was=micros(newest), set_to=micros(now), tickets=tickets)
            event = encode(body, occurred_at=now)
            write = Append(STREAM, "", "clock", None, [event], None, None)
            await event_store.append(conn, [write], now=now)
    logger.warning(
        "the clock was ahead and has been set back: what it raised is looked at again",
        extra={"seconds": ahead.total_seconds(), "tickets": tickets},
    )
    return ahead


async def _is_ahead(conn: AsyncConnection[Any], now: datetime) -> datetime | None:
    """When the newest event was recorded, if that is ahead of `now`."""
    newest = await event_store.last_recorded_at(conn)
    return newest if newest is not None and newest > now + AHEAD else None
