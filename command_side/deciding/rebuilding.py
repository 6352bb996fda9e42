"""A head that cannot be read, as one of another release, made anew from the ticket's stream."""

from collections.abc import Sequence

from command_side.deciding.events import DECISIONS, Observation, Ticket
from command_side.deciding.head import Head
from command_side.deciding.records import Recorded
from engine.sla.instants import micros


def rebuilt(stream: Sequence[Recorded]) -> Head:
    """All of a head that neither the fold says nor who was told, for a casefile that reads the
    stream."""
    opened = stream[0].body
    if not isinstance(opened, Ticket.Opened):
        raise ValueError("the stream of a ticket begins with its opening")
    head = Head(opened.source, opened.external_id, opened.policy, stream[0].personal.salt)
    head.excuses = excused_by(stream)
    for event in stream:
        body = event.body
        if isinstance(body, Observation):
            head.observations += 1
            head.late += body.late
            head.newest = max(head.newest, (micros(event.occurred_at), body.revision))
            head.heard = max(head.heard, micros(event.recorded_at))
        elif isinstance(body, Ticket.Retargeted | Ticket.Excused):
            head.heard = max(head.heard, micros(min(event.occurred_at, event.recorded_at)))
        elif isinstance(body, Ticket.Acknowledged):
            head.acknowledged = True
        elif isinstance(body, Ticket.Snoozed):
            head.snoozed_until = body.until
    return head


def excused_by(stream: Sequence[Recorded]) -> int:
    """The change of what is excused that a stream names last."""
    for event in reversed(stream):
        body = event.body
        if isinstance(body, DECISIONS):
            return body.facts.excuses
    return 0
