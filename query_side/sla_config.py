"""READ: the configuration in force, and every version before it."""

from typing import Annotated, LiteralString

from fastapi import APIRouter, Depends, Query
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from query_side.errors import NotFound
from query_side.reading import Instant, Paged, count, waiting

VERSIONS: LiteralString = """
SELECT version, hash, author, accepted_at, apply_to, since, reason, content
FROM sla_config_history
ORDER BY version DESC LIMIT %(limit)s OFFSET %(offset)s
"""


class ConfigVersion(BaseModel):
    """One accepted configuration."""

    version: int
    hash: str
    author: str | None
    accepted_at: Instant
    apply_to: str = Field(description="open_tickets or new_tickets")
    since: Instant | None = Field(
        description="In force as if it had been accepted then; null: from its acceptance on"
    )
    reason: str = Field(description="Why somebody applied it by command; empty: a file was saved")
    content: str = Field(description="The YAML as it was accepted")


class ConfigHistory(BaseModel):
    """A page of it, newest first."""

    page: int
    total: int = Field(description="Versions on all pages")
    items: list[ConfigVersion]


async def versions(pool: AsyncConnectionPool, question: Paged) -> ConfigHistory:
    """Newest first."""
    async with (
        pool.connection() as conn,
        conn.cursor(row_factory=class_row(ConfigVersion)) as cursor,
    ):
        await cursor.execute(VERSIONS, {"limit": question.limit, "offset": question.offset})
        items = await cursor.fetchall()
        total = await count(conn, "sla_config_history")
    return ConfigHistory(page=question.page, total=total, items=items)


def build(pool: AsyncConnectionPool) -> APIRouter:
    """The routes of the configuration."""
    router = APIRouter(
        prefix="/config",
        tags=["Queries"],
        dependencies=[Depends(waiting(pool, "sla_config_history"))],
    )

    @router.get("", operation_id="get_config", summary="The configuration in force")
    async def current() -> ConfigVersion:
        """The newest accepted version; whether the file has been refused since, `/health` says."""
        newest = (await versions(pool, Paged(limit=1))).items
        if not newest:
            raise NotFound("no configuration has been accepted yet")
        return newest[0]

    @router.get(
        "/history",
        operation_id="list_config_versions",
        summary="Every configuration that was accepted",
    )
    async def history(question: Annotated[Paged, Query()]) -> ConfigHistory:
        """Newest first, with content, hash, author and time."""
        return await versions(pool, question)

    return router
