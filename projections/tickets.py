"""FOLD: the board, one row a ticket."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from command_side.event_store import Recorded
from command_side.ticket import Ticket
from projections.protocol import Change, Row, Table, Upsert, Write

KEPT_WHEN_NULL = ("title", "updated_by")
MOVING_THE_LEVEL = (Ticket.AlertRaised.TOPIC, Ticket.Escalated.TOPIC, Ticket.Retracted.TOPIC)
CLEARED_BY_NULL = ("description", "assigned_to", "tags")


class Tickets:
    """Copies each event's facts, and the attributes that it names."""

    name = "tickets"
    version = 1
    tables = (Table("tickets", key=("ticket_id",)),)
    once = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        """Events after the first only change a row: without its opening a ticket is not shown."""
        for event in events:
            topic, body = event.topic, event.body
            if topic == Ticket.Observed.TOPIC or topic == Ticket.Opened.TOPIC:
                row = _row(event)
                if topic == Ticket.Opened.TOPIC:
                    row |= _attributes(body, event.personal or {})
                    row["source"] = body["source"]
                    row["external_id"] = body["external_id"]
                    yield Upsert("tickets", row)
                else:
                    if body["current"] is not None or _in_effect(event):
                        row |= _attributes(body, event.personal or {})
                    yield Change("tickets", row)
            elif topic == Ticket.Moved.TOPIC or topic == Ticket.Retargeted.TOPIC:
                row = _row(event)
                if body.get("current") is not None:
                    row |= _attributes(body, event.personal or {})
                yield Change("tickets", row)
            elif topic in MOVING_THE_LEVEL:
                level = {"ticket_id": event.ticket_id, "level": body["escalation_level"]}
                yield Change("tickets", {**level, "position": event.position})
            elif topic == Ticket.Acknowledged.TOPIC:
                yield Change(
                    "tickets",
                    {
                        "ticket_id": event.ticket_id,
                        "acknowledged_at": event.occurred_at,
                        "acknowledged_by": (event.personal or {}).get("by"),
                        "acknowledged_until": body["until"],
                        "position": event.position,
                    },
                )
            elif topic == Ticket.Snoozed.TOPIC:
                yield Change(
                    "tickets",
                    {
                        "ticket_id": event.ticket_id,
                        "snoozed_until": body["until"],
                        "position": event.position,
                    },
                )


def _row(event: Recorded) -> Row:
    # Spelled out: a comprehension over the names takes three times the time.
    facts = event.body["facts"]
    return {
        "ticket_id": event.ticket_id,
        "status": facts["status"],
        "phase": facts["phase"],
        "priority": facts["priority"],
        "customer_tier": facts["customer_tier"],
        "created_at": facts["created_at"],
        "newest_at": facts["newest_at"],
        "observations": facts["observations"],
        "late": facts["late"],
        "policy": facts["policy"],
        "state": facts["state"],
        "warning_at": facts["warning_at"],
        "critical_at": facts["critical_at"],
        "breached_at": facts["breached_at"],
        "due_at": facts["due_at"],
        "level": facts["level"],
        "position": event.position,
    }


def _in_effect(event: Recorded) -> bool:
    """An observation dated ahead waits for its instant, which a `Moved` then tells of."""
    return event.occurred_at <= datetime.fromisoformat(event.body["facts"]["newest_at"])


def _attributes(body: dict[str, Any], personal: dict[str, Any]) -> Row:
    """What an observation says about columns that no fact covers.

    A late one carries all attributes as folded after it; any other those that it names."""
    if body["current"] is not None:
        folded: Row = {**body["current"], **personal.get("current", {})}
        row: Row = {name: folded.get(name) for name in KEPT_WHEN_NULL + CLEARED_BY_NULL}
    else:
        given: Row = {**body["given"], **personal.get("given", {})}
        row = {name: given[name] for name in KEPT_WHEN_NULL if given.get(name) is not None}
        row |= {name: given[name] for name in CLEARED_BY_NULL if name in given}
    if "tags" in row and row["tags"] is None:
        row["tags"] = []
    return row
