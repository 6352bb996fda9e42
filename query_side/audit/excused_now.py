"""READ: tickets of which a clock stands still at an instant, because time is agreed not to count.

What their heads say is asked: the read tables keep no windows, which may be many and change with
every attribute.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from command_side import event_store
from command_side.deciding.excusing import ExcuseBook
from command_side.deciding.head import Head, HeadUnreadable
from engine.sla.excuses import within
from engine.sla.instants import micros
from engine.sla.stored_fold import StoredFold


async def excused_now(
    excuses: ExcuseBook, conn: AsyncConnection[Any], tickets: Sequence[UUID], now: datetime
) -> set[UUID]:
    """Those of these tickets; nothing is read where nothing is excused at that instant. One whose
    head has to be made anew first is left out, as whoever touches it next makes it."""
    at = micros(now)
    if not any(within(one.windows, at, at + 1) for one in excuses.agreements()):
        return set()
    heads = await event_store.load(conn, tickets)
    return {name for name, head in heads.items() if _stands_still(head.state, excuses, at)}


def _stands_still(state: bytes, excuses: ExcuseBook, at: int) -> bool:
    try:
        head = Head.load(state)
    except HeadUnreadable:
        return False
    if head.fold is None or head.excuses > excuses.number:
        return False
    standing, attributes = excuses.version(head.excuses), head.fold.attributes
    return any(
        within(standing.windows(clock, attributes), at, at + 1) for clock in _counting(head.fold)
    )


def _counting(fold: StoredFold) -> Iterator[str]:
    """The clocks that are open and promised: what is excused of the others is of no concern, and a
    head may have it by an older list."""
    for name, clock in fold.clocks.items():
        cycle = clock.cycle
        if cycle is not None and cycle.target is not None and cycle.state in ("running", "paused"):
            yield name
