"""What a version of the configuration would change of the tickets, closed ones too, where it is put
into force as if it had been accepted earlier; nothing is written."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from command_side import event_store
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.head import Head, HeadUnreadable
from command_side.deciding.opening import replayed
from command_side.deciding.repairing import may_move
from command_side.event_store import StoredHead
from command_side.excuses import book_of
from command_side.previewing import Supposed
from command_side.turning import Preview
from engine.sla.instants import micros
from engine.sla.policy import Policy

PAGE = 500
NIL = UUID(int=0)
TURN = 20
"""Tickets after which the event loop gets a turn."""


async def preview(
    conn: AsyncConnection[Any], book: PolicyBook, policy: Policy, *, now: datetime
) -> Preview:
    """As it would be if `policy` were accepted and applied now: it carries the next version number,
    and `now` as its instant of acceptance."""
    supposed, found, instant = Supposed(book, policy), Preview(), micros(now)
    excuses = await book_of(conn)
    after: UUID | None = NIL
    while after is not None:
        heads = await event_store.read_heads(conn, after=after, limit=PAGE)
        after = heads[-1].ticket_id if len(heads) == PAGE else None
        concerned = [head for head in heads if head.state and _may_concern(head, supposed)]
        ids = [head.ticket_id for head in concerned]
        streams = await event_store.read_streams(conn, ids, recorded_until=now)
        for number, head in enumerate(concerned):
            if number % TURN == TURN - 1:
                await asyncio.sleep(0)
            stream = streams[head.ticket_id]
            if not stream:  # it has begun meanwhile
                continue
            before = replayed(head, stream, book, excuses).refold(instant)
            case = replayed(head, stream, supposed, excuses)
            then = case.refold(instant)
            if case.retargeted(then, before.policy.version, instant):
                found.add(case, before, then, instant)
    return found


def _may_concern(head: StoredHead, supposed: Supposed) -> bool:
    """One that cannot be read counts: its stream says."""
    try:
        fold = Head.load(head.state).fold
    except HeadUnreadable:
        return True
    return fold is None or may_move(supposed.all, fold)
