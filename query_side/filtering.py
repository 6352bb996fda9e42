"""READ: which tickets are meant: the filters that the board and its lists of names share."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from psycopg import AsyncConnection
from pydantic import BaseModel, BeforeValidator, Field

from engine.sla.policy import Phase
from query_side import sql
from query_side.reading import Several, choices, folded

SlaState = Literal["compliant", "warning", "critical", "breached", "untracked"]
FEW = 5000
LONGEST_LOOK = 366 * 86400.0


class Filters(BaseModel):
    """Filters ignore case and may be repeated or comma lists; all that are given apply."""

    sla_state: Annotated[list[SlaState], BeforeValidator(choices)] = Field(
        default_factory=list[SlaState], description="Any of these; may be a comma list"
    )
    priority: Several = Field(default_factory=list[str], description="Any of these, in any case")
    customer_tier: Several = Field(
        default_factory=list[str], description="Any of these, in any case"
    )
    rule: Several = Field(default_factory=list[str], description="Under any of these, by name")
    team: Several = Field(default_factory=list[str], description="Of any of these, in any case")
    type: Several = Field(default_factory=list[str], description="Any of these, in any case")
    organization: Several = Field(
        default_factory=list[str], description="Of any of these customers, in any case"
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
    unassigned: bool = Field(
        False, description="Those of nobody; with `assigned_to`: theirs and nobody's"
    )
    due_within_seconds: float | None = Field(
        None,
        gt=0,
        le=LONGEST_LOOK,
        description="Only those of which a running clock will be breached so soon if nothing"
        " happens; what is breached already does not count",
    )
    q: str = Field(
        "",
        max_length=200,
        description="Part of external id, title, assignee, organization or source",
    )

    def arguments(self, now: datetime) -> dict[str, Any]:
        """What `dashboard_filters.sql` and `sla_state.sql` ask for."""
        within = self.due_within_seconds
        return {
            "now": now,
            "sla_states": self.sla_state or None,
            "priorities": folded(self.priority),
            "tiers": folded(self.customer_tier),
            "rules": folded(self.rule),
            "teams": folded(self.team),
            "types": folded(self.type),
            "organizations": folded(self.organization),
            "statuses": [_status_key(name) for name in self.status] or None,
            "phases": self.phase or None,
            "assignees": folded(self.assigned_to),
            "unassigned": self.unassigned,
            "due_until": None if within is None else now + timedelta(seconds=within),
            "pattern": _pattern(self.q),
            "found": None,
        }


async def search(conn: AsyncConnection, arguments: dict[str, Any]) -> None:
    """Look for the text once, not once a query; text that most tickets have is found on the way."""
    if arguments["pattern"] is None:
        return
    cursor = await conn.execute(
        sql.load("dashboard_search"), {"pattern": arguments["pattern"], "limit": FEW + 1}
    )
    found = [row[0] for row in await cursor.fetchall()]
    if len(found) <= FEW:
        arguments |= {"pattern": None, "found": found}


def _pattern(text: str) -> str | None:
    plain = text.strip().lower()
    for character in ("\\", "%", "_"):
        plain = plain.replace(character, "\\" + character)
    return f"%{plain}%" if plain else None


def _status_key(status: str) -> str:
    return status.lower().replace(" ", "").replace("-", "").replace("_", "")
