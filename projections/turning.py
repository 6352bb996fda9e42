"""Which channels have come to be dead or well, told once: the state of each and what is said of it
are written together."""

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
    OR dead_since IS NOT NULL
ORDER BY channel
FOR UPDATE SKIP LOCKED
"""
DEAD: LiteralString = "SELECT channel FROM outbox_channels WHERE dead_since IS NOT NULL"
FAILING: LiteralString = "SELECT channel FROM outbox_channels WHERE failing_since IS NOT NULL"
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
-- It could not be sent where it was to be, which is well by now.
ON CONFLICT (dedup_key) DO UPDATE
SET state = 'pending', attempts = 0, next_attempt_at = excluded.next_attempt_at,
    waiting_since = now(), together = NULL, dropped_at = NULL
WHERE outbox.state = 'dead'
"""
ON_ITS_WAY: LiteralString = """
SELECT FROM outbox WHERE dedup_key = ANY(%(keys)s) AND state <> 'dead' LIMIT 1
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
    dead -= {row["channel"] for row in rows if row["failing_since"] is None}
    told = tuple(one for one in care.fallback if one not in dead)
    failing = await _named(conn, FAILING)
    well = tuple(one for one in told if one not in failing)
    found = [one for row in rows if (one := await _turned(conn, row, told, well)) is not None]
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
    return await _named(conn, DEAD)


async def _named(conn: AsyncConnection[Any], which: LiteralString) -> set[str]:
    return {name for (name,) in await (await conn.execute(which)).fetchall()}


async def _turned(
    conn: AsyncConnection[Any], row: dict[str, Any], told: tuple[str, ...], well: tuple[str, ...]
) -> Turned | None:
    """None: it is dead as before, and whoever could be told has been."""
    name, since, before = row["channel"], row["dead_since"], tuple(row["dead_told"] or ())
    if row["failing_since"] is None:
        return Turned(name, "well", since, "", before)
    if since is None:
        return Turned(name, "dead", row["failing_since"], row["failing_reason"], told)
    # Nobody could be told then, or what they were to be told could not be sent.
    again = Turned(name, "dead", since, row["failing_reason"], well)
    if not well or await _is_on_its_way(conn, [again.key(one) for one in before]):
        return None
    return again


async def _is_on_its_way(conn: AsyncConnection[Any], keys: list[str]) -> bool:
    return (await conn.execute(ON_ITS_WAY, {"keys": keys})).rowcount > 0


async def _position(conn: AsyncConnection[Any]) -> int:
    """Of what the outbox has by now."""
    found = await conn.execute("SELECT position FROM projections WHERE name = 'outbox'")
    row = await found.fetchone()
    return 0 if row is None else row[0]
