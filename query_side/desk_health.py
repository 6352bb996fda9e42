"""READ: what connected desks have sent that nobody can read yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import class_row
from pydantic import BaseModel, Field

from query_side import sql
from query_side.reading import Instant

KEPT = timedelta(days=90)
"""For so long what could not be read of a desk is kept that is not connected any more."""
SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk that is connected."""

    verified: bool
    """What it sends can be verified, or need not be."""
    parked_for: timedelta
    """For so long what could not be read of it is kept."""


class DeskHealth(BaseModel):
    """Deliveries of a desk that wait for a reading that understands them."""

    name: str = Field(description="Of the source")
    parked: int = Field(description="How many; `sla sources list` says why")
    oldest: Instant = Field(description="When the first of them came")
    dropped_soon: int = Field(description="How many are dropped within seven days")


async def desk_health(
    conn: psycopg.AsyncConnection, connected: Mapping[str, Desk], now: datetime
) -> list[DeskHealth]:
    """Of all desks that have any."""
    asked = {
        "names": list(connected),
        "soon": [now + SOON - one.parked_for for one in connected.values()],
        "otherwise": now + SOON - KEPT,
    }
    async with conn.cursor(row_factory=class_row(DeskHealth)) as cursor:
        await cursor.execute(sql.load("health_desks"), asked)
        return await cursor.fetchall()
