"""Puts a configuration into force by command: from now on, or as if it had been earlier."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side import policies, repair_preview
from command_side.connect.source import Source
from command_side.turning import Preview
from config import loading
from config.loading import Loaded
from config.versions import PolicyBook
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.instants import micros
from ops.policies import PolicyLog

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
FIRST_YEAR, LAST_YEAR = 1970, 2100


class NoSince(ValueError):
    """No configuration can count since then; says why."""


@dataclass(frozen=True, slots=True)
class InForce:
    """The version that is in force now, and where in the log that was recorded."""

    version: int
    position: int
    was_already: bool
    """Somebody had applied the same, or saved it: nothing was written."""


class Applying:
    """The versions that are given by command, each with who gives it, and why."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        book: PolicyBook,
        log: PolicyLog,
        now: Callable[[], datetime],
    ) -> None:
        self._pool, self._book, self._log, self._now = pool, book, log, now

    async def read(
        self, text: str, since: str | None, *, by: str, reason: str, name: str
    ) -> Loaded:
        """The version to come; `name` is the text's, for messages. Raises ConfigError, NoSince.

        `since` is an instant with its offset, or a date: its midnight, by the default calendar of
        the text.
        """
        await self._log.follow()
        newest, now = self._book.newest, self._now()
        loaded = await asyncio.to_thread(
            loading.load,
            text,
            version=1 if newest is None else newest.policy.version + 1,
            accepted_at=micros(now),
            warning=self._log.warning,
            critical=self._log.critical,
            channel_types=CHANNEL_TYPES,
            source_type=Source,
            name=name,
        )
        begins = None if since is None else _instant(since, loaded.policy.time_zone, now)
        return loaded.by(by).applied(begins, reason)

    async def preview(self, loaded: Loaded) -> Preview:
        """What would become of the tickets; nothing is written."""
        async with self._pool.connection() as conn:
            return await repair_preview.preview(conn, self._book, loaded.policy, now=self._now())

    async def apply(self, loaded: Loaded) -> InForce:
        """In force as soon as it is recorded; tickets are brought under it in the background."""
        known = None if self._is_in_force(loaded) else await self._record(loaded)
        version = self._book.current.version if known is None else known
        async with self._pool.connection() as conn:
            position = await policies.position(conn, version)
        return InForce(version, position, was_already=known is None)

    async def _record(self, loaded: Loaded) -> int | None:
        return await self._log.record(loaded, author=loaded.policy.author)

    def _is_in_force(self, loaded: Loaded) -> bool:
        newest, since = self._book.newest, loaded.policy.since
        return (
            newest is not None
            and newest.says_the_same(loaded)
            and newest.built_in >= loaded.built_in
            and since in (None, newest.policy.since)
        )


def _instant(text: str, time_zone: str, now: datetime) -> int:
    try:
        if DATE.fullmatch(text):
            day = date.fromisoformat(text)
            found = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone))
        else:
            found = datetime.fromisoformat(text)
    except ValueError:
        raise NoSince(
            "is neither a date such as 2026-09-01 nor an instant such as 2026-09-01T00:00:00Z"
        ) from None
    if found.tzinfo is None:
        raise NoSince("needs its offset, such as +02:00 or Z; only a date goes without")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise NoSince(f"must be from {FIRST_YEAR} to {LAST_YEAR}")
    if found > now:
        raise NoSince("is still to come: a version counts from now on, or since an earlier time")
    return micros(found)
