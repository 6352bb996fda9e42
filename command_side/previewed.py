"""What the previews answer with: what would turn, and what would be attained."""

from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from command_side.turning import Attained, Preview, Turned

MOST_LISTED = 1_000
"""Cycles that a preview names."""


class TurnedCycle(BaseModel):
    """A cycle whose verdict would be another one."""

    ticket_id: UUID
    external_id: str
    clock: str
    cycle: int
    before: str = Field(description="running | paused | met | breached | cancelled")
    after: str = Field(description="The same, as it would be; none: there is no such cycle.")

    @classmethod
    def of(cls, one: Turned) -> "TurnedCycle":
        return cls(
            ticket_id=one.ticket_id,
            external_id=one.external_id,
            clock=one.clock,
            cycle=one.cycle,
            before=one.before,
            after=one.after,
        )


class AttainedBy(BaseModel):
    """Cycles of one group that are decided."""

    tier: str
    priority: str
    clock: str
    met: int
    breached: int
    attainment_percent: float = Field(description="Rounded down to two places.")


class BeforeAndAfter(BaseModel):
    """What would be attained."""

    before: list[AttainedBy] = Field(description="As it is.")
    after: list[AttainedBy] = Field(description="As it would be.")


class Previewed(BaseModel):
    """What would become of the tickets concerned; nothing is written."""

    tickets: int = Field(description="That it concerns.")
    cycles_changed: int = Field(description="Whose verdict would be another one, either way.")
    cycles: list[TurnedCycle] = Field(description="The first 1,000 of them.")
    alerts_withdrawn: int = Field(description="Alerts and levels that would not be true any more.")
    attainment: BeforeAndAfter = Field(description="Of the tickets concerned.")

    @classmethod
    def of(cls, found: Preview, **others: Any) -> Self:
        """With the members that only one kind of preview has."""
        return cls(
            tickets=found.tickets,
            cycles_changed=len(found.cycles),
            cycles=[TurnedCycle.of(one) for one in found.cycles[:MOST_LISTED]],
            alerts_withdrawn=found.alerts_withdrawn,
            attainment=BeforeAndAfter(before=_attained(found.before), after=_attained(found.after)),
            **others,
        )


def _attained(by_group: Attained) -> list[AttainedBy]:
    """As answers have it."""
    return [
        AttainedBy(
            tier=tier,
            priority=priority,
            clock=clock,
            met=counted["met"],
            breached=counted["breached"],
            attainment_percent=10_000 * counted["met"] // counted.total() / 100,
        )
        for (tier, priority, clock), counted in sorted(by_group.items())
    ]
