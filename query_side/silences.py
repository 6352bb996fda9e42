"""READ: windows in which alerts are recorded but not sent."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from query_side import sql
from query_side.reading import Instant, Paged, count, waiting


class Silence(BaseModel):
    """One silence."""

    silence_id: str
    matchers: dict[str, list[str]] = Field(description="Field to accepted values; all must match")
    until: Instant
    reason: str | None
    created_by: str | None
    created_at: Instant
    ended_at: Instant | None = Field(description="When somebody ended it before its time")
    active: bool = Field(description="In force at the time of asking")


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
    async def silences(question: Annotated[Paged, Query()]) -> Silences:
        """Past ones too; `active` says which are in force."""
        arguments = {
            "now": now(),
            "limit": question.limit,
            "offset": question.offset,
        }
        async with (
            pool.connection() as conn,
            conn.cursor(row_factory=class_row(Silence)) as cursor,
        ):
            await cursor.execute(sql.load("silences"), arguments)
            items = await cursor.fetchall()
            total = await count(conn, "silences")
        return Silences(page=question.page, total=total, items=items)

    return router
