"""READ: windows in which alerts are recorded but not sent."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, LiteralString

from fastapi import APIRouter, Depends, Query
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from query_side import sql
from query_side.reading import Instant, Standing, count, waiting

WHICH: LiteralString = "WHERE %(over)s::boolean IS NULL OR %(over)s = " + sql.load("silence_over")
LISTED = 10
"""Of what a silence has muted, so much is named."""


class Muted(BaseModel):
    """An alert that nobody was told of because of it."""

    alert_id: str = Field(description="As the streams and `/alerts` have it")
    ticket_id: str
    external_id: str
    type: Literal["alert", "escalation"]
    clock: str
    severity: str
    escalation_level: int = Field(description="Of an escalation the level itself")
    raised_at: Instant = Field(description="When it was recorded")


class Silence(BaseModel):
    """One silence."""

    silence_id: str
    matchers: dict[str, list[str | None]] = Field(
        description="Field to accepted values, null: nothing; all must match"
    )
    since: Instant = Field(
        serialization_alias="from", description="When it begins, or its first window"
    )
    until: Instant = Field(description="The end of the last of its windows")
    windows: int = Field(description="How many times it recurs, the first included")
    rrule: str | None = Field(description="By which it recurs")
    time_zone: str | None = Field(description="In whose local time it recurs")
    reason: str | None
    created_by: str | None
    created_at: Instant
    ended_at: Instant | None = Field(description="When somebody ended it before its time")
    active: bool = Field(description="In force at the time of asking")
    state: Literal["planned", "in_force", "ended"] = Field(
        description="At the time of asking; planned: a window is to come, or another one"
    )
    window_until: Instant | None = Field(description="In force: when that ends")
    next_from: Instant | None = Field(description="When the next window begins")
    muted_alerts: int = Field(
        description="Alerts and escalations that nobody was told of because of it, so far"
    )
    muted_tickets: int = Field(description="Of so many tickets")
    muted_reminders: int = Field(
        description="Reminders of alerts told before; where all are 0, it has muted nothing"
    )
    muted: list[Muted] = Field(description=f"The newest of them, at most {LISTED}")


class Silences(BaseModel):
    """A page of them, newest first."""

    page: int
    total: int = Field(description="Silences on all pages")
    items: list[Silence]


def build(pool: AsyncConnectionPool, now: Callable[[], datetime]) -> APIRouter:
    """The route of the silences."""
    router = APIRouter(tags=["Queries"])

    @router.get(
        "/silences",
        operation_id="list_silences",
        summary="All silences",
        dependencies=[Depends(waiting(pool, "silences"))],
    )
    async def silences(question: Annotated[Standing, Query()]) -> Silences:
        """Past and planned ones too; `state` says which are in force, and `muted` what each has
        kept quiet."""
        arguments = {
            "now": now(),
            "over": question.over,
            "listed": LISTED,
            "limit": question.limit,
            "offset": question.offset,
        }
        async with (
            pool.connection() as conn,
            conn.cursor(row_factory=class_row(Silence)) as cursor,
        ):
            await cursor.execute(sql.load("silences").replace("{which}", WHICH), arguments)
            items = await cursor.fetchall()
            total = await count(conn, "silences " + WHICH, arguments)
        return Silences(page=question.page, total=total, items=items)

    return router
