"""What was known when, as a position in the log."""

from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection

from command_side.event_store import last_position

KNOWN_THEN: LiteralString = """
SELECT known_at(notification_id, recorded_at) <= %s FROM events
WHERE notification_id <= %s ORDER BY notification_id DESC LIMIT 1
"""


async def position_at(conn: AsyncConnection[Any], known_at: datetime | None) -> int:
    """Up to there all was known then, and nothing beyond. What was known never runs against the
    position; where the log was restored, a stretch of them has no events, perhaps its first."""
    below, above = 0, await last_position(conn) + 1
    if known_at is None:
        return above - 1
    while above - below > 1:
        middle = (below + above) // 2
        newest = await (await conn.execute(KNOWN_THEN, [known_at, middle])).fetchone()
        below, above = (middle, above) if newest is None or newest[0] else (below, middle)
    return below
