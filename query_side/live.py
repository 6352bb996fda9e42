"""READ: the live log of alerts, for any number of subscribers, in order, without gap or repetition.

One tailer a process reads the `alerts` table by position and puts what it finds into every
subscription's bounded queue. A stream first reads from the table what its subscriber has missed,
then drains its queue; whoever is too slow for the queue is told so and may resume where it stopped.
Everything here is done for each subscriber, thousands of times a second when there are many.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
from contextlib import aclosing, contextmanager, suppress
from datetime import datetime
from enum import Enum
from typing import Final

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from query_side import messages
from query_side.errors import TooManyStreams
from query_side.messages import Filter, Message, Page
from query_side.patience import Patience
from query_side.reading import how_far

logger = logging.getLogger(__name__)

PAUSE_AFTER_ERROR_SECONDS = 0.2


class End(Enum):
    """The tailer has stopped."""

    END = "end"


END: Final = End.END
Said = tuple[int | None, str]
"""Position up to which nothing is missing, and JSON of a message; position is None where one has
to start afresh."""


class TooSlow(Exception):
    """The subscriber does not keep up; it can resume from the last message it got."""


class Subscription:
    """What waits for one subscriber: batches that it shares with all who want the same."""

    def __init__(self, size: int, heartbeat_seconds: float) -> None:
        self._size = size
        self._batches: list[Sequence[Message]] = []
        self._waiting = 0
        self._overflowed = self._ended = False
        self._wake: asyncio.Future[None] | None = None
        self._silence = Patience(heartbeat_seconds, self._stir)

    def offer(self, batch: Sequence[Message]) -> None:
        """Never waits: what finds no room is lost to this subscriber."""
        if self._waiting + len(batch) > self._size:
            self._overflowed = True
            self._batches.clear()
        else:
            self._batches.append(batch)
            self._waiting += len(batch)
        self._stir()

    def end(self) -> None:
        self._ended = True
        self._stir()

    def close(self) -> None:
        self._silence.close()

    async def next(self) -> Sequence[Sequence[Message]] | End:
        """All that waits; empty when nothing came for so long that a heartbeat is due.

        Raises TooSlow once something was lost.
        """
        if not (self._batches or self._overflowed or self._ended):
            self._wake = asyncio.get_running_loop().create_future()
            self._silence.begin()
            await self._wake
            self._silence.end()
        if self._overflowed:
            raise TooSlow
        if self._ended and not self._batches:
            return END
        batches, self._batches, self._waiting = self._batches, [], 0
        return batches

    def _stir(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


class Tailer:
    """Reads on at every `wake()`, and every `poll_seconds` by itself; not while nobody listens.

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
        self._subscriptions: dict[Filter, set[Subscription]] = {}
        self._wanted = asyncio.Event()
        """Set while there are any."""
        self._ended = False
        self.open_streams = 0

    def wake(self) -> None:
        """There may be something new; call it from the event loop's thread."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; open streams end then. Rides out whatever happens."""
        try:
            while not stop.is_set():
                try:
                    self._wake.clear()
                    if not await self._read_on():
                        await _until_set(self._wake, self._poll_seconds)
                    if not self._wanted.is_set():
                        await _until_either(self._wanted, stop)
                except PoolClosed:
                    break
                except (psycopg.Error, PoolTimeout) as error:
                    logger.warning("the live log pauses", extra={"error": repr(error)})
                    await _until_set(stop, PAUSE_AFTER_ERROR_SECONDS)
                except Exception:
                    logger.exception("the live log failed and will try again")
                    await _until_set(stop, PAUSE_AFTER_ERROR_SECONDS)
        finally:
            self.end_streams()

    def end_streams(self) -> None:
        """Each after what it has yet to say, as will any that begins from now on."""
        self._ended = True
        for subscriptions in self._subscriptions.values():
            for subscription in subscriptions:
                subscription.end()

    async def _read_on(self) -> bool:
        """Whether there is more to read at once."""
        async with self._pool.connection() as conn:
            if not self._started.is_set():
                self._position = await _newest(conn)
                self._started.set()
            page = await messages.read(conn, self._position)
        for wanted, subscriptions in self._subscriptions.items():
            if batch := [message for message in page.messages if wanted.wants(message)]:
                for subscription in subscriptions:
                    subscription.offer(batch)
        self._position = page.end
        return page.full

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

    @contextmanager
    def _subscribed(self, wanted: Filter) -> Generator[Subscription]:
        subscription = Subscription(self._queue_size, self._heartbeat_seconds)
        together = self._subscriptions.setdefault(wanted, set())
        together.add(subscription)
        if self._ended:
            subscription.end()
        self._wanted.set()
        try:
            yield subscription
        finally:
            subscription.close()
            together.discard(subscription)
            if not together:
                self._subscriptions.pop(wanted, None)
            if not self._subscriptions:
                self._wanted.clear()

    async def stream(self, after: int | None, wanted: Filter) -> AsyncGenerator[Said]:
        """All missed since `after`, then what happens. Ends with the tailer. Raises TooSlow."""
        async with aclosing(self.batches(after, wanted)) as batches:
            async for batch in batches:
                for said in batch:
                    yield said

    async def batches(self, after: int | None, wanted: Filter) -> AsyncGenerator[Sequence[Said]]:
        """The same, as many at a time as there are."""
        await self._started.wait()
        if after is not None:
            end, is_known = await how_far(self._pool, (), after)
            if not is_known:
                yield [(None, messages.reset(end))]
                after = None
        # Whoever names no position wants what is new, also where the tailer has yet to read.
        told = await self._end() if after is None else after
        more = after is not None
        while more:
            page = await self._page(told)
            if batch := _said(filter(wanted.wants, page.messages)):
                yield batch
            told, more = page.end, page.full
        if not self._wanted.is_set():  # what has come while nobody listened need not be read now
            self._position = max(self._position, told)
        begin = self._position
        with self._subscribed(wanted) as subscription:
            # From here on nothing after `begin` is missed; this is what came until here. The
            # tailer may be behind what was told already: then its next messages are no news.
            while told < begin:
                page = await self._page(told)
                told = min(begin, page.end) if page.full else begin
                news = (one for one in page.messages if one.position <= begin)
                if batch := _said(filter(wanted.wants, news)):
                    yield batch
            while (batches := await subscription.next()) is not END:
                if not batches:
                    reached = max(told, self._position)
                    yield [(reached, messages.heartbeat(reached, self._now()))]
                for each in batches:
                    news = each if each[0].position > told else _after(told, each)
                    if batch := _said(news):
                        yield batch

    async def _page(self, after: int) -> Page:
        async with self._pool.connection() as conn:
            return await messages.read(conn, after)

    async def _end(self) -> int:
        async with self._pool.connection() as conn:
            return await _newest(conn)


def _said(news: Iterable[Message]) -> list[Said]:
    return [(message.position, message.text) for message in news]


def _after(position: int, news: Iterable[Message]) -> Iterable[Message]:
    return (message for message in news if message.position > position)


async def _newest(conn: psycopg.AsyncConnection) -> int:
    cursor = await conn.execute("SELECT coalesce(max(position), 0) FROM alerts")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def _until_either(one: asyncio.Event, other: asyncio.Event) -> None:
    tasks = [asyncio.create_task(event.wait()) for event in (one, other)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _until_set(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):  # then the time was up first
        async with asyncio.timeout(seconds):
            await event.wait()
