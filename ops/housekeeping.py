"""Drops what is old and nothing needs any more, behind live work, and says so in the log."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from command_side import retaining
from command_side.connect import forgetting
from command_side.retaining import Gone, Outgrown
from config.loading import Loaded
from config.versions import PolicyBook
from ops.connecting import sources
from ops.jobs import table
from projections import outgrown

logger = logging.getLogger(__name__)

LOOK_EVERY: Final = 3600.0
"""Real seconds."""
AT_ONCE: Final = 1000
"""Rows of a batch: some milliseconds under the locks of what nobody asks for."""
SHARE: Final = 0.1
"""Of its time that it works; it rests for what is left, so that live work does not wait for it."""
LONGEST_REST: Final = 5.0
NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)


async def outgrown_by(conn: AsyncConnection[Any], loaded: Loaded, now: datetime) -> list[Outgrown]:
    """What may go. Days end at midnight UTC: whoever looks within one finds the same."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    kept, found = loaded.retention, list[Outgrown]()
    if kept.outbox is not None:
        found.append(outgrown.outgrown(today - kept.outbox))
    found += await forgetting.outgrown(conn, sources(loaded), kept.raw, today)
    found.append(table.outgrown(NEVER if kept.jobs is None else today - kept.jobs))
    return found


class Housekeeping:
    """Any number of processes may do it side by side."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        book: PolicyBook,
        now: Callable[[], datetime],
        *,
        at_once: int = AT_ONCE,
        share: float = SHARE,
    ) -> None:
        """The pool gives connections in autocommit. 1 for `share`: without a rest."""
        self._pool, self._book, self._now = pool, book, now
        self._at_once, self._share = at_once, share

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        while not stop.is_set():
            try:
                await self.tidy(stop)
            except (psycopg.OperationalError, PoolTimeout) as error:
                logger.info("the housekeeping waits", extra={"error": str(error)})
            except Exception:
                logger.exception("what is old could not be dropped")
            await _rest(LOOK_EVERY, stop)

    async def tidy(self, stop: asyncio.Event) -> list[tuple[Outgrown, int]]:
        """Drops all that may go by now; how many rows of each those were. Nothing before there is a
        configuration."""
        newest, now = self._book.newest, self._now()
        if newest is None:
            return []
        async with self._pool.connection() as conn:
            found = await outgrown_by(conn, newest, now)
        return [(one, await self._drop(one, now, stop)) for one in found]

    async def _drop(self, one: Outgrown, now: datetime, stop: asyncio.Event) -> int:
        count, last = 0, Gone(self._at_once, None, None)
        first: datetime | None = None
        while last.count == self._at_once and not stop.is_set():
            began = time.monotonic()
            async with self._pool.connection() as conn:
                last = await retaining.drop(conn, one, now, most=self._at_once, after=last.last)
            count, first = count + last.count, first or last.first
            if last.count:
                worked = time.monotonic() - began
                await _rest(min(LONGEST_REST, worked * (1 / self._share - 1)), stop)
        if count:
            about = {"what": one.what, "source": one.source, "count": count, "first": first}
            about |= {"before": one.before}
            # Nobody has read these, and nobody will.
            level = logging.WARNING if one.what == "parked" else logging.INFO
            logger.log(level, "what is old was dropped", extra=about)
        return count


async def _rest(seconds: float, stop: asyncio.Event) -> None:
    with suppress(TimeoutError):  # it has rested
        async with asyncio.timeout(seconds):
            await stop.wait()
