"""Who used the time of a ticket's clocks, in which status and under which rule?"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import seconds
from command_side.deciding.replayed import Stored
from engine.sla.cycle import Cycle
from engine.sla.instants import rfc3339, rfc3339_or_none
from engine.sla.policy import status_key
from engine.sla.uses import Had, Time, Use, Uses, total
from query_side.audit.replay import Asked, answered
from query_side.reading import waiting


class Divided(BaseModel):
    """Time by the wall clock, every instant of it once."""

    counted_seconds: float = Field(description="It ran: open, not excused, not paused.")
    paused_seconds: float = Field(description="It was paused, in time that would have counted.")
    excused_seconds: float = Field(description="By agreement, running or paused.")
    out_of_hours_seconds: float = Field(description="The calendar was closed.")


class Part(Divided):
    """What one combination used of a cycle."""

    team: str | None
    assigned: bool = Field(
        description="Somebody had it; with `assigned_to` null the name was erased."
    )
    assigned_to: str | None
    status: str | None = Field(description="In the source's words; null: none was named yet.")
    rule: str | None = Field(description="In force then; null: none, so the customer tier.")


class CycleUse(Divided):
    """One cycle of one clock, whole and in parts."""

    clock: str
    cycle: int
    started_at: str
    ended_at: str | None = Field(
        description="When it stopped, or its promise was taken away; null: it goes on."
    )
    parts: list[Part] = Field(
        description="One for each combination, in the order in which they came first. They add up"
        " to the whole, to the microsecond."
    )


class Breakdown(BaseModel):
    """Every cycle that was ever promised something, by start within a clock."""

    ticket_id: UUID
    external_id: str
    at: str
    known_at: str | None
    cycles: list[CycleUse]


class Whose(NamedTuple):
    """What parts are told apart by; teams and statuses regardless of their case."""

    team: str | None
    assigned: bool
    assigned_to: str | None
    status: str | None
    rule: str


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    now: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(tags=["Audit"], dependencies=[Depends(waiting(pool))])

    @router.get(
        "/tickets/{id:path}/breakdown",
        operation_id="get_ticket_breakdown",
        summary="Who used the time of a ticket's clocks",
    )
    async def breakdown(question: Asked) -> Breakdown:
        """For every cycle, its time by team, assignee, status and rule, calculated from the log.

        Each instant from its start to its end counts once: out of hours, else excused, else paused,
        else counted. The time in which a ticket was done is paused, if the same cycle was opened
        again. What was counted before a change restarted the clock is used all the same, so that it
        may be more than the elapsed time."""
        uses = Uses()
        async with pool.connection() as conn:
            found = await answered(conn, book, question, now, uses)
        names = assignees(found.timeline)
        return Breakdown(
            ticket_id=found.ticket,
            external_id=found.external_id,
            at=rfc3339(found.at),
            known_at=rfc3339_or_none(found.known_at),
            cycles=[
                _cycle(cycle, list(uses.of(cycle, found.at)), names)
                for cycle in found.fold.cycles()
                if found.began
            ],
        )

    return router


def assignees(timeline: Sequence[Stored]) -> Mapping[tuple[int, int] | None, str | None]:
    """By the newest observation, who was assigned; None: nobody, or the name was erased."""
    named: dict[tuple[int, int] | None, str | None] = {}
    who: str | None = None
    for one in timeline:
        if one.observation.assigned is not None:
            who = one.personal.get("assigned_to")
        named[one.key] = who
    return named


def _cycle(
    cycle: Cycle, uses: Sequence[Use], names: Mapping[tuple[int, int] | None, str | None]
) -> CycleUse:
    parts: dict[Whose, Time] = {}
    shown: dict[Whose, Whose] = {}
    for use in uses:
        said = whose(use.had, names)
        key = regardless_of_case(said)
        shown.setdefault(key, said)
        parts[key] = parts.get(key, Time()).plus(use.time)
    return CycleUse(
        clock=cycle.rules.name,
        cycle=cycle.number,
        started_at=rfc3339(cycle.started_at),
        ended_at=rfc3339_or_none(cycle.ended_at),
        parts=[_part(shown[key], time) for key, time in parts.items()],
        **divided(total(parts.values())),
    )


def whose(had: Had, names: Mapping[tuple[int, int] | None, str | None]) -> Whose:
    """As it is shown; `names` are those of `assignees`."""
    name = names.get(had.newest) if had.assigned else None
    return Whose(had.team, had.assigned, name, had.status, had.rule)


def regardless_of_case(one: Whose) -> Whose:
    """As it is told apart from others."""
    team = None if one.team is None else one.team.casefold()
    status = None if one.status is None else status_key(one.status)
    return one._replace(team=team, status=status)


def _part(had: Whose, time: Time) -> Part:
    return Part(
        team=had.team,
        assigned=had.assigned,
        assigned_to=had.assigned_to,
        status=had.status,
        rule=had.rule or None,
        **divided(time),
    )


def divided(time: Time) -> dict[str, float]:
    """As answers name them."""
    return {
        "counted_seconds": seconds(time.counted),
        "paused_seconds": seconds(time.paused),
        "excused_seconds": seconds(time.excused),
        "out_of_hours_seconds": seconds(time.out_of_hours),
    }
