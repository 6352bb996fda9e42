"""READ: time that is agreed not to count."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, LiteralString

from fastapi import APIRouter, Depends, Query
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from query_side import sql
from query_side.reading import Instant, Standing, count, waiting

WHICH: LiteralString = "WHERE %(over)s::boolean IS NULL OR %(over)s = " + sql.load("excuse_over")


class Applied(BaseModel):
    """How far the newest change of an excuse has come."""

    done: int = Field(description="Tickets that it has moved so far")
    total: int | None = Field(description="All that it moves; null: not known before the end")


class Excuse(BaseModel):
    """One excuse."""

    excuse_id: str
    state: Literal["planned", "in_force", "ended", "withdrawn"] = Field(
        description="At the time of asking"
    )
    since: Instant = Field(
        serialization_alias="from", description="The first instant that does not count"
    )
    until: Instant | None = Field(description="The end of the last window; null: it is going on")
    windows: int = Field(description="How many times it recurs, the first included")
    match: dict[str, Any] = Field(description="What a ticket must say of itself; empty: every one")
    unless: dict[str, Any] = Field(description="What it must not say")
    clocks: list[str] | None = Field(description="Null: all of them")
    reason: str
    rrule: str | None = Field(description="By which it recurs")
    time_zone: str | None = Field(description="In whose local time it recurs")
    granted_at: Instant = Field(description="When it was recorded")
    granted_by: str | None = Field(description="Who granted it")
    ended_at: Instant | None = Field(description="From when on time counts again")
    ended_by: str | None = Field(description="Who ended it")
    withdrawn_at: Instant | None = Field(description="When it was withdrawn whole")
    withdrawn_by: str | None = Field(description="Who withdrew it")
    withdrawn_reason: str | None = Field(description="Why")
    applied: Applied = Field(description="To the tickets that it concerns")


class Excuses(BaseModel):
    """A page of them, newest first."""

    page: int
    total: int = Field(description="Excuses on all pages")
    items: list[Excuse]


def build(pool: AsyncConnectionPool, now: Callable[[], datetime]) -> APIRouter:
    """The route of the excuses."""
    router = APIRouter(tags=["Queries"])

    @router.get(
        "/excuses",
        operation_id="list_excuses",
        summary="All that was ever excused",
        dependencies=[Depends(waiting(pool, "excuses"))],
    )
    async def excuses(question: Annotated[Standing, Query()]) -> Excuses:
        """Past, withdrawn and planned ones too; `applied` says how many tickets have been moved."""
        arguments = {
            "now": now(),
            "over": question.over,
            "limit": question.limit,
            "offset": question.offset,
        }
        async with pool.connection() as conn, conn.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(sql.load("excuses").replace("{which}", WHICH), arguments)
            items = [_excuse(row) for row in await cursor.fetchall()]
            total = await count(conn, "excuses " + WHICH, arguments)
        return Excuses(page=question.page, total=total, items=items)

    return router


def _excuse(row: dict[str, Any]) -> Excuse:
    applied = Applied(done=row.pop("done"), total=row.pop("total"))
    return Excuse(since=row.pop("starts_at"), applied=applied, **row)
