"""What became known of a ticket between two instants, and what that has changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from command_side.addressing import resolve
from command_side.deciding.casefile import PolicyBook
from engine.sla.timeline import Fold
from engine.sla.uses import Uses
from query_side import reading
from query_side.audit.differing import Known, differences
from query_side.audit.replay import Replay, replay
from query_side.audit.story import Entry, Story
from query_side.audit.timeline import erased, words_for
from query_side.audit.witness import Witness
from query_side.reading import AsOf, Instant, waiting
from query_side.tickets import Source, TicketKey
from query_side.time_zones import TimeZone


@dataclass(frozen=True, slots=True)
class Question:
    """Which ticket is asked about, and which two instants are compared."""

    key: TicketKey
    known_at: Annotated[reading.Asked, Query(description="By what was known then…")]
    other: Annotated[
        reading.Asked,
        Query(alias="and", description="…and by what was known then; either may be the earlier"),
    ]
    source: Source = None
    as_of: AsOf = None


class Differs(BaseModel):
    """All that differs of one cycle, or of the ticket itself."""

    clock: str | None = Field(description="Null: it is of the ticket itself")
    cycle: int | None
    what: list[str] = Field(
        description="Names as in the answers of `sla` and `breakdown`; `target` is the promise."
        " Empty: by one of the two there was no such cycle"
    )
    explanation: str = Field(description="Both, in a sentence")


class Differences(BaseModel):
    """How a ticket stands at one instant, by what was known at two."""

    ticket_id: UUID
    external_id: str
    as_of: Instant
    known_at: Instant = Field(description="The earlier of the two")
    known_later_at: Instant = Field(description="The later of the two")
    time_zone: str = Field(description="Of the instants in sentences, unless one names another")
    heard: list[Entry] = Field(
        description="What was recorded in between, after the one and up to the other, oldest first"
    )
    differences: list[Differs] = Field(description="Of the ticket, then of each of its cycles")


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    now: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(tags=["Audit"], dependencies=[Depends(waiting(pool))])

    @router.get(
        "/tickets/{id:path}/differences",
        operation_id="get_ticket_differences",
        summary="What a ticket's clocks showed by what was known at two instants",
    )
    async def differing(
        question: Annotated[Question, Depends()], tz: TimeZone = None
    ) -> Differences:
        """The ticket at `as_of`, by default the later of the two instants, once by what was known
        at the one and once by what was known at the other: what differs, in sentences, and what was
        heard in between. Only what was learned makes a difference, not that time has passed."""
        first, last = sorted((question.known_at, question.other))
        as_of = question.as_of or last
        witness, uses = Witness(), (Uses(), Uses())

        def seen(fold: Fold) -> None:
            witness(fold)
            uses[1](fold)

        async with pool.connection() as conn:
            ticket = await resolve(conn, question.key, question.source)

            async def known(at: datetime, watch: Callable[[Fold], None]) -> Replay:
                return await replay(
                    conn, book, ticket, as_of=as_of, known_at=at, asked=question.key, seen=watch
                )

            before, after = await known(first, uses[0]), await known(last, seen)
            gone = await erased(conn, ticket)
        words = words_for(after, book, gone, tz)
        entries = Story(after, witness.changes, words).entries()
        found = differences(_known(before, uses[0]), _known(after, uses[1]), words)
        return Differences(
            ticket_id=ticket,
            external_id=after.external_id,
            as_of=as_of,
            known_at=first,
            known_later_at=last,
            time_zone=words.zone(),
            heard=[one for one in entries if one.recorded_at and first < one.recorded_at],
            differences=[
                Differs(
                    clock=one.clock,
                    cycle=one.cycle,
                    what=list(one.what),
                    explanation=one.explanation,
                )
                for one in found
            ],
        )

    return router


def _known(found: Replay, uses: Uses) -> Known:
    return Known(found.known_at or 0, found.fold, uses, found.began)
