"""What a restore holds back in the outbox: it may have been sent in the time that is lost.

Nobody can know that here. A person sees it at the channel, and releases or drops it; what happens
from the restore on is told as ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from engine.sla.instants import micros
from projections import sql
from projections.dead_letters import settled

RELEASE = sql.load("outbox_release")
DROP = sql.load("outbox_drop")
HELD: LiteralString = """
SELECT dedup_key, channel, ticket_id, body->>'external_id' AS external_id, kind,
    (body->'alerts'->0->>'occurred_at')::bigint AS occurred_at
FROM outbox WHERE state = 'held' ORDER BY position, dedup_key LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A notice that waits for somebody's word."""

    dedup_key: str
    channel: str
    ticket_id: UUID
    external_id: str
    kind: str
    occurred_at: int
    """When what it tells of was, in microseconds."""


async def hold(conn: AsyncConnection, until: datetime) -> int:
    """In the caller's transaction, while no service runs on the database: hold what is unsent, and
    from now on what tells only of the time until that instant. How many are held by now."""
    text = sql.load("outbox_hold").format(until=micros(until))
    await conn.execute(text.encode())
    ((count,),) = await (
        await conn.execute("SELECT count(*) FROM outbox WHERE state = 'held'")
    ).fetchall()
    return count


async def held(conn: AsyncConnection, limit: int) -> list[Held]:
    """The oldest first."""
    async with conn.cursor(row_factory=class_row(Held)) as cursor:
        await cursor.execute(HELD, (limit,))
        return await cursor.fetchall()


async def release(
    conn: AsyncConnection, keys: Sequence[str] | None, channel: str | None
) -> set[str]:
    """Have them sent, under their old keys; all of them, or these, or a channel's. Answers which:
    what was withdrawn meanwhile, and the channel told so, stays."""
    return await settled(conn, RELEASE, keys, channel)


async def drop(conn: AsyncConnection, keys: Sequence[str] | None, channel: str | None) -> set[str]:
    """They count as sent; all of them, or these, or a channel's. Answers which."""
    return await settled(conn, DROP, keys, channel)
