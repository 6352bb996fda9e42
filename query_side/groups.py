"""READ: who has how much: the board's tickets by team or by assignee, in which states."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Query
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

from query_side import sql
from query_side.dashboard import LOCKED, READ
from query_side.filtering import Filters, Policies, chosen
from query_side.reading import Instant, snapshot, waiting

By = Literal["team", "assigned_to", "customer_tier", "priority", "rule", "type", "organization"]
"""By a column of this name."""
OWN: Mapping[By, Mapping[str, Any]] = {
    "team": {"teams": None},
    "assigned_to": {"assignees": None, "unassigned": False},
    "customer_tier": {"tiers": None},
    "priority": {"priorities": None},
    "rule": {"rules": None},
    "type": {"types": None},
    "organization": {"organizations": None},
}
"""What each is filtered by."""


class Load(BaseModel):
    """The tickets that have one value."""

    value: str | None = Field(description="As they write it; null: those that have none")
    total: int = Field(description="All of them")
    breached: int = Field(default=0, description="Of which a clock is breached")
    critical: int = Field(default=0, description="Of which the worst clock is critical")
    warning: int = Field(default=0, description="Of which the worst clock is a warning")
    compliant: int = Field(default=0, description="Of which no clock has come so far")
    untracked: int = Field(default=0, description="To which nothing is promised")


class Loads(BaseModel):
    """Those who need help first."""

    at: Instant
    items: list[Load]
    total: int = Field(description="Loads, those beyond `limit` included")


class Question(Filters):
    """By what, and under which filters."""

    by: By = Field("team", description="What makes a group")
    limit: int = Field(100, ge=1, le=1000)
    wait_for: int | None = None


def _worst_first(group: Load) -> tuple[int, int, int, int, str]:
    return -group.breached, -group.critical, -group.warning, -group.total, group.value or ""


async def groups(
    pool: AsyncConnectionPool, policies: Policies, question: Question, *, now: datetime
) -> Loads:
    """All of one snapshot."""
    arguments = {**question.arguments(now, policies()), **OWN[question.by]}
    query = sql.load("dashboard_groups").replace("{column}", "t." + question.by)
    async with snapshot(pool, LOCKED) as conn:
        query = query.replace("{filters}", await chosen(conn, question, arguments))
        cursor = await conn.execute(query, arguments, prepare=False)
        rows = cast("list[tuple[str | None, str | None, str, int]]", await cursor.fetchall())
    found: dict[str | None, Load] = {}
    for name, value, state, count in rows:
        group = found.setdefault(name, Load(value=value, total=0))
        setattr(group, state, count)
        if group.value is not None and value is not None:
            group.value = min(group.value, value)
        group.total += count
    worst = sorted(found.values(), key=_worst_first)
    return Loads(at=now, items=worst[: question.limit], total=len(worst))


def build(pool: AsyncConnectionPool, now: Callable[[], datetime], policies: Policies) -> APIRouter:
    """The route of who has how much."""
    router = APIRouter(tags=["Queries"])

    @router.get(
        "/dashboard/groups",
        operation_id="get_dashboard_groups",
        summary="Who has how much: tickets by team or assignee, in which states",
        dependencies=[Depends(waiting(pool, *READ))],
    )
    async def by(question: Annotated[Question, Query()]) -> Loads:
        """Those with the most breached tickets first, then by critical and warning ones. Under the
        board's filters but the one of the grouping, so that another can be chosen."""
        return await groups(pool, policies, question, now=now())

    return router
