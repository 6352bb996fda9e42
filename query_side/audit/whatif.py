"""What would have been attained under another configuration: the log folded again under it."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import Ticket
from command_side.event_store import Recorded, read_streams
from command_side.excuses import book_of
from engine.sla.instants import micros
from engine.sla.policy import Policy
from engine.sla.timeline import Fold
from engine.sla.verdict import view
from query_side.audit.replay import folded

_PAGE = 200  # tickets read at a time
_TICKETS = (
    "SELECT ticket_id FROM tickets WHERE %(since)s::timestamptz IS NULL OR created_at >= %(since)s"
    " ORDER BY ticket_id"
)
Group = tuple[str, str, str]
"""Customer tier, priority and clock, casefolded."""


@dataclass(slots=True)
class Attained:
    """Cycles that are decided: met at their end, or breached, ended or not; and those that ended
    cancelled, breached or not."""

    met: Counter[Group] = field(default_factory=Counter[Group])
    breached: Counter[Group] = field(default_factory=Counter[Group])
    cancelled: Counter[Group] = field(default_factory=Counter[Group])
    goals: dict[Group, set[Fraction | None]] = field(
        default_factory=dict[Group, set[Fraction | None]]
    )
    """What share of those met and breached has to be kept; None: of some of them none."""

    def count(self, fold: Fold, policy: Policy) -> None:
        """Adds the cycles of a ticket that has been counted to an instant, with the goals that a
        policy has for it."""
        goals = policy.promised(fold.attributes, fold.created_at, fold.at).goals
        for cycle in fold.cycles():
            seen = view(cycle)
            group = (fold.tier.casefold(), fold.priority.casefold(), seen.clock)
            if seen.state == "cancelled":
                self.cancelled[group] += 1
                continue
            if seen.missed_at is not None:
                self.breached[group] += 1
            elif seen.state == "met" and seen.target is not None:
                self.met[group] += 1
            else:
                continue
            self.goals.setdefault(group, set()).add(goals.get(seen.clock))

    def goal(self, group: Group) -> float | None:
        """Per cent; None where there is none, or several."""
        goals = self.goals.get(group, set())
        goal = next(iter(goals)) if len(goals) == 1 else None
        return None if goal is None else float(goal)


class Always:
    """A policy book in which one policy has always been in force."""

    def __init__(self, policy: Policy) -> None:
        self.current, self.all = policy, (policy,)

    def version(self, number: int) -> Policy:
        return self.current


async def simulate(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    policy: Policy,
    *,
    since: datetime | None,
    now: datetime,
    progress: Callable[[int, int], None],
) -> tuple[Attained, Attained]:
    """What the tickets attained, and would have had `policy` always been in force.

    `since` leaves out tickets created before; `progress` hears (done, all) tickets.
    """
    instant, actual, supposed = micros(now), Attained(), Attained()
    always = Always(policy)
    async with pool.connection() as conn:
        excuses = await book_of(conn)
    async for stream in _streams(pool, since, progress):
        opened = stream[0].body
        if not isinstance(opened, Ticket.Opened):
            continue  # a stream of another kind
        _, fold = folded(stream, opened, opened.policy, book, excuses, instant)
        actual.count(fold, book.current)
        _, fold = folded(stream, opened, policy.version, always, excuses, instant)
        supposed.count(fold, policy)
    return actual, supposed


async def _streams(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    since: datetime | None,
    progress: Callable[[int, int], None],
) -> AsyncGenerator[Sequence[Recorded], None]:
    async with pool.connection() as conn:
        cursor = await conn.execute(_TICKETS, {"since": since})
        ids: list[UUID] = [ticket for (ticket,) in await cursor.fetchall()]
        for start in range(0, len(ids), _PAGE):
            streams = await read_streams(conn, ids[start : start + _PAGE])
            await conn.commit()
            for stream in streams.values():
                if stream:
                    yield stream
            progress(min(start + _PAGE, len(ids)), len(ids))
