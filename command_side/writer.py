"""The coalescing writer: whatever has queued while one batch committed goes in the next.

One per process. There are no timers: an idle writer takes a request at once, a busy one lets
them gather. Requests queue as decided-upon submissions and are answered when they are durable.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from command_side.ingesting import Submission
from command_side.intake import Intake

logger = logging.getLogger(__name__)

BATCH = 2000
"""Items that are decided together at most; a larger request still goes as one."""


class QueueFull(Exception):
    """More is waiting than will be written soon; try again in a moment."""


class StoreAway(Exception):
    """The database does not answer; nothing of the request is known to be stored."""


class _Request:
    __slots__ = ("done", "submissions")

    def __init__(self, submissions: Sequence[Submission], done: asyncio.Future[None]) -> None:
        self.submissions = submissions
        self.done = done


class Writer:
    """Takes submissions from any number of requests and stores them in few transactions."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        intake: Intake,
        now: Callable[[], datetime],
        *,
        capacity: int,
        came_due: Callable[[datetime], None] = lambda at: None,
    ) -> None:
        """`capacity` is in items; `came_due` hears of the earliest deadline of each batch."""
        self._pool, self._intake, self._now = pool, intake, now
        self._capacity = capacity
        self._came_due = came_due
        self._queue: list[_Request] = []
        self._waiting = 0
        self.outcomes: Counter[str] = Counter()
        """Items so far, by what became of them."""
        self._wake = asyncio.Event()

    async def submit(self, submissions: Sequence[Submission]) -> None:
        """Returns once every submission has its outcome and the accepted ones are durable.

        Raises QueueFull and StoreAway; in the latter case it is not known whether they are
        stored, and sending them again is safe.
        """
        if self._waiting and self._waiting + len(submissions) > self._capacity:
            raise QueueFull
        done = asyncio.get_running_loop().create_future()
        self._queue.append(_Request(submissions, done))
        self._waiting += len(submissions)
        self._wake.set()
        await done

    @property
    def waiting(self) -> int:
        """Items in the queue or being written."""
        return self._waiting

    async def run(self, stop: asyncio.Event) -> None:
        """Writes until `stop` is set and the queue is empty."""
        ending = asyncio.ensure_future(stop.wait())
        try:
            while True:
                if self._queue:
                    await self._write(self._take())
                    continue
                if stop.is_set():
                    return
                self._wake.clear()
                waking = asyncio.ensure_future(self._wake.wait())
                await asyncio.wait({ending, waking}, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
                with suppress(asyncio.CancelledError):
                    await waking
        finally:
            ending.cancel()

    def _take(self) -> list[_Request]:
        count = size = 0
        for request in self._queue:
            if count and size + len(request.submissions) > BATCH:
                break
            count, size = count + 1, size + len(request.submissions)
        taken, self._queue = self._queue[:count], self._queue[count:]
        return taken

    async def _write(self, requests: Sequence[_Request]) -> None:
        submissions = [one for request in requests for one in request.submissions]
        try:
            async with self._pool.connection(timeout=2) as conn:
                soonest = await self._intake.ingest(conn, submissions, self._now())
        except (OperationalError, PoolTimeout) as error:
            logger.warning("the database is away", extra={"error": str(error)})
            self._fail(requests, StoreAway(str(error)))
        except Exception as error:
            logger.exception("a batch could not be written")
            self._fail(requests, error)
        else:
            for request in requests:
                if not request.done.done():
                    request.done.set_result(None)
            self.outcomes.update(one.outcome or "rejected" for one in submissions)
            if soonest is not None:
                self._came_due(soonest)
        finally:
            self._waiting -= len(submissions)

    @staticmethod
    def _fail(requests: Sequence[_Request], error: Exception) -> None:
        for request in requests:
            if not request.done.done():
                request.done.set_exception(error)
