"""READ: the log of alerts, a page at a time."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, BeforeValidator, Field, computed_field

from query_side import sql
from query_side.alert_filters import AlertFilters
from query_side.reading import Asked, Instant, choices, parse_uuid, waiting

Severity = Literal["compliant", "warning", "critical", "breached"]
SUPPRESSED: Mapping[bool | None, LiteralString] = {
    None: "true",
    True: "suppressed IS NOT NULL",
    False: "suppressed IS NULL",
}
"""In these words, for there is an index of what is told, past any number of what is not."""
Type = Literal["alert", "escalation", "retracted", "acknowledged"]
Severities = Annotated[list[Severity], BeforeValidator(choices)]


class Alert(BaseModel):
    """One entry of the log: an alert, an escalation, a retraction or an acknowledgement."""

    type: str = Field(description="alert, escalation, retracted or acknowledged")
    position: int
    alert_id: str | None = Field(description="The same for a milestone and its retraction")
    ticket_id: UUID
    external_id: str
    source: str | None
    clock: str | None
    cycle: int | None
    severity: str | None
    milestone: str | None = Field(description="warning, critical, breached or level:N")
    generation: int | None = Field(description="Rises when the milestone is re-armed")
    escalation_level: int
    level_name: str | None
    due_at: Instant | None
    raised_at: Instant
    recorded_at: Instant
    remaining_seconds: float | None = Field(description="When it was raised")
    priority: str
    customer_tier: str
    rule: str | None = Field(description="By which it was raised; null: by the tier's targets")
    team: str | None
    organization: str | None
    status: str | None
    title: str | None
    acknowledged_by: str | None
    acknowledged_until: Instant | None
    note: str | None
    reason: str | None = Field(description="Why it was withdrawn")
    because: str | None = Field(
        description="The same in a word. excused: the time that led to it does not count by"
        " agreement; repaired: what had been promised was corrected; null: by what is known now"
    )
    suppressed: str | None = Field(
        description="Why it was not sent at once; null: it was. What was snoozed or silenced may be"
        " sent later: then `sent_at` says when. Of a withdrawal, why what it withdraws was not"
    )
    channels: list[str]
    sent_at: Instant | None = Field(description="When the first channel took it")

    @computed_field(description="The address of its ticket's timeline")
    @property
    def href(self) -> str:
        return f"/tickets/{self.ticket_id}/timeline"


class Alerts(BaseModel):
    """A page of the log, oldest first."""

    items: list[Alert]
    next_after: int = Field(description="Pass as `after` for the next page")


class Question(AlertFilters):
    """What is asked of the log."""

    after: int = Field(0, ge=0, description="Only what comes after this position")
    severity: Severities = Field(
        default_factory=list[Severity], description="Any of these; may be a comma list"
    )
    since: Asked | None = Field(None, alias="from", description="Raised from this instant on")
    until: Asked | None = Field(None, alias="to", description="Raised before this instant")
    ticket_id: str | None = Field(None, description="A ticket id or an external id")
    suppressed: bool | None = Field(
        None, description="Only those that were not to be sent, or only the others; absent: all"
    )
    type: Annotated[list[Type], BeforeValidator(choices)] = Field(
        default_factory=list[Type], description="Any of these; may be a comma list"
    )
    latest: bool = Field(
        False, description="The newest `limit` entries, not the first after `after`; oldest first"
    )
    limit: int = Field(100, ge=1, le=1000)
    wait_for: int | None = None


async def alerts(pool: AsyncConnectionPool, question: Question) -> Alerts:
    """Suppressed ones included, unless the question says otherwise."""
    arguments: dict[str, Any] = {
        "after": question.after,
        "severities": question.severity or None,
        **question.arguments(),
        "types": question.type or None,
        "since": question.since,
        "until": question.until,
        "ticket_id": parse_uuid(question.ticket_id),
        "external_id": question.ticket_id,
        "limit": question.limit,
    }
    query = (
        sql.load("alerts")
        .replace("{filters}", sql.load("alerts_filters"))
        .replace("{suppressed}", SUPPRESSED[question.suppressed])
        .replace("{order}", "DESC" if question.latest else "ASC")
    )
    async with pool.connection() as conn, conn.cursor(row_factory=class_row(Alert)) as cursor:
        await cursor.execute(query, arguments, prepare=False)
        items = await cursor.fetchall()
    if question.latest:
        items.reverse()
    return Alerts(items=items, next_after=items[-1].position if items else question.after)


def build(pool: AsyncConnectionPool) -> APIRouter:
    """The route of the log."""
    router = APIRouter(tags=["Queries"])

    @router.get(
        "/alerts",
        operation_id="list_alerts",
        summary="The log of alerts",
        dependencies=[Depends(waiting(pool, "alerts", "tickets"))],
    )
    async def log(question: Annotated[Question, Query()]) -> Alerts:
        """What the streams send, and what was suppressed, oldest first."""
        return await alerts(pool, question)

    return router
