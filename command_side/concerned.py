"""The tickets that something may concern, as far as their heads can say: their streams know."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from command_side import event_store
from command_side.deciding.head import Head, HeadUnreadable
from command_side.event_store import Recorded, StoredHead
from engine.sla.stored_fold import StoredFold

PAGE = 500
NIL = UUID(int=0)
TURN = 20
"""Tickets after which the event loop gets a turn."""


Asks = Callable[[Head, StoredFold], bool]


def seems_concerned(stored: StoredHead, asks: Asks) -> bool:
    """What `asks` says of the head. One that cannot be read counts, and one without a fold: whoever
    decides reads the stream. What has no head is no ticket."""
    if not stored.state:
        return False
    try:
        head = Head.load(stored.state)
    except HeadUnreadable:
        return True
    return head.fold is None or asks(head, head.fold)


async def concerned(
    conn: AsyncConnection[Any],
    asks: Asks,
    *,
    known_at: datetime | None = None,
    looked: Callable[[int], None] = lambda _: None,
) -> AsyncGenerator[tuple[StoredHead, Sequence[Recorded]]]:
    """Each in order of id, with its stream as it was known then, or as it is: without those that
    have begun later. Nothing is locked. `looked` hears of each page how many heads it has."""
    after: UUID | None = NIL
    while after is not None:
        heads = await event_store.read_heads(conn, after=after, limit=PAGE)
        after = heads[-1].ticket_id if len(heads) == PAGE else None
        looked(len(heads))
        found = [head for head in heads if seems_concerned(head, asks)]
        if not found:
            continue
        ids = [head.ticket_id for head in found]
        streams = await event_store.read_streams(conn, ids, recorded_until=known_at)
        for number, head in enumerate(found):
            if number % TURN == TURN - 1:
                await asyncio.sleep(0)
            if stream := streams[head.ticket_id]:
                yield head, stream
