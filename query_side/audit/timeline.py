"""Everything that happened to a ticket, in order, with the reason why its clocks moved."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from command_side.addressing import resolve
from command_side.deciding.casefile import PolicyBook
from engine.sla.instants import micros, rfc3339
from query_side.audit.replay import replay
from query_side.audit.story import Entry, Story, home, names
from query_side.audit.witness import Witness
from query_side.audit.wording import Words
from query_side.reading import AsOf, KnownAt, waiting
from query_side.tickets import Source, TicketKey
from query_side.time_zones import TimeZone

ERASED: LiteralString = """
SELECT notification_id FROM events
WHERE originator_id = %s AND personal IS NULL AND commitment IS NOT NULL
"""


class Timeline(BaseModel):
    """A ticket's history, by what was known then."""

    ticket_id: UUID
    external_id: str
    as_of: str
    known_at: str | None
    time_zone: str = Field(
        description="Of the instants in sentences, unless a sentence names another: the one asked"
        " for, or that of the calendar."
    )
    entries: list[Entry]


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    now: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(tags=["Audit"], dependencies=[Depends(waiting(pool))])

    @router.get(
        "/tickets/{id:path}/timeline",
        operation_id="get_ticket_timeline",
        summary="Everything that happened, and why",
    )
    async def timeline(
        key: TicketKey,
        source: Source = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        tz: TimeZone = None,
    ) -> Timeline:
        """What was reported, what it did to the clocks, and who was told, oldest first, each in a
        sentence."""
        witness = Witness()
        async with pool.connection() as conn:
            ticket = await resolve(conn, key, source)
            at = as_of or known_at or now()
            found = await replay(
                conn, book, ticket, as_of=at, known_at=known_at, asked=key, seen=witness
            )
            erased = await conn.execute(ERASED, [ticket])
            gone = {position for (position,) in await erased.fetchall()}
        words = Words(
            tz,
            home(found.fold),
            names(found.stream, gone),
            {policy.version: policy.author for policy in book.all},
            {one.version: (one.since, one.reason) for one in book.all if one.since is not None},
        )
        return Timeline(
            ticket_id=ticket,
            external_id=found.external_id,
            as_of=rfc3339(found.at),
            known_at=None if known_at is None else rfc3339(micros(known_at)),
            time_zone=words.zone(),
            entries=Story(found, witness.changes, words).entries(),
        )

    return router
