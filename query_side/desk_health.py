"""READ: what connected desks have sent that nobody can read yet."""

import psycopg
from psycopg.rows import class_row
from pydantic import BaseModel, Field

from query_side import sql
from query_side.reading import Instant


class DeskHealth(BaseModel):
    """Deliveries of a desk that wait for a reading that understands them."""

    name: str = Field(description="Of the source")
    parked: int = Field(description="How many; `sla sources list` says why")
    oldest: Instant = Field(description="When the first of them came")


async def desk_health(conn: psycopg.AsyncConnection) -> list[DeskHealth]:
    """Of all desks that have any."""
    async with conn.cursor(row_factory=class_row(DeskHealth)) as cursor:
        await cursor.execute(sql.load("health_desks"))
        return await cursor.fetchall()
