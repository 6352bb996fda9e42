"""READ: what the database knows of how well it is served, also while nothing runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import psycopg
from psycopg.rows import class_row
from pydantic import BaseModel, Field

from query_side import sql
from query_side.desk_health import Desk, DeskHealth, desk_health
from query_side.on_call_health import OnCallHealth, on_call_health
from query_side.reading import Instant
from query_side.troubles import Findings


class ProjectionLag(BaseModel):
    """One projection."""

    name: str
    position: int
    behind_events: int
    behind_seconds: float = Field(description="Age of its oldest event not yet applied")
    parked: int = Field(description="Events left out because they could not be processed")
    fed: bool = Field(description="Whether a worker applies events to it")


class DeadChannel(BaseModel):
    """A channel that has taken nothing for longer than `dead_after`."""

    name: str = Field(description="As the configuration has it")
    since: Instant = Field(description="When the first attempt failed; none was taken since")
    reason: str | None = Field(description="Why the newest one was not taken")
    told: list[str] = Field(description="The fallback channels on which it was said")


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database knows; the desks are those that have something to tell."""

    takes_writes: bool
    lags: list[ProjectionLag]
    dead_channels: list[DeadChannel]
    dead: int
    skipped: int
    held: int
    waiting_seconds: float
    on_call: list[OnCallHealth]
    desks: list[DeskHealth]


async def stored_health(
    conn: psycopg.AsyncConnection,
    names: Sequence[str],
    connected: Mapping[str, Desk],
    now: datetime,
) -> Stored:
    """Of the projections of these names, and the desks that are connected."""
    found = await conn.execute(sql.load("health_waiting"), {"now": now})
    numbers = cast("tuple[int, int, int, float]", await found.fetchone())
    return Stored(
        await takes_writes(conn),
        await projection_lags(conn, names, now),
        await _dead_channels(conn),
        *numbers,
        await on_call_health(conn, now),
        await desk_health(conn, connected, now),
    )


def findings(stored: Stored) -> Findings:
    """What is wrong by it."""
    return Findings(
        database=True,
        takes_writes=stored.takes_writes,
        fed=not stored.lags or any(lag.fed for lag in stored.lags),
        waiting_seconds=stored.waiting_seconds,
        behind_seconds=max((lag.behind_seconds for lag in stored.lags), default=0.0),
        behind_events=max((lag.behind_events for lag in stored.lags), default=0),
        parked=sum(lag.parked for lag in stored.lags),
        dead=stored.dead,
        held=stored.held,
        dead_channels={one.name: (one.since, one.reason, one.told) for one in stored.dead_channels},
        stale={one.name: one.error for one in stored.on_call if one.stale},
        uncovered=[one.name for one in stored.on_call if one.gaps or one.unknown],
        unread={one.name: one.parked for one in stored.desks if one.parked},
        forgotten={one.name: one.dropped_soon for one in stored.desks if one.dropped_soon},
        unasked={one.name: one.api_error for one in stored.desks if one.api_error},
    )


async def takes_writes(conn: psycopg.AsyncConnection) -> bool:
    """Not where the server is a replica, or was told to take none."""
    cursor = await conn.execute("select not current_setting('transaction_read_only')::boolean")
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def _dead_channels(conn: psycopg.AsyncConnection) -> list[DeadChannel]:
    async with conn.cursor(row_factory=class_row(DeadChannel)) as cursor:
        await cursor.execute(sql.load("health_dead_channels"))
        return await cursor.fetchall()


async def projection_lags(
    conn: psycopg.AsyncConnection, names: Sequence[str], now: datetime
) -> list[ProjectionLag]:
    """Those of these projections that have ever run, by name."""
    async with conn.cursor(row_factory=class_row(ProjectionLag)) as cursor:
        await cursor.execute(sql.load("health"), {"now": now, "names": list(names)})
        return await cursor.fetchall()
