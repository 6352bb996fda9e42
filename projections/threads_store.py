"""The threads as channels need them: what belongs together, and what the first messages show."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, LiteralString

from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from engine.notify.message import Notice
from engine.notify.threads import First, Posted, Shown, Thread, ThreadKey
from engine.sla.instants import moment
from projections import sql

A_MINUTE = 45
"""So many changes of messages, all processes and channels together; Slack allows about 50."""
A_CHANNEL = 30
"""Of these, what one channel may have where there are others: they need not wait for a minute."""
AT_ONCE = 1000
"""Rows that are deleted together."""
WATCHED_AFTER = timedelta(days=1)
"""After its end a ticket may be opened again, and its thread goes on."""
FIND = sql.load("outbox_thread")
CHANGED = sql.load("outbox_threads_changed")
KEEP: LiteralString = """
INSERT INTO outbox_threads
    (channel, ticket_id, cycle, place, message_id, dedup_key, said, told_at, shown, position,
    look_at, watched_until)
VALUES
    (%(channel)s, %(ticket)s, %(cycle)s, %(place)s, %(message_id)s, %(dedup_key)s, %(said)s, %(at)s,
    %(shown)s, %(position)s, %(at)s, %(watched_until)s)
ON CONFLICT (channel, ticket_id, cycle) DO UPDATE
-- It may not be over any more: it is looked at once again.
SET said = excluded.said, told_at = excluded.told_at, position = 0,
    watched_until = excluded.watched_until
"""
SHOWN: LiteralString = """
WITH asked AS (
    INSERT INTO outbox_channels AS c (channel, changed_at)
    SELECT %(channel)s, ARRAY[%(at)s::timestamptz] WHERE %(asked)s
    ON CONFLICT (channel) DO UPDATE SET changed_at = excluded.changed_at || ARRAY(
        SELECT at FROM unnest(c.changed_at) AS at
        WHERE at > %(at)s::timestamptz - interval '1 minute'
    )
)
UPDATE outbox_threads
SET shown = %(shown)s, position = %(position)s, look_at = %(again)s,
    watched_until = %(watched_until)s
WHERE channel = %(channel)s AND ticket_id = %(ticket)s AND cycle = %(cycle)s
"""
PUT_OFF: LiteralString = """
WITH its_lease_is_over AS (
    UPDATE outbox_threads SET look_at = %(until)s
    WHERE channel = %(channel)s AND ticket_id = %(ticket)s AND cycle = %(cycle)s
)
INSERT INTO outbox_channels AS c (channel, changes_from) VALUES (%(channel)s, %(until)s)
ON CONFLICT (channel) DO UPDATE SET changes_from = greatest(c.changes_from, excluded.changes_from)
"""
PRUNE: LiteralString = """
DELETE FROM outbox_threads WHERE (channel, ticket_id, cycle) IN (
    SELECT t.channel, t.ticket_id, t.cycle
    FROM outbox_threads t
    LEFT JOIN tickets k ON k.ticket_id = t.ticket_id
    LEFT JOIN ticket_clocks c
        ON c.ticket_id = t.ticket_id AND c.clock = 'resolution' AND c.cycle = t.cycle
    WHERE t.told_at <= %(before)s
        -- Of a ticket without such a clock, the whole of it counts.
        AND coalesce(c.stopped_at, CASE WHEN k.phase IN ('done', 'cancelled') THEN k.newest_at END)
            <= %(before)s
        AND NOT EXISTS (
            SELECT FROM outbox o
            WHERE o.ticket_id = t.ticket_id AND o.channel = t.channel
                AND o.state IN ('pending', 'sending')
        )
    LIMIT %(most)s
    FOR UPDATE OF t SKIP LOCKED
)
"""


class ThreadStore:
    """The port `Threads`, where its methods are explained; each is one transaction."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def find(self, notice: Notice) -> Thread:
        alerts = notice.body["alerts"]
        cycles = [one["cycle"] for one in alerts if one.get("clock") == "resolution"]
        asked = {
            "channel": notice.channel,
            "ticket": notice.ticket_id,
            "cycle": max(cycles, default=None),
            "occurred_at": moment(max(one.get("occurred_at") or 0 for one in alerts)),
        }
        (row,) = await self._fetch(FIND, asked)
        key = ThreadKey(notice.channel, notice.ticket_id, row["asked"])
        if row["cycle"] is None:
            return Thread(key, None, None)
        posted = Posted(row["place"], row["message_id"], row["said"], row["told_at"])
        same = row["cycle"] == key.cycle
        return Thread(key, posted if same else None, None if same else posted)

    async def keep(self, key: ThreadKey, posted: Posted, notice: Notice, shown: str) -> None:
        await self._execute(
            KEEP,
            {
                **_of(key),
                "place": posted.place,
                "message_id": posted.message_id,
                "dedup_key": notice.dedup_key,
                "said": posted.said,
                "at": posted.at,
                "shown": shown,
                "position": notice.body["position"],
                "watched_until": "infinity" if posted.message_id else "-infinity",
            },
        )

    async def forget(self, key: ThreadKey, message_id: str) -> None:
        await self._execute(
            "DELETE FROM outbox_threads WHERE channel = %(channel)s AND ticket_id = %(ticket)s"
            " AND cycle = %(cycle)s AND message_id = %(message_id)s",
            {**_of(key), "message_id": message_id},
        )

    async def changed(
        self, channels: Collection[str], now: datetime, *, lease: timedelta, most: int
    ) -> list[First]:
        asked = {
            "channels": list(channels),
            "now": now,
            "lease": lease,
            "most": most,
            "a_minute": A_MINUTE,
            "a_channel": A_CHANNEL if len(channels) > 1 else A_MINUTE,
        }
        return [_first(row) for row in await self._fetch(CHANGED, asked)]

    async def shown(self, first: First, shown: Shown, *, at: datetime, again: datetime) -> None:
        watched_until: datetime | str = at + WATCHED_AFTER if shown.over else "infinity"
        await self._execute(
            SHOWN,
            {
                **_of(first.key),
                "shown": shown.what,
                "position": first.position,
                "asked": shown.asked,
                "at": at,
                "again": again,
                "watched_until": watched_until,
            },
        )

    async def put_off(self, first: First, until: datetime) -> None:
        await self._execute(PUT_OFF, {**_of(first.key), "until": until})

    async def prune(self, before: datetime) -> int:
        given = {"before": before, "most": AT_ONCE}
        count = deleted = await self._execute(PRUNE, given)
        while deleted == AT_ONCE:
            count += (deleted := await self._execute(PRUNE, given))
        return count

    async def _fetch(self, statement: LiteralString, given: Mapping[str, Any]) -> list[DictRow]:
        async with self._pool.connection() as conn, conn.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(statement, given)
            return await cursor.fetchall()

    async def _execute(self, statement: LiteralString, given: Mapping[str, Any]) -> int:
        async with self._pool.connection() as conn:
            return (await conn.execute(statement, given)).rowcount


def _of(key: ThreadKey) -> dict[str, Any]:
    return {"channel": key.channel, "ticket": key.ticket_id, "cycle": key.cycle}


def _first(row: DictRow) -> First:
    names = ("channel", "ticket_id", "cycle", "place", "message_id", "shown", "dedup_key")
    channel, ticket, cycle, place, message_id, shown, dedup_key = (row.pop(each) for each in names)
    notice = Notice(dedup_key, ticket, channel, row.pop("attempts"), row.pop("body"))
    return First(
        key=ThreadKey(channel, ticket, cycle),
        place=place,
        message_id=message_id,
        shown=shown,
        notice=notice,
        position=row.pop("position"),
        ticket=row,
    )
