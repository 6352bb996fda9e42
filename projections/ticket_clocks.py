"""FOLD: the cycles of every clock, as decided."""

from collections.abc import Iterator, Sequence

from command_side.event_store import Recorded
from command_side.ticket import CycleFacts, Ticket
from projections.protocol import Replace, Row, Table, Upsert, Write

WITH_FACTS = frozenset(
    {
        Ticket.Opened.TOPIC,
        Ticket.Observed.TOPIC,
        Ticket.Moved.TOPIC,
        Ticket.Retargeted.TOPIC,
    }
)


class TicketClocks:
    """One row a cycle."""

    name = "ticket_clocks"
    version = 1
    tables = (Table("ticket_clocks", key=("ticket_id", "clock", "cycle"), parent=("ticket_id",)),)
    once = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        """Facts that name all cycles drop those that are no more."""
        for event in events:
            if event.topic not in WITH_FACTS:
                continue
            facts = event.body["facts"]
            rows = [_row(event, cycle) for cycle in facts["cycles"]]
            if facts["all_cycles"]:
                yield Replace("ticket_clocks", {"ticket_id": event.ticket_id}, rows)
            else:
                for row in rows:
                    yield Upsert("ticket_clocks", row)


def _row(event: Recorded, cycle: CycleFacts) -> Row:
    # Spelled out: a comprehension over the names takes three times the time.
    return {
        "ticket_id": event.ticket_id,
        "clock": cycle["clock"],
        "cycle": cycle["cycle"],
        "state": cycle["state"],
        "severity": cycle["severity"],
        "calendar": cycle["calendar"],
        "policy": cycle["policy"],
        "started_at": cycle["started_at"],
        "stopped_at": cycle["stopped_at"],
        "first_stopped_at": cycle["first_stopped_at"],
        "target_seconds": cycle["target_seconds"],
        "elapsed_seconds": cycle["elapsed_seconds"],
        "counted_at": cycle["counted_at"],
        "due_at": cycle["due_at"],
        "warning_at": cycle["warning_at"],
        "critical_at": cycle["critical_at"],
        "breached_at": cycle["breached_at"],
        "overdue_from": cycle["overdue_from"],
    }
