"""Applies a new policy version to the tickets that are open: in pages, in the background.

One process at a time does it; what a crash leaves undone is found again, because the version is
marked as applied only at the end, and a ticket that stands under it is left alone.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side import policies
from command_side.deciding.casefile import PolicyBook
from command_side.desk import TicketDesk
from command_side.set_back import AHEAD
from engine.sla.instants import moment

logger = logging.getLogger(__name__)

PAGE = 500
LOCK = 5_710_926_428_164_209_347
"""Key of the advisory lock; its neighbours are those of the order of events and of migrations."""
EVERY = 1.0
"""Real seconds between looks for a version that is not applied."""
NIL = UUID(int=0)


class Retargeting:
    """Brings open tickets under the newest policy version."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        desk: TicketDesk,
        book: PolicyBook,
        now: Callable[[], datetime],
        *,
        came_due: Callable[[datetime], None] = lambda at: None,
    ) -> None:
        """`came_due` hears of the earliest deadline of each page."""
        self._pool, self._desk, self._book, self._now = pool, desk, book, now
        self._came_due = came_due
        self._applied = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Applies each version that comes into force, until `stop` is set."""
        while not stop.is_set():
            try:
                if self._book.current.version > self._applied:
                    await self.apply(stop)
            except Exception as error:
                logger.warning("a policy is not applied yet", extra={"error": str(error)})
            try:
                async with asyncio.timeout(EVERY):
                    await stop.wait()
            except TimeoutError:
                continue

    async def apply(self, stop: asyncio.Event | None = None) -> int | None:
        """The number of tickets that moved; None when another process is at it, or on `stop`, or
        when the version was accepted by a clock that was ahead and has not come that far."""
        version = self._book.current.version
        if moment(self._book.current.accepted_at) > self._now() + AHEAD:
            return None
        async with self._pool.connection() as conn:
            locked = await (
                await conn.execute("select pg_try_advisory_lock(%s)", [LOCK])
            ).fetchone()
            if locked is None or not locked[0]:
                return None
            try:
                self._applied = await policies.last_applied(conn)
                if self._applied >= version:
                    return 0
                count = await self._pages(stop)
                if count is not None:
                    await policies.mark_applied(conn, version, count, now=self._now())
                    self._applied = version
                    logger.info("policy applied", extra={"version": version, "tickets": count})
                return count
            finally:
                await conn.execute("select pg_advisory_unlock(%s)", [LOCK])

    async def _pages(self, stop: asyncio.Event | None) -> int | None:
        after: UUID | None = NIL
        count = 0
        # Clocks differ a little between machines: a version that is here has been accepted.
        accepted_at = moment(self._book.current.accepted_at)
        while after is not None:
            if stop is not None and stop.is_set():
                return None
            page = await self._desk.retarget(after, max(self._now(), accepted_at), PAGE)
            after, count = page.last, count + page.count
            if page.next_due_at is not None:
                self._came_due(page.next_due_at)
        return count
