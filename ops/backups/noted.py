"""Which copies were restored elsewhere and verified there, as the database itself has it.

Monitoring asks for the newest: a copy that nobody has ever restored is a hope.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import class_row

from command_side.event_store import Checkpoint

NOTE: LiteralString = """
INSERT INTO verified_backups (taken_at, verified_at, position, link, place)
VALUES (%(taken_at)s, clock_timestamp(), %(position)s, %(link)s, %(place)s)
ON CONFLICT (taken_at) DO UPDATE SET verified_at = excluded.verified_at,
    position = excluded.position, link = excluded.link, place = excluded.place
"""
NEWEST: LiteralString = """
SELECT taken_at, verified_at, position, place FROM verified_backups ORDER BY taken_at DESC LIMIT 1
"""
LINK_AT: LiteralString = "SELECT link FROM events WHERE notification_id = %s"


@dataclass(frozen=True, slots=True)
class Verified:
    """A copy that was sound."""

    taken_at: datetime
    """It holds all that was committed by then."""
    verified_at: datetime
    position: int
    """The end of its log."""
    place: str


async def note(
    conn: AsyncConnection[Any], checkpoint: Checkpoint, *, taken_at: datetime, place: str
) -> bool:
    """Keep that a copy was sound whose log ends so; False: it is no copy of this database's log."""
    row = await (await conn.execute(LINK_AT, [checkpoint.position])).fetchone()
    if row is None or row[0] != checkpoint.hash:
        return False
    given = {
        "taken_at": taken_at,
        "position": checkpoint.position,
        "link": checkpoint.hash,
        "place": place,
    }
    await conn.execute(NOTE, given)
    return True


async def newest(conn: AsyncConnection[Any]) -> Verified | None:
    """The one that was taken last; None: there was never one. Reads one row."""
    async with conn.cursor(row_factory=class_row(Verified)) as cursor:
        await cursor.execute(NEWEST)
        return await cursor.fetchone()
