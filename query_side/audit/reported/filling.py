"""The rows of a report as it stood at another instant: copied from the read tables as far as these
say it, else replayed from the log."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.casefile import PolicyBook
from command_side.deciding.excusing import NOTHING_AGREED, ExcuseBook
from command_side.event_store import read_streams
from command_side.excuses import book_of
from engine.sla.instants import micros
from engine.sla.policy import Policy
from query_side import sql
from query_side.audit.heard import TOPICS
from query_side.audit.reported.board import MOST, PAGE, board
from query_side.audit.reported.known import position_at
from query_side.audit.reported.life import life
from query_side.audit.reported.rows import CycleRow, rows
from query_side.dashboard import Stood
from query_side.reports.relation import LOCKED, REPLAYED, make_replayed
from query_side.reports.then import Rows, Stretch

COLUMNS: Final[LiteralString] = """
    ticket_id, external_id, source, title, status, phase, clock, cycle, rule, team, type, tier,
    priority, organization, assigned_to, policy, state, started_at, stopped_at, due_at,
    breached_at, overdue_from, counted_at, target_seconds, elapsed_seconds, paused_seconds,
    excused_seconds, out_of_hours_seconds, uncounted_seconds, breached_at_unexcused,
    overdue_from_unexcused, acknowledged_at
"""
"""As `CycleRow` has them."""
ACKNOWLEDGED: Final[LiteralString] = "CASE WHEN acknowledged_at <= %(at)s THEN acknowledged_at END"


class Concerned(NamedTuple):
    """Tickets of which cycles may count."""

    settled: Sequence[UUID]
    """That stand as they stood."""
    replayed: Sequence[UUID]
    """Of which only the log can say how they stood."""


class Filling:
    """Says how things stood, for one process."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        book: PolicyBook,
        now: Callable[[], datetime],
    ) -> None:
        self._pool, self._book, self._now = pool, book, now

    @asynccontextmanager
    async def rows(self, asked: Stretch) -> AsyncGenerator[Rows]:
        """Of reports. Raises RequestValidationError where too many tickets have to be replayed, and
        UnknownVersion where this process has yet to learn a version of the configuration."""
        async with (
            self._pool.connection() as conn,
            filled(conn, self._book, asked, self._now(), most=MOST) as rows,
        ):
            yield rows

    def board(
        self, as_of: datetime, known_at: datetime | None
    ) -> AbstractAsyncContextManager[Stood]:
        """As `board` has it."""
        return board(self._pool, self._book, self._now(), as_of, known_at)


@asynccontextmanager
async def filled(
    conn: AsyncConnection[Any],
    book: PolicyBook,
    asked: Stretch,
    now: datetime,
    *,
    most: int | None = None,
    done: Callable[[int, int], None] = lambda done, of: None,
) -> AsyncGenerator[Rows]:
    """On this connection, for one transaction. Raises RequestValidationError where more than `most`
    tickets have to be replayed; `done` hears how many of how many are."""
    async with conn.transaction():
        async with conn.pipeline():
            await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            await conn.execute(LOCKED)
        found = await concerned(conn, asked, now)
        if most is not None and len(found.replayed) > most:
            raise RequestValidationError([{"loc": ("query", "from"), "msg": _too_many(found)}])
        await make_replayed(conn)
        await copied(conn, found.settled, asked.as_of)
        await replay(conn, book, asked, found.replayed, done)
        await conn.execute("ANALYZE replayed_cycles")
        yield Rows(conn, REPLAYED, asked.as_of, known(book, asked.known_at)[-1])


def _too_many(found: Concerned) -> str:
    return (
        f"{len(found.replayed):,} tickets have changed since, and would have to be replayed from"
        f" the log; {MOST:,} at most are while somebody waits: ask for a shorter time, or for a"
        " job, by POST to the report's address and /jobs"
    )


def known(book: PolicyBook, known_at: datetime | None) -> Sequence[Policy]:
    """The versions that there were by then; the first at least."""
    if known_at is None:
        return book.all
    then = micros(known_at)
    return [one for one in book.all if one.accepted_at <= then] or book.all[:1]


async def concerned(conn: AsyncConnection[Any], asked: Stretch, now: datetime) -> Concerned:
    """All that may have a cycle that counts; whose have not, does no harm."""
    arguments = {
        "since": asked.since,
        "until": asked.until,
        "at": asked.as_of,
        "ahead": asked.as_of > now,
        "position": await position_at(conn, asked.known_at),
    }
    cursor = await conn.execute(sql.load("replayed_concerned"), arguments, prepare=False)
    settled: list[UUID] = []
    replayed: list[UUID] = []
    for ticket, stands in await cursor.fetchall():
        (settled if stands else replayed).append(ticket)
    return Concerned(settled, replayed)


async def copied(conn: AsyncConnection[Any], settled: Sequence[UUID], as_of: datetime) -> None:
    """From the read tables, but for who took a ticket on only later: its clocks do not hear it."""
    query = sql.load("replayed_copied").replace("{columns}", COLUMNS)
    query = query.replace("{cycles}", sql.load("cycles"))
    query = query.replace("{shown}", COLUMNS.replace("acknowledged_at", ACKNOWLEDGED))
    await conn.execute(query, {"settled": settled, "at": as_of}, prepare=False)


async def replay(
    conn: AsyncConnection[Any],
    book: PolicyBook,
    asked: Stretch,
    tickets: Sequence[UUID],
    done: Callable[[int, int], None],
) -> None:
    """From the log. The process answers others between two tickets."""
    excuses = await book_of(conn)
    for start in range(0, len(tickets), PAGE):
        found: list[CycleRow] = []
        streams = await read_streams(
            conn,
            tickets[start : start + PAGE],
            topics=TOPICS,
            recorded_until=asked.known_at,
        )
        for stream in streams.values():
            found += replayed(stream, book, excuses, asked)
            await asyncio.sleep(0)
        await put(conn, found)
        done(min(start + PAGE, len(tickets)), len(tickets))


def replayed(
    stream: Sequence[Any], book: PolicyBook, excuses: ExcuseBook, asked: Stretch
) -> Iterable[CycleRow]:
    """Of one ticket's stream, as it was known; none of one that was not."""
    lived = life(stream)
    if lived is None:
        return ()
    agreed = excuses if lived.excuses else NOTHING_AGREED
    return rows(lived, book, agreed, micros(asked.as_of))


async def put(conn: AsyncConnection[Any], found: Iterable[CycleRow]) -> None:
    """Into the relation."""
    copy: LiteralString = "COPY replayed_cycles (" + COLUMNS + ") FROM STDIN"
    async with conn.cursor() as cursor, cursor.copy(copy) as copied_in:
        for row in found:
            await copied_in.write_row(row)
