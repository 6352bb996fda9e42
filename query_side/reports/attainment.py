"""READ: how many promises were kept, by clock, rule, team, person, week and what else there is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Literal, LiteralString, cast

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from pydantic import BaseModel, BeforeValidator, Field

from engine.sla.policy import Policy
from query_side import goals, sql
from query_side.reading import Instant, choices, waiting
from query_side.reports import calendar
from query_side.reports.calendar import UNITS, Divided, divided, labelled
from query_side.reports.filtering import CycleFilters, href
from query_side.reports.relation import COUNTED, READ, TABLES, judged
from query_side.reports.sheet import FORMATS, SHEETS, Format, Sheet
from query_side.reports.then import Sources

Grouping = Literal[
    "clock",
    "rule",
    "tier",
    "priority",
    "team",
    "organization",
    "assigned_to",
    "type",
    "policy",
    "day",
    "week",
    "month",
    "weekday",
    "hour",
]
COLUMNS: Final[Mapping[Grouping, tuple[LiteralString, LiteralString]]] = {
    "clock": ("clock", "clock"),
    "rule": ("lower(rule)", "min(rule) AS rule"),
    "tier": ("lower(tier)", "min(tier) AS tier"),
    "priority": ("lower(priority)", "min(priority) AS priority"),
    "team": ("lower(team)", "min(team) AS team"),
    "organization": ("lower(organization)", "min(organization) AS organization"),
    "assigned_to": ("lower(assigned_to)", "min(assigned_to) AS assigned_to"),
    "type": ("lower(type)", "min(type) AS type"),
    "policy": ("policy", "policy"),
    "day": ("day", "day"),
    "week": ("week", "week"),
    "month": ("month", "month"),
    "weekday": ("weekday", "weekday"),
    "hour": ("hour", "hour"),
}
"""What a group is told by, without regard to case, and how it is shown."""
MOMENTS: Final[Mapping[Grouping, LiteralString]] = {
    **calendar.MOMENTS,
    "weekday": ", extract(isodow FROM {at} AT TIME ZONE %(zone)s)::integer AS weekday",
    "hour": ", extract(hour FROM {at} AT TIME ZONE %(zone)s)::integer AS hour",
}
"""In which stretch it lies; or when in a week."""
AT: Final[LiteralString] = "CASE WHEN c.asked THEN c.at ELSE c.unexcused_at END"
SORTED_IN_MEMORY: Final[LiteralString] = "SET LOCAL work_mem = '32MB'"
"""150,000 cycles are."""
BY_ALL: Final[LiteralString] = """(g.rule, g.tier, g.priority, g.clock)
        = (coalesce(c.rule, ''), c.tier, c.priority, c.clock)"""
"""How a cycle finds its goal"""
BY_CLOCK: Final[LiteralString] = "(g.rule, g.clock) = (coalesce(c.rule, ''), c.clock)"
"""and where all have the same."""
RESOLUTION: Final = "resolution"
"""A kind of clock, and the name of the one that is built in."""


class Attained(BaseModel):
    """What cycles came to."""

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
    elapsed_mean_seconds: float | None = Field(description="As `mean_seconds`")
    elapsed_p50_seconds: float | None = Field(description="As `p50_seconds`")
    elapsed_p90_seconds: float | None = Field(description="As `p90_seconds`")
    open: int = Field(description="Neither ended nor overdue; these began in the period")
    mean_seconds: float | None = Field(
        description="Time that counted, of the cycles that have ended; null: none has"
    )
    p50_seconds: float | None = Field(description="Half of them took no longer")
    p90_seconds: float | None = Field(description="Nine in ten of them took no longer")
    p95_seconds: float | None = Field(description="Nineteen in twenty of them took no longer")
    mtta_seconds: float | None = Field(
        description="Mean wall time from the start of a cycle until somebody first acknowledged its"
        " ticket, of those where somebody did before it ended"
    )
    mttr_seconds: float | None = Field(
        description="Mean wall time from start to end of the cycles of resolution clocks that have"
        " ended; null: there is none here"
    )
    href: str = Field(description="The address of its rows, under the same filters")


class Group(Attained):
    """One group, by the names asked for; the others are left out."""

    clock: str | None = None
    rule: str | None = None
    tier: str | None = None
    priority: str | None = None
    team: str | None = None
    organization: str | None = None
    assigned_to: str | None = Field(None, description="Null: nobody")
    type: str | None = None
    policy: int | None = Field(None, description="The version of the configuration that decided")
    day: str | None = Field(None, description="Such as 2026-01-05, in the time zone asked for")
    week: str | None = Field(None, description="By ISO 8601, such as 2026-W02: from Monday on")
    month: str | None = Field(None, description="Such as 2026-01")
    weekday: int | None = Field(None, description="From 1, Monday, to 7, in the time zone")
    hour: int | None = Field(None, description="Of the day, from 0 to 23, in the time zone")
    begins_at: Instant | None = Field(
        None, description="Of a day, week or month: its first instant in the period"
    )


class Attainment(BaseModel):
    """All groups of a period, and the whole of it."""

    since: Instant = Field(serialization_alias="from")
    until: Instant = Field(serialization_alias="to")
    groups: list[Group]
    total: Attained


class Question(CycleFilters):
    """Which cycles of which period, and by what."""

    group_by: Annotated[list[Grouping], BeforeValidator(choices)] = Field(
        default_factory=lambda: ["clock"], description="One or more, in this order; a comma list"
    )
    format: Format = Field("json", description=FORMATS)

    @property
    def names(self) -> list[Grouping]:
        """What to group by, each once."""
        return list(dict.fromkeys(self.group_by)) or ["clock"]


def _query(
    names: Sequence[Grouping], cycles: LiteralString, promised: LiteralString
) -> LiteralString:
    columns: LiteralString = ", ".join(COLUMNS[name][0] for name in names)
    keys: LiteralString = ", ".join(COLUMNS[name][0] + " AS by_" + name for name in names)
    shown: LiteralString = ", ".join(COLUMNS[name][1] for name in names)
    by: LiteralString = ", ".join("by_" + name for name in names)
    nothing: LiteralString = ", ".join("NULL" for _ in names)
    moments: LiteralString = "".join(MOMENTS[name] for name in MOMENTS if name in names)
    return (
        sql.load("attainment")
        .replace("{columns}", columns)
        .replace("{keys}", keys)
        .replace("{by}", by)
        .replace("{names}", ", ".join(names))
        .replace("{nothing}", nothing)
        .replace("{shown}", shown)
        .replace("{moments}", moments.replace("{at}", AT))
        .replace("{promised}", promised)
        .replace("{judged}", judged(cycles))
    )


async def attainment(
    conn: AsyncConnection,
    policy: Policy,
    question: Question,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    cycles: LiteralString = TABLES,
) -> Attainment:
    """What the cycles of a relation (see `relation`) come to in [since, until), as of now, beside
    the goals of the policy."""
    names = question.names
    if cycles == TABLES:
        cycles = COUNTED
    by = divided(names, since, until, question.time_zone)
    arguments = {**question.arguments(), "now": now, "since": since, "until": until}
    arguments |= {unit: [one.since for one in parts] for unit, parts in by.items()}
    arguments["resolutions"] = _resolutions(policy)
    found, promised = goals.everywhere(policy), BY_CLOCK
    if found is None:
        found, promised = await _goals(conn, policy, cycles), BY_ALL
    arguments |= {f"goal_{name}": values for name, values in asdict(found).items()}
    await conn.execute(SORTED_IN_MEMORY)
    async with conn.cursor(row_factory=dict_row) as cursor:
        # Never a kept plan: how much of the tables a period takes decides how they are read.
        await cursor.execute(_query(names, cycles, promised), arguments, prepare=False)
        rows = await cursor.fetchall()
    asked = question.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for row in rows:
        whole = row["in_all"]
        _complete(row, () if whole else names, {} if whole else by, asked, since, until)
    *groups, total = rows
    return Attainment(
        since=since,
        until=until,
        groups=[Group.model_validate(group) for group in groups],
        total=Attained.model_validate(total),
    )


def _complete(
    row: dict[str, Any],
    names: Sequence[Grouping],
    by: Divided,
    asked: Mapping[str, Any],
    since: datetime,
    until: datetime,
) -> None:
    """What the database leaves to say."""
    row["budget_left"] = goals.budget_left(row["met"], row["breached"], row["goal_percent"])
    row["elapsed_mean_seconds"] = row["mean_seconds"]
    percentiles = row.pop("percentiles") or (None, None, None)
    for name, value in zip((50, 90, 95), percentiles, strict=True):
        row[f"p{name}_seconds"] = None if value is None else round(value, 3)
    row["elapsed_p50_seconds"], row["elapsed_p90_seconds"] = row["p50_seconds"], row["p90_seconds"]
    since, until = labelled(row, by, since, until)
    if by:
        row["begins_at"] = since
    narrowed = {name: row[name] for name in names if name not in UNITS}
    instants = {"from": since.isoformat(), "to": until.isoformat()}
    row["href"] = href(asked, {**narrowed, **instants})


def _resolutions(policy: Policy) -> list[str]:
    """The clocks that a time to resolve is of."""
    own = [name for name, rules in policy.clocks.items() if rules.kind == RESOLUTION]
    return list(dict.fromkeys([RESOLUTION, *own]))


def _columns(names: Sequence[Grouping]) -> list[str]:
    """Of a spreadsheet: the groups without the total, so that they can be summed."""
    begins = ["begins_at"] if any(unit in names for unit in UNITS) else []
    return [*names, *begins, *(name for name in Attained.model_fields if name != "href")]


async def _goals(conn: AsyncConnection, policy: Policy, cycles: LiteralString) -> goals.Goals:
    """Of the rules, tiers and priorities that there are."""
    judged_by: LiteralString = (
        "SELECT coalesce(rule, ''), tier, priority FROM (SELECT DISTINCT rule, tier, priority FROM "
        + cycles
        + " c) spelt"
    )
    found = await (await conn.execute(judged_by)).fetchall()
    return goals.of(policy, cast("list[tuple[str, str, str]]", found))


def build(sources: Sources) -> APIRouter:
    """The route of the report."""
    router = APIRouter(prefix="/reports", tags=["Queries"])

    @router.get(
        "/attainment",
        operation_id="get_attainment",
        summary="How many promises were kept",
        dependencies=[Depends(waiting(sources.pool, *READ))],
        response_model=Attainment,
        response_model_exclude_unset=True,
        responses=SHEETS,
    )
    async def report(question: Annotated[Question, Query()]) -> Attainment | Response:
        """A cycle of a clock is breached once its deadline is missed, ended or not, and counts by
        that deadline; it is met if it ended in time, and counts by its end. Cycles that ended
        cancelled are counted apart, by their end, whether or not they were overdue by then; those
        that are still undecided are open, and count by their start. The goals are those of the
        newest configuration, also for what was decided before it. Rule, team, type, tier, priority,
        organization, assignee and version of the configuration are those that stood when a cycle
        was breached, else when it ended, else now."""
        at = sources.at(question)
        since, until = question.period(at)
        async with sources.rows(question, since, until, at) as (conn, cycles, now, policy):
            found = await attainment(
                conn, policy, question, since=since, until=until, now=now, cycles=cycles
            )
        if question.format == "json":
            return found
        sheet = Sheet(question.format, _columns(question.names), question.time_zone)
        sheet.add([group.model_dump() for group in found.groups])
        return sheet.answer("attainment", since, until)

    return router
