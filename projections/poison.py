"""Events that a projector or the database refuses: found, retried, parked, and replayed on demand.

The rest of the batch goes on. Faults of the connection, the server or our SQL are none of theirs
and rise instead: parking every event because a disk is full would help nobody.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from command_side.event_store import Recorded, read_streams
from projections.buffer import Buffer
from projections.protocol import Projector
from projections.writing import Writer

logger = logging.getLogger(__name__)

ATTEMPTS = 3
REFUSED_ROWS = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that one projection has left out."""

    projection: str
    position: int
    stream_id: UUID
    topic: str
    error: str
    attempts: int
    parked_at: datetime


def is_poison(error: Exception) -> bool:
    """Whether the events are to blame, rather than the server, the network or our SQL."""
    if isinstance(error, psycopg.Error):
        return isinstance(error, REFUSED_ROWS)
    return not isinstance(error, OSError)


async def project_or_park(
    conn: AsyncConnection,
    writer: Writer,
    projector: Projector,
    events: Sequence[Recorded],
    *,
    at: datetime,
) -> None:
    """Write these events' rows inside the caller's transaction.

    A batch that fails is halved until the bad events stand alone; those are parked.
    """
    attempts = ATTEMPTS if len(events) == 1 else 1
    for attempt in range(1, attempts + 1):
        try:
            async with conn.transaction():
                buffer = Buffer(projector.tables)
                buffer.add(projector.rows(events))
                await writer.flush(conn, buffer)
            return
        except Exception as error:
            if not is_poison(error):
                raise
            if attempt == attempts == ATTEMPTS:
                await _park(conn, projector, events[0], error, at=at)
    if len(events) > 1:
        middle = len(events) // 2
        await project_or_park(conn, writer, projector, events[:middle], at=at)
        await project_or_park(conn, writer, projector, events[middle:], at=at)


async def _park(
    conn: AsyncConnection, projector: Projector, event: Recorded, error: Exception, *, at: datetime
) -> None:
    logger.error(
        "event parked",
        extra={
            "projection": projector.name,
            "position": event.position,
            "topic": event.topic,
            "error": repr(error),
        },
    )
    await conn.execute(
        "INSERT INTO parked_events"
        " (projection, position, stream_id, topic, error, attempts, parked_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (projection, position) DO UPDATE SET error = excluded.error,"
        " attempts = parked_events.attempts + excluded.attempts",
        (
            projector.name,
            event.position,
            event.ticket_id,
            event.topic,
            _readable(error),
            ATTEMPTS,
            at,
        ),
    )


def _readable(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}".strip().replace("\0", "")
    return text.encode("utf-8", "replace").decode()[:2000]


async def parked(conn: AsyncConnection, projection: str | None = None) -> list[Parked]:
    """What is parked, by projection and position."""
    async with conn.cursor(row_factory=class_row(Parked)) as cursor:
        await cursor.execute(
            "SELECT projection, position, stream_id, topic, error, attempts, parked_at"
            " FROM parked_events WHERE %(name)s::text IS NULL OR projection = %(name)s"
            " ORDER BY projection, position",
            {"name": projection},
        )
        return await cursor.fetchall()


async def replay_parked(
    pool: AsyncConnectionPool, projector: Projector, *, now: Callable[[], datetime]
) -> tuple[int, int]:
    """Try the parked events again: (done, still parked).

    A stream that has a parked event is projected again as a whole, up to the projection's position:
    later events have been applied since, and the parked one alone would bring back old facts. Only
    what touches the world (`once`) sees the parked events alone.
    """
    async with pool.connection() as conn, conn.transaction():
        cursor = await conn.execute(
            "SELECT position FROM projections WHERE name = %s FOR UPDATE", (projector.name,)
        )
        row = await cursor.fetchone()
        known = await parked(conn, projector.name)
        if row is None or not known:
            return 0, 0
        await conn.execute("DELETE FROM parked_events WHERE projection = %s", (projector.name,))
        streams = await read_streams(conn, list({event.stream_id for event in known}))
        writer = Writer()
        again = {event.position for event in known}
        for stream in streams.values():
            seen = [
                event
                for event in stream
                if event.position in again or (event.position <= row[0] and not projector.once)
            ]
            await project_or_park(conn, writer, projector, seen, at=now())
        left = len(await parked(conn, projector.name))
        return len(known) - left, left
