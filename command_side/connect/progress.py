"""The table of how far desks' APIs have been read: whose turn it is, and what was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, LiteralString

import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

What = Literal["backfill", "reconciliation"]

TAKEN_FOR: Final = timedelta(minutes=2)
"""Whoever is at it says so again before that is over."""
COLUMNS: LiteralString = """
select source, what, since, cursor, asked_at, next_at, done_at, error, waits, tickets, added, known,
    refused, because, taken_by
from desk_readings
"""
BEGIN: LiteralString = """
insert into desk_readings (source, what, since, cursor, asked_at, next_at)
values (%(source)s, %(what)s, %(since)s, %(cursor)s, %(now)s, %(now)s)
on conflict (source, what) do nothing
"""
BEGIN_AGAIN: LiteralString = """
insert into desk_readings (source, what, since, cursor, asked_at, next_at)
values (%(source)s, 'backfill', %(since)s, %(cursor)s, %(now)s, %(now)s)
on conflict (source, what) do update set since = excluded.since, cursor = excluded.cursor,
    asked_at = excluded.asked_at, next_at = excluded.next_at, taken_until = null, taken_by = '',
    done_at = null, error = null, tickets = 0, added = 0, known = 0, refused = 0, because = '{}'
where desk_readings.next_at is null
"""
ANEW: LiteralString = """
update desk_readings set next_at = %(now)s, error = null
where source = %(source)s and what = 'backfill' and error is not null and not waits
"""
TAKE: LiteralString = """
update desk_readings set taken_until = %(until)s, taken_by = %(who)s
where source = %(source)s and what = %(what)s and next_at <= %(now)s
    and (taken_until is null or taken_until <= %(now)s or taken_until > %(until)s)
"""
COUNT: LiteralString = """
update desk_readings set cursor = %(cursor)s, taken_until = %(until)s, error = null,
    tickets = tickets + %(tickets)s, added = added + %(added)s, known = known + %(known)s,
    refused = refused + %(refused)s, because = %(because)s
where source = %(source)s and what = %(what)s and taken_by = %(who)s
"""
STAY: LiteralString = """
update desk_readings set taken_until = %(until)s
where source = %(source)s and what = %(what)s and taken_by = %(who)s
"""
LEAVE: LiteralString = """
update desk_readings set taken_until = null, taken_by = '', next_at = %(next_at)s,
    error = %(error)s, waits = %(waits)s, done_at = coalesce(%(done_at)s, done_at)
where source = %(source)s and what = %(what)s and taken_by = %(who)s
"""
MOST_REASONS: Final = 20


@dataclass(slots=True)
class Reading:
    """How far one desk's API has been read."""

    source: str
    what: What
    since: datetime
    cursor: dict[str, Any]
    asked_at: datetime
    next_at: datetime | None
    done_at: datetime | None
    error: str | None
    waits: bool
    tickets: int
    added: int
    known: int
    refused: int
    because: dict[str, int]
    taken_by: str

    @property
    def reached(self) -> datetime:
        """All that had changed by then has been read: desks tell it in that order."""
        found = datetime.fromisoformat(self.cursor.get("newest") or self.cursor["since"])
        return max(found, self.since)


@dataclass(slots=True)
class Found:
    """What a page came to."""

    tickets: int = 0
    added: int = 0
    known: int = 0
    refused: int = 0
    because: dict[str, int] = field(default_factory=dict[str, int])

    def refuse(self, why: str) -> None:
        """One more that is not taken."""
        self.refused += 1
        if why in self.because or len(self.because) < MOST_REASONS:
            self.because[why] = self.because.get(why, 0) + 1


async def all_of(conn: AsyncConnection[Any]) -> Sequence[Reading]:
    """Of all desks."""
    async with conn.cursor(row_factory=class_row(Reading)) as cursor:
        await cursor.execute(COLUMNS + "order by source, what")
        return await cursor.fetchall()


async def begin(
    conn: AsyncConnection[Any], source: str, what: What, since: datetime, now: datetime
) -> bool:
    """Whether it begins; False: it has begun, and a backfill is not over. One that somebody had to
    mend something for is tried at once: whoever asks again has done so."""
    given = {
        "source": source,
        "what": what,
        "since": since,
        "cursor": Jsonb({"since": since.isoformat()}),
        "now": now,
    }
    query = BEGIN_AGAIN if what == "backfill" else BEGIN
    begins = (await conn.execute(query, given)).rowcount == 1
    if what == "backfill" and not begins:
        await conn.execute(ANEW, given)
    return begins


async def take(
    conn: AsyncConnection[Any], source: str, what: What, who: str, now: datetime
) -> Reading | None:
    """The turn at it, where there is something to do and nobody else is at it."""
    given: dict[str, Any] = {"source": source, "what": what, "who": who, "now": now}
    taken = await conn.execute(TAKE, {**given, "until": now + TAKEN_FOR})
    if taken.rowcount == 0:
        return None
    async with conn.cursor(row_factory=class_row(Reading)) as cursor:
        await cursor.execute(COLUMNS + "where source = %(source)s and what = %(what)s", given)
        return await cursor.fetchone()


async def count(
    conn: AsyncConnection[Any],
    one: Reading,
    cursor: Mapping[str, Any],
    found: Found,
    now: datetime,
) -> bool:
    """A page is in the log: the next is asked for by that cursor. False: others took over."""
    for why, times in found.because.items():
        if why in one.because or len(one.because) < MOST_REASONS:
            one.because[why] = one.because.get(why, 0) + times
    given = {
        "source": one.source,
        "what": one.what,
        "who": one.taken_by,
        "cursor": Jsonb(dict(cursor)),
        "until": now + TAKEN_FOR,
        "tickets": found.tickets,
        "added": found.added,
        "known": found.known,
        "refused": found.refused,
        "because": Jsonb(one.because, dumps=orjson.dumps),
    }
    return (await conn.execute(COUNT, given)).rowcount == 1


async def stay(conn: AsyncConnection[Any], one: Reading, now: datetime) -> None:
    """Says that somebody is still at it."""
    given = {"source": one.source, "what": one.what, "who": one.taken_by, "until": now + TAKEN_FOR}
    await conn.execute(STAY, given)


async def leave(
    conn: AsyncConnection[Any],
    one: Reading,
    *,
    next_at: datetime | None,
    error: str | None = None,
    waits: bool = False,
    done_at: datetime | None = None,
) -> None:
    """Until then."""
    given = {
        "source": one.source,
        "what": one.what,
        "who": one.taken_by,
        "next_at": next_at,
        "error": error,
        "waits": waits,
        "done_at": done_at,
    }
    await conn.execute(LEAVE, given)
