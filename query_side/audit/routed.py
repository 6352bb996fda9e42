"""READ: whom an alert would be told, by which routes, and what they would see. Nothing is sent."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, ConfigDict, Field

from command_side.bodies import Members
from command_side.deciding.casefile import PolicyBook
from command_side.on_call import book_of
from engine.notify.message import Notice
from engine.notify.plain import plain
from engine.notify.port import Unreachable
from engine.sla.conditions import OWN, Condition, Value
from engine.sla.instants import SECOND, micros
from engine.sla.matching import Subject
from engine.sla.policy import Policy
from engine.sla.rotations import PREFIX
from engine.sla.routes import RAISED, Route
from engine.sla.verdict import Severity, severity
from query_side.audit.replay import Question, Replay, answered

Type = Literal["alert", "escalation", "withdrawn", "acknowledged", "snoozed", "ended", "transition"]
NOBODYS = UUID(int=0)
"""Of a ticket that is only supposed."""


class Supposed(BaseModel):
    """What is supposed to happen, on a ticket that is there, or on one that is supposed, too."""

    model_config = ConfigDict(extra="forbid")

    ticket: str | None = Field(
        None, description="A ticket id or an external id: what is left out is as that ticket has it"
    )
    source: str | None = Field(None, description="Of the ticket")
    type: Type = Field("alert", description="What happens")
    severity: Severity = Field("breached", description="Of the clock")
    level: int | None = Field(
        None, ge=0, le=9999, description="Of an escalation itself, else the ticket's"
    )
    clock: str = Field("resolution", description="Of the configuration")
    to: str | None = Field(None, description="Of a transition, what the clock turns to")
    customer_tier: str | None = Field(None, description="Of the ticket, as are those that follow")
    priority: str | None = Field(None, description="As `customer_tier`")
    rule: str | None = Field(None, description="The rule that the ticket falls under")
    team: str | None = Field(None, description="Who has it")
    organization: str | None = Field(None, description="For whom it is")
    type_of_ticket: str | None = Field(None, description="Its `type`")
    status: str | None = Field(None, description="As the source spells it")
    assigned_to: str | None = Field(None, description="Whom it is assigned to")
    tags: list[str] | None = Field(None, description="All of them")
    fields: Members = Field(
        default_factory=dict[str, Any], description="The source's own fields, by name"
    )


class Tried(BaseModel):
    """A route that was looked at."""

    name: str = Field(description="Its name, or its number among the routes, from 1")
    matched: bool = Field(description="It takes this")
    because: str = Field(description="What it goes by, or the first thing that keeps it from it")


class Told(BaseModel):
    """What one channel would be sent."""

    channel: str = Field(description="Of the configuration")
    people: list[str] = Field(description="Who is named in it, by key: who is on call now")
    text: str = Field(description="In plain words; channels dress it up")
    unreachable: str | None = Field(
        description="Why nothing can be sent there, such as the variable that is not set for the"
        " process that answers; null: it can"
    )


class Routed(BaseModel):
    """Whom it would be told."""

    routes: list[Tried] = Field(description="In the order of the configuration")
    messages: list[Told] = Field(description="By channel; empty: nobody would be told")


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    now: Callable[[], datetime],
    unreachable: Callable[[Mapping[str, Collection[str]]], Mapping[str, Unreachable]],
) -> APIRouter:
    """The route of the preview; `unreachable` are the channels that lack something, by name, where
    each would name these people, by key."""
    router = APIRouter(prefix="/notifications", tags=["Queries"])

    @router.post(
        "/preview",
        operation_id="preview_notification",
        summary="Who would be told, and what",
        responses={
            404: {"description": "There is no such ticket."},
            409: {"description": "Several sources have a ticket of this external id."},
        },
    )
    async def preview(asked: Annotated[Supposed, Body()]) -> Routed:
        """By the routes of the configuration in force, were this to happen now: which match, why
        the others do not, and what would be sent. Nothing is."""
        policy, known = book.all[-1], None
        async with pool.connection() as conn:
            if asked.ticket is not None:
                question = Question(asked.ticket, asked.source)
                known = await answered(conn, book, question, now)
            rotas = await book_of(conn)
        told = _subject(asked, policy, known)
        tried, taken = _tried(policy, told)
        people: dict[str, dict[str, None]] = {}
        for route in taken:
            for to in route.to:
                rotation = policy.rotations.get(to.removeprefix(PREFIX))
                if not to.startswith(PREFIX) or rotation is None:
                    people.setdefault(to, {})
                    continue
                named = rotas.people(rotation, micros(now()), told.level).people
                for channel in rotation.tell_by:
                    people.setdefault(channel, {}).update(dict.fromkeys(named))
        text = _text(asked, told, policy, known, micros(now()))
        lacking = {name: one.reason for name, one in unreachable(people).items()} if people else {}
        return Routed(
            routes=tried,
            messages=[
                Told(
                    channel=channel,
                    people=list(named),
                    text=text,
                    unreachable=lacking.get(channel),
                )
                for channel, named in people.items()
            ],
        )

    return router


def _subject(asked: Supposed, policy: Policy, known: Replay | None) -> Subject:
    """As it would be decided on; whatever is named wins over what the ticket says."""
    attributes: dict[str, Any] = {}
    at_length: Mapping[str, Any] = {}
    if known is not None:
        attributes = dict(known.case.head.attributes)
        at_length = known.case.at_length(known.at)
    named = {
        "type": asked.type_of_ticket,
        "status": asked.status,
        "assigned_to": asked.assigned_to,
    }
    attributes |= {name: value for name, value in named.items() if value is not None}
    tags = at_length.get("tags") if asked.tags is None else asked.tags
    extra: dict[str, Any] = {**(at_length.get("extra") or {}), **asked.fields}
    fold = None if known is None else known.fold
    clock = None if fold is None else fold.clocks.get(asked.clock)
    cycle = None if clock is None else clock.cycle
    loudness: Severity = asked.severity
    if cycle is not None and "severity" not in asked.model_fields_set:
        loudness = severity(cycle)
    level = asked.level
    if level is None:
        level = policy.default_levels.get(loudness, 0) if known is None else known.level
    return Subject(
        type=asked.type,
        severity=loudness,
        clock=asked.clock,
        tier=asked.customer_tier or (fold.tier if fold else ""),
        priority=asked.priority or (fold.priority if fold else ""),
        external_id=known.external_id if known else "EXAMPLE-1",
        source=known.case.head.source if known else asked.source or "default",
        attributes=attributes,
        level=level,
        rule=asked.rule or (fold.plan.rule or None if fold else None),
        team=asked.team or (fold.attributes.team if fold else None),
        organization=asked.organization or (fold.attributes.organization if fold else None),
        to=asked.to,
        at_length=lambda: {"tags": tags, "extra": extra},
    )


def _tried(policy: Policy, told: Subject) -> tuple[list[Tried], list[Route]]:
    tried: list[Tried] = []
    taken: list[Route] = []
    by: str | None = None
    for number, route in enumerate(policy.routes, start=1):
        name = route.name or str(number)
        if by is not None:
            tried.append(Tried(name=name, matched=False, because=f"{by} takes it before"))
            continue
        because = _lacks(route, told)
        matched = because is None
        tried.append(Tried(name=name, matched=matched, because=because or _has(route, told)))
        if matched:
            taken.append(route)
            by = None if route.goes_on else name
    return tried, taken


def _lacks(route: Route, told: Subject) -> str | None:
    """What keeps it from taking this; None: nothing."""
    if told.type not in RAISED and not route.names_types:
        return f"it names no type, and what is {told.type} goes to routes that do"
    failure = route.match.first_failure(told)
    if failure is None:
        return None
    if failure.unless:
        return f"{_said(failure.condition, failure.value)}, which it leaves out"
    return f"{_said(failure.condition, failure.value)}, not {_wanted(failure.condition)}"


def _has(route: Route, told: Subject) -> str:
    said = [_said(one, told.value(one.field)) for one in route.match.when]
    takes = ", ".join(said) or "it takes everything"
    if route.gather is None:
        return takes
    alike = [name.removeprefix(OWN).replace("_", " ") for name in route.gather.by]
    by = f" by {', '.join(alike)}" if alike else ""
    return f"{takes}; gathered{by} for {route.gather.wait / SECOND:g} s"


def _said(condition: Condition, value: Value) -> str:
    name = condition.field.removeprefix(OWN).replace("_", " ")
    if not value:
        return f"it has no {name}"
    return f"{name} is {value if isinstance(value, str) else ', '.join(value)}"


def _wanted(condition: Condition) -> str:
    words = [*condition.written, *(["anything"] if condition.anything else ())]
    return " or ".join([*words, *(["nothing"] if condition.nothing else ())])


def _text(asked: Supposed, told: Subject, policy: Policy, known: Replay | None, now: int) -> str:
    kind = {"withdrawn": "retracted"}.get(told.type, told.type)
    alert: dict[str, Any] = {
        "type": kind,
        "alert_id": "preview",
        "clock": told.clock,
        "cycle": 1,
        "generation": 0,
        "milestone": f"level:{told.level}" if kind == "escalation" else told.severity,
        "severity": told.severity,
        "escalation_level": told.level,
        "level_name": policy.level_name(told.level) if kind == "escalation" else None,
        "occurred_at": now,
        "raised_at": now,
        "due_at": None,
        "remaining_seconds": None,
        "reason": None,
        "muted": None,
    }
    if kind == "ended":
        alert["state"] = "breached" if told.severity == "breached" else "met"
    if kind == "transition":
        alert |= {"before": "running", "after": told.to or "paused"}
    body = {
        "external_id": told.external_id,
        "source": told.source,
        "priority": told.priority,
        "customer_tier": told.tier,
        "status": told.attributes.get("status", ""),
        "title": told.attributes.get("title"),
        "assigned_to": told.attributes.get("assigned_to"),
        "rule": told.rule,
        "team": told.team,
        "organization": told.organization,
        "alerts": [alert],
    }
    ticket = NOBODYS if known is None else known.ticket
    said = plain([Notice("preview", ticket, "", 1, body)], "")
    return f"{said.emoji} {said.title}\n{said.text}"
