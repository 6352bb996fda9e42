"""READ: how the calendars of who is on call were read last."""

from datetime import datetime

import psycopg
from psycopg.rows import class_row
from pydantic import BaseModel, Field

from query_side import sql
from query_side.reading import Instant


class OnCallHealth(BaseModel):
    """How the calendars of a rotation were read last."""

    name: str = Field(description="Of the rotation")
    read_at: Instant | None = Field(description="When all of them could be read last; null: never")
    error: str | None = Field(description="Why they could not be read since")
    stale: bool = Field(description="They could not be read for more than 24 hours")
    gaps: int = Field(description="Times within two weeks at which nobody is on call")
    unknown: int = Field(description="People whom they name and nobody knows, within two weeks")


async def on_call_health(conn: psycopg.AsyncConnection, now: datetime) -> list[OnCallHealth]:
    """Of all rotations."""
    async with conn.cursor(row_factory=class_row(OnCallHealth)) as cursor:
        await cursor.execute(sql.load("health_on_call"), {"now": now})
        return await cursor.fetchall()
