"""A ticket replayed from the log to an instant, by what was known at another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from psycopg import AsyncConnection

from command_side.addressing import resolve
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import Ticket
from command_side.deciding.excusing import NOTHING_AGREED, Agreement, ExcuseBook
from command_side.deciding.head import Head
from command_side.deciding.rebuilding import excused_by
from command_side.deciding.replayed import Replayed, Stored
from command_side.event_store import Recorded, read_streams
from command_side.excuses import book_of
from engine.sla import escalation
from engine.sla.escalation import Acknowledgement
from engine.sla.instants import micros, rfc3339
from engine.sla.policy import Policy
from engine.sla.timeline import Fold
from query_side.errors import NotFound
from query_side.reading import AsOf, KnownAt
from query_side.tickets import Source, TicketKey


@dataclass(frozen=True, slots=True)
class Question:
    """Which ticket is asked about, at which instant, by what was known when."""

    key: TicketKey
    source: Source = None
    as_of: AsOf = None
    known_at: KnownAt = None


Asked = Annotated[Question, Depends()]
"""What a route of one ticket is asked."""


@dataclass(slots=True)
class Replay:
    """A ticket at `at`; `fold` has been counted to it."""

    ticket: UUID
    external_id: str
    at: int
    known_at: int | None
    """By what was known then; None: by all that is known."""
    fold: Fold
    stream: Sequence[Recorded]
    timeline: Sequence[Stored]
    """Every observation, in the order of the source's time."""
    acknowledgements: list[Acknowledgement]
    breaches: list[int]
    case: Replayed
    agreements: Sequence[Agreement]
    """What is agreed not to count, as the ticket stands under it."""

    @property
    def began(self) -> bool:
        """Whether the ticket existed by then."""
        return self.at >= self.fold.created_at

    @property
    def level(self) -> int:
        return escalation.level_at(self.fold, self.at, self.acknowledgements, self.breaches)


class KnownThen:
    """The policy book as it was at an instant, and as it was at least, as tickets rest on it:
    a version may be dated by a clock that was ahead."""

    def __init__(self, book: PolicyBook, known_at: int | None, at_least: int) -> None:
        self.all: tuple[Policy, ...] = tuple(
            policy
            for policy in book.all
            if known_at is None or policy.accepted_at <= known_at or policy.version <= at_least
        )
        self._book = book

    @property
    def current(self) -> Policy:
        return self.all[-1] if self.all else self._book.current

    def version(self, number: int) -> Policy:
        return self._book.version(number)


async def answered(
    conn: AsyncConnection[Any],
    book: PolicyBook,
    question: Question,
    now: Callable[[], datetime],
    seen: Callable[[Fold], None] = lambda _: None,
) -> Replay:
    """The ticket that is asked about, as `replay` has it. Raises as that and `resolve` do."""
    ticket = await resolve(conn, question.key, question.source)
    return await replay(
        conn,
        book,
        ticket,
        as_of=question.as_of or question.known_at or now(),
        known_at=question.known_at,
        asked=question.key,
        seen=seen,
    )


async def replay(
    conn: AsyncConnection[Any],
    book: PolicyBook,
    ticket: UUID,
    *,
    as_of: datetime,
    known_at: datetime | None,
    asked: str,
    seen: Callable[[Fold], None] = lambda _: None,
) -> Replay:
    """`asked` is what people call the ticket. Raises NotFound when it was unknown at `known_at`;
    UnknownVersion when the book has yet to learn the version under which it began."""
    stream = (await read_streams(conn, [ticket], recorded_until=known_at))[ticket]
    known = None if known_at is None else micros(known_at)
    opened = opening(stream, book, asked, known)
    then = KnownThen(book, known, opened.policy)
    excuses = await book_of(conn) if excused_by(stream) else NOTHING_AGREED
    at = micros(as_of)
    case, fold = folded(stream, opened, opened.policy, then, excuses, at, seen)
    return Replay(
        ticket,
        opened.external_id,
        at,
        known,
        fold,
        stream,
        case.timeline,
        [
            Acknowledgement(micros(event.occurred_at), body.until)
            for event in stream
            if isinstance(body := event.body, Ticket.Acknowledged) and event.occurred_at <= as_of
        ],
        escalation.breach_instants(fold, fold.crossings()),
        case,
        excuses.agreements(case.head.excuses),
    )


def opening(
    stream: Sequence[Recorded], book: PolicyBook, asked: str, known_at: int | None = None
) -> Ticket.Opened:
    """A ticket's first event. Raises as `replay` does."""
    opened = stream[0].body if stream else None
    if not isinstance(opened, Ticket.Opened):
        by_then = "" if known_at is None else f" at {rfc3339(known_at)}"
        raise NotFound(f"Nothing was known of {asked}{by_then}.")
    book.version(opened.policy)
    return opened


def folded(
    stream: Sequence[Recorded],
    opened: Ticket.Opened,
    version: int,
    book: PolicyBook,
    excuses: ExcuseBook,
    at: int,
    seen: Callable[[Fold], None] = lambda _: None,
) -> tuple[Replayed, Fold]:
    """A ticket that begins under a version of the policy, counted to an instant.

    Where it stands under a change of what is excused that came after `excuses` were read, it is as
    it was before.
    """
    head = Head(opened.source, opened.external_id, version)
    head.excuses = min(excused_by(stream), excuses.number)
    case = Replayed(stream[0].ticket_id, 0, head, book, stream, excuses)
    fold = case.refold(at, seen)
    if at >= fold.created_at:
        fold.count_to(at)
    return case, fold
