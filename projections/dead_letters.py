"""The outbox as an operator needs it: what became of the notices, and dead letters sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from projections import sql

STATES = ("pending", "sending", "sent", "dead", "dropped", "skipped", "held")
"""As operators know them: `dropped` is what is dead and was seen."""
UNSENT = ("pending", "sending", "dead", "skipped", "held")
REPLAY = sql.load("outbox_replay")
DROP = sql.load("outbox_drop_dead")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A notice that was given up."""

    dedup_key: str
    channel: str
    ticket_id: UUID
    external_id: str
    raised_at: int
    """What it tells of, in microseconds; when it was given up is in the logs only."""
    attempts: int
    reason: str


async def counts(conn: AsyncConnection) -> dict[str, dict[str, int]]:
    """By channel, then state: all states, also those that no notice is in. Reads every row."""
    cursor = await conn.execute(
        "SELECT channel, CASE WHEN state = 'dead' AND dropped_at IS NOT NULL THEN 'dropped'"
        " ELSE state END AS seen, count(*) FROM outbox GROUP BY channel, seen ORDER BY channel"
    )
    found: dict[str, dict[str, int]] = {}
    for channel, state, count in await cursor.fetchall():
        found.setdefault(channel, dict.fromkeys(STATES, 0))[state] = count
    return found


async def unsent(conn: AsyncConnection) -> dict[str, int]:
    """By state: what is still to be sent, what was given up and not dropped, what is held. Reads
    only those, by their indexes."""
    cursor = await conn.execute(
        "SELECT state, count(*) FROM outbox WHERE state IN ('pending', 'sending') GROUP BY state"
        " UNION ALL"
        " SELECT state, count(*) FROM outbox WHERE state IN ('dead', 'skipped')"
        " AND dropped_at IS NULL GROUP BY state"
        " UNION ALL SELECT state, count(*) FROM outbox WHERE state = 'held' GROUP BY state"
    )
    return dict.fromkeys(UNSENT, 0) | dict(await cursor.fetchall())


async def newest(conn: AsyncConnection, limit: int) -> list[DeadLetter]:
    """The newest dead letters first, but for those that were dropped."""
    async with conn.cursor(row_factory=class_row(DeadLetter)) as cursor:
        await cursor.execute(
            "SELECT dedup_key, channel, ticket_id, body->>'external_id' AS external_id,"
            " body->'alerts'->0->'raised_at' AS raised_at, attempts, last_error AS reason"
            " FROM outbox WHERE state = 'dead' AND dropped_at IS NULL"
            " ORDER BY position DESC, dedup_key LIMIT %s",
            (limit,),
        )
        return await cursor.fetchall()


async def states(conn: AsyncConnection, keys: Sequence[str]) -> dict[str, str]:
    """The states of those of these keys that there are."""
    cursor = await conn.execute(
        "SELECT dedup_key, state FROM outbox WHERE dedup_key = ANY(%s)", (list(keys),)
    )
    return dict(await cursor.fetchall())


async def replay(
    conn: AsyncConnection,
    keys: Sequence[str] | None = None,
    *,
    channel: str | None = None,
) -> set[str]:
    """Make dead letters due again, with all their attempts and under their old keys: all of
    them, or those of a channel or these, among which skipped notices count too, and dropped ones
    only where they are named. Answers which.

    An alert whose retraction has been sent stays as it is.
    """
    return await settled(conn, REPLAY, keys, channel)


async def drop(conn: AsyncConnection, keys: Sequence[str] | None, channel: str | None) -> set[str]:
    """Dead letters were seen by somebody: all of them, or these, or a channel's. Answers which."""
    return await settled(conn, DROP, keys, channel)


async def settled(
    conn: AsyncConnection, query: LiteralString, keys: Sequence[str] | None, channel: str | None
) -> set[str]:
    """What a query makes of all of them, or those of a channel or these. Answers of which."""
    given = {"keys": None if keys is None else list(keys), "channel": channel}
    return {key for (key,) in await (await conn.execute(query, given)).fetchall()}
