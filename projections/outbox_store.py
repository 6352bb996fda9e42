"""The outbox as the courier needs it: leases, pace and outcomes, one statement each."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, LiteralString, cast

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from engine.notify.failing import Care, Turned
from engine.notify.message import Delivery, Notice, Pace
from projections import sql, turning

MOST_IN_A_MESSAGE = 2000
AWAY = timedelta(minutes=1)
"""A channel that has taken nothing for so long and takes something again gets the rest at once."""

READY = sql.load("outbox_ready")
CLAIM = sql.load("outbox_claim")
CLAIM_MANY = sql.load("outbox_claim_many")
UNRECORDED = sql.load("outbox_unrecorded")
RETRY: LiteralString = """
UPDATE outbox o
SET state = 'pending', next_attempt_at = again.at, last_error = %(error)s,
    lease_owner = NULL, lease_until = NULL
FROM unnest(%(keys)s::text[], %(instants)s::timestamptz[]) AS again (dedup_key, at)
WHERE o.dedup_key = again.dedup_key AND o.state = 'sending' AND o.lease_owner = %(errand)s
"""
SPLIT: LiteralString = """
UPDATE outbox o
SET state = 'pending', together = part.name, last_error = %(error)s,
    lease_owner = NULL, lease_until = NULL
FROM unnest(%(keys)s::text[], %(names)s::text[]) AS part (dedup_key, name)
WHERE o.dedup_key = part.dedup_key AND o.state = 'sending' AND o.lease_owner = %(errand)s
"""
GIVE_UP: LiteralString = """
UPDATE outbox o
SET state = %(state)s, last_error = %(reason)s,
    lease_owner = NULL, lease_until = NULL
WHERE o.channel = %(channel)s AND o.state IN ('pending', 'sending')
    AND greatest(
        o.waiting_since, CASE WHEN o.state = 'sending' THEN o.lease_until ELSE o.next_attempt_at END
    ) <= now() - %(grace)s
    -- Whoever writes to it moves free_at: then it is known somewhere, and merely slow.
    AND NOT EXISTS (
        SELECT FROM outbox_channels c WHERE c.channel = o.channel AND c.free_at > now() - %(grace)s
    )
"""


SENT: LiteralString = """
WITH sent AS (
    UPDATE outbox o SET state = 'sent', sent_at = taken.at, last_error = NULL,
        lease_owner = NULL, lease_until = NULL
    FROM unnest(%(keys)s::text[], %(instants)s::timestamptz[]) AS taken (dedup_key, at)
    WHERE o.dedup_key = taken.dedup_key AND o.state <> 'sent'
    RETURNING o.channel
), was_away AS (
    SELECT channel FROM outbox_channels
    WHERE failing_since <= %(now)s - %(long)s::interval AND channel IN (SELECT channel FROM sent)
), put_off AS (
    -- What has not been tried waits for what it is gathered with, whatever the channel does.
    UPDATE outbox SET next_attempt_at = %(now)s
    WHERE channel IN (SELECT channel FROM was_away) AND attempts > 0
        AND state = 'pending' AND next_attempt_at > %(now)s AND dedup_key <> ALL(%(keys)s)
)
UPDATE outbox_channels
SET failing_since = NULL, failed_at = NULL, failing_reason = NULL, failing_surely = false
WHERE failing_since IS NOT NULL AND channel IN (SELECT channel FROM sent)
"""
FAILED: LiteralString = """
INSERT INTO outbox_channels AS c
    (channel, failing_since, failed_at, failing_reason, failing_surely)
VALUES (%(channel)s, %(at)s, %(at)s, %(reason)s, %(surely)s)
ON CONFLICT (channel) DO UPDATE
SET failing_since = coalesce(c.failing_since, excluded.failing_since),
    failed_at = greatest(c.failed_at, excluded.failed_at),
    failing_reason = excluded.failing_reason,
    failing_surely = c.failing_surely OR excluded.failing_surely
"""
SET_BACK: LiteralString = """
WITH free AS (
    UPDATE outbox_channels
    SET free_at = least(free_at, %(now)s), flood_at = least(flood_at, %(now)s),
        failing_since = least(failing_since, %(now)s), failed_at = least(failed_at, %(now)s),
        changes_from = least(changes_from, %(now)s),
        changed_at = ARRAY(SELECT at FROM unnest(changed_at) AS at WHERE at <= %(now)s)
    WHERE greatest(free_at, flood_at, failed_at, changes_from) > %(now)s
        OR %(now)s < ANY(changed_at)
), threads AS (
    UPDATE outbox_threads
    SET look_at = least(look_at, %(now)s)
    WHERE watched_until > %(now)s AND look_at > %(now)s
)
UPDATE outbox SET next_attempt_at = %(now)s
WHERE state IN ('pending', 'sending') AND next_attempt_at > %(now)s
"""


class OutboxStore:
    """The courier's port `Outbox`, where its methods are explained; each is one transaction."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._known: set[str] = set()
        self._taken: dict[str, datetime] = {}
        self._marking = asyncio.Lock()
        self._next_marks: asyncio.Task[None] | None = None

    async def ready(
        self, *, owner: str, under_way: Collection[str], now: datetime
    ) -> dict[str, datetime]:
        arguments = {"owner": f"{owner}/", "under_way": list(under_way), "now": now}
        async with self._pool.connection() as conn:
            rows = await (await conn.execute(READY, arguments)).fetchall()
        return dict(cast("list[tuple[str, datetime]]", rows))

    async def claim(
        self,
        channel: str,
        pace: Pace,
        *,
        errand: str,
        owner: str,
        under_way: Collection[str],
        now: datetime,
        lease: timedelta,
    ) -> list[Notice]:
        """Of a flood, at most 2000 rows."""
        arguments = {
            "channel": channel,
            "errand": errand,
            "owner": f"{owner}/",
            "under_way": list(under_way),
            "now": now,
            "lease": lease,
            "most": MOST_IN_A_MESSAGE,
            "group_above": pace.group_above,
            "group_wait": pace.group_wait,
            "every": pace.every,
            "tolerance": pace.every * (pace.burst - 1),
        }
        if channel not in self._known:
            await self._execute(
                "INSERT INTO outbox_channels (channel) VALUES (%(channel)s) ON CONFLICT DO NOTHING",
                {"channel": channel},
            )
            self._known.add(channel)
        async with (
            self._pool.connection() as conn,
            conn.cursor(row_factory=class_row(Notice)) as cursor,
        ):
            await cursor.execute(CLAIM if pace.group_above is None else CLAIM_MANY, arguments)
            return await cursor.fetchall()

    async def sent(self, keys: Sequence[str], at: datetime) -> None:
        """In a storm there are hundreds at once: what comes while some are being marked is marked
        together after them, on one connection and in one transaction."""
        self._taken |= dict.fromkeys(keys, at)
        if self._next_marks is None:
            self._next_marks = asyncio.create_task(self._mark())
        await asyncio.shield(self._next_marks)

    async def _mark(self) -> None:
        async with self._marking:
            taken, self._taken, self._next_marks = self._taken, {}, None
            given = {"keys": list(taken), "instants": list(taken.values())}
            await self._execute(SENT, {**given, "now": max(taken.values()), "long": AWAY})

    async def retry(self, again: Mapping[str, datetime], error: str, *, errand: str) -> None:
        keys, instants = list(again), list(again.values())
        await self._execute(
            RETRY, {"keys": keys, "instants": instants, "error": error, "errand": errand}
        )

    async def dead(self, keys: Sequence[str], error: str, *, errand: str) -> None:
        await self._execute(
            "UPDATE outbox SET state = 'dead', last_error = %(error)s,"
            " lease_owner = NULL, lease_until = NULL"
            " WHERE dedup_key = ANY(%(keys)s) AND state = 'sending' AND lease_owner = %(errand)s",
            {"keys": list(keys), "error": error, "errand": errand},
        )

    async def split(self, parts: Sequence[Sequence[str]], error: str, *, errand: str) -> None:
        keys = [key for part in parts for key in part]
        names = [part[0] for part in parts for _ in part]
        await self._execute(SPLIT, {"keys": keys, "names": names, "error": error, "errand": errand})

    async def failed(self, channel: str, reason: str, at: datetime, *, surely: bool) -> None:
        given = {"channel": channel, "reason": reason, "at": at, "surely": surely}
        await self._execute(FAILED, given)

    async def turn(self, care: Care, now: datetime) -> list[Turned]:
        async with self._pool.connection() as conn, conn.transaction():
            return await turning.turn(conn, care, now)

    async def hold(self, channel: str, until: datetime) -> None:
        await self._execute(
            "UPDATE outbox_channels SET free_at = greatest(free_at, %(until)s)"
            " WHERE channel = %(channel)s",
            {"channel": channel, "until": until},
        )

    async def give_up(
        self, channel: str, grace: timedelta, reason: str, state: Literal["dead", "skipped"]
    ) -> int:
        given = {"channel": channel, "grace": grace, "reason": reason, "state": state}
        return await self._execute(GIVE_UP, given)

    async def claim_unrecorded(self, *, owner: str, lease: timedelta, limit: int) -> list[Delivery]:
        arguments = {"owner": owner, "lease": lease, "limit": limit}
        async with (
            self._pool.connection() as conn,
            conn.cursor(row_factory=class_row(Delivery)) as cursor,
        ):
            await cursor.execute(UNRECORDED, arguments)
            return await cursor.fetchall()

    async def recorded(self, keys: Sequence[str]) -> None:
        await self._execute(
            "UPDATE outbox SET recorded = true, lease_owner = NULL, lease_until = NULL"
            " WHERE dedup_key = ANY(%(keys)s)",
            {"keys": list(keys)},
        )

    async def set_back(self, now: datetime) -> None:
        """The clock was ahead, and is `now`: what was put off by it, or held, may go at once."""
        await self._execute(SET_BACK, {"now": now})

    async def _execute(self, statement: LiteralString, arguments: Mapping[str, Any]) -> int:
        async with self._pool.connection() as conn:
            return (await conn.execute(statement, arguments)).rowcount
