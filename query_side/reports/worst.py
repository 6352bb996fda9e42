"""READ: who has missed most: tickets, teams, customers, people, rules, the worst first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from pydantic import BaseModel, Field, computed_field

from query_side import sql
from query_side.reading import Instant, waiting
from query_side.reports.filtering import CycleFilters, href
from query_side.reports.relation import READ, TABLES, judged
from query_side.reports.sheet import FORMATS, SHEETS, Format, Sheet
from query_side.reports.then import Sources

By = Literal[
    "ticket",
    "team",
    "assigned_to",
    "organization",
    "rule",
    "type",
    "clock",
    "tier",
    "priority",
]
COLUMNS: Final[Mapping[By, tuple[LiteralString, LiteralString]]] = {
    "ticket": ("ticket_id", "ticket_id, min(external_id) AS name"),
    "team": ("lower(team)", "min(team) AS name"),
    "assigned_to": ("lower(assigned_to)", "min(assigned_to) AS name"),
    "organization": ("lower(organization)", "min(organization) AS name"),
    "rule": ("lower(rule)", "min(rule) AS name"),
    "type": ("lower(type)", "min(type) AS name"),
    "clock": ("clock", "min(clock) AS name"),
    "tier": ("lower(tier)", "min(tier) AS name"),
    "priority": ("lower(priority)", "min(priority) AS name"),
}
"""What is told apart, without regard to case, and how it is shown."""
ORDERS: Final[Mapping[str, LiteralString]] = {
    "late_seconds": "late_seconds DESC",
    "breached": "breached DESC, late_seconds DESC",
    "attainment_percent": "attainment_percent, breached DESC",
}


class LatestCycle(BaseModel):
    """The cycle that was late for longest."""

    ticket_id: UUID
    external_id: str
    source: str
    title: str | None
    clock: str
    cycle: int
    breached_at: Instant = Field(description="The deadline")
    stopped_at: Instant | None
    late_seconds: float

    @computed_field(description="The address of its ticket's timeline")
    @property
    def href(self) -> str:
        return f"/tickets/{self.ticket_id}/timeline"


class Missing(BaseModel):
    """Somebody, or something, of which promises were missed."""

    name: str | None = Field(description="Of a ticket its external id; null: nobody, or none")
    ticket_id: UUID | None = Field(None, description="By tickets; by anything else null")
    breached: int
    still_open: int = Field(description="Of these, go on")
    decided: int = Field(description="Met or breached")
    tickets: int = Field(description="Of which something was breached")
    attainment_percent: float | None = Field(description="Rounded down to two places")
    late_seconds: float = Field(
        description="By the wall clock, from the deadlines to the ends, or to now, in all"
    )
    worst: LatestCycle
    href: str = Field(description="The address of the rows that were breached")


class Worst(BaseModel):
    """Those who missed most come first."""

    since: Instant = Field(serialization_alias="from")
    until: Instant = Field(serialization_alias="to")
    by: By
    items: list[Missing]
    total: int = Field(description="With those beyond `limit`")


class Question(CycleFilters):
    """Who is told apart, and what is worst."""

    by: By = Field("ticket", description="Who or what is told apart")
    sort: Literal["late_seconds", "breached", "attainment_percent"] = Field(
        "late_seconds",
        description="What is worst: to be late for longest in all, to miss most often, or to keep"
        " the smallest share",
    )
    limit: int = Field(20, ge=1, le=1000)
    format: Format = Field("json", description=FORMATS)


async def worst(
    conn: AsyncConnection,
    question: Question,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    cycles: LiteralString = TABLES,
) -> Worst:
    """Of the cycles of a relation (see `relation`) that count in [since, until), as of now."""
    columns, shown = COLUMNS[question.by]
    query = (
        sql.load("worst")
        .replace("{columns}", columns)
        .replace("{shown}", shown)
        .replace("{order}", ORDERS[question.sort])
        .replace("{judged}", judged(cycles))
    )
    arguments = {**question.arguments(), "now": now, "since": since, "until": until}
    arguments["limit"] = question.limit
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, arguments, prepare=False)
        rows = await cursor.fetchall()
    asked = question.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    instants = {"from": since.isoformat(), "to": until.isoformat(), "outcome": "breached"}
    for row in rows:
        narrowed = (
            {"ticket_id": str(row["ticket_id"])}
            if question.by == "ticket"
            else {question.by: row["name"]}
        )
        row["href"] = href(asked, {**narrowed, **instants})
    return Worst(
        since=since,
        until=until,
        by=question.by,
        items=[Missing.model_validate(row) for row in rows],
        total=rows[0]["total"] if rows else 0,
    )


OF_THE_WORST: Final = ("external_id", "clock", "cycle", "breached_at", "stopped_at", "late_seconds")


def _columns() -> list[str]:
    own = [name for name in Missing.model_fields if name not in ("worst", "href")]
    return [*own, *(f"worst_{name}" for name in OF_THE_WORST)]


def _flat(one: Missing) -> dict[str, Any]:
    latest = one.worst.model_dump()
    return {**one.model_dump(), **{f"worst_{name}": latest[name] for name in OF_THE_WORST}}


def build(sources: Sources) -> APIRouter:
    """The route of the report."""
    router = APIRouter(prefix="/reports", tags=["Queries"])

    @router.get(
        "/worst",
        operation_id="get_worst",
        summary="Who missed most",
        dependencies=[Depends(waiting(sources.pool, *READ))],
        response_model=Worst,
        responses=SHEETS,
    )
    async def report(question: Annotated[Question, Query()]) -> Worst | Response:
        """Of the cycles that count in the period, as `/reports/attainment` counts them, those that
        were breached, by ticket or by whatever is asked, the worst first. Each leads to its rows,
        and its latest cycle to the timeline of its ticket."""
        at = sources.at(question)
        since, until = question.period(at)
        async with sources.rows(question, since, until, at) as (conn, cycles, now, _):
            found = await worst(conn, question, since=since, until=until, now=now, cycles=cycles)
        if question.format == "json":
            return found
        sheet = Sheet(question.format, _columns(), question.time_zone)
        sheet.add([_flat(one) for one in found.items])
        return sheet.answer("worst", since, until)

    return router
