"""A log that was restored to an earlier point says so, and goes on where no lost position was.

Positions are what subscribers and clients hold. Were those of the lost time given a second time,
who holds one would miss all that comes before it, and nobody could tell.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import AsyncConnection

from command_side.deciding.encoding import encode
from command_side.deciding.events import LOG, LogRestored, OperatorActed
from command_side.event_store.binary import microseconds
from command_side.event_store.chain import GENESIS, event_hash, link
from engine.sla.instants import micros

LIFE: Final = 1_000_000_000
"""Positions that a life of the log has to itself, as a rule: its first is a multiple."""
LOST_AT_MOST: Final = LIFE // 2
"""Positions: days of the most that a database takes."""

ORDER_LOCK = 5_710_926_428_164_209_345
"""As in `append_events`."""
TIP: LiteralString = """
select notification_id, link, recorded_at, topic from events order by notification_id desc limit 2
"""
HEAD: LiteralString = """
insert into heads as head (ticket_id, source, external_id, version, state)
values (%s, '', 'log', 1, '')
on conflict (ticket_id) do update set version = head.version + 1
returning version
"""
INSERT: LiteralString = """
insert into events (originator_id, originator_version, notification_id, occurred_at, recorded_at,
    topic, state, hash, link)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where a restored log ended, and goes on."""

    after: int
    """The position of the last event that is known; 0: there is none."""
    recorded_at: datetime | None
    """When that was recorded."""
    position: int
    """Of the event that tells of the restore."""
    is_new: bool = True
    """False: it had been told already, and nothing has come since but who had it told."""


async def resume(conn: AsyncConnection[Any], *, now: datetime, until: datetime) -> Resumed:
    """Append, in the caller's transaction, that the log was restored; `until` as in `LogRestored`.

    No other appends may follow it in that transaction.
    """
    await conn.execute("select pg_advisory_xact_lock(%s)", [ORDER_LOCK])
    last = await (await conn.execute(TIP)).fetchall()
    told = last[1:] if last and last[0][3] == OperatorActed.TOPIC else last
    if told and told[0][3] == LogRestored.TOPIC:
        position, _, recorded, _ = told[0]
        return Resumed(position, recorded, position, is_new=False)
    after, before, recorded, _ = last[0] if last else (0, GENESIS, None, "")
    position = ((after + LOST_AT_MOST) // LIFE + 1) * LIFE
    at = now if recorded is None else max(now, recorded)
    event = encode(LogRestored(after=after, until=micros(until)), occurred_at=now)
    ((version,),) = await (await conn.execute(HEAD, [LOG])).fetchall()
    digest = _hash(LOG, event.topic, event.state, now)
    chained = link(before, [(digest, version)], microseconds(at), position, 1)
    values = [LOG, version, position, now, at, event.topic, event.state, digest, chained]
    await conn.execute(INSERT, values)
    return Resumed(after, recorded, position)


def _hash(stream: UUID, topic: str, state: bytes, occurred_at: datetime) -> bytes:
    at = microseconds(occurred_at)
    return event_hash(stream.bytes, topic.encode(), state, None, at, None, None, None, None)
