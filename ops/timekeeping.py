"""Keeps a service's clock by the database's, and sets the log back once a clock was ahead of it."""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side import event_store
from command_side.set_back import set_back
from ops.clock import TOLERANCE, Clock, Jump
from projections.outbox_store import OutboxStore
from query_side.health import ClockHealth

logger = logging.getLogger(__name__)


class Timekeeper:
    """Its methods are to be called every second or so; without a `clock` they do nothing."""

    def __init__(
        self,
        clock: Clock | None,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        outbox: OutboxStore,
        jumped: Callable[[], None],
    ) -> None:
        """`jumped` is called when the time has: whoever counts on it looks again."""
        self._clock, self._pool, self._outbox, self._jumped = clock, pool, outbox, jumped

    async def compare(self) -> None:
        """Asks the database for the time."""
        if self._clock is None:
            return
        async with self._pool.connection() as conn:
            asked_at = monotonic()
            database = await event_store.database_time(conn)
        if (jump := self._clock.compare(database, asked_at)) is not None:
            self._tell(jump)

    async def set_back(self) -> None:
        """If the log is ahead: also of a clock that was set back while nobody looked."""
        if self._clock is None:
            return
        now = self._clock.now()
        ahead = await set_back(self._pool, now, first=self._outbox.set_back)
        if ahead is not None:
            jump = Jump(now, -ahead)
            self._clock.has_jumped(jump)
            self._tell(jump)

    def _tell(self, jump: Jump) -> None:
        logger.warning("the time has jumped", extra={"seconds": jump.by.total_seconds()})
        self._jumped()

    def health(self) -> ClockHealth:
        """For the health page."""
        if self._clock is None:
            return ClockHealth()
        ahead, jump = self._clock.ahead, self._clock.jump
        return ClockHealth(
            ahead_seconds=round(ahead.total_seconds(), 3),
            used=abs(ahead) <= TOLERANCE,
            jumped_seconds=round(jump.by.total_seconds(), 3) if jump else None,
            jumped_at=jump.at if jump else None,
        )
