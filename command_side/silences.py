"""Silences: matchers under which alerts are recorded but nobody is told."""

import asyncio
import logging
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
    SILENCES,
    SilenceCreated,
    SilenceEnded,
    SilentWindow,
)
from command_side.deciding.silencing import InForce, Silence, match
from command_side.event_store import Append, NewEvent, Recorded, encode
from command_side.excuses import MOST_WINDOWS, TooManyWindows
from engine.sla.excuses import Windows
from engine.sla.instants import micros

logger = logging.getLogger(__name__)

STREAM = SILENCES
LONG_AGO = 0
"""Of a silence that begins with its making, so that it holds on clocks that are behind, too."""


class SilenceUnknown(Exception):
    """There is no such silence in force."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """What is to be muted, and when."""

    matchers: Mapping[str, Sequence[str | None]]
    windows: Windows
    reason: str
    by: str
    rrule: str | None = None
    time_zone: str | None = None


class Silences:
    """The silences that are not over, as this process knows them, and the commands about them."""

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
        return [one.silence_id for one in self._ended.values() if one.window(now)]

    async def follow(self) -> None:
        """Reads on in the log, for others create and end silences too, and forgets what is past."""
        async with self._one_at_a_time:
            await self._follow()

    async def _follow(self) -> None:
        now = micros(self._now())
        if now < self._followed_at:  # a clock that was ahead: what was past then may not be
            self._known, self._ended, self._version = {}, {}, 0
        self._followed_at = now
        ended = len(self._ended)
        async with self._pool.connection() as conn:
            stream = await event_store.read_on(conn, STREAM, self._version)
        for event in stream:
            self._take(event)
            self._version = event.version
        if len(self._ended) > ended:
            self._has_ended()
        changed = _forget_past(self._known, now)
        _forget_past(self._ended, now)
        if stream or changed:
            self._in_force = InForce(self._known.values())

    def _take(self, event: Recorded) -> None:
        try:
            body = event.body
            if isinstance(body, SilenceCreated):
                windows = tuple([(one.start, one.until) for one in body.windows])
                self._known[body.silence_id] = Silence(
                    body.silence_id, match(body.matchers), windows or ((LONG_AGO, body.until),)
                )
            elif isinstance(body, SilenceEnded) and body.silence_id in self._known:
                self._ended[body.silence_id] = self._known.pop(body.silence_id)
        except Exception:  # it mutes nothing then, and keeps none of the others
            logger.exception("a silence cannot be read", extra={"position": event.position})

    async def create(
        self, quiet: Quiet, *, now: datetime, correlation_id: str | None
    ) -> tuple[UUID, int]:
        """The new silence's id and its position; known here at once, elsewhere in a second. Raises
        TooManyWindows."""
        await self.follow()
        standing = sum(len(one.windows) for one in self._known.values())
        if standing + len(quiet.windows) > MOST_WINDOWS:
            raise TooManyWindows(standing, len(quiet.windows))
        silence, windows = uuid4(), quiet.windows
        body = SilenceCreated(
            silence_id=silence,
            matchers={name: tuple(values) for name, values in quiet.matchers.items()},
            until=windows[-1][1],
            reason=quiet.reason,
            windows=()
            if windows[0][0] == LONG_AGO
            else tuple([SilentWindow(start=start, until=until) for start, until in windows]),
            rrule=quiet.rrule,
            time_zone=quiet.time_zone,
        )
        said = signed(quiet.by)
        event = encode(body, occurred_at=now, personal=said, correlation_id=correlation_id)
        return silence, await self._append(event, now)

    async def end(
        self, silence: UUID, *, now: datetime, correlation_id: str | None, by: str | None = None
    ) -> int:
        """Raises SilenceUnknown when it is over; one that is planned never begins."""
        await self.follow()
        known = self._known.get(silence)
        if known is None or known.until <= micros(now):
            raise SilenceUnknown
        body = SilenceEnded(silence_id=silence, ended_at=micros(now))
        said = signed(by)
        event = encode(body, occurred_at=now, personal=said, correlation_id=correlation_id)
        return await self._append(event, now)

    async def _append(self, event: NewEvent, now: datetime) -> int:
        write = Append(STREAM, "", "silences", None, [event], None, None)
        async with self._pool.connection() as conn:
            outcome = (await event_store.append(conn, [write], now=now))[0]
        await self.follow()
        return outcome.position or 0


def _forget_past(those: dict[UUID, Silence], now: int) -> bool:
    """Whether any window was over."""
    past = [one for one in those.values() if one.windows[0][1] <= now]
    for one in past:
        left = one.without_past(now)
        if left is None:
            del those[one.silence_id]
        else:
            those[one.silence_id] = left
    return bool(past)
