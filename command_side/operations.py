"""What operators do of which no other event tells: it is recorded, so that an audit has it."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from command_side import event_store
from command_side.acting import signed
from command_side.deciding.events import OPERATIONS, OperatorActed
from command_side.event_store import Append, encode


async def record(
    conn: AsyncConnection[Any],
    what: str,
    about: str = "",
    count: int = 0,
    *,
    now: datetime,
    by: str | None = None,
    reason: str | None = None,
    correlation_id: str | None = None,
) -> int:
    """Once it is done: where in the log that is. `about` empty: all; `count`: of how many;
    `reason`: why, as whoever did it says."""
    body = OperatorActed(what=what, about=about, count=count)
    event = encode(
        body, occurred_at=now, personal=signed(by, reason), correlation_id=correlation_id
    )
    write = Append(OPERATIONS, "", "operations", None, [event], None, None)
    (outcome,) = await event_store.append(conn, [write], now=now)
    return outcome.position or 0
