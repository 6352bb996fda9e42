"""READ: the live log of alerts, for any number of subscribers, in order, without gap or repetition.

One tailer a process reads the `alerts` table by position and hands each message to every
subscription's bounded queue. A stream first reads from the table what its subscriber has missed,
then drains its queue; whoever is too slow for the queue is told so and may resume where it stopped.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import Enum
from typing import Final

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from query_side import messages
from query_side.errors import TooManyStreams
from query_side.messages import Filter, Message

logger = logging.getLogger(__name__)

PAUSE_AFTER_ERROR_SECONDS = 0.2


class End(Enum):
    """The tailer has stopped."""

    END = "end"


END: Final = End.END


class TooSlow(Exception):
    """The subscriber does not keep up; it can resume from the last message it got."""


class Subscription:
    """The queue of one subscriber."""

    def __init__(self, wanted: Filter, size: int) -> None:
        self._wanted = wanted
        self._queue: asyncio.Queue[Message | End] = asyncio.Queue(size)
        self._overflowed = False

    def offer(self, message: Message | End) -> None:
        """Never waits: what finds no room is lost to this subscriber."""
        if message is END or self._wanted.wants(message):
            try:
                self._queue.put_nowait(message)
            except asyncio.QueueFull:
                self._overflowed = True

    async def next(self, seconds: float) -> Message | End | None:
        """None when nothing came for so long. Raises TooSlow once something was lost."""
        if self._overflowed:
            raise TooSlow
        try:
            async with asyncio.timeout(seconds):
                return await self._queue.get()
        except TimeoutError:
            return None


class Tailer:
    """Reads on at every `wake()`, and every `poll_seconds` by itself.

    `limit` is how many streams may be open, `queue_size` how many messages a subscriber may lag,
    `heartbeat_seconds` how long a stream may be silent.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool,
        now: Callable[[], datetime],
        *,
        limit: int = 100,
        poll_seconds: float = 0.05,
        queue_size: int = 1000,
        heartbeat_seconds: float = 15.0,
    ) -> None:
        self._pool = pool
        self._now = now
        self._limit = limit
        self._poll_seconds = poll_seconds
        self._queue_size = queue_size
        self._heartbeat_seconds = heartbeat_seconds
        self._position = 0
        self._wake = asyncio.Event()
        self._started = asyncio.Event()
        self._subscriptions: set[Subscription] = set()
        self.open_streams = 0

    def wake(self) -> None:
        """There may be something new; call it from the event loop's thread."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; open streams end then. Rides out what the database does."""
        try:
            while not stop.is_set():
                try:
                    self._wake.clear()
                    if not await self._read_on():
                        await _until_set(self._wake, self._poll_seconds)
                except PoolClosed:
                    break
                except (psycopg.Error, PoolTimeout) as error:
                    logger.warning("the live log pauses", extra={"error": repr(error)})
                    await _until_set(stop, PAUSE_AFTER_ERROR_SECONDS)
        finally:
            for subscription in self._subscriptions:
                subscription.offer(END)

    async def _read_on(self) -> bool:
        """Whether there is more to read at once."""
        async with self._pool.connection() as conn:
            if not self._started.is_set():
                self._position = await _newest(conn)
                self._started.set()
            page = await messages.read(conn, self._position)
        for message in page:
            for subscription in self._subscriptions:
                subscription.offer(message)
        if page:
            self._position = page[-1].position
        return len(page) == messages.PAGE

    @contextmanager
    def place(self) -> Generator[None]:
        """One of the streams that may be open; raises TooManyStreams."""
        if self.open_streams >= self._limit:
            raise TooManyStreams(f"{self._limit} streams are open")
        self.open_streams += 1
        try:
            yield
        finally:
            self.open_streams -= 1

    async def stream(
        self, after: int | None, wanted: Filter
    ) -> AsyncGenerator[tuple[int | None, str]]:
        """(position, JSON) of each message: first all missed since `after`, then what happens.

        Position is None for what is no entry of the log. Ends with the tailer. Raises TooSlow.
        """
        await self._started.wait()
        if after is not None and after > (end := await self._log_end()):
            yield None, messages.reset(end)
            after = None
        # Whoever names no position wants what is new, also where the tailer has yet to read.
        told = await self._end() if after is None else after
        while after is not None and (page := await self._page(told)):
            for message in filter(wanted.wants, page):
                yield message.position, message.text
            told = page[-1].position
            if len(page) < messages.PAGE:
                break
        subscription = Subscription(wanted, self._queue_size)
        begin = self._position
        self._subscriptions.add(subscription)
        try:
            # From here on nothing after `begin` is missed; this is what came until here. The
            # tailer may be behind what was told already: then its next messages are no news.
            while told < begin and (page := await self._page(told)):
                told = min(begin, page[-1].position)
                for message in page:
                    if message.position <= begin and wanted.wants(message):
                        yield message.position, message.text
            while (message := await subscription.next(self._heartbeat_seconds)) is not END:
                if message is None:
                    yield None, messages.heartbeat(self._position, self._now())
                elif message.position > told:
                    yield message.position, message.text
        finally:
            self._subscriptions.discard(subscription)

    async def _page(self, after: int) -> list[Message]:
        async with self._pool.connection() as conn:
            return await messages.read(conn, after)

    async def _end(self) -> int:
        async with self._pool.connection() as conn:
            return await _newest(conn)

    async def _log_end(self) -> int:
        async with self._pool.connection() as conn:
            cursor = await conn.execute("SELECT coalesce(max(notification_id), 0) FROM events")
            row = await cursor.fetchone()
            return int(row[0]) if row else 0


async def _newest(conn: psycopg.AsyncConnection) -> int:
    cursor = await conn.execute("SELECT coalesce(max(position), 0) FROM alerts")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def _until_set(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
