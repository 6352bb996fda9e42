"""What an excuse would do to the tickets that it concerns, before it is granted; nothing is
written."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from command_side.concerned import concerned
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.excusing import Agreement, ExcuseBook
from command_side.deciding.opening import replayed
from command_side.turning import Preview
from engine.sla.instants import micros


async def preview(
    conn: AsyncConnection[Any],
    book: PolicyBook,
    excuses: ExcuseBook,
    agreement: Agreement,
    *,
    now: datetime,
) -> Preview:
    """As it would be if it were granted and applied now, by what is known now. Whatever is to be
    applied still of what was granted before counts as applied."""
    supposed, found, instant = excuses.supposing(agreement), Preview(), micros(now)
    granted = supposed.number - 1
    async for head, stream in concerned(
        conn, lambda _, fold: supposed.may_concern(granted, fold), known_at=now
    ):
        case = replayed(head, stream, book, supposed, excused_by=granted)
        before = case.refold(instant)
        case.come_under_newest_excuses()
        after = case.refold(instant)
        if case.excused_anew(after, instant) is not None:
            found.add(case, before, after, instant)
    return found
