"""READ: the board: tickets by filter and page, with their states at the time of asking."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, LiteralString, cast

from fastapi import APIRouter, Depends, Query
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, BeforeValidator, Field

from engine.sla.policy import Phase
from query_side import sql
from query_side.reading import Several, choices, folded, snapshot, waiting
from query_side.tickets import TicketSummary

SlaState = Literal["compliant", "warning", "critical", "breached", "untracked"]
Order = Literal[
    "due_at",
    "-due_at",
    "sla_state",
    "-sla_state",
    "priority",
    "-priority",
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
    "external_id",
    "-external_id",
    "customer_tier",
    "-customer_tier",
    "status",
    "-status",
    "assigned_to",
    "-assigned_to",
    "escalation_level",
    "-escalation_level",
]
WORST_FIRST: LiteralString = (
    "array_position(ARRAY['breached', 'critical', 'warning', 'compliant', 'untracked'],"
    " {sla_state})"
)
FEW = 5000
READ = ("tickets", "ticket_clocks")
LOCKED: LiteralString = "LOCK TABLE tickets, ticket_clocks, projections IN ACCESS SHARE MODE"
EXPRESSIONS: Mapping[str, LiteralString] = {
    "due_at": "t.due_at",
    "sla_state": WORST_FIRST,
    "priority": "lower(t.priority)",
    "created_at": "t.created_at",
    "updated_at": "t.newest_at",
    "external_id": "t.external_id",
    "customer_tier": "lower(t.customer_tier)",
    "status": "lower(t.status)",
    "assigned_to": "lower(t.assigned_to)",
    "escalation_level": "t.level",
}


class Summary(BaseModel):
    """How many tickets are in which state, under all filters but `sla_state`."""

    compliant: int = 0
    warning: int = 0
    critical: int = 0
    breached: int = 0
    untracked: int = 0


class Dashboard(BaseModel):
    """One page of tickets."""

    items: list[TicketSummary]
    page: int
    size: int
    total: int = Field(description="Tickets under all filters, on all pages")
    summary: Summary
    as_of_position: int = Field(description="Everything up to here is in the answer")


class Question(BaseModel):
    """What the board is asked for."""

    page: int = Field(1, ge=1, le=1_000_000)
    size: int = Field(50, ge=1, le=500)
    sla_state: Annotated[list[SlaState], BeforeValidator(choices)] = Field(
        default_factory=list[SlaState], description="Any of these; may be a comma list"
    )
    priority: Several = Field(default_factory=list[str], description="Any of these, in any case")
    customer_tier: Several = Field(
        default_factory=list[str], description="Any of these, in any case"
    )
    status: Several = Field(
        default_factory=list[str], description="Any of these, in any spelling of the configuration"
    )
    phase: Annotated[list[Phase], BeforeValidator(choices)] = Field(
        default_factory=list[Phase], description="Any of these; what each status means"
    )
    assigned_to: Several = Field(
        default_factory=list[str], description="Any of these people; `Doe, John` is a name, too"
    )
    q: str = Field("", max_length=200, description="Part of external id, title, assignee or source")
    sort: Order = Field("due_at", description="`-` in front: descending; unknown values come last")
    wait_for: int | None = None


def _order(question: Question) -> LiteralString:
    expression = EXPRESSIONS[question.sort.removeprefix("-")].replace(
        "{sla_state}", sql.load("sla_state")
    )
    return expression + (" DESC NULLS LAST" if question.sort.startswith("-") else " NULLS LAST")


def _pattern(text: str) -> str | None:
    plain = text.strip().lower()
    for character in ("\\", "%", "_"):
        plain = plain.replace(character, "\\" + character)
    return f"%{plain}%" if plain else None


async def dashboard(pool: AsyncConnectionPool, question: Question, *, now: datetime) -> Dashboard:
    """Page, summary and position of one snapshot."""
    arguments: dict[str, Any] = {
        "now": now,
        "sla_states": question.sla_state or None,
        "priorities": folded(question.priority),
        "tiers": folded(question.customer_tier),
        "statuses": [_status_key(name) for name in question.status] or None,
        "phases": question.phase or None,
        "assignees": folded(question.assigned_to),
        "pattern": _pattern(question.q),
        "found": None,
        "size": question.size,
        "offset": (question.page - 1) * question.size,
    }
    filters = sql.load("dashboard_filters")
    items_query = (
        sql.load("dashboard_items")
        .replace("{filters}", filters)
        .replace("{order}", _order(question))
    )
    summary_query = sql.load("dashboard_summary").replace("{filters}", filters)
    async with snapshot(pool, LOCKED) as conn:
        if arguments["pattern"] is not None:
            await _search(conn, arguments)
        # Never a kept plan: which filters are given decides which index serves.
        summed = await conn.execute(summary_query, arguments, prepare=False)
        counts = dict(cast("list[tuple[str, int]]", await summed.fetchall()))
        async with conn.cursor(row_factory=class_row(TicketSummary)) as cursor:
            await cursor.execute(items_query, arguments, prepare=False)
            items = await cursor.fetchall()
        cursor = await conn.execute(
            "SELECT coalesce(min(position), 0) FROM projections WHERE name = ANY(%s)",
            (list(READ),),
        )
        (position,) = cast("tuple[int]", await cursor.fetchone())
    shown = question.sla_state or list(counts)
    return Dashboard(
        items=items,
        page=question.page,
        size=question.size,
        total=sum(counts.get(state, 0) for state in set(shown)),
        summary=Summary(**counts),
        as_of_position=position,
    )


async def _search(conn: AsyncConnection, arguments: dict[str, Any]) -> None:
    """Look for the text once, not once a query; text that most tickets have is found on the way."""
    cursor = await conn.execute(
        sql.load("dashboard_search"), {"pattern": arguments["pattern"], "limit": FEW + 1}
    )
    found = [row[0] for row in await cursor.fetchall()]
    if len(found) <= FEW:
        arguments |= {"pattern": None, "found": found}


def _status_key(status: str) -> str:
    return status.lower().replace(" ", "").replace("-", "").replace("_", "")


def build(pool: AsyncConnectionPool, now: Callable[[], datetime]) -> APIRouter:
    """The route of the board."""
    router = APIRouter(tags=["Queries"])

    @router.get(
        "/dashboard",
        summary="The board: tickets, filtered and paged",
        dependencies=[Depends(waiting(pool, *READ))],
    )
    async def board(question: Annotated[Question, Query()]) -> Dashboard:
        """States are computed at the time of the request. Filters ignore case and may be repeated
        or comma lists; closed tickets are included unless `status` says otherwise. The summary
        counts under all filters but `sla_state`."""
        return await dashboard(pool, question, now=now())

    return router
