"""Time that is agreed not to count: the commands about it, and the list as it is known here."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side import event_store
from command_side.acting import signed
from command_side.deciding.events import (
    EXCUSES_APPLIED,
    Body,
    ExcusedWindow,
    ExcuseEnded,
    ExcuseGranted,
    ExcusesApplied,
    ExcuseWithdrawn,
)
from command_side.deciding.excusing import STREAM, Agreement, ExcuseBook
from command_side.event_store import Append, encode
from command_side.intake.batches import ATTEMPTS, Contended
from engine.sla.calendar import FAR_FUTURE
from engine.sla.excuses import Windows
from engine.sla.instants import micros

MOST_WINDOWS = 10_000
"""That stand at a time."""


class ExcuseUnknown(Exception):
    """There is no such excuse, or it has been withdrawn."""


class ExcuseOver(Exception):
    """It has been ended already, or its time is over; says which."""


class TooManyWindows(Exception):
    """More would stand than are allowed."""

    def __init__(self, standing: int, more: int) -> None:
        super().__init__(
            f"{more} windows more than the {standing} that stand are too many: at most"
            f" {MOST_WINDOWS} may stand at a time"
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """What is to be excused."""

    windows: Windows
    match: Mapping[str, Any]
    unless: Mapping[str, Any]
    clocks: Sequence[str] | None
    reason: str
    by: str
    rrule: str | None = None
    time_zone: str | None = None

    def agreement(self, now: datetime) -> Agreement:
        """As it would stand if it were granted now."""
        clocks = None if self.clocks is None else frozenset(self.clocks)
        return Agreement(
            uuid4(),
            self.windows,
            self.match,
            self.unless,
            clocks,
            self.reason,
            self.by,
            micros(now),
            self.windows,
            self.rrule,
            self.time_zone,
        )


class Excuses:
    """What stands, and its changes: each is an event of one stream, and has a number there."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        *,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`changed` is called when somebody, here or elsewhere, has changed the list."""
        self._pool = pool
        self._changed = changed
        self.book = ExcuseBook()
        self._one_at_a_time = asyncio.Lock()

    async def follow(self) -> None:
        """Reads on in the log, for others grant and withdraw too."""
        async with self._one_at_a_time:
            async with self._pool.connection() as conn:
                came = await event_store.read_on(conn, STREAM, self.book.number)
            for event in came:
                self.book.take(event)
            if came:
                self._changed()

    async def grant(
        self, offer: Offer, *, now: datetime, correlation_id: str | None
    ) -> tuple[UUID, int]:
        """The new excuse's id, and its position. Raises TooManyWindows, Contended."""
        excuse = uuid4()
        body = ExcuseGranted(
            excuse_id=excuse,
            windows=tuple(
                ExcusedWindow(start=start, until=None if end >= FAR_FUTURE else end)
                for start, end in offer.windows
            ),
            match=dict(offer.match),
            unless=dict(offer.unless) or None,
            clocks=None if offer.clocks is None else tuple(offer.clocks),
            reason=offer.reason,
            rrule=offer.rrule,
            time_zone=offer.time_zone,
        )

        def decide() -> Body:
            self.refuse_too_many(offer)
            return body

        return excuse, await self._append(decide, offer.by, now, correlation_id)

    def refuse_too_many(self, offer: Offer) -> None:
        """Raises TooManyWindows."""
        standing = sum(len(one.windows) for one in self.book.agreements())
        if standing + len(offer.windows) > MOST_WINDOWS:
            raise TooManyWindows(standing, len(offer.windows))

    async def end(
        self,
        excuse: UUID,
        *,
        at: datetime,
        by: str | None,
        now: datetime,
        correlation_id: str | None,
    ) -> int:
        """Time counts again from `at` on. Raises ExcuseUnknown, ExcuseOver, Contended."""

        def decide() -> Body:
            standing = self._standing(excuse)
            if standing.ended_at is not None:
                raise ExcuseOver("it has been ended already")
            if standing.until <= micros(at):
                raise ExcuseOver("its time is over by then")
            return ExcuseEnded(excuse_id=excuse, ended_at=micros(at))

        return await self._append(decide, by, now, correlation_id)

    async def withdraw(
        self,
        excuse: UUID,
        *,
        reason: str,
        by: str | None,
        now: datetime,
        correlation_id: str | None,
    ) -> int:
        """As if it had never been. Raises ExcuseUnknown, Contended."""

        def decide() -> Body:
            self._standing(excuse)
            return ExcuseWithdrawn(excuse_id=excuse, reason=reason)

        return await self._append(decide, by, now, correlation_id)

    def _standing(self, excuse: UUID) -> Agreement:
        try:
            found = self.book.agreement(excuse)
        except LookupError:
            raise ExcuseUnknown from None
        if found.withdrawn is not None:
            raise ExcuseUnknown
        return found

    async def _append(
        self, decide: Callable[[], Body], by: str | None, now: datetime, correlation_id: str | None
    ) -> int:
        """The next change; where another process is first, it is decided again."""
        for _ in range(ATTEMPTS):
            await self.follow()
            said = signed(by)
            event = encode(decide(), occurred_at=now, personal=said, correlation_id=correlation_id)
            write = Append(STREAM, "", "excuses", self.book.number, [event], None, None)
            async with self._pool.connection() as conn:
                (outcome,) = await event_store.append(conn, [write], now=now)
            if outcome.appended and outcome.position is not None:
                await self.follow()
                return outcome.position
        raise Contended


async def book_of(conn: AsyncConnection[Any]) -> ExcuseBook:
    """All that the log has of it."""
    book = ExcuseBook()
    for event in (await event_store.read_streams(conn, [STREAM]))[STREAM]:
        book.take(event)
    return book


async def mark_applied(
    conn: AsyncConnection[Any], number: int, moved: int, *, now: datetime
) -> None:
    """Every ticket that the change concerns stands under it or a later one."""
    event = encode(ExcusesApplied(number=number, moved=moved), occurred_at=now)
    write = Append(EXCUSES_APPLIED, "", "excuses_applied", None, [event], None, None)
    await event_store.append(conn, [write], now=now)


async def last_applied(conn: AsyncConnection[Any]) -> int:
    """The newest change that every ticket concerned stands under; 0 when none was marked."""
    streams = await event_store.read_streams(conn, [EXCUSES_APPLIED])
    bodies = [event.body for event in streams[EXCUSES_APPLIED]]
    return max((one.number for one in bodies if isinstance(one, ExcusesApplied)), default=0)
