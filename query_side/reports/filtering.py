"""READ: which cycles a report is about: the filters that all reports over cycles share."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, cast
from urllib.parse import quote_plus, urlencode
from uuid import UUID

from pydantic import BeforeValidator, Field

from engine.sla.policy import Phase
from query_side.filtering import contains, status_keys
from query_side.reading import Several, choices, split
from query_side.reports.then import Then
from query_side.time_zones import Zone

Absent = Literal["rule", "team", "type", "organization", "assigned_to"]
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]
Weekday = Annotated[int, Field(ge=1, le=7)]
Hour = Annotated[int, Field(ge=0, le=23)]


class CycleFilters(Then):
    """Which period, and which cycles. Filters ignore case and may be repeated or comma lists; all
    that are given apply. They are compared with what stood when a cycle was decided, but for the
    status and the phase, which are the ticket's now."""

    ticket_id: Annotated[list[UUID], BeforeValidator(split)] = Field(
        default_factory=list[UUID], description="Of any of these tickets, by our id; a comma list"
    )
    clock: Several = Field(default_factory=list[str], description="Of any of these clocks")
    priority: Several = Field(default_factory=list[str], description="Any of these, in any case")
    customer_tier: Several = Field(
        default_factory=list[str], description="Any of these, in any case"
    )
    rule: Several = Field(default_factory=list[str], description="By any of these, by name")
    team: Several = Field(default_factory=list[str], description="Of any of these, in any case")
    type: Several = Field(default_factory=list[str], description="Any of these, in any case")
    organization: Several = Field(
        default_factory=list[str], description="Of any of these customers, in any case"
    )
    assigned_to: Several = Field(
        default_factory=list[str],
        description=r"Any of these people; `Doe, John` is a name, too, and `Doe\, John` only that",
    )
    unassigned: bool = Field(
        False, description="Those of nobody; with `assigned_to`: theirs and nobody's"
    )
    absent: Annotated[list[Absent], BeforeValidator(choices)] = Field(
        default_factory=list[Absent],
        description="Those that have none of these: a rule, a team, a type, an organization,"
        " somebody assigned. A comma list",
    )
    policy: Annotated[list[Version], BeforeValidator(choices)] = Field(
        default_factory=list[int], description="Under any of these versions of the configuration"
    )
    weekday: Annotated[list[Weekday], BeforeValidator(choices)] = Field(
        default_factory=list[int],
        description="That count on any of these, from 1, Monday, to 7, in the time zone",
    )
    hour: Annotated[list[Hour], BeforeValidator(choices)] = Field(
        default_factory=list[int],
        description="That count in any of these of a day, from 0 to 23, in the time zone",
    )
    status: Several = Field(
        default_factory=list[str],
        description="Of tickets that have any of these now, in any spelling of the configuration",
    )
    phase: Annotated[list[Phase], BeforeValidator(choices)] = Field(
        default_factory=list[Phase], description="Of tickets that are in any of these now"
    )
    q: str = Field(
        "",
        max_length=200,
        description="Part of external id, title, assignee, organization or source",
    )
    excused: Literal["with", "without"] = Field(
        "with", description="without: as if nothing had been excused"
    )
    time_zone: Zone = Field(
        "UTC", description="An IANA name, such as Europe/Berlin: where days, weeks and months begin"
    )

    def arguments(self) -> dict[str, Any]:
        """What `cycles_filters.sql` and `judged.sql` ask for, but for the instants."""
        return {
            "tickets": self.ticket_id or None,
            "clocks": self.clock or None,
            "priorities": self.priority or None,
            "tiers": self.customer_tier or None,
            "rules": self.rule or None,
            "teams": self.team or None,
            "types": self.type or None,
            "organizations": self.organization or None,
            "assignees": self.assigned_to or None,
            "unassigned": self.unassigned,
            "absent": self.absent,
            "policies": self.policy or None,
            "weekdays": self.weekday or None,
            "hours": self.hour or None,
            "zone": self.time_zone,
            "statuses": status_keys(self.status),
            "phases": self.phase or None,
            "pattern": contains(self.q),
            "counted": self.excused == "without",
        }


PLACES: Final[Mapping[str, str]] = {"tier": "customer_tier"}
"""The parameter by which a group is asked for, where it is called otherwise."""
TEXT: Final = "q"
OF_THE_GROUP: Final = frozenset(
    {"from", "to", "wait_for", "group_by", "format", "page", "size", "by", "sort", "limit"}
)


def href(asked: Mapping[str, Any], narrowed: Mapping[str, Any], of: str = "/reports/cycles") -> str:
    """The address of the rows that `asked` is about, as a report's parameters, and that have in
    common what `narrowed` says: a group's values, its `from` and its `to`. None: that they have
    none. `of` is the list that they are in."""
    found: dict[str, Any] = {
        name: value for name, value in asked.items() if name not in OF_THE_GROUP
    }
    absent = list(found.pop("absent", ()))
    if "assigned_to" in narrowed:
        found.pop("unassigned", None)
    for name, value in narrowed.items():
        place = PLACES.get(name, name)
        if value is None:
            absent.append(name)
            found.pop(place, None)
        else:
            found[place] = value
    if absent:
        found["absent"] = list(dict.fromkeys(absent))
    flat = [(name, one) for name, several in written(found).items() for one in _each(several)]
    return f"{of}?{urlencode(flat, quote_via=_quoted)}"


_quoted = lru_cache(4096)(quote_plus)
"""The groups of a report have most of their values and instants in common."""


def _each(value: Any) -> Sequence[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def written(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """As they are to be read again: a name with a comma in it is that name, and no list. A text
    that is looked for is none anyway."""
    return {name: value if name == TEXT else _escaped(value) for name, value in parameters.items()}


def _escaped(value: Any) -> Any:
    if isinstance(value, list):
        return [_escaped(one) for one in cast("list[Any]", value)]
    return value.replace(",", "\\,") if isinstance(value, str) else value
