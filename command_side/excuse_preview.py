"""What an excuse would do to the tickets that it concerns, before it is granted; nothing is
written."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
from engine.sla import escalation
from engine.sla.instants import micros
from engine.sla.timeline import Fold
from engine.sla.verdict import CycleView, view

PAGE = 500
NIL = UUID(int=0)
TURN = 20
"""Tickets after which the event loop gets a turn."""
Group = tuple[str, str, str]
"""Customer tier, priority and clock, casefolded."""
Attained = dict[Group, Counter[str]]
"""By group how many are met and how many breached."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A cycle whose verdict would be another one."""

    ticket_id: UUID
    external_id: str
    clock: str
    cycle: int
    before: str
    after: str


@dataclass(slots=True)
class Preview:
    """Of the tickets concerned; the others stay as they are."""

    tickets: int = 0
    cycles: list[Turned] = field(default_factory=list[Turned])
    alerts_withdrawn: int = 0
    before: Attained = field(default_factory=dict[Group, Counter[str]])
    after: Attained = field(default_factory=dict[Group, Counter[str]])


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
    found.tickets += 1
    crossed = {escalation.key_of(crossing) for crossing in after.crossings()}
    standing = case.standing(after, now)
    found.alerts_withdrawn += len(escalation.untrue(after, standing, crossed, now))
    old = {(one.clock, one.started_at, one.number): one for one in _views(before, now)}
    for cycle in _views(after, now):
        was = old[cycle.clock, cycle.started_at, cycle.number]
        _count(found.before, before, was)
        _count(found.after, after, cycle)
        if _verdict(was) != _verdict(cycle):
            turned = (cycle.clock, cycle.number, _verdict(was), _verdict(cycle))
            found.cycles.append(Turned(head.ticket_id, case.head.external_id, *turned))


def _views(fold: Fold, now: int) -> Iterator[CycleView]:
    if now >= fold.created_at:
        fold.count_to(now)
    return map(view, fold.cycles())


def _verdict(cycle: CycleView) -> str:
    """Breached as soon as it is overdue, though it may run on."""
    return "breached" if cycle.missed_at is not None else cycle.state


def _count(attained: Attained, fold: Fold, cycle: CycleView) -> None:
    if (verdict := _verdict(cycle)) in ("met", "breached") and cycle.target is not None:
        group = (fold.tier.casefold(), fold.priority.casefold(), cycle.clock)
        attained.setdefault(group, Counter())[verdict] += 1
