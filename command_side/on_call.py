"""Who is on call: what the log knows of it, and how the calendars were read last."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from command_side import event_store
from command_side.deciding.on_call import STREAM, RotaBook, change
from command_side.event_store import Append, encode
from command_side.intake.batches import ATTEMPTS, Contended
from engine.sla.instants import micros
from engine.sla.rotations import Plan

TAKE_TURN: LiteralString = """
insert into on_call_calendars as o (rotation, tried_at, tried_by)
values (%(rotation)s, %(now)s, %(turn)s)
on conflict (rotation) do update set tried_at = %(now)s, tried_by = %(turn)s
where o.tried_by <> %(turn)s or o.tried_at <= %(now)s - %(every)s or o.tried_at > %(now)s
"""
REMEMBER: LiteralString = """
update on_call_calendars
set read_at = %(at)s, error = null, strangers = %(strangers)s, gaps = %(gaps)s, doubts = %(doubts)s
where rotation = %(rotation)s
"""
FAILED: LiteralString = (
    "update on_call_calendars set error = %(error)s where rotation = %(rotation)s"
)
READ_AT: LiteralString = """
select rotation, coalesce((extract(epoch from read_at) * 1000000)::bigint, 0)
from on_call_calendars
where read_at is not null or error is not null
"""
FORGET: LiteralString = "delete from on_call_calendars where not rotation = any (%(kept)s::text[])"


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a rotation's calendars came to, besides the plan."""

    strangers: Sequence[tuple[int, str]] = ()
    """Whom they name and nobody knows, from when on."""
    gaps: Sequence[tuple[int, int]] = ()
    doubts: Sequence[str] = ()


class OnCall:
    """The versions of all rotations, and the turns at reading them."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool
        self.book = RotaBook()
        self._one_at_a_time = asyncio.Lock()

    async def follow(self) -> None:
        """Reads on in the log, for another process may have read the calendars; and when."""
        async with self._one_at_a_time:
            async with self._pool.connection() as conn:
                self.book.read_at = dict(await (await conn.execute(READ_AT)).fetchall())
                came = await event_store.read_on(conn, STREAM, self.book.number)
            for event in came:
                self.book.take(event)

    async def take_turn(self, rotation: str, turn: str, every: timedelta, now: datetime) -> bool:
        """Whether it is for the caller to read these calendars now: one process does, once in a
        while, and at once where `turn`, which says what is to be read, has changed."""
        given = {"rotation": rotation, "turn": turn, "every": every, "now": now}
        async with self._pool.connection() as conn:
            return (await conn.execute(TAKE_TURN, given)).rowcount == 1

    async def record(self, rotation: str, plan: Plan, now: datetime, until: int) -> bool:
        """Appends what has changed, if anything has. Raises Contended."""
        for _ in range(ATTEMPTS):
            await self.follow()
            known = self.book.newest(rotation)
            body = change(known, rotation, plan, micros(now), until)
            if body is None:
                return False
            event = encode(body, occurred_at=now)
            write = Append(STREAM, "", "on_call", self.book.number, [event], None, None)
            async with self._pool.connection() as conn:
                (outcome,) = await event_store.append(conn, [write], now=now)
            if outcome.appended:
                await self.follow()
                return True
        raise Contended

    async def remember(self, rotation: str, reading: Reading, at: datetime) -> None:
        """The calendars could be read."""
        given = {
            "rotation": rotation,
            "at": at,
            "strangers": Jsonb(
                [{"start": start, "said": said} for start, said in reading.strangers]
            ),
            "gaps": Jsonb([{"start": start, "end": end} for start, end in reading.gaps]),
            "doubts": Jsonb(list(reading.doubts)),
        }
        async with self._pool.connection() as conn:
            await conn.execute(REMEMBER, given)

    async def failed(self, rotation: str, error: str) -> None:
        """They could not: what was read before stays."""
        async with self._pool.connection() as conn:
            await conn.execute(FAILED, {"rotation": rotation, "error": error})

    async def forget_others(self, rotations: Sequence[str]) -> None:
        """Those that the configuration does not have any more."""
        async with self._pool.connection() as conn:
            await conn.execute(FORGET, {"kept": list(rotations)})


async def book_of(conn: AsyncConnection[Any]) -> RotaBook:
    """All that the log has of it, for the history."""
    book = RotaBook(keep=None)
    for event in (await event_store.read_streams(conn, [STREAM]))[STREAM]:
        book.take(event)
    return book
