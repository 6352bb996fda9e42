"""FOLD: the cycles of every clock, as decided."""

from collections.abc import Iterator, Sequence
from typing import Any

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
COLUMNS = tuple(CycleFacts.__annotations__)


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


def _row(event: Recorded, cycle: dict[str, Any]) -> Row:
    row: Row = {name: cycle[name] for name in COLUMNS}
    row["ticket_id"] = event.ticket_id
    return row
