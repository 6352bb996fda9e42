"""A head that cannot be read, as one of another release, made anew from the ticket's stream."""

from collections.abc import Sequence

from command_side.deciding.casefile import MUTED, NeedsStream, Raise
from command_side.deciding.events import Observation, Ticket
from command_side.deciding.head import Head, HeadUnreadable
from command_side.deciding.records import Recorded, StoredHead
from engine.sla.instants import micros


def head_of(stored: StoredHead, stream: Sequence[Recorded] | None) -> Head:
    """A ticket's head; where it cannot be read, what the stream says in its place.

    Raises NeedsStream where that is needed and not here.
    """
    try:
        return Head.load(stored.state)
    except HeadUnreadable:
        if stream is None:
            raise NeedsStream from None
        return rebuilt(stream)


def rebuilt(stream: Sequence[Recorded]) -> Head:
    """All of a head that does not follow from the fold, for a casefile that reads the stream."""
    opened = stream[0].body
    if not isinstance(opened, Ticket.Opened):
        raise ValueError("the stream of a ticket begins with its opening")
    head = Head(opened.source, opened.external_id, opened.policy, stream[0].personal.salt)
    for event in stream:
        body = event.body
        if isinstance(body, Observation):
            head.observations += 1
            head.late += body.late
            head.newest = max(head.newest, (micros(event.occurred_at), body.revision))
            head.heard = max(head.heard, micros(event.recorded_at))
        elif isinstance(body, Ticket.Acknowledged):
            head.acknowledged = True
        elif isinstance(body, Ticket.Snoozed):
            head.snoozed_until = body.until
        elif isinstance(body, Raise) and body.suppressed in MUTED:
            head.muted = True  # the next tick finds out whether it still is
    return head
