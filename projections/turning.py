"""Which channels have come to be dead or well, told once: the state of each and what is said of it
are written together."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from engine.notify.failing import Care, Turned, letters

NOT_CARED_FOR: LiteralString = """
UPDATE outbox_channels
SET failing_since = NULL, failed_at = NULL, failing_reason = NULL, failing_surely = false,
    dead_since = NULL, dead_told = NULL
WHERE coalesce(failing_since, dead_since) IS NOT NULL AND channel <> ALL(%(channels)s)
"""
FIND: LiteralString = """
SELECT channel, failing_since, failing_reason, dead_since, dead_told
FROM outbox_channels
WHERE dead_since IS NULL AND failing_since <= %(now)s - %(dead_after)s
        -- One refusal of one message is none of all; several, with nothing taken between them, are.
        AND (failing_surely OR failed_at - failing_since >= %(dead_after)s)
    OR dead_since IS NOT NULL AND failing_since IS NULL
ORDER BY channel
FOR UPDATE SKIP LOCKED
"""
DEAD: LiteralString = "SELECT channel FROM outbox_channels WHERE dead_since IS NOT NULL"
MARK: LiteralString = """
UPDATE outbox_channels SET dead_since = %(since)s, dead_told = %(told)s
WHERE channel = %(channel)s
"""
PUT: LiteralString = """
INSERT INTO outbox
    (dedup_key, position, ticket_id, alert_id, kind, channel, body, next_attempt_at, recorded)
VALUES
    (%(dedup_key)s, %(position)s, %(ticket_id)s, %(alert_id)s, %(kind)s, %(channel)s, %(body)s,
    %(next_attempt_at)s, true) -- it is no ticket's, whose log could be told of it
ON CONFLICT DO NOTHING
"""


async def turn(conn: AsyncConnection[Any], care: Care, now: datetime) -> list[Turned]:
    """In the caller's transaction."""
    channels = sorted({*care.channels, *care.fallback})
    await conn.execute(NOT_CARED_FOR, {"channels": channels})
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(FIND, {"now": now, "dead_after": care.dead_after})
        rows = await cursor.fetchall()
    if not rows:
        return []
    dead = await dead_channels(conn)
    dead |= {row["channel"] for row in rows if row["dead_since"] is None}
    dead -= {row["channel"] for row in rows if row["dead_since"] is not None}
    found = list(_turned(rows, care, dead))
    for one in found:
        is_dead = one.now == "dead"
        marked = {"since": one.since if is_dead else None, "told": list(one.told)}
        await conn.execute(MARK, {"channel": one.channel, **marked})
        # That one is well comes after that it was dead, also where nothing happened meanwhile.
        position = await _position(conn) + (not is_dead)
        for letter in letters(one, now, position):
            await conn.execute(PUT, {**letter, "body": Jsonb(letter["body"])})
    return found


async def dead_channels(conn: AsyncConnection[Any]) -> set[str]:
    """Those that are so, whoever has found it out."""
    return {name for (name,) in await (await conn.execute(DEAD)).fetchall()}


def _turned(rows: list[dict[str, Any]], care: Care, dead: Collection[str]) -> Iterator[Turned]:
    for row in rows:
        name = row["channel"]
        if row["dead_since"] is None:
            told = tuple(one for one in care.fallback if one not in dead)
            yield Turned(name, "dead", row["failing_since"], row["failing_reason"], told)
        else:
            yield Turned(name, "well", row["dead_since"], "", tuple(row["dead_told"] or ()))


async def _position(conn: AsyncConnection[Any]) -> int:
    """Of what the outbox has by now."""
    found = await conn.execute("SELECT position FROM projections WHERE name = 'outbox'")
    row = await found.fetchone()
    return 0 if row is None else row[0]
