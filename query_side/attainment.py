"""READ: how many promises were kept, by tier, priority, rule, team, clock, person or day."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated, Literal, LiteralString

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, BeforeValidator, Field

from engine.sla.policy import Policy
from query_side import goals, sql
from query_side.reading import Instant, Period, choices, snapshot, waiting
from query_side.spreadsheet import cell

READ = ("tickets", "ticket_clocks")
JUDGED: LiteralString = (
    "SELECT DISTINCT coalesce(rule, ''), customer_tier, priority FROM ticket_clocks"
)
LOCKED: LiteralString = "LOCK TABLE tickets, ticket_clocks IN ACCESS SHARE MODE"
Grouping = Literal[
    "tier", "priority", "rule", "team", "type", "organization", "clock", "assigned_to", "day"
]
COLUMNS: Mapping[Grouping, tuple[LiteralString, LiteralString]] = {
    "tier": ("lower(customer_tier)", "min(customer_tier) AS tier"),
    "priority": ("lower(priority)", "min(priority) AS priority"),
    "rule": ("lower(rule)", "min(rule) AS rule"),
    "team": ("lower(team)", "min(team) AS team"),
    "type": ("lower(type)", "min(type) AS type"),
    "organization": ("lower(organization)", "min(organization) AS organization"),
    "clock": ("clock", "clock"),
    "assigned_to": ("lower(assigned_to)", "min(assigned_to) AS assigned_to"),
    "day": (
        "(decided_at AT TIME ZONE 'UTC')::date",
        "(decided_at AT TIME ZONE 'UTC')::date AS day",
    ),
}
"""What a group is told by, without regard to case, and how it is shown."""


class Attained(BaseModel):
    """Cycles that were decided."""

    met: int
    breached: int
    cancelled: int = Field(description="Neither met nor breached: spam, or promised no more")
    attainment_percent: float | None = Field(
        description="Rounded down to two places: 100 only if none was breached. Null: none decided"
    )
    attainment_percent_excused_counted: float | None = Field(
        description="The same, had what is excused counted; null: nothing is excused here"
    )
    goal_percent: float | None = Field(
        description="What share has to be kept by the newest configuration; null: there is no goal,"
        " or cycles here have different ones, as of several rules"
    )
    budget_left: int | None = Field(
        description="How many more could have been missed with the goal still reached; negative: so"
        " many were too many; null where `goal_percent` is"
    )
    elapsed_mean_seconds: float | None = Field(description="Of the cycles that have ended")
    elapsed_p50_seconds: float | None
    elapsed_p90_seconds: float | None


class Group(Attained):
    """One group, by the names asked for; the others are left out."""

    tier: str | None = None
    priority: str | None = None
    rule: str | None = None
    team: str | None = None
    type: str | None = None
    organization: str | None = None
    clock: str | None = None
    assigned_to: str | None = Field(None, description="Null: nobody")
    day: date | None = Field(None, description="In UTC")


class Attainment(BaseModel):
    """All groups of a period, and the whole of it."""

    since: Instant = Field(serialization_alias="from")
    until: Instant = Field(serialization_alias="to")
    groups: list[Group]
    total: Attained


class Question(Period):
    """Which period, and by what."""

    group_by: Annotated[list[Grouping], BeforeValidator(choices)] = Field(
        default_factory=lambda: ["clock"], description="One or more, in this order; a comma list"
    )
    excused: Literal["with", "without"] = Field(
        "with", description="without: as if nothing had been excused"
    )
    format: Literal["json", "csv"] = Field("json", description="csv: for a spreadsheet")


def _query(names: Sequence[Grouping]) -> LiteralString:
    columns: LiteralString = ", ".join(COLUMNS[name][0] for name in names)
    shown: LiteralString = ", ".join(COLUMNS[name][1] for name in names)
    return sql.load("attainment").replace("{columns}", columns).replace("{shown}", shown)


async def attainment(
    pool: AsyncConnectionPool,
    policy: Policy,
    names: Sequence[Grouping],
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    counted: bool = False,
) -> Attainment:
    """Cycles decided in [since, until), as of now, beside the goals of the policy; `counted`: as if
    nothing had been excused."""
    arguments = {"now": now, "since": since, "until": until, "counted": counted}
    async with snapshot(pool, LOCKED) as conn, conn.cursor(row_factory=dict_row) as cursor:
        arguments |= asdict(await _goals(conn, policy))
        # Never a kept plan: how much of the tables a period takes decides how they are read.
        await cursor.execute(_query(names), arguments, prepare=False)
        rows = await cursor.fetchall()
    for row in rows:
        row["budget_left"] = goals.budget_left(row["met"], row["breached"], row["goal_percent"])
    *groups, total = rows
    return Attainment(
        since=since,
        until=until,
        groups=[Group.model_validate(group) for group in groups],
        total=Attained.model_validate(total),
    )


async def _goals(conn: AsyncConnection, policy: Policy) -> goals.Goals:
    """Of the rules, tiers and priorities that there are."""
    if not policy.has_goals:
        return goals.Goals()
    return goals.of(policy, await (await conn.execute(JUDGED)).fetchall())


def as_csv(found: Attainment, names: Sequence[Grouping]) -> str:
    """The groups without the total, so that the columns can be summed."""
    text = io.StringIO()
    columns = [*names, *Attained.model_fields]
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    for group in found.groups:
        row = group.model_dump()
        writer.writerow({name: cell(value) for name, value in row.items()})
    return text.getvalue()


def build(
    pool: AsyncConnectionPool, now: Callable[[], datetime], policy: Callable[[], Policy]
) -> APIRouter:
    """The route of the report; `policy` is the newest, whose goals are shown."""
    router = APIRouter(prefix="/reports", tags=["Queries"])

    @router.get(
        "/attainment",
        operation_id="get_attainment",
        summary="How many promises were kept",
        dependencies=[Depends(waiting(pool, *READ))],
        response_model=Attainment,
        response_model_exclude_unset=True,
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    async def report(question: Annotated[Question, Query()]) -> Attainment | Response:
        """A cycle of a clock is breached once its deadline is missed, ended or not, and counts by
        that deadline; it is met if it ended in time, and counts by its end. Cycles that ended
        cancelled are counted apart, by their end, whether or not they were overdue by then; those
        that are still undecided do not count. The goals are those of the newest configuration, also
        for what was decided before it. Rule, tier, priority,
        team and organization are those by which the cycle was judged; type and assignee are the
        ticket's present ones."""
        at = now()
        until = question.until or at
        since = question.begins(until)
        if since >= until:
            wrong = "must be after `from`; it is now unless you say otherwise"
            raise RequestValidationError([{"loc": ("query", "to"), "msg": wrong}])
        names = list(dict.fromkeys(question.group_by)) or ["clock"]
        counted = question.excused == "without"
        found = await attainment(
            pool, policy(), names, since=since, until=until, now=at, counted=counted
        )
        if question.format == "json":
            return found
        name = f"attainment-{since.astimezone(UTC):%Y%m%d}-{until.astimezone(UTC):%Y%m%d}.csv"
        return Response(
            as_csv(found, names),
            media_type="text/csv",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    return router
