"""READ: what was refused because its key was taken by other content."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from query_side import sql
from query_side.reading import Instant, parse_uuid, waiting


class Conflict(BaseModel):
    """An observation that was not applied."""

    position: int
    ticket_id: UUID
    external_id: str | None
    source: str | None
    updated_at: Instant = Field(description="With `revision`, the key that was taken")
    revision: int
    content: dict[str, Any] = Field(description="As received")
    recorded_at: Instant
    correlation_id: str | None


class Conflicts(BaseModel):
    """A page of them, oldest first."""

    items: list[Conflict]
    next_after: int = Field(description="Pass as `after` for the next page")


class Question(BaseModel):
    """Which conflicts are asked for."""

    after: int = Field(0, ge=0, description="Only what comes after this position")
    ticket_id: str | None = Field(None, description="A ticket id or an external id")
    limit: int = Field(100, ge=1, le=1000)
    wait_for: int | None = None


async def conflicts(pool: AsyncConnectionPool, question: Question) -> Conflicts:
    """A page after a position."""
    arguments: dict[str, Any] = {
        "after": question.after,
        "ticket_id": parse_uuid(question.ticket_id),
        "external_id": question.ticket_id,
        "limit": question.limit,
    }
    async with pool.connection() as conn, conn.cursor(row_factory=class_row(Conflict)) as cursor:
        await cursor.execute(sql.load("conflicts"), arguments, prepare=False)
        items = await cursor.fetchall()
    return Conflicts(items=items, next_after=items[-1].position if items else question.after)


def build(pool: AsyncConnectionPool) -> APIRouter:
    """The route of the conflicts."""
    router = APIRouter(tags=["Queries"])

    @router.get(
        "/conflicts",
        operation_id="list_conflicts",
        summary="Observations that were refused",
        dependencies=[Depends(waiting(pool, "conflicts", "tickets"))],
    )
    async def refused(question: Annotated[Question, Query()]) -> Conflicts:
        """Same key, other content: kept to be read, never applied."""
        return await conflicts(pool, question)

    return router
