"""Opening a ticket for deciding: from its head, or replayed where its stream is at hand."""

from collections.abc import Sequence

from command_side.deciding.casefile import Casefile, PolicyBook
from command_side.deciding.excusing import NOTHING_AGREED, ExcuseBook
from command_side.deciding.from_head import FromHead
from command_side.deciding.head import Head, HeadUnreadable
from command_side.deciding.rebuilding import rebuilt
from command_side.deciding.records import Recorded, StoredHead
from command_side.deciding.replayed import Replayed


def opened(
    stored: StoredHead,
    stream: Sequence[Recorded] | None,
    book: PolicyBook,
    excuses: ExcuseBook = NOTHING_AGREED,
) -> Casefile:
    """Without the stream it raises NeedsStream for a head that says nothing of the clocks."""
    if stream is not None:
        return replayed(stored, stream, book, excuses)
    return FromHead(stored.ticket_id, stored.version, Head.load(stored.state), book, excuses)


def replayed(
    stored: StoredHead,
    stream: Sequence[Recorded],
    book: PolicyBook,
    excuses: ExcuseBook = NOTHING_AGREED,
    *,
    excused_by: int | None = None,
) -> Replayed:
    """Where the head cannot be read, the stream says what it would. `excused_by` supposes that the
    ticket stands under another change of what is excused."""
    try:
        head = Head.load(stored.state)
    except HeadUnreadable:
        head = rebuilt(stream)
    if excused_by is not None:
        head.excuses = excused_by
    return Replayed(stored.ticket_id, stored.version, head, book, stream, excuses)
