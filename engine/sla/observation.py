"""What the clocks hear of one observation of a ticket."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from engine.sla.conditions import NOTHING
from engine.sla.policy import ClockKind, Phase


class Observation(NamedTuple):
    """What one observation says about the clocks; None: it does not say."""

    at: int
    revision: int
    phase: Phase | None = None
    priority: str | None = None
    tier: str | None = None
    agent_reply: int | None = None
    customer_reply: int | None = None
    created_at: int | None = None
    first_responded_at: int | None = None
    status: str | None = None
    """In whose place `phase` stands: as it was mapped when the observation was recorded. It counts
    where the policy in force at `at` does not know the status."""
    assigned: bool | None = None
    """That somebody is assigned, or nobody any more; kept apart from who, as names are erased."""
    said: Mapping[str, Any] = NOTHING
    """Its attributes as they were received, for whoever asks for one that is none of the above."""
    withdrawn: tuple[int, ...] = ()
    """Instants of replies that were none, whoever names them."""
    own_dates: Mapping[ClockKind, int | None] | None = None
    """Deadlines that the ticket brings along, by the kind of clock; null withdraws one."""

    def without(self, withdrawn: Collection[int]) -> "Observation":
        """But for the replies of these instants."""
        agent, customer, first = self.agent_reply, self.customer_reply, self.first_responded_at
        return self._replace(
            agent_reply=None if agent in withdrawn else agent,
            customer_reply=None if customer in withdrawn else customer,
            first_responded_at=None if first in withdrawn else first,
        )


def created_at(observations: Sequence[Observation]) -> int:
    """When the ticket was opened at its source; `observations` in order."""
    named = [one.created_at for one in observations if one.created_at is not None]
    return named[-1] if named else observations[0].at
