"""READ: what of connected desks nobody can read yet, and what only their APIs have told."""

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
    """What stands between a desk and its clocks here."""

    name: str = Field(description="Of the source")
    parked: int = Field(
        description="Deliveries that no reading understands, and nobody has let be: `sla sources"
        " list`"
    )
    oldest: Instant | None = Field(description="When the first of them came")
    dropped_soon: int = Field(description="How many are dropped within seven days")
    by_reconciliation: int = Field(
        description="Updates that no webhook has told, and its API did when it was asked"
    )
    api_error: str | None = Field(description="Why its API cannot be read")


async def desk_health(
    conn: psycopg.AsyncConnection, connected: Mapping[str, Desk], now: datetime
) -> list[DeskHealth]:
    """Of all desks that have any."""
    asked = {
        "names": list(connected),
        "soon": [now + SOON - one.parked_for for one in connected.values()],
        "otherwise": now + SOON - KEPT,
        "now": now,
    }
    async with conn.cursor(row_factory=class_row(DeskHealth)) as cursor:
        await cursor.execute(sql.load("health_desks"), asked)
        return await cursor.fetchall()
