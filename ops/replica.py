"""The replica of DATABASE_READ_URL: whether it may be asked, and how far behind it is.

It is looked at each second. Who asks what may be a little behind is sent there while it is close
enough to the primary, and to the primary otherwise.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import PoolTimeout

from config.settings import Settings
from ops.embedded import conninfo_from, impatient
from ops.pools import Pool, opened_later
from ops.tasks import Tasks
from query_side.behind import Choice, ReadingPool
from query_side.health import ReplicaHealth

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Real seconds."""
TRUSTED_FOR = 5.0
"""Real seconds after a look; one takes long where the machine falls silent."""
CLOSE_SECONDS = 5.0
"""A replica that is further behind is not asked."""
END = "SELECT coalesce(max(notification_id), 0) FROM events"
REACHED = (
    "SELECT (SELECT coalesce(max(notification_id), 0) FROM events),"
    " (SELECT coalesce(min(position), 0) FROM projections WHERE name = ANY(%s))"
)
AWAY = (psycopg.Error, PoolTimeout, TimeoutError)


@dataclass(frozen=True, slots=True)
class Seen:
    """The replica, by the latest look at it."""

    at: float
    """Of the monotonic clock."""
    position: int
    """Up to here are its read tables."""
    behind_seconds: float


def reading(
    where: Callable[[], str], role: str, settings: Settings, projections: Sequence[str]
) -> "tuple[Pool, Replica]":
    """What questions are asked by, and the replica that answers some; a worker answers nobody."""
    primary = opened_later(where, role, autocommit=False, most=12, kind=ReadingPool)
    url = settings.database_read_url.get_secret_value()
    if not url or role == "worker":
        return primary, Replica(None, primary, projections)
    there = impatient(conninfo_from(url), writes=False)
    pool = opened_later(lambda: there, f"{role} replica", autocommit=False, most=12)
    return primary, Replica(pool, primary, projections)


class Replica:
    """One process's view of it."""

    def __init__(self, pool: Pool | None, primary: Pool, projections: Sequence[str]) -> None:
        """Without a pool there is none, and the primary answers all."""
        self._pool, self._primary, self._projections = pool, primary, projections
        self._seen: Seen | None = None
        self._ends: deque[tuple[float, int]] = deque(maxlen=600)
        """When the primary's log had which end."""

    async def begin(self, tasks: Tasks, exits: AsyncExitStack) -> None:
        """Looks at it from now on; whether it answers is another question."""
        if self._pool is not None:
            await self._pool.open()
            exits.push_async_callback(self._pool.close)
            tasks.keep_running("replica", self._run(self._pool, tasks.stop))

    def choice(self) -> Choice | None:
        """For one request; None where it is for the primary."""
        seen = self._usable()
        return None if seen is None else Choice(self, seen.position)

    def health(self) -> ReplicaHealth | None:
        """As /health tells of it; None where there is none."""
        if self._pool is None:
            return None
        seen = self._seen
        return ReplicaHealth(
            used=self._usable() is not None,
            behind_seconds=None if seen is None else round(seen.behind_seconds, 1),
            position=None if seen is None else seen.position,
        )

    async def connection(self, exits: AsyncExitStack) -> AsyncConnection[Any] | None:
        try:
            if self._pool is not None:
                return await exits.enter_async_context(self._pool.connection(timeout=1))
        except PoolTimeout:
            self.lose()
        return None

    def lose(self) -> None:
        self._seen = None

    async def _run(self, pool: Pool, stop: asyncio.Event) -> None:
        said = ""
        while not stop.is_set():
            try:
                async with asyncio.timeout(TRUSTED_FOR):
                    await self._look(pool)
                if said:
                    logger.info("the replica is back")
                said = ""
            except AWAY as error:
                self.lose()
                if said != repr(error):  # once, not each second
                    logger.warning("the replica cannot be asked", extra={"error": repr(error)})
                said = repr(error)
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await stop.wait()
            except TimeoutError:  # it is time for the next look
                continue

    async def _look(self, pool: Pool) -> None:
        async with self._primary.connection() as conn:
            ((end,),) = await (await conn.execute(END)).fetchall()
        at = time.monotonic()
        self._ends.append((at, end))
        async with pool.connection(timeout=2) as conn:
            cursor = await conn.execute(REACHED, [list(self._projections)])
            ((reached, position),) = await cursor.fetchall()
        since = next((then for then, end in self._ends if end > reached), None)
        self._seen = Seen(at, position, 0.0 if since is None else at - since)

    def _usable(self) -> Seen | None:
        seen = self._seen
        if seen is None or time.monotonic() - seen.at > TRUSTED_FOR:
            return None
        return seen if seen.behind_seconds <= CLOSE_SECONDS else None
