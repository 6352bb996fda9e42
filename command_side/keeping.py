"""What a tick has decided goes into the log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from command_side import event_store
from command_side.deciding.ticking import Settled
from engine import tracing


async def append_settled(
    conn: AsyncConnection[Any], settled: Sequence[Settled], now: datetime, began: int
) -> None:
    """In the caller's transaction, as its last statement; `began` is for its trace."""
    muted = {one.append.ticket_id: one.muted_by for one in settled if one.muted_by is not None}
    await event_store.keep_muted(conn, muted)
    done = await event_store.append(conn, [one.append for one in settled], now=now)
    if tracing.spans is not None:
        ended = [one.position for one in done if one.position is not None]
        tracing.spans.decided(ended, began)
