"""READ: which tickets are meant: the filters that the board and its lists of names share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, LiteralString, cast

from psycopg import AsyncConnection
from pydantic import BaseModel, BeforeValidator, Field

from engine.sla.policy import Phase, Policy
from query_side import sql
from query_side.hours import Hours, passing
from query_side.reading import LATEST, Asked, Several, choices, folded, small

SlaState = Literal["compliant", "warning", "critical", "breached", "untracked"]
FEW = 5000
LONGEST_LOOK = 366 * 86400.0
Policies = Callable[[], Sequence[Policy]]
"""Every version that there is."""
OF_THESE: LiteralString = "(%(clocks)s::text[] IS NULL OR lower(c.clock) = ANY (%(clocks)s))"
BREACHED: LiteralString = "c.state <> 'cancelled' AND c.overdue_from <= %(now)s"
RUNNING: LiteralString = "c.state = 'running'"
LITTLE_LEFT: LiteralString = """
(c.state = 'paused' AND c.target_seconds - c.elapsed_seconds < %(remaining)s
 OR c.state = 'running' AND c.due_at < coalesce(
    (SELECT until FROM unnest(
        %(hours_policies)s::int[], %(hours_calendars)s::text[], %(hours_until)s::timestamptz[]
     ) AS hours (policy, calendar, until)
     WHERE (hours.policy, hours.calendar) = (c.policy, c.calendar)),
    %(now)s + make_interval(secs => %(remaining)s)))
"""
"""In a clock's own time: its deadline comes before so much of its calendar's hours has passed."""


FOUND: LiteralString = """
FROM (
    SELECT ticket_id FROM tickets WHERE search LIKE lower(%(pattern)s::text)
    UNION ALL
    SELECT h.ticket_id
    FROM ticket_names n JOIN heads h ON (h.source, h.external_id) = (n.source, n.external_id)
    WHERE n.name = ANY (%(names)s)
) found
"""
"""Keys of desks are in capitals, and are typed as they are not."""


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
        description="Only those of which a clock that runs, or will by itself, will be breached so"
        " soon if nothing happens; what is breached already does not count",
    )
    due_from: Asked | None = Field(
        None,
        description="With `due_before`: only those of which a clock will be breached within these"
        " instants if nothing happens, as the forecast counts them. By itself: at it or later",
    )
    due_before: Asked | None = Field(None, description="See `due_from`; by itself: from now on")
    clock: Several = Field(
        default_factory=list[str],
        description="That have any of these clocks, in any case; what is asked of clocks is then"
        " asked of these alone",
    )
    ever_breached: bool | None = Field(
        None,
        description="Of which a clock was breached, whether it goes on or has ended, but for what"
        " was cancelled; false: of which none was",
    )
    running: bool | None = Field(
        None, description="Of which a clock runs now; false: of which none does"
    )
    remaining_less_than_seconds: float | None = Field(
        None,
        ge=0,
        le=LONGEST_LOOK,
        description="Of which a clock goes on, running or paused, with less than this of its own"
        " time left, or overdue: as `remaining_seconds` says it, but that agreed time that lies"
        " ahead is taken to count",
    )
    q: str = Field(
        "",
        max_length=200,
        description="Part of external id, title, assignee, organization or source; or all of a name"
        " that the ticket has had or has now, as of an issue that was moved",
    )

    @property
    def asks_clocks(self) -> bool:
        """Whether a ticket is looked for by its clocks."""
        return bool(self.clock) or any(wanted is not None for _, wanted in self._of_clocks())

    def of_a_clock(self) -> LiteralString | None:
        """What must be true of one and the same clock `c`; None: nothing."""
        asked = self._of_clocks()
        these: list[LiteralString] = [condition for condition, wanted in asked if wanted]
        return " AND ".join([OF_THESE, *these]) if self.clock or these else None

    def of_no_clock(self) -> Iterator[LiteralString]:
        """What must be true of no clock `c`, each."""
        for condition, wanted in self._of_clocks():
            if wanted is False:
                yield OF_THESE + " AND " + condition

    def _of_clocks(self) -> Sequence[tuple[LiteralString, bool | None]]:
        return (
            (BREACHED, self.ever_breached),
            (RUNNING, self.running),
            (LITTLE_LEFT, None if self.remaining_less_than_seconds is None else True),
        )

    def arguments(self, now: datetime, policies: Iterable[Policy]) -> dict[str, Any]:
        """What `chosen` and `sla_state.sql` ask for."""
        remaining = self.remaining_less_than_seconds
        hours = Hours() if remaining is None else passing(policies, now, remaining)
        ends = list(self._due_until(now))
        return {
            "now": now,
            "sla_states": self.sla_state or None,
            "priorities": folded(self.priority),
            "tiers": folded(self.customer_tier),
            "rules": folded(self.rule),
            "teams": folded(self.team),
            "types": folded(self.type),
            "organizations": folded(self.organization),
            "statuses": status_keys(self.status),
            "phases": self.phase or None,
            "assignees": folded(self.assigned_to),
            "unassigned": self.unassigned,
            "clocks": folded(self.clock),
            "remaining": remaining,
            "hours_policies": hours.policies,
            "hours_calendars": hours.calendars,
            "hours_until": hours.until,
            "due_from": self.due_from,
            "due_until": min(ends) if ends else None,
            "pattern": contains(self.q),
            "names": [self.q.strip(), self.q.strip().upper()],
            "found": None,
            "clocked": None,
        }

    def _due_until(self, now: datetime) -> Iterator[datetime]:
        """The last instants of what will be breached, where it is asked for."""
        if self.due_within_seconds is not None:
            yield now + timedelta(seconds=self.due_within_seconds)
        if self.due_before is not None:
            yield self.due_before - timedelta(microseconds=1)
        elif self.due_from is not None:
            yield LATEST


async def chosen(
    conn: AsyncConnection, filters: Filters, arguments: dict[str, Any]
) -> LiteralString:
    """The condition on a ticket `t`, with what it asks for in `arguments`. Text and clocks are
    looked through once, not once a query; what most tickets have is found on the way."""
    where = sql.load("dashboard_filters")
    if arguments["pattern"] is not None:
        found = await _few(conn, FOUND, arguments)
        if found is not None:
            arguments |= {"pattern": None, "found": found}
    for condition in filters.of_no_clock():
        where += " AND NOT " + _of_ticket(condition)
    if (condition := filters.of_a_clock()) is not None:
        clocked = await _few(conn, "FROM ticket_clocks c WHERE " + condition, arguments)
        if clocked is None:
            where += " AND " + _of_ticket(condition)
        else:
            arguments["clocked"] = clocked
    return where


async def _few(
    conn: AsyncConnection, those: LiteralString, arguments: dict[str, Any]
) -> str | None:
    """Their tickets, as one text for the next question: nobody here reads them one by one. None:
    they are too many for that."""
    query = sql.load("dashboard_few").replace("{those}", those)
    cursor = await conn.execute(query, {**arguments, "limit": FEW + 1}, prepare=False)
    found, count = cast("tuple[str | None, int]", await cursor.fetchone())
    return (found or "{}") if count <= FEW else None


def _of_ticket(condition: LiteralString) -> LiteralString:
    """That a ticket `t` has such a clock, open or not."""
    of_clock: LiteralString = "SELECT FROM ticket_clocks c WHERE c.ticket_id = t.ticket_id AND "
    return "EXISTS (" + of_clock + condition + ")"


def contains(text: str) -> str | None:
    """The pattern by which a text is looked through; None: there is no text."""
    plain = text.strip()
    for character in ("\\", "%", "_"):
        plain = plain.replace(character, "\\" + character)
    return f"%{plain}%" if plain else None


def status_keys(statuses: Iterable[str]) -> list[str] | None:
    """Each in the one spelling that all of its spellings share; None when there is no filter."""
    apart = str.maketrans("", "", " -_")
    return [status.translate(apart) for status in small(statuses)] or None
