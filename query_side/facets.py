"""READ: the names to filter the board by, each with how many tickets it would leave."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, LiteralString, cast

from fastapi import APIRouter, Depends, Query
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, BeforeValidator, Field

from query_side import sql
from query_side.dashboard import LOCKED, READ
from query_side.filtering import LONGEST_LOOK, Filters, Policies, chosen
from query_side.reading import snapshot, split, waiting

MOST = 1000
"""Names of one kind; those that most tickets have."""
NO_FILTER: Mapping[str, Any] = {
    **dict.fromkeys(
        ("priorities", "tiers", "rules", "teams", "types", "statuses", "phases", "assignees")
    ),
    "unassigned": False,
}
Horizon = Annotated[float, Field(gt=0, le=LONGEST_LOOK)]


class Name(BaseModel):
    """A value that tickets have."""

    value: str | None = Field(description="As most of its spellings have it; null: nobody")
    count: int


class Soon(BaseModel):
    """What will be breached within a time from now if nothing happens."""

    seconds: float
    count: int


class Facets(BaseModel):
    """Each kind is counted under all filters but its own, so that one can be chosen for another."""

    priority: list[Name] = []
    customer_tier: list[Name] = []
    rule: list[Name] = []
    team: list[Name] = []
    type: list[Name] = []
    organization: list[Name] = []
    status: list[Name] = []
    phase: list[Name] = []
    assigned_to: list[Name] = []
    due_within: list[Soon] = []
    clocks: list[str] = Field(default=[], description="Those of the configuration, by name")


class Question(Filters):
    """Under which filters, and for which times ahead."""

    horizon: Annotated[list[Horizon], BeforeValidator(split)] = Field(
        default_factory=list[float],
        max_length=10,
        description="Seconds from now; `due_within` counts for each. May be a comma list",
    )
    wait_for: int | None = None


async def facets(
    pool: AsyncConnectionPool, policies: Policies, question: Question, *, now: datetime
) -> Facets:
    """All counts of one snapshot."""
    known = policies()
    arguments = question.arguments(now, known)
    async with snapshot(pool, LOCKED) as conn:
        where = await chosen(conn, question, arguments)
        found: dict[str, Any] = {}
        cursor = await conn.execute(
            _filtered("facets", where), _without_own(arguments), prepare=False
        )
        for kind, value, count in cast(
            "list[tuple[str, str | None, int]]", await cursor.fetchall()
        ):
            found.setdefault(kind, []).append(Name(value=value, count=count))
        of_all = {**arguments, "organizations": None, "most": MOST}
        cursor = await conn.execute(_filtered("facets_organizations", where), of_all, prepare=False)
        found["organization"] = [
            Name(value=value, count=count)
            for value, count in cast("list[tuple[str, int]]", await cursor.fetchall())
        ]
        if question.horizon:
            until = [now + timedelta(seconds=seconds) for seconds in question.horizon]
            of_all = {**arguments, "due_until": None, "due_from": None}  # it is asked of them here
            soon = {**of_all, "latest": max(until), "horizons": until}
            cursor = await conn.execute(_filtered("facets_due", where), soon, prepare=False)
            counts = cast("list[tuple[int]]", await cursor.fetchall())
            found["due_within"] = [
                Soon(seconds=seconds, count=count)
                for seconds, (count,) in zip(question.horizon, counts, strict=True)
            ]
    return Facets(**found, clocks=list(known[-1].counted) if known else [])


def _filtered(name: LiteralString, where: LiteralString) -> LiteralString:
    return sql.load(name).replace("{filters}", where)


def _without_own(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Filters of a kind that is counted are applied to the other kinds, one by one."""
    own = {f"own_{name}": arguments[name] for name in NO_FILTER}
    return {**arguments, **NO_FILTER, **own, "most": MOST}


def build(pool: AsyncConnectionPool, now: Callable[[], datetime], policies: Policies) -> APIRouter:
    """The route of the names."""
    router = APIRouter(tags=["Queries"])

    @router.get(
        "/dashboard/facets",
        operation_id="get_dashboard_facets",
        summary="What the board can be filtered by, with counts",
        dependencies=[Depends(waiting(pool, *READ))],
    )
    async def names(question: Annotated[Question, Query()]) -> Facets:
        """Every priority, tier, rule, team, type, organization, status, phase and assignee that
        tickets have under all filters but the one of its own kind, the most frequent first, at most
        1000 of a kind."""
        return await facets(pool, policies, question, now=now())

    return router
