"""READ: the board: tickets by filter and page, with their states at the time of asking."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Annotated, Any, Literal, LiteralString, NamedTuple, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from query_side import sql
from query_side.filtering import Filters, Policies, chosen
from query_side.reading import Asked, Instant, snapshot, waiting
from query_side.tickets import TicketSummary

Order = Literal[
    "due_at",
    "-due_at",
    "next_due_at",
    "-next_due_at",
    "sla_state",
    "-sla_state",
    "priority",
    "-priority",
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
    "external_id",
    "-external_id",
    "customer_tier",
    "-customer_tier",
    "status",
    "-status",
    "assigned_to",
    "-assigned_to",
    "escalation_level",
    "-escalation_level",
]
WORST_FIRST: LiteralString = (
    "array_position(ARRAY['breached', 'critical', 'warning', 'compliant', 'untracked'],"
    " {sla_state})"
)
READ = ("tickets", "ticket_clocks")
Excused = Callable[[AsyncConnection[Any], Sequence[UUID], datetime], Awaitable[Collection[UUID]]]
"""Answers those of some tickets of which a clock stands still then, by agreement."""
Then = Callable[[datetime, datetime | None], AbstractAsyncContextManager["Stood"]]
"""Makes the board of an instant, by what was known at another. Raises RequestValidationError where
that is too much work."""
LOCKED: LiteralString = "LOCK TABLE tickets, ticket_clocks, projections IN ACCESS SHARE MODE"
EXPRESSIONS: Mapping[str, LiteralString] = {
    "due_at": "t.due_at",
    "next_due_at": "CASE WHEN t.due_at > %(now)s THEN t.due_at ELSE later.due_at END",
    "sla_state": WORST_FIRST,
    "priority": "lower(t.priority)",
    "created_at": "t.created_at",
    "updated_at": "t.newest_at",
    "external_id": "t.external_id",
    "customer_tier": "lower(t.customer_tier)",
    "status": "lower(t.status)",
    "assigned_to": "lower(t.assigned_to)",
    "escalation_level": "t.level",
}


class Stood(NamedTuple):
    """A connection that sees the board as it stood."""

    conn: AsyncConnection[Any]
    position: int
    """Everything up to here is in it."""
    still: Collection[UUID]
    """Of those that were replayed, the tickets of which a clock stood still by agreement."""
    replayed: Collection[UUID]


class Summary(BaseModel):
    """How many tickets are in which state, under all filters but `sla_state`."""

    compliant: int = 0
    warning: int = 0
    critical: int = 0
    breached: int = 0
    untracked: int = 0


class Listed(TicketSummary):
    """A ticket on the board."""

    standing_still: Literal["excused"] | None = Field(
        None,
        description="excused: of a clock that is open no time counts at the time of asking, by"
        " agreement. Out of hours is not said here",
    )


class Dashboard(BaseModel):
    """One page of tickets."""

    at: Instant = Field(description="The instant of the answer: the states are those of then")
    items: list[Listed]
    page: int
    size: int
    total: int = Field(description="Tickets under all filters, on all pages")
    summary: Summary
    as_of_position: int = Field(description="Everything up to here is in the answer")


class Question(Filters):
    """What the board is asked for."""

    page: int = Field(1, ge=1, le=1_000_000)
    size: int = Field(50, ge=1, le=500)
    sort: Order = Field(
        "due_at",
        description="`-` in front: descending; unknown values come last. `next_due_at`: what can"
        " still be saved, the soonest first, then the overdue, the latest first",
    )
    as_of: Asked | None = Field(
        None, description="The board as it stood then, from what had happened until then"
    )
    known_at: Asked | None = Field(
        None, description="By what was known then; alone it implies `as_of`"
    )
    wait_for: int | None = None


def _order(question: Question) -> LiteralString:
    name = question.sort.removeprefix("-")
    expression = EXPRESSIONS[name].replace("{sla_state}", sql.load("sla_state"))
    order = expression + (" DESC NULLS LAST" if question.sort.startswith("-") else " NULLS LAST")
    return order + ", t.due_at DESC NULLS LAST" if name == "next_due_at" else order


def _items(question: Question, filters: LiteralString) -> LiteralString:
    by_next = question.sort.removeprefix("-") == "next_due_at"
    return (
        sql.load("dashboard_items")
        .replace("{filters}", filters)
        .replace("{order}", _order(question))
        .replace("{soonest}", sql.load("dashboard_soonest") if by_next else "")
    )


async def dashboard(
    pool: AsyncConnectionPool,
    excused: Excused,
    policies: Policies,
    then: Then,
    question: Question,
    *,
    now: datetime,
) -> Dashboard:
    """Page, summary and position of one snapshot."""
    at = question.as_of or question.known_at or now
    if at is now:
        async with snapshot(pool, LOCKED) as conn:
            cursor = await conn.execute(
                "SELECT coalesce(min(position), 0) FROM projections WHERE name = ANY(%s)",
                (list(READ),),
            )
            (position,) = cast("tuple[int]", await cursor.fetchone())
            return await _seen(Stood(conn, position, (), ()), excused, policies, question, at)
    async with then(at, question.known_at) as stood:
        return await _seen(stood, excused, policies, question, at)


async def _seen(
    stood: Stood, excused: Excused, policies: Policies, question: Question, now: datetime
) -> Dashboard:
    conn = stood.conn
    arguments = {
        **question.arguments(now, policies()),
        "size": question.size,
        "offset": (question.page - 1) * question.size,
    }
    filters = await chosen(conn, question, arguments)
    by_name = question.asks_clocks or arguments["found"] is not None
    summary = "dashboard_summary_whole" if by_name else "dashboard_summary"
    summary_query = sql.load(summary).replace("{filters}", filters)
    # Never a kept plan: which filters are given decides which index serves.
    summed = await conn.execute(summary_query, arguments, prepare=False)
    counts = dict(cast("list[tuple[str, int]]", await summed.fetchall()))
    async with conn.cursor(row_factory=class_row(Listed)) as cursor:
        await cursor.execute(_items(question, filters), arguments, prepare=False)
        items = await cursor.fetchall()
    settled = [one.ticket_id for one in items if one.ticket_id not in stood.replayed]
    still = {*stood.still, *await excused(conn, settled, now)}
    for one in items:
        one.standing_still = "excused" if one.ticket_id in still else None
    shown = question.sla_state or list(counts)
    return Dashboard(
        at=now,
        items=items,
        page=question.page,
        size=question.size,
        total=sum(counts.get(state, 0) for state in set(shown)),
        summary=Summary(**counts),
        as_of_position=stood.position,
    )


def build(
    pool: AsyncConnectionPool,
    now: Callable[[], datetime],
    excused: Excused,
    policies: Policies,
    then: Then,
) -> APIRouter:
    """The route of the board."""
    router = APIRouter(tags=["Queries"])

    @router.get(
        "/dashboard",
        operation_id="get_dashboard",
        summary="The board: tickets, filtered and paged",
        dependencies=[Depends(waiting(pool, *READ))],
    )
    async def board(question: Annotated[Question, Query()]) -> Dashboard:
        """States are computed at the time of the request. Filters ignore case and may be repeated
        or comma lists; closed tickets are included unless `status` says otherwise. The summary
        counts under all filters but `sla_state`. With `as_of` or `known_at` it is the board of
        then: tickets that have changed since are replayed from the log, up to 2,000 of them."""
        return await dashboard(pool, excused, policies, then, question, now=now())

    return router
