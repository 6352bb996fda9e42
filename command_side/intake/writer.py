"""The coalescing writer: whatever has queued while one batch committed goes in the next.

One per process. There are no timers: an idle writer takes a request at once, a busy one lets
them gather. Two batches are under way at a time, never with a ticket in common: one is decided
here while the other is in the database.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, DataError, IntegrityError, OperationalError
from psycopg.errors import ProgramLimitExceeded, ReadOnlySqlTransaction
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from command_side.deciding.ingesting import Submission
from command_side.intake.batches import Intake
from engine import tracing

logger = logging.getLogger(__name__)

BATCH = 1000
"""Items that are decided together at most; a larger request still goes as one."""


LANES = 2
"""While one batch is appended and committed, the next is decided."""
ANSWER_WITHIN_SECONDS = 20.0
"""A database that is frozen says nothing and breaks no connection."""


REFUSED = (DataError, IntegrityError, ProgramLimitExceeded)
"""What is to be stored is to blame, not the server or the network."""
AWAY = (OperationalError, PoolTimeout, ReadOnlySqlTransaction)
"""The last of them where a server is that takes no writes, as after a failover."""


class QueueFull(Exception):
    """More is waiting than will be written soon; try again in a moment."""


class StoreAway(Exception):
    """The database does not answer; it is not known whether the request is stored."""


class _Request:
    __slots__ = ("came_at", "done", "submissions", "tickets")

    def __init__(
        self, submissions: Sequence[Submission], done: asyncio.Future[None], came_at: float
    ) -> None:
        self.submissions, self.came_at = submissions, came_at
        self.tickets = {one.received.ticket_id for one in submissions}
        self.done = done

    @property
    def correlation_id(self) -> str | None:
        return self.submissions[0].correlation_id if self.submissions else None


class Writer:
    """Takes submissions from any number of requests and stores them in few transactions."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        intake: Intake,
        now: Callable[[], datetime],
        *,
        capacity: int,
        new_deadline: Callable[[datetime], None] = lambda at: None,
        durable: Callable[[float, int], None] = lambda seconds, items: None,
    ) -> None:
        """`capacity` is in items; `new_deadline` hears of the earliest deadline of each batch,
        `durable` how many seconds a request's items took, and how many they are."""
        self._pool, self._intake, self._now = pool, intake, now
        self._capacity = capacity
        self._new_deadline = new_deadline
        self._durable = durable
        self._queue: list[_Request] = []
        self._waiting = 0
        self.outcomes: Counter[str] = Counter()
        """Items so far, by what became of them."""
        self._busy: set[UUID] = set()
        """The tickets that a lane has under way."""
        self._changed = asyncio.Event()
        self._stopping = False

    async def submit(self, submissions: Sequence[Submission]) -> None:
        """Returns once every submission has its outcome and the accepted ones are durable.

        Raises QueueFull and StoreAway, the latter after 20 seconds at most; then it is not known
        whether they are stored, and sending them again is safe.
        """
        if self._waiting and self._waiting + len(submissions) > self._capacity:
            raise QueueFull
        loop = asyncio.get_running_loop()
        request = _Request(submissions, loop.create_future(), loop.time())
        self._queue.append(request)
        self._waiting += len(submissions)
        self._changed.set()
        timer = loop.call_later(ANSWER_WITHIN_SECONDS, self._give_up, request)
        try:
            await request.done
        finally:
            timer.cancel()

    def _give_up(self, request: _Request) -> None:
        """Whoever waits is answered. A batch that is under way goes on, and keeps its tickets until
        it is known what became of it: nobody else here decides about them meanwhile."""
        if request in self._queue:
            self._queue.remove(request)
            self._waiting -= len(request.submissions)
            self._changed.set()
        self._fail([request], StoreAway("no answer in time"))

    @property
    def waiting(self) -> int:
        """Items in the queue or being written."""
        return self._waiting

    async def run(self, stop: asyncio.Event) -> None:
        """Writes until `stop` is set and the queue is empty."""
        async with asyncio.TaskGroup() as lanes:
            for _ in range(LANES):
                lanes.create_task(self._lane())
            await stop.wait()
            self._stopping = True
            self._changed.set()

    async def _lane(self) -> None:
        while True:
            requests = self._take()
            if requests:
                await self._write(requests)
                continue
            if self._stopping and not self._queue:
                return
            self._changed.clear()
            await self._changed.wait()

    def _take(self) -> list[_Request]:
        """The next requests that no other lane has tickets of; none overtakes another."""
        count = size = 0
        for request in self._queue:
            if count and size + len(request.submissions) > BATCH:
                break
            if not self._busy.isdisjoint(request.tickets):
                break
            count, size = count + 1, size + len(request.submissions)
        taken, self._queue = self._queue[:count], self._queue[count:]
        for request in taken:
            self._busy |= request.tickets
        return taken

    async def _write(self, requests: Sequence[_Request]) -> None:
        try:
            await self._store(requests)
        finally:
            self._waiting -= sum(len(request.submissions) for request in requests)
            for request in requests:
                self._busy -= request.tickets
            self._changed.set()

    async def _store(self, requests: Sequence[_Request]) -> None:
        submissions = [one for request in requests for one in request.submissions]
        began, taken_at = tracing.began(), asyncio.get_running_loop().time()
        try:
            async with self._pool.connection(timeout=2) as conn:
                soonest = await self._intake.ingest(conn, submissions, self._now())
        except AWAY as error:
            logger.warning("the database is away", extra={"error": str(error)})
            self._fail(requests, StoreAway(str(error)))
        except REFUSED as error:
            if len(requests) == 1:
                logger.exception("a batch could not be written")
                self._fail(requests, error)
                return
            for request in requests:  # those who only waited together shall not pay for one
                await self._store([request])
        except Exception as error:
            logger.exception("a batch could not be written")
            self._fail(requests, error)
        else:
            stored_at = asyncio.get_running_loop().time()
            for request in requests:
                self._durable(stored_at - request.came_at, len(request.submissions))
                if tracing.spans is not None:
                    waited, items = taken_at - request.came_at, len(request.submissions)
                    tracing.spans.stored(request.correlation_id, waited, began, items)
                if not request.done.done():
                    request.done.set_result(None)
            self.outcomes.update(one.outcome or "rejected" for one in submissions)
            if soonest is not None:
                self._new_deadline(soonest)

    @staticmethod
    def _fail(requests: Sequence[_Request], error: Exception) -> None:
        for request in requests:
            if not request.done.done():
                request.done.set_exception(error)
