"""Something that has changed for many tickets is applied to each: in pages, in the background.

One process at a time does it; what a crash leaves undone is found again, because the change is
marked as applied only at the end, and a ticket that stands under it is left alone. One that it left
as it was is in no event, and its head does not say so either: that all were judged by the changes
up to the last that is marked is what a pass goes by.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.desk import Page
from command_side.event_store import alone
from command_side.set_back import AHEAD

logger = logging.getLogger(__name__)

EVERY = 1.0
"""Real seconds between looks for a change that is not applied."""
NIL = UUID(int=0)


class Pass(ABC):
    """Goes over the tickets once for each change."""

    what: str
    """That is done, for the log."""
    lock: int
    """Key of the advisory lock; its neighbours are those of the order of events and of
    migrations."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        now: Callable[[], datetime],
        *,
        new_deadline: Callable[[datetime], None] = lambda at: None,
    ) -> None:
        """`new_deadline` hears of the earliest deadline of each page."""
        self._pool, self._now = pool, now
        self._new_deadline = new_deadline
        self.applied = 0
        """The newest change that all tickets have been judged by."""

    @abstractmethod
    def newest(self) -> int:
        """The number of the newest change that is known here."""

    @abstractmethod
    def changed_at(self) -> datetime:
        """When it was made; clocks differ a little between machines."""

    @abstractmethod
    async def last_applied(self, conn: AsyncConnection[Any]) -> int: ...

    @abstractmethod
    async def page(self, after: UUID, now: datetime) -> Page:
        """Applies it to the next tickets after an id, in one transaction."""

    @abstractmethod
    async def mark(self, conn: AsyncConnection[Any], number: int, count: int) -> None: ...

    async def run(self, stop: asyncio.Event) -> None:
        """Applies each change, until `stop` is set."""
        while not stop.is_set():
            try:
                if self.newest() > self.applied:
                    await self.apply(stop)
            except Exception as error:
                about = {"what": self.what, "error": str(error)}
                logger.warning("a change is not applied yet", extra=about)
            try:
                async with asyncio.timeout(EVERY):
                    await stop.wait()
            except TimeoutError:
                continue

    async def apply(self, stop: asyncio.Event | None = None) -> int | None:
        """The number of tickets that moved; None when another process is at it, or on `stop`, or
        when the change was made by a clock that was ahead and has not come that far."""
        number = self.newest()
        if self.changed_at() > self._now() + AHEAD:
            return None
        async with alone(self._pool, self.lock) as ours:
            if not ours:
                return None
            async with self._pool.connection() as conn:
                self.applied = await self.last_applied(conn)
            if self.applied >= number:
                return 0
            count = await self._pages(stop)
            if count is not None:
                async with self._pool.connection() as conn:
                    await self.mark(conn, number, count)
                self.applied = number
                about = {"what": self.what, "number": number, "tickets": count}
                logger.info("a change is applied", extra=about)
            return count

    async def _pages(self, stop: asyncio.Event | None) -> int | None:
        after: UUID | None = NIL
        count, changed_at = 0, self.changed_at()
        while after is not None:
            if stop is not None and stop.is_set():
                return None
            page = await self.page(after, max(self._now(), changed_at))
            after, count = page.last, count + page.count
            if page.next_due_at is not None:
                self._new_deadline(page.next_due_at)
        return count
