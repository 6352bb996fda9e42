"""READ: which deadlines will be missed in the next hours if nothing happens."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from query_side import sql
from query_side.reading import Instant, snapshot, waiting

READ = ("tickets", "ticket_clocks")
LOCKED: LiteralString = "LOCK TABLE tickets, ticket_clocks IN ACCESS SHARE MODE"


class Coming(BaseModel):
    """A clock that runs, or will by itself, and whose deadline lies ahead."""

    ticket_id: UUID
    external_id: str
    source: str
    title: str | None
    status: str
    priority: str
    customer_tier: str
    assigned_to: str | None
    rule: str | None
    clock: str
    cycle: int
    severity: str = Field(description="compliant, warning or critical, at the time of asking")
    warning_at: Instant | None
    critical_at: Instant | None
    due_at: Instant
    overdue_from: Instant = Field(
        description="When it is breached: the first instant after `due_at` that counts"
    )
    due_in_seconds: float
    resumes_at: Instant | None = Field(
        description="When it runs again by itself: it is paused, and may be no longer"
    )
    acknowledged_until: Instant | None
    snoozed_until: Instant | None


class Forecast(BaseModel):
    """What is breached by `until` if nothing happens, soonest first."""

    at: Instant
    until: Instant
    items: list[Coming]
    total: int = Field(description="Clocks, those beyond `limit` included")


class _Row(Coming):
    total: int = Field(exclude=True)


class Question(BaseModel):
    """How far to look ahead."""

    hours: float = Field(4, gt=0, le=24 * 366, description="How far to look ahead")
    limit: int = Field(100, ge=1, le=1000)
    wait_for: int | None = None


def build(pool: AsyncConnectionPool, now: Callable[[], datetime]) -> APIRouter:
    """The route of what is to come."""
    router = APIRouter(tags=["Queries"])

    @router.get(
        "/forecast",
        operation_id="get_forecast",
        summary="Deadlines that will be missed in the next hours if nothing happens",
        dependencies=[Depends(waiting(pool, *READ))],
    )
    async def forecast(question: Annotated[Question, Query()]) -> Forecast:
        """Of running clocks only, and of paused ones that will run again by themselves: any other
        comes no nearer to its deadline. What is breached already is on the board. `hours` count by
        the calendar on the wall, deadlines by that of the clock."""
        at = now()
        until = at + timedelta(hours=question.hours)
        arguments = {"now": at, "until": until, "limit": question.limit}
        async with (
            snapshot(pool, LOCKED) as conn,
            conn.cursor(row_factory=class_row(_Row)) as cursor,
        ):
            await cursor.execute(sql.load("forecast"), arguments)
            rows = await cursor.fetchall()
        return Forecast(at=at, until=until, items=list(rows), total=rows[0].total if rows else 0)

    return router
