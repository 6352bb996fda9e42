"""READ: one ticket, and how its status changed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, LiteralString, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field
from pydantic_core import to_json

from query_side import sql
from query_side.errors import Ambiguous, NotFound
from query_side.reading import AsOf, Instant, KnownAt, parse_uuid, waiting

TicketKey = Annotated[
    str,
    Path(
        alias="id",
        description="The ticket id, or an external id (with `source` if it is not unique). One that"
        " ends like one of these paths, such as `a/sla`, is found by the ticket id only.",
    ),
]
Source = Annotated[str | None, Query(description="The source system of an external id.")]


Answer = TypeVar("Answer", bound=BaseModel)
Folded = Callable[[AsyncConnection, UUID], Awaitable[Mapping[str, Sequence[Mapping[str, Any]]]]]
"""Answers the rows that a ticket will have in the read tables, by table, from the log."""
TAGS: Mapping[str, Any] = {"tags": []}
"""What the table itself puts into a row that names no tags."""


class TicketSummary(BaseModel):
    """A ticket as the dashboard lists it."""

    ticket_id: UUID
    external_id: str
    source: str
    title: str | None
    status: str
    phase: str
    priority: str
    customer_tier: str
    rule: str | None
    on_purpose: bool
    team: str | None
    type: str | None
    organization: str | None
    assigned_to: str | None
    tags: list[str]
    created_at: Instant
    updated_at: Instant
    sla_state: str = Field(
        description="compliant, warning, critical, breached or untracked, at the time of asking"
    )
    due_at: Instant | None = Field(description="The earliest deadline of its running clocks")
    due_in_seconds: float | None = Field(description="From now to `due_at`; negative: overdue")
    resumes_at: Instant | None = Field(
        description="When the first of its paused clocks runs again by itself"
    )
    next_due_at: Instant | None = Field(
        description="The earliest deadline of its running clocks that can still be met"
    )
    next_due_in_seconds: float | None
    next_clock: str | None = Field(description="The clock whose deadline that is")
    escalation_level: int
    acknowledged_at: Instant | None
    acknowledged_until: Instant | None = Field(
        description="When the acknowledgement lapses: a breach, foreseen or not, ends it"
    )
    snoozed_until: Instant | None
    policy_version: int
    position: int = Field(description="Of the last event that changed it")


class TicketDetails(TicketSummary):
    """A ticket with everything known of it."""

    description: str | None
    updated_by: str | None
    acknowledged_by: str | None
    observations: int = Field(description="Stored so far, late ones included")
    late: int = Field(description="How many of them arrived out of order")


class StatusChange(BaseModel):
    """From one status to another; the first has no `from`."""

    from_: str | None = Field(alias="from")
    to: str
    phase: str
    at: Instant
    by: str | None
    late: bool = Field(description="It became known only after something newer")


class TicketHistory(BaseModel):
    """The status changes of a ticket, oldest first."""

    ticket_id: UUID
    items: list[StatusChange]


async def find(conn: AsyncConnection, key: str, source: str | None) -> UUID:
    """The ticket that `key` names; raises NotFound or Ambiguous."""
    own_id = parse_uuid(key)
    cursor = await conn.execute(
        sql.load("ticket_lookup"), {"ticket_id": own_id, "external_id": key, "source": source}
    )
    found: list[tuple[UUID, str]] = await cursor.fetchall()
    if not found:
        raise NotFound(f"there is no ticket {key}" + (f" in {source}" if source else ""))
    if len(found) > 1 and found[0][0] != own_id:
        raise Ambiguous(key, [name for _, name in found])
    return found[0][0]


async def details(
    conn: AsyncConnection, ticket_id: UUID, *, now: datetime, folded: Folded
) -> TicketDetails:
    """A ticket that `find` has found."""
    arguments = {"ticket_id": ticket_id, "now": now}
    [answer] = await _ask(conn, TicketDetails, "ticket", arguments, folded)
    return answer


async def details_of(
    folded: Mapping[str, Sequence[Mapping[str, Any]]], conn: AsyncConnection, *, now: datetime
) -> TicketDetails | None:
    """The ticket that these rows were folded of, as far as the log goes; None: there is none."""
    ids = [row["ticket_id"] for row in folded["tickets"]]
    if not ids:
        return None
    arguments = {"ticket_id": ids[0], "now": now}
    [answer] = await _ask_of(folded, conn, TicketDetails, "ticket", arguments)
    return answer


async def history(
    conn: AsyncConnection,
    ticket_id: UUID,
    *,
    as_of: datetime,
    known_at: datetime | None,
    folded: Folded,
) -> list[StatusChange]:
    """What had happened by `as_of`, by what was known at `known_at` (None: now)."""
    arguments = {"ticket_id": ticket_id, "as_of": as_of, "known_at": known_at}
    return await _ask(conn, StatusChange, "ticket_history", arguments, folded)


async def _ask(
    conn: AsyncConnection,
    kind: type[Answer],
    question: str,
    arguments: Mapping[str, Any],
    folded: Folded,
) -> list[Answer]:
    """Asks the tables, and where they have nothing to say yet, the log."""
    text: LiteralString = sql.load(question)
    async with conn.cursor(row_factory=class_row(kind)) as cursor:
        await cursor.execute(text, arguments)
        if found := await cursor.fetchall():
            return found
    rows = await folded(conn, arguments["ticket_id"])
    return await _ask_of(rows, conn, kind, question, arguments)


async def _ask_of(
    folded: Mapping[str, Sequence[Mapping[str, Any]]],
    conn: AsyncConnection,
    kind: type[Answer],
    question: str,
    arguments: Mapping[str, Any],
) -> list[Answer]:
    text: LiteralString = sql.load(question)
    rows = {**folded, "tickets": [{**TAGS, **row} for row in folded["tickets"]]}
    asked = {name: to_json(table).decode() for name, table in rows.items()}
    whole = sql.load("from_the_log").replace("{question}", text)
    async with conn.cursor(row_factory=class_row(kind)) as cursor:
        await cursor.execute(whole, {**arguments, **asked}, prepare=False)
        return await cursor.fetchall()


def build(pool: AsyncConnectionPool, now: Callable[[], datetime], folded: Folded) -> APIRouter:
    """The route of a ticket's history."""
    router = APIRouter(prefix="/tickets", tags=["Queries"])

    @router.get(
        "/{id:path}/history",
        operation_id="get_ticket_history",
        summary="A ticket's status changes",
        dependencies=[Depends(waiting(pool, "tickets", "ticket_status_history"))],
    )
    async def ticket_history(
        key: TicketKey, source: Source = None, as_of: AsOf = None, known_at: KnownAt = None
    ) -> TicketHistory:
        """One entry per change of status, oldest first; late ones stand where they belong."""
        at = as_of or known_at or now()
        async with pool.connection() as conn:
            ticket_id = await find(conn, key, source)
            changes = await history(conn, ticket_id, as_of=at, known_at=known_at, folded=folded)
            return TicketHistory(ticket_id=ticket_id, items=changes)

    return router


def itself(pool: AsyncConnectionPool, now: Callable[[], datetime], folded: Folded) -> APIRouter:
    """The route of a ticket. An external id may hold a slash: every other path of a ticket, on
    whichever router, has to be looked at before this one."""
    router = APIRouter(prefix="/tickets", tags=["Queries"])

    @router.get(
        "/{id:path}",
        operation_id="get_ticket",
        summary="A ticket's current state",
        dependencies=[Depends(waiting(pool, "tickets", "ticket_clocks"))],
    )
    async def ticket(key: TicketKey, source: Source = None) -> TicketDetails:
        """With the counts of its observations, and its SLA state at the time of asking."""
        async with pool.connection() as conn:
            found = await find(conn, key, source)
            return await details(conn, found, now=now(), folded=folded)

    return router
