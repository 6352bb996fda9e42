"""READ: the configuration in force, and every version before it."""

from typing import LiteralString

from fastapi import APIRouter, Depends
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from query_side.errors import NotFound
from query_side.reading import Instant, waiting

VERSIONS: LiteralString = """
SELECT version, hash, author, accepted_at, apply_to, content FROM sla_config_history
ORDER BY version DESC
"""


class ConfigVersion(BaseModel):
    """One accepted configuration."""

    version: int
    hash: str
    author: str | None
    accepted_at: Instant
    apply_to: str = Field(description="open_tickets or new_tickets")
    content: str = Field(description="The YAML as it was accepted")


class ConfigHistory(BaseModel):
    """Newest first."""

    items: list[ConfigVersion]


async def versions(pool: AsyncConnectionPool, limit: int | None = None) -> list[ConfigVersion]:
    """Newest first."""
    async with (
        pool.connection() as conn,
        conn.cursor(row_factory=class_row(ConfigVersion)) as cursor,
    ):
        await cursor.execute(VERSIONS + "LIMIT %s", (limit,))
        return await cursor.fetchall()


def build(pool: AsyncConnectionPool) -> APIRouter:
    """The routes of the configuration."""
    router = APIRouter(
        prefix="/config",
        tags=["Queries"],
        dependencies=[Depends(waiting(pool, "sla_config_history"))],
    )

    @router.get("", summary="The configuration in force")
    async def current() -> ConfigVersion:
        """The newest accepted version; whether the file has been refused since, `/health` says."""
        found = await versions(pool, 1)
        if not found:
            raise NotFound("no configuration has been accepted yet")
        return found[0]

    @router.get("/history", summary="Every configuration that was accepted")
    async def history() -> ConfigHistory:
        """Newest first, with content, hash, author and time."""
        return ConfigHistory(items=await versions(pool))

    return router
