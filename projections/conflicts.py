"""FOLD: observations that were refused because their key was taken by other content."""

from collections.abc import Iterator, Sequence

from command_side.event_store import Recorded
from command_side.ticket import Ticket
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
            if event.topic != Ticket.Conflicted.TOPIC:
                continue
            body = event.body
            yield Upsert(
                "conflicts",
                {
                    "position": event.position,
                    "ticket_id": event.ticket_id,
                    "updated_at": body["updated_at"],
                    "revision": body["revision"],
                    "content": {**body["given"], **(event.personal or {}).get("given", {})},
                    "recorded_at": event.recorded_at,
                    "correlation_id": event.correlation_id,
                },
            )
