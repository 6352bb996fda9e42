"""READ: the cycles of clocks themselves: the rows that reports are sums over."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row
from pydantic import BaseModel, BeforeValidator, Field, computed_field

from query_side import sql
from query_side.reading import Instant, choices, waiting
from query_side.reports.filtering import CycleFilters
from query_side.reports.relation import READ, TABLES, judged
from query_side.reports.sheet import FORMATS, SHEETS, Format, Sheet
from query_side.reports.then import Sources

Outcome = Literal["met", "breached", "open", "cancelled"]
MOST: Final = 100_000
"""Rows of one file: it is written while somebody waits."""
READ_AT_ONCE: Final = 1000
ORDERS: Final[Mapping[str, LiteralString]] = {
    "at": "c.at",
    "started_at": "c.started_at",
    "stopped_at": "c.stopped_at",
    "due_at": "c.due_at",
    "breached_at": "c.breached_at",
    "elapsed_seconds": "c.elapsed_seconds",
    "external_id": "c.external_id",
    "clock": "c.clock",
    "team": "lower(c.team)",
    "assigned_to": "lower(c.assigned_to)",
    "priority": "lower(c.priority)",
    "tier": "lower(c.tier)",
}
Order = Literal[
    "at",
    "-at",
    "started_at",
    "-started_at",
    "stopped_at",
    "-stopped_at",
    "due_at",
    "-due_at",
    "breached_at",
    "-breached_at",
    "elapsed_seconds",
    "-elapsed_seconds",
    "external_id",
    "-external_id",
    "clock",
    "-clock",
    "team",
    "-team",
    "assigned_to",
    "-assigned_to",
    "priority",
    "-priority",
    "tier",
    "-tier",
]


class CycleRow(BaseModel):
    """One cycle of one clock, as it was decided. Rule, team, type, tier, priority, organization,
    assignee and version are those that stood when it was breached, else when it ended, else now."""

    ticket_id: UUID
    external_id: str
    source: str
    title: str | None
    clock: str
    cycle: int
    rule: str | None
    team: str | None
    type: str | None
    tier: str
    priority: str
    organization: str | None
    assigned_to: str | None
    policy: int = Field(description="The version of the configuration")
    state: str = Field(description="running, paused, met, breached (ended late) or cancelled")
    outcome: Outcome = Field(description="What it counts as: met, breached, open or cancelled")
    at: Instant = Field(
        description="By which it counts: its deadline if it was missed, its end, or its start"
    )
    started_at: Instant
    stopped_at: Instant | None
    due_at: Instant | None
    breached_at: Instant | None = Field(description="The deadline, once it was missed")
    target_seconds: float | None
    elapsed_seconds: float = Field(
        description="Time that has counted: to its end, or to `counted_at`, as the others here"
    )
    paused_seconds: float = Field(description="Working time in which it was paused or over")
    excused_seconds: float = Field(description="Working time that by agreement does not count")
    out_of_hours_seconds: float = Field(description="Time in which its calendar was closed")
    counted_at: Instant = Field(description="Up to when it was counted when it was decided last")
    acknowledged_at: Instant | None = Field(
        description="When somebody first acknowledged the ticket while it was open; null: nobody"
    )

    @computed_field(description="The address of its ticket's timeline")
    @property
    def href(self) -> str:
        return f"/tickets/{self.ticket_id}/timeline"


class CyclePage(BaseModel):
    """The rows of one page."""

    since: Instant = Field(serialization_alias="from", description="The period begins here")
    until: Instant = Field(serialization_alias="to", description="And ends just before")
    items: list[CycleRow]
    page: int
    size: int
    total: int = Field(description="On all pages")


class Question(CycleFilters):
    """Which cycles, in which order, and which page of them."""

    outcome: Annotated[list[Outcome], BeforeValidator(choices)] = Field(
        default_factory=list[Outcome], description="That count as any of these; a comma list"
    )
    sort: Order = Field("-at", description="By what; with `-` in front the other way round")
    page: int = Field(default=1, ge=1, le=1_000_000)
    size: int = Field(default=50, ge=1, le=500)
    format: Format = Field("json", description=f"{FORMATS}; they have the rows of all pages")

    @property
    def order(self) -> LiteralString:
        """As SQL; what says nothing comes last."""
        name = self.sort.removeprefix("-")
        return ORDERS[name] + (" DESC NULLS LAST" if self.sort != name else " NULLS LAST")


COLUMNS: Final = [name for name in CycleRow.model_fields if name != "title"]
"""Of a file."""


async def listed(
    conn: AsyncConnection,
    question: Question,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    cycles: LiteralString = TABLES,
) -> CyclePage:
    """One page of the cycles of a relation (see `relation`) that count in [since, until)."""
    asked = _arguments(question, since, until, now)
    asked |= {"limit": question.size, "offset": (question.page - 1) * question.size}
    async with conn.cursor(row_factory=class_row(CycleRow)) as cursor:
        await cursor.execute(_query("cycles_page", question, cycles), asked, prepare=False)
        items = await cursor.fetchall()
    return CyclePage(
        since=since,
        until=until,
        items=items,
        page=question.page,
        size=question.size,
        total=await _count(conn, question, asked, cycles),
    )


async def sheet(
    conn: AsyncConnection,
    question: Question,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    cycles: LiteralString = TABLES,
) -> Response:
    """All of them as a file. Raises RequestValidationError where they are more than `MOST`."""
    asked = _arguments(question, since, until, now) | {"limit": None, "offset": 0}
    kind = question.format
    if kind == "json":
        raise ValueError("an answer in JSON is no file")
    if await _count(conn, question, asked, cycles) > MOST:
        wrong = f"more than {MOST:,} cycles; ask for a shorter time, or for some of them"
        raise RequestValidationError([{"loc": ("query", "from"), "msg": wrong}])
    found = Sheet(kind, COLUMNS, question.time_zone)
    async with conn.cursor("cycles", row_factory=dict_row) as cursor:
        await cursor.execute(_query("cycles_page", question, cycles), asked)
        while rows := await cursor.fetchmany(READ_AT_ONCE):
            await asyncio.to_thread(found.add, rows)
    return await asyncio.to_thread(found.answer, "cycles", since, until)


def _arguments(
    question: Question, since: datetime, until: datetime, now: datetime
) -> dict[str, Any]:
    return {
        **question.arguments(),
        "outcomes": question.outcome or None,
        "since": since,
        "until": until,
        "now": now,
    }


async def _count(
    conn: AsyncConnection, question: Question, asked: Mapping[str, Any], cycles: LiteralString
) -> int:
    counted = await conn.execute(_query("cycles_count", question, cycles), asked, prepare=False)
    return (await counted.fetchone() or (0,))[0]


def _query(name: LiteralString, question: Question, cycles: LiteralString) -> LiteralString:
    return sql.load(name).replace("{order}", question.order).replace("{judged}", judged(cycles))


def build(sources: Sources) -> APIRouter:
    """The route of the rows."""
    router = APIRouter(prefix="/reports", tags=["Queries"])

    @router.get(
        "/cycles",
        operation_id="list_cycles",
        summary="The cycles that reports count",
        dependencies=[Depends(waiting(sources.pool, *READ))],
        response_model=CyclePage,
        responses=SHEETS,
    )
    async def cycles(question: Annotated[Question, Query()]) -> CyclePage | Response:
        """Every cycle that counts in the period: breached ones by their deadline, those that ended
        by their end, open ones by their start. Each group of `/reports/attainment` has the address
        of its rows here."""
        at = sources.at(question)
        since, until = question.period(at)
        answer = listed if question.format == "json" else sheet
        async with sources.rows(question, since, until, at) as (conn, rows, now, _):
            return await answer(conn, question, since=since, until=until, now=now, cycles=rows)

    return router
