"""How far behind each projection is, and who feeds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection

from command_side.event_store import last_position, read_after
from projections.protocol import Projector


@dataclass(frozen=True, slots=True)
class ProjectionStatus:
    """One projection, as stored."""

    name: str
    version: int
    position: int
    behind_events: int
    """Positions to the end of the log; an upper bound, as positions have holes."""
    behind_seconds: float
    """Since the oldest event not yet applied was recorded; 0 when there is none."""
    lease_owner: str | None
    """None when nobody feeds it."""
    parked: int


async def reached(conn: AsyncConnection) -> int:
    """The position of the last event that any of them has counted, also of those that are no more
    and of the outbox. The log cannot end before it."""
    cursor = await conn.execute("SELECT coalesce(max(position), 0)::bigint FROM projections")
    return (await cursor.fetchall())[0][0]


async def status(
    conn: AsyncConnection, projectors: Sequence[Projector], *, now: datetime
) -> list[ProjectionStatus]:
    """Those of these projections that have ever run, by name."""
    cursor = await conn.execute(
        "SELECT name, version, position,"
        " CASE WHEN NOT lapsed(lease_until) THEN lease_owner END,"
        " (SELECT count(*) FROM parked_events WHERE projection = name)"
        " FROM projections WHERE name = ANY(%s) ORDER BY name",
        ([projector.name for projector in projectors],),
    )
    rows = await cursor.fetchall()
    end = await last_position(conn)
    waiting: Mapping[int, float] = {
        position: await _behind_seconds(conn, position, now)
        for position in {row[2] for row in rows}
        if position < end
    }
    return [
        ProjectionStatus(
            name=name,
            version=version,
            position=position,
            behind_events=max(0, end - position),
            behind_seconds=waiting.get(position, 0.0),
            lease_owner=owner,
            parked=count,
        )
        for name, version, position, owner, count in rows
    ]


async def _behind_seconds(conn: AsyncConnection, position: int, now: datetime) -> float:
    oldest = await read_after(conn, position, 1)
    return max(0.0, (now - oldest[0].recorded_at).total_seconds()) if oldest else 0.0
