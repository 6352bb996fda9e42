"""Everything that happened to a ticket, in order, with the reason why its clocks moved."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from command_side.addressing import resolve
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import Milestone, Observation, Raised, Ticket
from engine.sla.instants import micros, moment, rfc3339
from query_side.audit.explaining import explain, said
from query_side.audit.replay import Replay, replay
from query_side.audit.witness import Change, Witness
from query_side.reading import AsOf, Instant, KnownAt, waiting
from query_side.tickets import Source, TicketKey


class Segment(BaseModel):
    """Open time of a calendar that a clock counted."""

    calendar: str
    start: Instant
    end: Instant


class Entry(BaseModel):
    """One thing that happened."""

    occurred_at: Instant = Field(description="The source's time.")
    recorded_at: Instant | None = Field(description="When it became known; null: by calculation.")
    position: int | None
    kind: str
    explanation: str
    clock: str | None = None
    cycle: int | None = None
    policy_version: int | None = None
    segments: list[Segment] | None = Field(
        default=None, description="What the clock counted since its last change, the latest 50."
    )


class Timeline(BaseModel):
    """A ticket's history, by what was known then."""

    ticket_id: UUID
    external_id: str
    as_of: str
    known_at: str | None
    entries: list[Entry]


# At one instant, what was observed or came into force precedes what it did to the clocks; alerts
# come after both.
RANKS = {"opened": 0, "observed": 0, "retargeted": 0, "moved": 0}
CHANGES, ALERTS = 1, 2


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    now: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(tags=["Audit"], dependencies=[Depends(waiting(pool))])

    @router.get(
        "/tickets/{id:path}/timeline",
        operation_id="get_ticket_timeline",
        summary="Everything that happened, and why",
    )
    async def timeline(
        key: TicketKey,
        source: Source = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> Timeline:
        """What was reported, what it did to the clocks, and who was told, oldest first, each in a
        sentence."""
        witness = Witness()
        async with pool.connection() as conn:
            ticket = await resolve(conn, key, source)
            at = as_of or known_at or now()
            found = await replay(
                conn, book, ticket, as_of=at, known_at=known_at, asked=key, seen=witness
            )
        return Timeline(
            ticket_id=ticket,
            external_id=found.external_id,
            as_of=rfc3339(found.at),
            known_at=None if known_at is None else rfc3339(micros(known_at)),
            entries=_entries(found, witness.changes),
        )

    return router


def _entries(found: Replay, changes: list[Change]) -> list[Entry]:
    entries: list[tuple[int, int, int, Entry]] = []
    before = _before(found)
    withdrawn = {
        body.alert_id: (micros(event.occurred_at), body.reason)
        for event in found.stream
        if isinstance(body := event.body, Ticket.Retracted) and micros(event.occurred_at) > found.at
    }
    for event in found.stream:
        at, body = micros(event.occurred_at), event.body
        if at > found.at:
            continue
        revision = body.revision if isinstance(body, Observation) else None
        kind, sentence = explain(event, before.get((at, revision)))
        milestone = body if isinstance(body, Milestone) else None
        if isinstance(body, Raised) and (later := withdrawn.get(body.alert_id)) is not None:
            # What is known now is not concealed, though it became known later.
            sentence += f" Withdrawn at {rfc3339(later[0])}: {later[1]}."
        entry = Entry(
            occurred_at=event.occurred_at,
            recorded_at=event.recorded_at,
            position=event.position,
            kind=kind,
            explanation=sentence,
            clock=None if milestone is None else milestone.clock,
            cycle=None if milestone is None else milestone.cycle,
            policy_version=getattr(body, "policy", None),
            segments=None,
        )
        entries.append((at, RANKS.get(kind, ALERTS), event.position, entry))
    for number, change in enumerate(changes):
        entries.append((change.at, CHANGES, number, _entry(change)))
    entries.sort(key=lambda one: one[:3])
    return [entry for *_, entry in entries]


def _before(found: Replay) -> dict[tuple[int, int | None], dict[str, Any]]:
    """The attributes that each observation found, but for the first; by time and revision."""
    attributes: dict[str, Any] = {}
    known: dict[tuple[int, int | None], dict[str, Any]] = {}
    for one in found.timeline:
        if attributes:
            known[one.key] = attributes
        attributes = {**attributes, **said(one.given, one.moments, one.personal)}
    return known


def _entry(change: Change) -> Entry:
    segments = None
    if change.counted is not None:
        segments = [
            Segment(calendar=calendar, start=moment(start), end=moment(end))
            for calendar, start, end in change.counted
        ]
    return Entry(
        occurred_at=moment(change.at),
        recorded_at=None,
        position=None,
        kind=change.kind,
        explanation=change.explanation,
        clock=change.clock,
        cycle=change.cycle,
        policy_version=change.policy,
        segments=segments,
    )
