"""Silences: matchers under which alerts are recorded but nobody is told."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side import event_store
from command_side.deciding.events import SILENCES, Personal, SilenceCreated, SilenceEnded
from command_side.deciding.silencing import InForce, Silence, match
from command_side.event_store import Append, NewEvent, Recorded, encode
from engine.sla.instants import micros

logger = logging.getLogger(__name__)

STREAM = SILENCES


class SilenceUnknown(Exception):
    """There is no such silence in force."""


class Silences:
    """The silences in force, as this process knows them, and the commands about them."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        now: Callable[[], datetime],
        *,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """`ended` is called when somebody, here or elsewhere, has ended one before its time."""
        self._pool, self._now = pool, now
        self._has_ended = ended
        self._known: dict[UUID, Silence] = {}
        self._ended: dict[UUID, Silence] = {}
        self._in_force = InForce()
        self._version = 0
        self._followed_at = 0
        self._one_at_a_time = asyncio.Lock()

    def in_force(self) -> InForce:
        return self._in_force

    def ended(self, now: int) -> Sequence[UUID]:
        """Those that were ended and would else be in force: what they muted is to be told.

        Only of these is that sure: one that is not known here may be in force elsewhere."""
        return [one.silence_id for one in self._ended.values() if now < one.until]

    async def follow(self) -> None:
        """Reads on in the log, for others create and end silences too, and forgets what is past."""
        async with self._one_at_a_time:
            await self._follow()

    async def _follow(self) -> None:
        now = micros(self._now())
        if now < self._followed_at:  # a clock that was ahead: what was past then may not be
            self._known, self._ended, self._version = {}, {}, 0
        self._followed_at = now
        before, ended = len(self._known), len(self._ended)
        async with self._pool.connection() as conn:
            heads = await event_store.load(conn, [STREAM])
            known_to = heads[STREAM].version if STREAM in heads else 0
            stream = list[Recorded]()
            if known_to > self._version:
                read = await event_store.read_streams(conn, [STREAM], after=self._version)
                stream = read[STREAM]
        for event in stream:
            self._take(event)
            self._version = event.version
        if len(self._ended) > ended:
            self._has_ended()
        for those in (self._known, self._ended):
            for one in [one for one in those.values() if one.until <= now]:
                del those[one.silence_id]
        if stream or len(self._known) != before:
            self._in_force = InForce(self._known.values())

    def _take(self, event: Recorded) -> None:
        try:
            body = event.body
            if isinstance(body, SilenceCreated):
                silence = Silence(body.silence_id, match(body.matchers), body.until)
                self._known[body.silence_id] = silence
            elif isinstance(body, SilenceEnded) and body.silence_id in self._known:
                self._ended[body.silence_id] = self._known.pop(body.silence_id)
        except Exception:  # it mutes nothing then, and keeps none of the others
            logger.exception("a silence cannot be read", extra={"position": event.position})

    async def create(
        self,
        matchers: Mapping[str, Sequence[str]],
        *,
        until: datetime,
        reason: str,
        by: str,
        now: datetime,
        correlation_id: str | None,
    ) -> tuple[UUID, int]:
        """The new silence's id and its position; in force here at once, elsewhere in a second."""
        silence = uuid4()
        body = SilenceCreated(
            silence_id=silence,
            matchers={name: tuple(values) for name, values in matchers.items()},
            until=micros(until),
            reason=reason,
        )
        said = Personal(by=by)
        event = encode(body, occurred_at=now, personal=said, correlation_id=correlation_id)
        return silence, await self._append(event, now)

    async def end(self, silence: UUID, *, now: datetime, correlation_id: str | None) -> int:
        """Raises SilenceUnknown when it is not in force."""
        await self.follow()
        known = self._known.get(silence)
        if known is None or known.until <= micros(now):
            raise SilenceUnknown
        body = SilenceEnded(silence_id=silence, ended_at=micros(now))
        event = encode(body, occurred_at=now, correlation_id=correlation_id)
        return await self._append(event, now)

    async def _append(self, event: NewEvent, now: datetime) -> int:
        write = Append(STREAM, "", "silences", None, [event], None, None)
        async with self._pool.connection() as conn:
            outcome = (await event_store.append(conn, [write], now=now))[0]
        await self.follow()
        return outcome.position or 0
