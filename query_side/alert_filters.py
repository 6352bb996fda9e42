"""READ: which alerts are meant: the filters that the log of alerts and its report share."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from query_side.reading import Several, choices, folded

ANY = "Any of these, in any case"
Absent = Literal["rule", "team", "organization", "channel"]


class AlertFilters(BaseModel):
    """Filters ignore case and may be repeated or comma lists; all that are given apply."""

    clock: Several = Field(default_factory=list[str], description=ANY)
    priority: Several = Field(default_factory=list[str], description=ANY)
    customer_tier: Several = Field(default_factory=list[str], description=ANY)
    rule: Several = Field(default_factory=list[str], description=ANY)
    team: Several = Field(default_factory=list[str], description=ANY)
    organization: Several = Field(default_factory=list[str], description=ANY)
    milestone: Several = Field(
        default_factory=list[str],
        description="Any of warning, critical, breached, level:N",
    )
    channel: Several = Field(
        default_factory=list[str],
        description="For any of these, or taken by one of them",
    )
    absent: Annotated[list[Absent], BeforeValidator(choices)] = Field(
        default_factory=list[Absent],
        description="Those that have none of these: a rule, a team, an organization, a channel",
    )

    def arguments(self) -> dict[str, Any]:
        """What `alerts_filters.sql` asks for."""
        return {
            "clocks": folded(self.clock),
            "priorities": folded(self.priority),
            "tiers": folded(self.customer_tier),
            "rules": folded(self.rule),
            "teams": folded(self.team),
            "organizations": folded(self.organization),
            "milestones": folded(self.milestone),
            "channels": folded(self.channel),
            "absent": self.absent,
        }
