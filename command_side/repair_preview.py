"""What a version of the configuration would change of the tickets, closed ones too, where it is put
into force as if it had been accepted earlier; nothing is written."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from command_side.concerned import concerned
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.opening import replayed
from command_side.deciding.repairing import may_move
from command_side.excuses import book_of
from command_side.previewing import Supposed
from command_side.turning import Preview
from engine.sla.instants import micros
from engine.sla.policy import Policy


async def preview(
    conn: AsyncConnection[Any],
    book: PolicyBook,
    policy: Policy,
    *,
    now: datetime,
    looked: Callable[[int], None] = lambda _: None,
) -> Preview:
    """As it would be if `policy` were accepted and applied now: it carries the next version number,
    and `now` as its instant of acceptance; `looked` is as in `concerned`."""
    supposed, found, instant = Supposed(book, policy), Preview(), micros(now)
    excuses = await book_of(conn)
    async for head, stream in concerned(
        conn, lambda _, fold: may_move(supposed.all, fold), known_at=now, looked=looked
    ):
        before = replayed(head, stream, book, excuses).refold(instant)
        case = replayed(head, stream, supposed, excuses)
        then = case.refold(instant)
        if case.retargeted(then, before.policy.version, instant):
            found.add(case, before, then, instant)
    return found
