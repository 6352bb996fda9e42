"""READ: what became of the alerts of a period: who was told, what was muted, and how soon somebody
took it on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal, LiteralString

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from pydantic import BaseModel, BeforeValidator, Field

from query_side import sql
from query_side.alert_filters import AlertFilters
from query_side.reading import Instant, choices, snapshot, split, waiting
from query_side.reports.calendar import MOMENTS, UNITS, Divided, divided, labelled
from query_side.reports.filtering import Zone, href
from query_side.reports.sheet import FORMATS, SHEETS, Format, Sheet
from query_side.reports.then import Sources, Then

LOCKED: Final[LiteralString] = "LOCK TABLE alerts, alert_deliveries IN ACCESS SHARE MODE"
Grouping = Literal[
    "channel",
    "rule",
    "clock",
    "milestone",
    "tier",
    "priority",
    "team",
    "organization",
    "day",
    "week",
    "month",
]
COLUMNS: Final[Mapping[Grouping, tuple[LiteralString, LiteralString]]] = {
    "channel": ("channel", "channel"),
    "rule": ("lower(rule)", "min(rule) AS rule"),
    "clock": ("clock", "clock"),
    "milestone": ("milestone", "milestone"),
    "tier": ("lower(tier)", "min(tier) AS tier"),
    "priority": ("lower(priority)", "min(priority) AS priority"),
    "team": ("lower(team)", "min(team) AS team"),
    "organization": ("lower(organization)", "min(organization) AS organization"),
    "day": ("day", "day"),
    "week": ("week", "week"),
    "month": ("month", "month"),
}
SPANS: Final[Sequence[LiteralString]] = (
    "count(*) FILTER (WHERE acknowledged_after <= %(within_0)s) AS within_0,",
    "count(*) FILTER (WHERE acknowledged_after <= %(within_1)s) AS within_1,",
    "count(*) FILTER (WHERE acknowledged_after <= %(within_2)s) AS within_2,",
    "count(*) FILTER (WHERE acknowledged_after <= %(within_3)s) AS within_3,",
    "count(*) FILTER (WHERE acknowledged_after <= %(within_4)s) AS within_4,",
)
NO_CHANNELS: Final[LiteralString] = "SELECT NULL::text AS channel"
COUNTED: Final = ["alert", "escalation"]
LONGEST: Final = 366 * 86_400.0
Span = Annotated[float, Field(gt=0, le=LONGEST)]


class Within(BaseModel):
    """How many were acknowledged soon enough."""

    seconds: float
    count: int


class Told(BaseModel):
    """What became of alerts and escalations."""

    raised: int = Field(description="Alerts and escalations, whether or not anybody was told")
    escalations: int = Field(description="Of these, rungs of the ladder")
    told: int = Field(description="A channel took a message of it; by channel, that channel did")
    muted: int = Field(description="By a snooze or a silence; some are told when it is over")
    passed_over: int = Field(
        description="Not to be told for another reason: a worse one told it, somebody had taken the"
        " ticket on, or it was long past when it became known"
    )
    withdrawn: int = Field(description="By what became known later they did not happen")
    acknowledged: int = Field(description="Somebody took the ticket on after it was raised")
    acknowledged_within: list[Within] = Field(description="So soon, for each time that was asked")
    mean_seconds_to_acknowledge: float | None
    p50_seconds_to_acknowledge: float | None
    p90_seconds_to_acknowledge: float | None
    href: str = Field(description="The address of the alerts themselves")


class ToldGroup(Told):
    """One group, by the names asked for; the others are left out."""

    channel: str | None = Field(None, description="Null: for none, and none took it")
    rule: str | None = None
    clock: str | None = None
    milestone: str | None = Field(None, description="warning, critical, breached or level:N")
    tier: str | None = None
    priority: str | None = None
    team: str | None = None
    organization: str | None = None
    day: str | None = Field(None, description="Such as 2026-01-05, in the time zone asked for")
    week: str | None = Field(None, description="By ISO 8601, such as 2026-W02: from Monday on")
    month: str | None = Field(None, description="Such as 2026-01")


class AlertReport(BaseModel):
    """All groups of a period, and the whole of it."""

    since: Instant = Field(serialization_alias="from")
    until: Instant = Field(serialization_alias="to")
    groups: list[ToldGroup] = Field(
        description="By channel, an alert is in the group of each that it was for or that took it"
    )
    total: Told = Field(description="Every alert once")


class Question(Then, AlertFilters):
    """Which alerts of which period, and by what."""

    group_by: Annotated[list[Grouping], BeforeValidator(choices)] = Field(
        default_factory=lambda: ["channel"], description="One or more, in this order; a comma list"
    )
    within: Annotated[list[Span], BeforeValidator(split)] = Field(
        default_factory=lambda: [300.0, 900.0, 3600.0],
        max_length=len(SPANS),
        description="Seconds from when it was raised until it was acknowledged; a comma list",
    )
    time_zone: Zone = Field("UTC", description="Where days, weeks and months begin: an IANA name")
    format: Format = Field("json", description=FORMATS)

    @property
    def names(self) -> list[Grouping]:
        """What to group by, each once."""
        return list(dict.fromkeys(self.group_by)) or ["channel"]


def _query(names: Sequence[Grouping], spans: int) -> LiteralString:
    """Of the groups by these names; of all, where there are none."""
    columns: LiteralString = ", ".join(COLUMNS[name][0] for name in names)
    shown: LiteralString = ", ".join(COLUMNS[name][1] for name in names)
    moments: LiteralString = "".join(MOMENTS[unit] for unit in UNITS if unit in names)
    return (
        sql.load("alerts_report")
        .replace("{columns}", columns or "()")
        .replace("{shown}", shown + "," if names else "")
        .replace("{within}", "\n    ".join(SPANS[:spans]))
        .replace("{moments}", moments.replace("{at}", "a.raised_at"))
        .replace("{channels}", sql.load("alerts_channels") if "channel" in names else NO_CHANNELS)
        .replace("{filters}", sql.load("alerts_filters"))
        .replace("ORDER BY ()", "")
    )


async def alerts(
    conn: AsyncConnection, question: Question, *, since: datetime, until: datetime, now: datetime
) -> AlertReport:
    """Those raised in [since, until), as of now."""
    names, spans = question.names, list(dict.fromkeys(question.within))
    divisions = divided(names, since, until, question.time_zone)
    told: Sequence[tuple[Sequence[Grouping], Divided]] = ((names, divisions), ((), {}))
    arguments: dict[str, Any] = {**question.arguments(), "known_at": question.known_at}
    arguments |= {"now": now, "since": since, "until": until}
    arguments |= {unit: [one.since for one in parts] for unit, parts in divisions.items()}
    arguments |= {f"within_{place}": span for place, span in enumerate(spans)}
    found: list[dict[str, Any]] = []
    async with conn.cursor(row_factory=dict_row) as cursor:
        for by, parts in told:
            await cursor.execute(_query(by, len(spans)), arguments, prepare=False)
            for row in await cursor.fetchall():
                found.append(_complete(row, by, spans, parts, question, since, until))
    *groups, total = found
    return AlertReport(
        since=since,
        until=until,
        groups=[ToldGroup.model_validate(group) for group in groups],
        total=Told.model_validate(total),
    )


def _complete(
    row: dict[str, Any],
    names: Sequence[Grouping],
    spans: Sequence[float],
    parts: Divided,
    question: Question,
    since: datetime,
    until: datetime,
) -> dict[str, Any]:
    """What the database leaves to say."""
    row["acknowledged_within"] = [
        Within(seconds=span, count=row.pop(f"within_{place}")) for place, span in enumerate(spans)
    ]
    p50, p90 = row.pop("percentiles") or (None, None)
    row["p50_seconds_to_acknowledge"], row["p90_seconds_to_acknowledge"] = p50, p90
    since, until = labelled(row, parts, since, until)
    asked = question.model_dump(
        mode="json", exclude_defaults=True, include=set(AlertFilters.model_fields)
    )
    narrowed: dict[str, Any] = {name: row[name] for name in names if name not in UNITS}
    narrowed |= {"from": since.isoformat(), "to": until.isoformat(), "type": COUNTED}
    row["href"] = href(asked, narrowed, "/alerts")
    return row


def _columns(question: Question) -> list[str]:
    own = [name for name in Told.model_fields if name not in ("acknowledged_within", "href")]
    spans = [f"acknowledged_within_{span:g}_seconds" for span in dict.fromkeys(question.within)]
    return [*question.names, *own, *spans]


def _flat(one: ToldGroup) -> dict[str, Any]:
    spans = {f"acknowledged_within_{x.seconds:g}_seconds": x.count for x in one.acknowledged_within}
    return {**one.model_dump(), **spans}


def build(sources: Sources) -> APIRouter:
    """The route of the report."""
    router = APIRouter(prefix="/reports", tags=["Queries"])

    @router.get(
        "/alerts",
        operation_id="get_alert_report",
        summary="What became of the alerts",
        dependencies=[Depends(waiting(sources.pool, "alerts"))],
        response_model=AlertReport,
        response_model_exclude_unset=True,
        responses=SHEETS,
    )
    async def report(question: Annotated[Question, Query()]) -> AlertReport | Response:
        """Alerts and escalations by when they were raised: how many, of how many a channel took a
        message, what was muted or withdrawn, and how soon somebody took the ticket on. With `as_of`
        and `known_at` as it stood then: the log of alerts forgets nothing."""
        at = sources.at(question)
        since, until = question.period(at)
        async with snapshot(sources.pool, LOCKED) as conn:
            found = await alerts(conn, question, since=since, until=until, now=at)
        if question.format == "json":
            return found
        sheet = Sheet(question.format, _columns(question), question.time_zone)
        sheet.add([_flat(one) for one in found.groups])
        return sheet.answer("alerts", since, until)

    return router
