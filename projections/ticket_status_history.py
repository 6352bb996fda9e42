"""FOLD: every observation with the status that it named, by ticket and time."""

from collections.abc import Iterator, Sequence

from command_side.deciding.events import Observation
from command_side.event_store import Recorded
from projections.protocol import Table, Upsert, Write


class TicketStatusHistory:
    """One row an observation."""

    name = "ticket_status_history"
    version = 2
    tables = (Table("ticket_status_history", key=("ticket_id", "at", "revision")),)
    once = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        """Whether a status is a change depends on its neighbours: the query says."""
        for event in events:
            body = event.body
            if not isinstance(body, Observation):
                continue
            yield Upsert(
                "ticket_status_history",
                {
                    "ticket_id": event.ticket_id,
                    "at": event.occurred_at,
                    "revision": body.revision,
                    "status": body.given.get("status"),
                    "phase": body.phase,
                    "by": (event.personal.given or {}).get("updated_by"),
                    "late": body.late,
                    "created_at": body.facts.created_at,
                    "recorded_at": event.recorded_at,
                    "position": event.position,
                },
            )
