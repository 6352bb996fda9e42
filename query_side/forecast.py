"""READ: which deadlines will be missed in the next hours if nothing happens."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Annotated, Any, LiteralString, Self, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field, model_validator

from query_side import sql
from query_side.filtering import Filters, Policies, chosen
from query_side.reading import Instant, snapshot, waiting
from query_side.time_zones import Zone
from query_side.usual import (
    WEEK,
    Bucket,
    Step,
    TeamLoad,
    TeamShare,
    edges,
    same_before,
    slots,
    usual,
)

READ = ("tickets", "ticket_clocks")
LOCKED: LiteralString = "LOCK TABLE tickets, ticket_clocks IN ACCESS SHARE MODE"


class Coming(BaseModel):
    """A clock that runs, or will by itself, and whose deadline lies ahead."""

    ticket_id: UUID
    external_id: str
    source: str
    title: str | None
    status: str
    priority: str
    customer_tier: str
    team: str | None
    assigned_to: str | None
    rule: str | None
    clock: str
    cycle: int
    severity: str = Field(description="compliant, warning or critical, at the time of asking")
    warning_at: Instant | None
    critical_at: Instant | None
    due_at: Instant
    overdue_from: Instant = Field(
        description="When it is breached: the first instant after `due_at` that counts"
    )
    due_in_seconds: float
    resumes_at: Instant | None = Field(
        description="When it runs again by itself: it is paused, and may be no longer"
    )
    acknowledged_until: Instant | None
    snoozed_until: Instant | None


class Forecast(BaseModel):
    """What is breached by `until` if nothing happens, soonest first."""

    at: Instant
    until: Instant
    items: list[Coming]
    total: int = Field(description="Clocks, those beyond `limit` included")
    buckets: list[Bucket] = Field(
        default_factory=list[Bucket],
        description="With `by`: one an hour or a day, those that end by `until`, without gaps",
    )
    teams: list[TeamLoad] = Field(
        default_factory=list[TeamLoad],
        description="With `by`: all buckets together, by team, the one with the most deadlines"
        " first",
    )
    usual_weeks: int = Field(
        0, description="Over how many weeks the mean is taken; 0: there is none"
    )


class _Row(Coming):
    total: int = Field(exclude=True)


MOST_HOURS = 24 * 31


class Question(Filters):
    """How far to look ahead, and for which tickets."""

    hours: float = Field(4, gt=0, le=24 * 366, description="How far to look ahead")
    limit: int = Field(100, ge=1, le=1000)
    by: Step | None = Field(
        None,
        description="Count them by hour or by day, too, against what is usual; by hour for 744"
        " hours at most",
    )
    time_zone: Zone = Field(
        "UTC", description="An IANA name, such as Europe/Berlin: where hours and days begin"
    )
    weeks: int = Field(4, ge=1, le=52, description="How many weeks tell what is usual, at most")
    wait_for: int | None = None

    @model_validator(mode="after")
    def is_drawable(self) -> Self:
        """Nobody reads thousands of hours."""
        if self.by == "hour" and self.hours > MOST_HOURS:
            raise ValueError(f"by hour for {MOST_HOURS} hours at most; by=day goes further")
        return self


async def _buckets(
    conn: AsyncConnection,
    question: Question,
    step: Step,
    where: LiteralString,
    arguments: Mapping[str, Any],
) -> tuple[list[Bucket], list[TeamLoad], int]:
    """And over how many weeks."""
    at, zone = arguments["now"], question.time_zone
    places = slots(step, at, arguments["until"], zone)
    before = [same_before(step, place, at, zone, question.weeks) for place in places]
    spelt: dict[str | None, str | None] = {}
    begins = [place.begins for place in places]
    until = places[-1].ends if places else at
    query = sql.load("forecast_buckets").replace("{filters}", where)
    asked = {**arguments, "edges": begins, "until": until}
    due, _ = await _by_team(conn, query, asked, begins, spelt)
    bounds = edges(chain.from_iterable(before))
    told = {**arguments, "edges": bounds}
    done, first = await _by_team(conn, _usual(question), told, bounds, spelt)
    # As many as are asked for, but no more whole ones than there is work that was done.
    weeks = 0 if first is None else max(0, min(question.weeks, (at - first) // WEEK))
    loads: dict[str | None, TeamLoad] = {}
    buckets: list[Bucket] = []
    for place, same in zip(places, before, strict=True):
        counts = due.get(place.begins, {})
        by_team = usual(place, same[:weeks], at, weeks, done)
        shares = [TeamShare(team=spelt[team], count=count) for team, count in counts.items()]
        buckets.append(
            Bucket(
                from_=max(place.begins, at),
                until=place.ends,
                count=sum(counts.values()),
                usual=sum(by_team.values()) if weeks else None,
                teams=shares,
            )
        )
        for team in {*counts, *by_team}:
            new = TeamLoad(team=spelt[team], count=0, usual=0.0 if weeks else None)
            load = loads.setdefault(team, new)
            load.count += counts.get(team, 0)
            if load.usual is not None:
                load.usual += by_team.get(team, 0.0)
    return buckets, sorted(loads.values(), key=_most_first), weeks


def _usual(question: Question) -> LiteralString:
    """Whose work it was; how a ticket is now does not matter. Most cycles say it themselves."""
    by_ticket = bool(question.type or question.assigned_to or question.unassigned)
    return (
        sql.load("forecast_usual")
        .replace("{tickets}", "JOIN tickets t USING (ticket_id)" if by_ticket else "")
        .replace("{filters}", sql.load("forecast_usual_people") if by_ticket else "true")
    )


def _most_first(load: TeamLoad) -> tuple[int, float, str]:
    return -load.count, -(load.usual or 0.0), load.team or ""


async def _by_team(
    conn: AsyncConnection,
    query: LiteralString,
    arguments: Mapping[str, Any],
    bounds: Sequence[datetime],
    spelt: dict[str | None, str | None],
) -> tuple[dict[datetime, dict[str | None, int]], datetime | None]:
    """By the bound from which on it counts, and by team in lower case; `spelt` learns how each is
    written. And the first instant of all, where the query tells one."""
    cursor = await conn.execute(query, arguments, prepare=False)
    found: dict[datetime, dict[str | None, int]] = {}
    rows = cast(
        "list[tuple[int, str | None, str | None, int, datetime | None]]", await cursor.fetchall()
    )
    for place, team, spelling, count, _ in rows:
        if place and count:
            spelt.setdefault(team, spelling)
            found.setdefault(bounds[place - 1], {})[team] = count
    return found, min((first for *_, first in rows if first is not None), default=None)


def build(pool: AsyncConnectionPool, now: Callable[[], datetime], policies: Policies) -> APIRouter:
    """The route of what is to come."""
    router = APIRouter(tags=["Queries"])

    @router.get(
        "/forecast",
        operation_id="get_forecast",
        summary="Deadlines that will be missed in the next hours if nothing happens",
        dependencies=[Depends(waiting(pool, *READ))],
    )
    async def forecast(question: Annotated[Question, Query()]) -> Forecast:
        """Of running clocks only, and of paused ones that will run again by themselves: any other
        comes no nearer to its deadline. What is breached already is on the board. `hours` count by
        the calendar on the wall, deadlines by that of the clock. The filters are the board's.

        With `by` also as a picture: how many clocks in each hour or day, by team, and how many
        cycles usually end in it: the mean of the same hour of the same weekday over the last
        `weeks`, of cycles that had the priority, tier, rule, team, type, organization and assignee
        that are asked for, kept or not, but not cancelled."""
        at = now()
        until = at + timedelta(hours=question.hours)
        arguments = {
            **question.arguments(at, policies()),
            "until": until,
            "limit": question.limit,
        }
        async with snapshot(pool, LOCKED) as conn:
            where = await chosen(conn, question, arguments)
            query = sql.load("forecast").replace("{filters}", where)
            async with conn.cursor(row_factory=class_row(_Row)) as cursor:
                await cursor.execute(query, arguments, prepare=False)
                rows = await cursor.fetchall()
            total = rows[0].total if rows else 0
            found = Forecast(at=at, until=until, items=list(rows), total=total, usual_weeks=0)
            if question.by is not None:
                drawn = await _buckets(conn, question, question.by, where, arguments)
                found.buckets, found.teams, found.usual_weeks = drawn
            return found

    return router
