"""FOLD: observations that were refused because their key was taken by other content."""

from collections.abc import Iterator, Sequence

from command_side.deciding.events import Ticket
from command_side.event_store import Recorded
from engine.sla.instants import rfc3339
from projections.protocol import Table, Upsert, Write


class Conflicts:
    """One row a conflict."""

    name = "conflicts"
    version = 1
    tables = (Table("conflicts", key=("position",)),)
    once = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        """The content as received, personal attributes included."""
        for event in events:
            body = event.body
            if not isinstance(body, Ticket.Conflicted):
                continue
            moments = {name: rfc3339(at) for name, at in (body.moments or {}).items()}
            yield Upsert(
                "conflicts",
                {
                    "position": event.position,
                    "ticket_id": event.ticket_id,
                    "updated_at": event.occurred_at,
                    "revision": body.revision,
                    "content": {**body.given, **moments, **(event.personal.given or {})},
                    "recorded_at": event.recorded_at,
                    "correlation_id": event.correlation_id,
                },
            )
