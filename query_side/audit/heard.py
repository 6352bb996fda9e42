"""What clocks hear of a ticket's stream: by which of its events, and of each observation."""

from typing import Final

from command_side.deciding.events import Observation, Ticket
from command_side.deciding.observed import assigns, observation
from command_side.event_store import Recorded
from engine.sla import timeline
from engine.sla.instants import micros

TOPICS: Final = (
    Ticket.Opened.TOPIC,
    Ticket.Observed.TOPIC,
    Ticket.Retargeted.TOPIC,
    Ticket.Excused.TOPIC,
    Ticket.Moved.TOPIC,
    Ticket.Acknowledged.TOPIC,
)
"""Of a stream these are enough."""
_MENTIONS: Final = b'"assigned_to"'


def heard(event: Recorded, body: Observation) -> timeline.Observation:
    """An event's observation. What is personal is read only where it may say who is assigned.
    Raises Unreadable."""
    assigned = body.assigned
    if assigned is None and event.said is not None and _MENTIONS in event.said:
        assigned = assigns(event.personal.given or {})
    at, moments = micros(event.occurred_at), body.moments or {}
    return observation(at, body.revision, body.phase, body.given, moments, assigned)
