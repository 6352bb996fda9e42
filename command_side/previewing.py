"""What a policy would do to open tickets before it is in force; nothing is written."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from command_side.concerned import concerned
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.excusing import ExcuseBook
from command_side.deciding.opening import replayed
from command_side.deciding.replayed import Replayed
from command_side.event_store import Recorded, StoredHead
from command_side.excuses import book_of
from engine.sla.instants import micros
from engine.sla.kinds import HALTED
from engine.sla.policy import Policy
from engine.sla.timeline import Fold


@dataclass(frozen=True, slots=True)
class Prediction:
    """What would become of one open ticket. Deadlines in microseconds, by clock."""

    ticket_id: UUID
    external_id: str
    retargeted: bool
    """It would get a `Retargeted` event."""
    before: dict[str, int | None]
    after: dict[str, int | None]
    breached_at_once: tuple[str, ...]
    """Clocks that would be breached the moment the policy is accepted."""


class Supposed:
    """The policy book with one version more."""

    def __init__(self, book: PolicyBook, policy: Policy) -> None:
        self.all = (*book.all, policy)
        self.current = policy

    def version(self, number: int) -> Policy:
        return next(policy for policy in self.all if policy.version == number)


async def preview(
    conn: AsyncConnection[Any],
    book: PolicyBook,
    policy: Policy,
    *,
    now: datetime,
    looked: Callable[[int], None] = lambda _: None,
) -> AsyncGenerator[Prediction]:
    """Every open ticket, as `policy` accepted at `now` would leave it; and of those that are over,
    as a clock may be left open, the ones that are promised something on it, or would be.

    `policy` carries the next version number and `now` as its instant of acceptance; `looked` is as
    in `concerned`.
    """
    supposed, instant = Supposed(book, policy), micros(now)
    excuses = await book_of(conn)
    async for head, stream in concerned(conn, lambda _, fold: fold.may_be_moved, looked=looked):
        before = _folded(head, stream, book, excuses, instant)
        then = _folded(head, stream, supposed, excuses, instant)
        one = _prediction(head, before, then, instant)
        if before[1].phase not in HALTED or one.retargeted or one.before or one.after:
            yield one


def _folded(
    head: StoredHead,
    stream: Sequence[Recorded],
    book: PolicyBook,
    excuses: ExcuseBook,
    now: int,
) -> tuple[Replayed, Fold]:
    case = replayed(head, stream, book, excuses)
    return case, case.refold(now)


def _prediction(
    head: StoredHead, before: tuple[Replayed, Fold], then: tuple[Replayed, Fold], now: int
) -> Prediction:
    old, new = before[1], then[1]
    due_before, due_after = _due(old), _due(new)
    retargeted = then[0].retargeted(new, old.policy.version, now)
    old.count_to(now)
    new.count_to(now)
    overdue = _breached(new) - _breached(old)
    external_id = before[0].head.external_id
    return Prediction(
        head.ticket_id, external_id, retargeted, due_before, due_after, tuple(sorted(overdue))
    )


def _due(fold: Fold) -> dict[str, int | None]:
    return {
        name: clock.cycle.due_at()
        for name, clock in fold.clocks.items()
        if clock.cycle is not None and clock.cycle.counts
    }


def _breached(fold: Fold) -> set[str]:
    return {
        name
        for name, clock in fold.clocks.items()
        if clock.cycle is not None
        and clock.cycle.counts
        and clock.cycle.elapsed > (clock.cycle.target or 0)
    }
