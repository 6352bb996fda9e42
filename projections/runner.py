"""Feeds projectors, exactly once: a batch, its rows and its position are one transaction.

Projectors at the same position share one reading of the log, and what comes next is read and
folded while PostgreSQL writes. The row of a projection is its position and its lease: replicas
stand by and take over when the lease has lapsed. The lease only saves work; what makes it exactly
once is the lock on that row and its position.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from engine import tracing
from projections import schema
from projections.applying import apply
from projections.batch import Batch, prepare
from projections.protocol import Projector
from projections.rebuild import RebuildRunning, rebuild
from projections.writing import Writer

logger = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 5.0
REBUILD_PAUSE_SECONDS = 1.0
REBUILDS_AT_A_TIME = 3
"""Each takes three connections of the pool, and those who ask something need some too."""


class Runner:
    """One a process; any number of processes may run one against the same database.

    `batch` is in events, `idle_seconds` how long it sleeps when there is nothing to do and nobody
    wakes it, `lease_seconds` how long a silent replica keeps its projections; `applied` hears which
    projections show how many more events, by when these were recorded.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool,
        projectors: Sequence[Projector],
        now: Callable[[], datetime],
        owner: str,
        *,
        batch: int = 2000,
        idle_seconds: float = 0.1,
        lease_seconds: float = 3.0,
        applied: Callable[[Sequence[str], Mapping[datetime, int]], None] = lambda names, when: None,
    ) -> None:
        self._pool = pool
        self._projectors = {projector.name: projector for projector in projectors}
        self._now = now
        self._owner = owner
        self._batch = batch
        self._idle_seconds = idle_seconds
        self._lease_seconds = lease_seconds
        self._applied = applied
        self._writer = Writer()
        self._held: dict[str, int] = {}
        self._claim_at = 0.0
        self._alone: dict[str, float] = {}
        """Those that failed, alone or with others: they go by themselves until that has worked, and
        stand aside before this moment of the monotonic clock."""
        self._stretch: Stretch | None = None
        self._ahead: tuple[Stretch, asyncio.Task[Batch | None]] | None = None
        self._wake = asyncio.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._rebuilds: list[asyncio.Task[None]] = []
        self._rebuilding = asyncio.Semaphore(REBUILDS_AT_A_TIME)

    def wake(self) -> None:
        """There is something to read; call it after an append, from the event loop's thread."""
        self._wake.set()

    def on_moved(self, callback: Callable[[], None]) -> None:
        """Have `callback` called after each committed batch; it must not block."""
        self._callbacks.append(callback)

    async def positions(self) -> dict[str, int]:
        """Up to which position each of this runner's projections is applied."""
        async with self._pool.connection() as conn:
            cursor = await conn.execute(
                "SELECT name, position FROM projections WHERE name = ANY(%s)",
                (list(self._projectors),),
            )
            return {name: position for name, position in await cursor.fetchall()}

    async def define_tables(self) -> list[Projector]:
        """Define the tables; answers the projectors that need a rebuild first."""
        async with self._pool.connection() as conn:
            return await schema.define(conn, list(self._projectors.values()))

    async def catch_up(self) -> int:
        """Apply all there is, and answer how many events that was; leased ones are left out."""
        for projector in await self.define_tables():
            await rebuild(self._pool, projector, now=self._now)
        await self._claim()
        done = 0
        while count := await self._step():
            done += count
        return done

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; rides out whatever the database does meanwhile."""
        pause = 0.0
        defined = False
        while not stop.is_set():
            self._stretch = None  # what fails before a step is the fault of no stretch
            try:
                if not defined:
                    self._rebuild_behind(await self.define_tables())
                    defined = True
                if time.monotonic() >= self._claim_at:
                    await self._claim()
                self._wake.clear()
                if not await self._step():
                    await self._sleep(self._idle_seconds)
                pause = 0.0
            except PoolClosed:
                break
            except Exception as error:
                self._forget()
                pause = min(max(0.1, pause * 2), LONGEST_PAUSE_SECONDS)
                if isinstance(error, (psycopg.OperationalError, PoolTimeout)):
                    logger.warning("projections pause", extra={"error": repr(error)})
                elif self._stretch is not None:
                    self._set_apart(self._stretch)
                    pause = 0.0
                    continue
                else:
                    logger.exception("projections failed and will try again")
                await self._sleep(pause)
        await self._close()

    def _set_apart(self, stretch: "Stretch") -> None:
        """Whatever is wrong with one projection keeps none of the others: each is tried alone, and
        the one that fails again waits."""
        about = {"projections": list(stretch.names)}
        if len(stretch.names) > 1:
            told, until = "projections failed and are tried one by one", 0.0
        else:
            told, until = "a projection failed and will try again", LONGEST_PAUSE_SECONDS
        logger.exception(told, extra=about)
        self._alone |= dict.fromkeys(stretch.names, time.monotonic() + until)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:  # nobody woke it
            pass

    def _forget(self) -> None:
        """What is held and prepared ahead may be wrong: ask the database again."""
        self._held = {}
        self._claim_at = 0.0
        if self._ahead is not None:
            self._ahead[1].cancel()
            self._ahead = None

    async def _close(self) -> None:
        self._forget()
        for task in self._rebuilds:
            task.cancel()
        await asyncio.gather(*self._rebuilds, return_exceptions=True)
        try:
            async with self._pool.connection(timeout=2.0) as conn:
                await conn.execute(
                    "UPDATE projections SET lease_until = NULL WHERE lease_owner = %s",
                    (self._owner,),
                )
        except (psycopg.Error, PoolTimeout, PoolClosed):
            logger.info("leases left to lapse")

    def _rebuild_behind(self, outdated: Sequence[Projector]) -> None:
        for projector in outdated:
            logger.info(
                "projection is rebuilt to a new version",
                extra={"projection": projector.name, "version": projector.version},
            )
            self._rebuilds.append(asyncio.create_task(self._rebuild(projector)))

    async def _rebuild(self, projector: Projector) -> None:
        """Until it is done, by us or by others: nothing else would ever feed this projection."""
        about = {"projection": projector.name}
        others = False
        while True:
            pause = REBUILD_PAUSE_SECONDS
            try:
                if others and projector not in await self.define_tables():
                    return
                async with self._rebuilding:
                    await rebuild(self._pool, projector, now=self._now)
                self.wake()
                return
            except PoolClosed:
                return
            except RebuildRunning:
                others = True
            except psycopg.OperationalError as error:
                logger.warning("rebuild starts again", extra=about | {"error": repr(error)})
            except Exception:
                pause = LONGEST_PAUSE_SECONDS
                logger.exception("rebuild failed and will start again", extra=about)
            await asyncio.sleep(pause)

    async def _claim(self) -> None:
        """Renew our leases and take those that have lapsed."""
        names = list(self._projectors)
        async with self._pool.connection() as conn:
            cursor = await conn.execute(
                "UPDATE projections p SET lease_owner = %(owner)s,"
                " lease_until = clock_timestamp() + make_interval(secs => %(lease)s)"
                " FROM (SELECT name FROM projections"
                "  JOIN unnest(%(names)s::text[], %(versions)s::int[]) ours (name, version)"
                "   USING (name, version)"
                "  WHERE lease_owner = %(owner)s OR lapsed(lease_until)"
                "  FOR UPDATE OF projections SKIP LOCKED) free"
                " WHERE p.name = free.name RETURNING p.name, p.position",
                {
                    "owner": self._owner,
                    "lease": self._lease_seconds,
                    "names": names,
                    "versions": [self._projectors[name].version for name in names],
                },
            )
            self._held = {name: position for name, position in await cursor.fetchall()}
        self._claim_at = time.monotonic() + self._lease_seconds / 3

    async def _step(self) -> int:
        """One batch for the projections that are furthest behind; answers its size in events."""
        self._stretch = stretch = self._furthest_behind(self._held)
        batch = await self._next(stretch) if stretch is not None else None
        if stretch is None or batch is None:
            return 0
        positions = self._held | dict.fromkeys(stretch.names, batch.end)
        following = self._furthest_behind(positions) if batch.full else None
        if following is not None:
            self._ahead = following, asyncio.create_task(self._prepare(following))
            self._ahead[1].add_done_callback(_heard)
        began = tracing.began()
        if not await self._apply(stretch, batch):
            self._forget()
            return 0
        for name in stretch.names:
            self._alone.pop(name, None)
        self._held = positions
        self._stretch = None  # nor is it this one's fault where a callback fails
        self._applied(stretch.names, batch.recorded)
        if tracing.spans is not None:
            tracing.spans.projected(batch.correlation_ids, stretch.names, batch.events, began)
        for callback in self._callbacks:
            callback()
        return batch.events

    def _furthest_behind(self, held: Mapping[str, int]) -> "Stretch | None":
        """None when there is none, or all stand aside."""
        now = time.monotonic()
        free = {name: at for name, at in held.items() if self._alone.get(name, now) <= now}
        if not free:
            return None
        after = min(free.values())
        names = sorted(name for name, at in free.items() if at == after)
        together = [name for name in names if name not in self._alone]
        return Stretch(
            names=tuple(together or names[:1]),
            after=after,
            until=min((at for at in free.values() if at > after), default=None),
        )

    async def _next(self, stretch: "Stretch") -> Batch | None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            if ahead[0] == stretch:
                return await ahead[1]
            ahead[1].cancel()
        return await self._prepare(stretch)

    async def _prepare(self, stretch: "Stretch") -> Batch | None:
        return await prepare(
            self._pool,
            self._writer,
            self._group(stretch),
            after=stretch.after,
            limit=self._batch,
            until=stretch.until,
        )

    def _group(self, stretch: "Stretch") -> list[Projector]:
        return [self._projectors[name] for name in stretch.names]

    async def _apply(self, stretch: "Stretch", batch: Batch) -> bool:
        """False when some of the group are no longer ours, or not where we thought."""
        async with self._pool.connection() as conn:
            return await apply(
                conn,
                self._writer,
                self._group(stretch),
                batch,
                after=stretch.after,
                at=self._now(),
                begin=lambda: self._lock(conn, stretch),
                end=lambda: self._move(conn, stretch, batch.end),
            )

    async def _lock(self, conn: AsyncConnection, stretch: "Stretch") -> bool:
        """Whether all of the group's rows are ours, and where it starts; they stay locked.

        The commit need not wait for the disk: rows and position are lost together or not at all,
        and whoever acts on a row (the courier) waits for the disk when it says so.
        """
        await conn.execute("SET LOCAL synchronous_commit = off")
        cursor = await conn.execute(
            "SELECT name FROM projections WHERE name = ANY(%s) AND lease_owner = %s"
            " AND position = %s FOR UPDATE SKIP LOCKED",
            (list(stretch.names), self._owner, stretch.after),
        )
        return len(await cursor.fetchall()) == len(stretch.names)

    async def _move(self, conn: AsyncConnection, stretch: "Stretch", end: int) -> None:
        await conn.execute(
            "UPDATE projections SET position = %s,"
            " lease_until = clock_timestamp() + make_interval(secs => %s) WHERE name = ANY(%s)",
            (end, self._lease_seconds, list(stretch.names)),
        )


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is to be done next: by which projections, after which position, and up to where others
    are already."""

    names: tuple[str, ...]
    after: int
    until: int | None


def _heard(task: asyncio.Task[Batch | None]) -> None:
    """What was prepared ahead may never be asked for: its error is no news then."""
    if not task.cancelled():
        task.exception()
