"""The table of jobs: what was asked, whose turn it is, how far it is, and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, LiteralString
from uuid import UUID, uuid4

import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Json
from psycopg_pool import AsyncConnectionPool

from command_side.retaining import Outgrown

State = Literal["waiting", "running", "done", "failed", "cancelled"]

AT_ONCE: Final = 2
"""Jobs that run at a time, by all processes together."""
MOST_WAITING: Final = 20
TAKEN_FOR: Final = timedelta(seconds=30)
"""Whoever is at it says so again before that is over."""
ATTEMPTS: Final = 2
"""So often it is begun where whoever was at it is gone: the work itself may have been the cause."""
MOST_KEPT: Final = 500
"""Jobs that are over; the oldest go first."""
GONE: Final = "Whoever was at it was gone before it was done, twice. Ask for less at a time."

_LOCK: Final = 5_710_926_428_164_209_350
"""Key of the advisory lock under which jobs are counted."""
_COLUMNS: LiteralString = """
job_id, kind, state, created_at, started_at, ended_at, done, total, attempts, taken_by, error
"""
_ASK: LiteralString = """
insert into jobs (job_id, kind, input, created_at) values (%s, %s, %s, %s)
"""
_GIVE_UP: LiteralString = """
update jobs set state = 'failed', ended_at = %(now)s, error = %(gone)s
where state = 'running' and attempts >= %(attempts)s
    and (taken_until <= %(now)s or taken_until > %(ahead)s)
"""
_TAKE: LiteralString = (
    """
with next as (
    select job_id from jobs
    where state = 'waiting' or state = 'running'
        and (taken_until <= %(now)s or taken_until > %(ahead)s)
    order by created_at, job_id limit 1
)
update jobs set state = 'running', taken_by = %(who)s, taken_until = %(until)s,
    started_at = %(now)s, attempts = attempts + 1, done = 0, total = null
where job_id = (select job_id from next) and (
    select count(*) from jobs
    where state = 'running' and taken_until > %(now)s and taken_until <= %(ahead)s) < %(at_once)s
returning input, """
    + _COLUMNS
)
_OURS: LiteralString = (
    "where job_id = %(job)s and state = 'running' and taken_by = %(who)s and attempts = %(attempt)s"
)
_STAY: LiteralString = (
    "update jobs set done = %(done)s, total = %(total)s, taken_until = %(until)s " + _OURS
)
_LEAVE: LiteralString = (
    "update jobs set state = 'waiting', taken_by = '', taken_until = null, done = 0, total = null,"
    " attempts = attempts - 1 " + _OURS
)
_END: LiteralString = (
    "update jobs set state = %(state)s, ended_at = %(now)s, taken_until = null, error = %(error)s,"
    " result = %(result)s, done = coalesce(case when %(state)s = 'done' then total end, done) "
    + _OURS
)
_CANCEL: LiteralString = """
update jobs set state = 'cancelled', ended_at = %(now)s, taken_until = null
where job_id = %(job)s and state in ('waiting', 'running')
"""
# Results are large: as many as one looks back for.
_OVER: LiteralString = """
from jobs where ended_at is not null and (ended_at < %(before)s or job_id in (
    select job_id from jobs where ended_at is not null
    order by ended_at desc, job_id offset %(kept)s))
"""
_DROP: LiteralString = (
    "with gone as (delete from jobs where job_id in (select job_id "
    + _OVER
    + " limit %(most)s) returning ended_at) select count(*), min(ended_at), max(ended_at) from gone"
)
_WOULD: LiteralString = "select count(*), min(ended_at), max(ended_at) " + _OVER


class TooManyJobs(Exception):
    """So many wait already that one more would not be done soon; says so."""

    def __init__(self, waiting: int) -> None:
        super().__init__(
            f"{waiting} jobs are waiting already, and {AT_ONCE} run at a time. Ask again when some"
            " of them are done, or cancel one with DELETE /jobs/{id}; GET /jobs lists them."
        )


class JobUnknown(Exception):
    """There is no such job, or it is so old that it was dropped."""


@dataclass(slots=True)
class Job:
    """One job, without what was asked and what came of it: both may be long."""

    job_id: UUID
    kind: str
    state: State
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    done: int
    total: int | None
    attempts: int
    taken_by: str
    error: str | None

    def remaining_seconds(self, now: datetime) -> float | None:
        """By how long it took so far; None where nothing says."""
        if self.state != "running" or not self.done or self.total is None:
            return None
        if self.started_at is None or now < self.started_at:
            return None
        took = (now - self.started_at).total_seconds()
        return round(took * (self.total - self.done) / self.done, 1)


@dataclass(slots=True)
class Taken(Job):
    """One that this process does."""

    input: Any


@dataclass(slots=True)
class Whole(Taken):
    """One with all that is known of it."""

    result: Any


class Jobs:
    """The table."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        """`pool` gives connections in autocommit."""
        self._pool = pool

    async def ask(self, kind: str, given: object, now: datetime) -> Job:
        """A new job, waiting. Raises TooManyJobs."""
        job = uuid4()
        async with self._pool.connection() as conn, conn.transaction():
            await conn.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
            found = await conn.execute("select count(*) from jobs where state = 'waiting'")
            ((waiting,),) = await found.fetchall()
            if waiting >= MOST_WAITING:
                raise TooManyJobs(waiting)
            await conn.execute(_ASK, (job, kind, Json(given, dumps=orjson.dumps), now))
        return Job(job, kind, "waiting", now, None, None, 0, None, 0, "", None)

    async def find(self, job: UUID) -> Whole:
        """With what came of it. Raises JobUnknown."""
        async with (
            self._pool.connection() as conn,
            conn.cursor(row_factory=class_row(Whole)) as cursor,
        ):
            await cursor.execute(
                "select input, result, " + _COLUMNS + " from jobs where job_id = %s", [job]
            )
            found = await cursor.fetchone()
        if found is None:
            raise JobUnknown(f"There is no job {job}: it may be so old that it was dropped.")
        return found

    async def newest(self, limit: int) -> list[Job]:
        """Those asked for last come first."""
        async with (
            self._pool.connection() as conn,
            conn.cursor(row_factory=class_row(Job)) as cursor,
        ):
            await cursor.execute(
                "select " + _COLUMNS + " from jobs order by created_at desc, job_id limit %s",
                [limit],
            )
            return await cursor.fetchall()

    async def cancel(self, job: UUID, now: datetime) -> None:
        """Whoever is at it stops soon; one that is over stays as it is."""
        async with self._pool.connection() as conn:
            await conn.execute(_CANCEL, {"job": job, "now": now})

    async def take(self, who: str, now: datetime) -> Taken | None:
        """The turn at the oldest one that nobody is at, unless enough are under way."""
        given = {
            "who": who,
            "now": now,
            "until": now + TAKEN_FOR,
            "ahead": now + 2 * TAKEN_FOR,  # said by a clock that was set back since
            "at_once": AT_ONCE,
            "attempts": ATTEMPTS,
            "gone": GONE,
        }
        async with self._pool.connection() as conn:
            found = await conn.execute(
                "select 1 from jobs where state in ('waiting', 'running') limit 1"
            )
            if await found.fetchone() is None:
                return None
            async with conn.transaction(), conn.cursor(row_factory=class_row(Taken)) as cursor:
                await cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
                await cursor.execute(_GIVE_UP, given)
                await cursor.execute(_TAKE, given)
                return await cursor.fetchone()

    async def stay(self, job: Job, done: int, total: int | None, now: datetime) -> bool:
        """How far it is. False: it is no longer ours; it was cancelled, or others took over."""
        given = {"done": done, "total": total, "until": now + TAKEN_FOR}
        return await self._ours(_STAY, job, given)

    async def leave(self, job: Job) -> None:
        """It is not done, and somebody else shall do it: whoever is at it ends."""
        await self._ours(_LEAVE, job, {})

    async def end(
        self, job: Job, now: datetime, *, result: bytes | None = None, error: str | None = None
    ) -> None:
        """It is over: with a result, as JSON, or with the words that say why there is none."""
        state = "failed" if result is None else "done"
        answer = None if result is None else result.decode()
        given = {"state": state, "now": now, "error": error, "result": answer}
        await self._ours(_END, job, given)

    async def _ours(self, statement: LiteralString, job: Job, given: dict[str, Any]) -> bool:
        about = {"job": job.job_id, "who": job.taken_by, "attempt": job.attempts}
        async with self._pool.connection() as conn:
            return (await conn.execute(statement, {**given, **about})).rowcount == 1


def outgrown(before: datetime) -> Outgrown:
    """Jobs that were over before that, and of others those that are more than are kept."""
    return Outgrown("jobs", before, _DROP, _WOULD, {"kept": MOST_KEPT})
