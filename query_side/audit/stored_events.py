"""AUDIT: a ticket's events, as they are stored."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field
from pydantic_core import from_json

from command_side.deciding.events import shown
from command_side.event_store import Recorded, read_streams
from query_side import tickets
from query_side.reading import Instant, waiting
from query_side.tickets import Source, TicketKey


class StoredEvent(BaseModel):
    """One event."""

    position: int = Field(description="In the log of everything")
    version: int = Field(description="In the ticket's own stream")
    topic: str
    occurred_at: Instant = Field(description="The source's time")
    recorded_at: Instant = Field(description="Our time")
    correlation_id: str | None
    payload: dict[str, Any] = Field(
        description="What it says; `personal` is null once it has been erased. Of `facts`, the"
        " state and the cycles are as of `facts.at`, and the level is that of `recorded_at`"
    )


class StoredEvents(BaseModel):
    """A ticket's stream, oldest first."""

    ticket_id: UUID
    events: list[StoredEvent]


def build(pool: AsyncConnectionPool) -> APIRouter:
    """The route of the stored events."""
    router = APIRouter(prefix="/tickets", tags=["Audit"])

    @router.get(
        "/{id:path}/events",
        operation_id="list_ticket_events",
        summary="A ticket's stored events",
        dependencies=[Depends(waiting(pool))],
    )
    async def events(
        key: TicketKey,
        source: Source = None,
        raw: Annotated[
            bool, Query(description="The stored JSON itself, with its short names and integers.")
        ] = False,
    ) -> StoredEvents:
        """The stream in the order in which it was recorded: with whole names, times as RFC 3339 and
        spans in seconds, or with `raw` as it is stored.

        The `facts` of an event are of two instants: `state` and the cycles are counted up to `at`,
        the source's time of the newest thing that has taken effect, and `warning_at`,
        `critical_at` and `breached_at` say how they go on; `level` is the one reached when the
        event was recorded (`recorded_at`)."""
        async with pool.connection() as conn:
            ticket = await tickets.find(conn, key, source)
            stream = (await read_streams(conn, [ticket]))[ticket]
        return StoredEvents(
            ticket_id=ticket,
            events=[
                StoredEvent(
                    position=event.position,
                    version=event.version,
                    topic=event.topic,
                    occurred_at=event.occurred_at,
                    recorded_at=event.recorded_at,
                    correlation_id=event.correlation_id,
                    payload=_payload(event, raw=raw),
                )
                for event in stream
            ],
        )

    return router


def _payload(event: Recorded, *, raw: bool) -> dict[str, Any]:
    if raw:
        personal = None if event.said is None else from_json(event.said)
        return {**from_json(event.state), "personal": personal}
    personal = None if event.said is None else shown(event.personal)
    return {**shown(event.body), "personal": personal}
