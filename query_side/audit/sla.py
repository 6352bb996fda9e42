"""How do this ticket's clocks stand, at any instant, by what was known at any instant?"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import seconds
from engine.sla import escalation
from engine.sla.cycle import Cycle
from engine.sla.excuses import within
from engine.sla.instants import rfc3339, rfc3339_or_none
from engine.sla.uses import Time, Uses
from engine.sla.verdict import CycleView, verdict
from engine.sla.why import why
from query_side.audit.replay import Asked, Replay, answered
from query_side.audit.why import Reason, promised, reasons, rule_of
from query_side.reading import waiting

NOT_YET = "The ticket did not exist yet."


class Clock(BaseModel):
    """One cycle of one clock."""

    name: str
    cycle: int
    team: str | None = Field(
        description="That had the ticket while it was open; of an ownership clock, whose stint it"
        " is."
    )
    customer_tier: str = Field(description="By which it is judged, as by the priority.")
    priority: str
    organization: str | None
    state: str = Field(description="running | paused | met | breached | cancelled")
    severity: str = Field(description="compliant | warning | critical | breached")
    calendar: str
    policy_version: int
    rule: str | None = Field(description="By which it is judged, or the customer tier.")
    started_at: str
    stopped_at: str | None
    first_stopped_at: str | None
    target_seconds: float | None
    elapsed_seconds: float
    remaining_seconds: float | None = Field(description="Negative: overrun.")
    remaining_percent: float | None
    due_at: str | None = Field(description="Null while paused or stopped.")
    resumes_at: str | None = Field(
        description="When it runs again by itself, where it may be paused no longer."
    )
    warning_at: str | None
    critical_at: str | None
    breached_at: str | None = Field(description="The deadline that was missed.")
    paused_seconds: float = Field(
        description="Of its life, in time that would have counted; also while the ticket was done,"
        " if this cycle went on after it."
    )
    excused_seconds: float = Field(description="Of its life, by agreement; out of hours not.")
    standing_still: bool = Field(description="Open, and no time counts: out of hours, or excused.")
    standing_still_because: str | None = Field(
        description="excused | out_of_hours; null: it does not stand still."
    )
    own_date: str | None = Field(
        description="The ticket's own, from which the target comes; null: it comes from the policy."
    )
    own_date_ignored: str | None = Field(
        description="One that does not count: it is not after the start."
    )


class Escalation(BaseModel):
    """Where the ladder stands."""

    level: int
    name: str
    acknowledged_at: str | None
    next_level: int | None
    next_at: str | None


class Sla(BaseModel):
    """Every cycle of every clock, by start within a clock."""

    ticket_id: UUID
    external_id: str
    at: str
    known_at: str | None
    sla_state: str = Field(description="compliant | warning | critical | breached | untracked")
    policy_version: int
    rule: str | None = Field(
        description="The rule that decides, or the customer tier; null: nothing is promised to it."
    )
    why: list[Reason] = Field(
        description="The rules up to the one that decides, in the order in which they were tried;"
        " behind them the customer tier, if none matches. Empty before the ticket's creation."
    )
    promise: str = Field(description="What follows from it, in a sentence, also where it is none.")
    on_purpose: bool
    clocks: list[Clock]
    escalation: Escalation


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    now: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(tags=["Audit"], dependencies=[Depends(waiting(pool))])

    @router.get(
        "/tickets/{id:path}/sla",
        operation_id="get_ticket_sla",
        summary="The clocks of a ticket, at any instant",
    )
    async def sla(question: Asked) -> Sla:
        """Every cycle of every clock, calculated from the log; none before the ticket's creation.
        `escalation` says which level is reached, and what comes next if nothing happens."""
        uses = Uses()
        async with pool.connection() as conn:
            found = await answered(conn, book, question, now, uses)
        return answer(found, uses)

    return router


def answer(found: Replay, uses: Uses) -> Sla:
    fold = found.fold
    judged = verdict(fold)
    because = why(fold, found.at) if found.began else None
    level = found.level if found.began else 0
    ahead = (
        escalation.next_level(fold, level, found.acknowledgements, found.breaches)
        if found.began
        else None
    )
    standing = [
        given
        for given in found.acknowledgements
        if given.at <= found.at < escalation.lapses(given, found.breaches)
    ]
    return Sla(
        ticket_id=found.ticket,
        external_id=found.external_id,
        at=rfc3339(found.at),
        known_at=rfc3339_or_none(found.known_at),
        sla_state=judged.state,
        policy_version=fold.policy.version,
        rule=rule_of(fold.plan) if found.began else None,
        why=[] if because is None else reasons(because, fold),
        promise=NOT_YET if because is None else promised(because, fold),
        on_purpose=found.began and fold.plan.on_purpose,
        clocks=[
            _clock(cycle, view, uses.in_all(cycle, found.at))
            for cycle, view in zip(fold.cycles(), judged.cycles, strict=True)
            if found.began
        ],
        escalation=Escalation(
            level=level,
            name=fold.policy.level_name(level),
            acknowledged_at=rfc3339(standing[-1].at) if standing else None,
            next_level=ahead[0] if ahead else None,
            next_at=rfc3339(ahead[1]) if ahead else None,
        ),
    )


def _because(cycle: Cycle) -> str:
    return "excused" if within(cycle.windows, cycle.since, cycle.since + 1) else "out_of_hours"


def _clock(cycle: Cycle, view: CycleView, used: Time) -> Clock:
    remaining = None if view.target is None else view.target - view.elapsed
    percent = None
    if remaining is not None and view.target:
        percent = round(100 * remaining / view.target, 1)
    return Clock(
        name=view.clock,
        cycle=view.number,
        team=view.team or view.attributes.team,
        customer_tier=view.attributes.tier,
        priority=view.attributes.priority,
        organization=view.attributes.organization,
        state=view.state,
        severity=view.severity,
        calendar=view.calendar,
        policy_version=view.policy,
        rule=None if cycle.plan is None else rule_of(cycle.plan),
        started_at=rfc3339(view.started_at),
        stopped_at=rfc3339_or_none(view.stopped_at),
        first_stopped_at=rfc3339_or_none(view.first_stopped_at),
        target_seconds=None if view.target is None else seconds(view.target),
        elapsed_seconds=seconds(view.elapsed),
        remaining_seconds=None if remaining is None else seconds(remaining),
        remaining_percent=percent,
        due_at=rfc3339_or_none(view.due_at),
        resumes_at=rfc3339_or_none(view.resumes_at),
        warning_at=rfc3339_or_none(view.warning_at),
        critical_at=rfc3339_or_none(view.critical_at),
        breached_at=rfc3339_or_none(view.missed_at),
        paused_seconds=seconds(used.paused),
        excused_seconds=seconds(used.excused),
        standing_still=cycle.stands_still,
        standing_still_because=_because(cycle) if cycle.stands_still else None,
        own_date=rfc3339_or_none(view.own_date),
        own_date_ignored=rfc3339_or_none(view.own_date_ignored),
    )
