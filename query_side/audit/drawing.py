"""What each of a ticket's clocks did along time, to be drawn: stretches, deadlines and alerts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby, islice
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.exceptions import RequestValidationError
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import Raised, Ticket
from command_side.event_store import Recorded
from engine.sla.cycle import Cycle
from engine.sla.instants import micros, moment, moment_or_none
from engine.sla.timeline import Fold
from engine.sla.uses import Key, Kind, Piece, Time, Uses, key_of
from engine.sla.verdict import view
from query_side.audit.breakdown import (
    Divided,
    Whose,
    assignees,
    divided,
    regardless_of_case,
    whose,
)
from query_side.audit.replay import Asked, Replay, answered
from query_side.audit.why import rule_of
from query_side.reading import Instant, waiting

MOST = 10_000
"""Stretches of one answer: years of a calendar with hours."""


class Stretch(BaseModel):
    """Time of one kind without a break, while the same people had the ticket."""

    start: Instant = Field(description="Its first instant")
    end: Instant = Field(description="The first instant after it")
    kind: Kind = Field(description="What the time was, as the sums are called")
    team: str | None
    assigned: bool = Field(description="Somebody had it; with `assigned_to` null: name erased")
    assigned_to: str | None
    status: str | None = Field(description="In the source's words; null: none was named yet")
    rule: str | None = Field(description="In force then; null: none, so the customer tier")


class Deadline(BaseModel):
    """When a cycle was due, from an instant on."""

    since: Instant = Field(description="From then on it was so")
    due_at: Instant | None = Field(description="Null: it was paused, and had none")


class RaisedAlert(BaseModel):
    """A milestone of the cycle that was raised."""

    occurred_at: Instant = Field(description="When the clock came to it; of a breach the deadline")
    recorded_at: Instant
    position: int = Field(description="Of the stored event")
    severity: str = Field(description="warning | critical | breached | level")
    level: int | None = Field(description="The rung of an escalation; null: it is an alert")
    suppressed: str | None = Field(
        description="Why nobody was told: inhibited | backfill | snoozed | silenced | acknowledged;"
        " null: somebody was to be told"
    )
    withdrawn_at: Instant | None = Field(
        description="When it was taken back, as by what became known it had not happened"
    )


class Lane(Divided):
    """One cycle of one clock along time, and the sums of its stretches by their kind."""

    clock: str
    cycle: int
    state: str = Field(description="running | paused | met | breached | cancelled")
    severity: str
    calendar: str
    rule: str | None = Field(description="By which it is judged, or the customer tier")
    target_seconds: float | None
    started_at: Instant
    ended_at: Instant | None = Field(
        description="When it stopped, or its promise was taken away; null: it goes on"
    )
    due_at: Instant | None
    breached_at: Instant | None = Field(description="The deadline that was missed")
    warning_at: Instant | None
    critical_at: Instant | None
    stretches: list[Stretch] = Field(description="From its start to its end, without a gap")
    deadlines: list[Deadline] = Field(description="Each that it had, the oldest first")
    alerts: list[RaisedAlert] = Field(description="In the order in which they were recorded")


class Drawing(BaseModel):
    """Every cycle that was ever promised something, by start within a clock."""

    ticket_id: UUID
    external_id: str
    at: Instant
    known_at: Instant | None
    created_at: Instant
    cycles: list[Lane] = Field(description="A lane for each")


class Due(NamedTuple):
    """The deadline of a cycle from an instant on; None: it is paused."""

    since: int
    at: int | None


class Deadlines:
    """Watches a fold being made: when each cycle was due, and since when that was so."""

    def __init__(self) -> None:
        self._found: defaultdict[Key, list[Due]] = defaultdict(list)

    def __call__(self, fold: Fold) -> None:
        for clock in fold.clocks.values():
            cycle = clock.cycle
            if cycle is None or not cycle.counts:
                continue
            due_at, told = cycle.due_at(), self._found[key_of(cycle)]
            if due_at != (told[-1].at if told else None):
                told.append(Due(fold.at, due_at))

    def of(self, cycle: Cycle) -> Sequence[Due]:
        """The oldest first."""
        return self._found[key_of(cycle)]


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    now: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(tags=["Audit"], dependencies=[Depends(waiting(pool))])

    @router.get(
        "/tickets/{id:path}/stretches",
        operation_id="get_ticket_stretches",
        summary="The clocks of a ticket along time",
    )
    async def drawing(question: Asked) -> Drawing:
        """For every cycle, the stretches in which it ran, was paused, excused or out of hours, its
        deadlines and its alerts, calculated from the log. The stretches of a kind add up to what
        the breakdown says. One that is calculated for so long that it has more than 10,000 of them
        is refused: ask for an earlier `as_of`."""
        uses, deadlines = Uses(), Deadlines()

        def seen(fold: Fold) -> None:
            uses(fold)
            deadlines(fold)

        async with pool.connection() as conn:
            found = await answered(conn, book, question, now, seen)
        return drawn(found, uses, deadlines)

    return router


def drawn(found: Replay, uses: Uses, deadlines: Deadlines) -> Drawing:
    """Raises RequestValidationError where it is too much."""
    left, lanes, names = MOST, list[Lane](), assignees(found.timeline)
    raised = alerts(found.stream, found.at)
    for cycle in found.fold.cycles() if found.began else ():
        pieces = list(islice(uses.pieces(cycle, found.at), left + 1))
        left -= len(pieces)
        if left < 0:
            message = f"there are more than {MOST:,} stretches by then; ask for an earlier instant"
            raise RequestValidationError([{"loc": ("query", "as_of"), "msg": message}])
        of_cycle = raised.get((cycle.rules.name, cycle.started_at), ())
        told = [one for one in of_cycle if not _is_to_come(one, cycle, found.at)]
        times = uses.in_all(cycle, found.at)
        lanes.append(_lane(cycle, times, stretches(pieces, names), deadlines.of(cycle), told))
    return Drawing(
        ticket_id=found.ticket,
        external_id=found.external_id,
        at=moment(found.at),
        known_at=moment_or_none(found.known_at),
        created_at=moment(found.fold.created_at),
        cycles=lanes,
    )


def _is_to_come(one: RaisedAlert, cycle: Cycle, at: int) -> bool:
    """Whether its deadline has come, but was not missed yet: no time counts there."""
    shown = view(cycle)
    if one.severity != "breached" or shown.overdue_from is None or shown.overdue_from <= at:
        return False
    return one.occurred_at == moment_or_none(shown.breached_at)


def _lane(
    cycle: Cycle,
    times: Time,
    parts: Iterable[Stretch],
    deadlines: Sequence[Due],
    told: Iterable[RaisedAlert],
) -> Lane:
    shown = view(cycle)
    return Lane(
        clock=shown.clock,
        cycle=shown.number,
        state=shown.state,
        severity=shown.severity,
        calendar=shown.calendar,
        rule=None if cycle.plan is None else rule_of(cycle.plan),
        target_seconds=None if shown.target is None else shown.target / 1_000_000,
        started_at=moment(shown.started_at),
        ended_at=moment_or_none(cycle.ended_at),
        due_at=moment_or_none(shown.due_at),
        breached_at=moment_or_none(shown.missed_at),
        warning_at=moment_or_none(shown.warning_at),
        critical_at=moment_or_none(shown.critical_at),
        stretches=list(parts),
        deadlines=[
            Deadline(since=moment(one.since), due_at=moment_or_none(one.at)) for one in deadlines
        ],
        alerts=list(told),
        **divided(times),
    )


def stretches(
    pieces: Sequence[Piece], names: Mapping[tuple[int, int] | None, str | None]
) -> Iterator[Stretch]:
    """What touches and is alike in all that is shown is one."""

    def shown(piece: Piece) -> tuple[Kind, Whose]:
        return piece.kind, regardless_of_case(whose(piece.had, names))

    for _, group in groupby(pieces, shown):
        alike = list(group)
        first, last = alike[0], alike[-1]
        said = whose(first.had, names)
        yield Stretch(
            start=moment(first.start),
            end=moment(last.end),
            kind=first.kind,
            team=said.team,
            assigned=said.assigned,
            assigned_to=said.assigned_to,
            status=said.status,
            rule=said.rule or None,
        )


def alerts(
    stream: Sequence[Recorded], until: int
) -> Mapping[tuple[str, int], Sequence[RaisedAlert]]:
    """By clock and start of the cycle, what of it was raised and had happened by then."""
    found: defaultdict[tuple[str, int], list[RaisedAlert]] = defaultdict(list)
    by_id: dict[str, RaisedAlert] = {}
    for event in stream:
        body, at = event.body, micros(event.occurred_at)
        if isinstance(body, Raised) and at <= until:
            by_id[body.alert_id] = one = RaisedAlert(
                occurred_at=event.occurred_at,
                recorded_at=event.recorded_at,
                position=event.position,
                severity="level" if isinstance(body, Ticket.Escalated) else body.severity,
                level=body.level if isinstance(body, Ticket.Escalated) else None,
                suppressed=body.suppressed,
                withdrawn_at=None,
            )
            found[body.clock, body.cycle_started_at].append(one)
        elif isinstance(body, Ticket.Retracted) and body.alert_id in by_id:
            by_id[body.alert_id].withdrawn_at = event.occurred_at
    return found
