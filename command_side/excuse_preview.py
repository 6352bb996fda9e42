"""What an excuse would do to the tickets that it concerns, before it is granted; nothing is
written."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from command_side import event_store
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.excusing import Agreement, ExcuseBook
from command_side.deciding.head import Head, HeadUnreadable
from command_side.deciding.opening import replayed
from command_side.event_store import Recorded, StoredHead
from command_side.turning import Preview
from engine.sla.instants import micros

PAGE = 500
NIL = UUID(int=0)
TURN = 20
"""Tickets after which the event loop gets a turn."""


async def preview(
    conn: AsyncConnection[Any],
    book: PolicyBook,
    excuses: ExcuseBook,
    agreement: Agreement,
    *,
    now: datetime,
) -> Preview:
    """As it would be if it were granted and applied now, by what is known now."""
    supposed, found = excuses.supposing(agreement), Preview()
    after: UUID | None = NIL
    while after is not None:
        heads = await event_store.read_heads(conn, after=after, limit=PAGE)
        after = heads[-1].ticket_id if len(heads) == PAGE else None
        concerned = [head for head in heads if head.state and _may_concern(head, supposed)]
        if not concerned:
            continue
        ids = [head.ticket_id for head in concerned]
        streams = await event_store.read_streams(conn, ids, recorded_until=now)
        for number, head in enumerate(concerned):
            if number % TURN == TURN - 1:
                await asyncio.sleep(0)
            if streams[head.ticket_id]:  # others have begun meanwhile
                _look(found, head, streams[head.ticket_id], book, supposed, micros(now))
    return found


def _may_concern(head: StoredHead, supposed: ExcuseBook) -> bool:
    """One that cannot be read counts: its stream says."""
    try:
        fold = Head.load(head.state).fold
    except HeadUnreadable:
        return True
    return fold is None or supposed.may_concern(supposed.number - 1, fold)


def _look(
    found: Preview,
    head: StoredHead,
    stream: Sequence[Recorded],
    book: PolicyBook,
    supposed: ExcuseBook,
    now: int,
) -> None:
    """Whatever is to be applied still of what was granted before counts as applied."""
    case = replayed(head, stream, book, supposed, excused_by=supposed.number - 1)
    before = case.refold(now)
    case.come_under_newest_excuses()
    after = case.refold(now)
    if not case.excused_anew(after, now):
        return
    found.add(case, before, after, now)
