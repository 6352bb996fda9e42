"""Everything that happened to a ticket, in order, with the reason why its clocks moved."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from command_side.deciding.casefile import PolicyBook
from engine.sla.instants import rfc3339, rfc3339_or_none
from query_side import spreadsheet
from query_side.audit.replay import Asked, Replay, answered
from query_side.audit.story import Entry, Story, home, names
from query_side.audit.untold import untold
from query_side.audit.witness import Witness
from query_side.audit.wording import Words
from query_side.reading import waiting
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
        response_model=Timeline,
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    async def timeline(
        question: Asked,
        tz: TimeZone = None,
        format: Annotated[
            Literal["json", "csv"], Query(description="csv: for a spreadsheet, without segments")
        ] = "json",
    ) -> Timeline | Response:
        """What was reported, what it did to the clocks, who was told, and which channels were not
        (`undelivered`: as of now, so not with `known_at`), oldest first, each in a sentence."""
        witness = Witness()
        async with pool.connection() as conn:
            found = await answered(conn, book, question, now, witness)
            gone = await erased(conn, found.ticket)
            left = () if question.known_at else await untold(conn, found.ticket)
        words = words_for(found, book, gone, tz)
        entries = Story(found, witness.changes, words, left).entries()
        if format == "csv":
            return Response(
                as_csv(entries),
                media_type="text/csv",
                headers={"Content-Disposition": 'attachment; filename="timeline.csv"'},
            )
        return Timeline(
            ticket_id=found.ticket,
            external_id=found.external_id,
            as_of=rfc3339(found.at),
            known_at=rfc3339_or_none(found.known_at),
            time_zone=words.zone(),
            entries=entries,
        )

    return router


def as_csv(entries: Sequence[Entry]) -> str:
    """A line for each, in whose cells a spreadsheet finds no formulas."""
    columns = [name for name in Entry.model_fields if name != "segments"]
    rows = (entry.model_dump(mode="json", include=set(columns)) for entry in entries)
    return spreadsheet.as_csv(columns, rows)


async def erased(conn: AsyncConnection[Any], ticket: UUID) -> Collection[int]:
    """The positions of events that had names once."""
    cursor = await conn.execute(ERASED, [ticket])
    return {position for (position,) in await cursor.fetchall()}


def words_for(found: Replay, book: PolicyBook, gone: Collection[int], tz: str | None) -> Words:
    """What the sentences of a ticket have in common; `gone` are those of `erased`."""
    return Words(
        tz,
        home(found.fold),
        names(found.stream, gone),
        {policy.version: policy.author for policy in book.all},
        {one.version: (one.since, one.reason) for one in book.all if one.since is not None},
    )
