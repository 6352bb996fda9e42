"""The watch: ticks until nothing is due, then sleeps until the next deadline or a wake-up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

logger = logging.getLogger(__name__)

LIMIT = 500
"""Tickets a transaction."""
LANES = 2
"""In a flood: while one transaction is in the database, the next is decided."""
LONGEST_SLEEP = timedelta(seconds=5)
"""Other processes write deadlines too; their wake-ups do not reach this one."""
ONLY_OTHERS_WRITE = timedelta(seconds=0.25)
"""The longest sleep where no wake-up can come at all: so late may an alert be then."""
RETRY = 1.0
"""Real seconds before a failed tick is tried again."""
HELD = 0.05
"""Real seconds before the next look when all that is due is held by others: their transactions
take real time, however fast the clock of `now` runs, and even where it stands."""


class Tick(Protocol):
    """What one transaction of the desk did."""

    @property
    def count(self) -> int:
        """Tickets on which something was due."""
        ...

    @property
    def next_due_at(self) -> datetime | None: ...

    @property
    def raised(self) -> Sequence[datetime]:
        """When each milestone that was raised was due, or came to be known if that was later."""
        ...


class Desk(Protocol):
    """Raises what is due in one transaction."""

    async def raise_due(self, now: datetime, limit: int) -> Tick: ...


class Watch:
    """Sees to it that whatever is due gets raised, on time."""

    def __init__(
        self,
        desk: Desk,
        now: Callable[[], datetime],
        sleep: Callable[[timedelta], Awaitable[None]],
        *,
        longest_sleep: timedelta = LONGEST_SLEEP,
        late: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        """`sleep` lasts as long as `now` takes to advance by the given time; `late` hears of each
        milestone that is raised how many seconds after it was due that is stored."""
        self._desk, self._now, self._sleep = desk, now, sleep
        self._longest_sleep = longest_sleep
        self._late = late
        self._wake = asyncio.Event()
        self._next_due_at: datetime | None = None
        """None, and so any deadline wakes, during a tick: it may be written too late to be seen."""
        self._last_found_due_at: datetime | None = None
        self._is_held = False
        self.last_tick_at: datetime | None = None
        self.last_error: str | None = None
        """The kind of it; what it says is in the log, for not everybody may read that."""
        self.tickets_due = 0
        """On which something was, so far."""

    def wake(self) -> None:
        """Looks now: the pulse of the scheduler, and whoever cannot wait."""
        self._wake.set()

    def new_deadline(self, at: datetime) -> None:
        """A deadline at `at` has been written; wakes only if it is earlier than the next known."""
        if self._next_due_at is None or at < self._next_due_at:
            self._wake.set()

    async def tick(self, stop: asyncio.Event | None = None) -> int:
        """Raises until nothing is due, or `stop` is set; answers on how many tickets something was.

        What is left then is still due: another engine raises it, or this one when it is back.
        """
        before = self.tickets_due
        self._next_due_at = None
        if await self._raise():
            # No lane claims what another holds; a failure is told once all of them have ended.
            ended = await asyncio.gather(
                *(self._raise_all(stop) for _ in range(LANES)), return_exceptions=True
            )
            for error in ended:
                if error is not None:
                    raise error
        # Of the lane that ended last: what another left to it as due has been raised since.
        self._next_due_at = self._last_found_due_at
        return self.tickets_due - before

    async def _raise_all(self, stop: asyncio.Event | None) -> None:
        while (stop is None or not stop.is_set()) and await self._raise():
            pass

    async def _raise(self) -> bool:
        """Whether more is due."""
        now = self._now()
        tick = await self._desk.raise_due(now, LIMIT)
        self.tickets_due += tick.count
        if tick.raised:
            stored_at = self._now()
            for at in tick.raised:
                self._late((stored_at - at).total_seconds())
        self._last_found_due_at = tick.next_due_at
        self.last_tick_at = now
        is_due = tick.next_due_at is not None and tick.next_due_at <= now
        self._is_held = is_due and tick.count == 0
        return is_due and tick.count > 0

    async def run(self, stop: asyncio.Event) -> None:
        """Ticks and sleeps until `stop` is set; a failing database is tried again."""
        ending = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                self._wake.clear()
                try:
                    await self.tick(stop)
                    self.last_error = None
                except Exception as error:
                    self.last_error = type(error).__name__
                    logger.warning("a tick failed, trying again", extra={"error": str(error)})
                    await asyncio.wait({ending}, timeout=RETRY)
                    continue
                await self._rest(ending)
        finally:
            ending.cancel()

    async def _rest(self, ending: asyncio.Future[Any]) -> None:
        sleeping = asyncio.ensure_future(self._pause())
        waking = asyncio.ensure_future(self._wake.wait())
        await asyncio.wait({ending, sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        for task in (sleeping, waking):
            task.cancel()
            with suppress(asyncio.CancelledError):  # by the line before
                await task

    def _pause(self) -> Awaitable[None]:
        if self._is_held:
            return asyncio.sleep(HELD)
        pause = self._longest_sleep
        if self._next_due_at is not None:
            pause = min(pause, max(self._next_due_at - self._now(), timedelta()))
        return self._sleep(pause)
