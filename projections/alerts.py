"""FOLD: what was raised, escalated, withdrawn and acknowledged, by position."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from command_side.event_store import Recorded
from command_side.ticket import Ticket
from projections.protocol import Fill, Row, Table, Upsert, Write

OF_A_MILESTONE = (
    "alert_id",
    "source",
    "external_id",
    "clock",
    "cycle",
    "cycle_started_at",
    "generation",
    "ordinal",
    "raised_at",
    "priority",
    "customer_tier",
    "status",
    "policy",
)


class Alerts:
    """One row an event that the streams tell of."""

    name = "alerts"
    version = 1
    tables = (Table("alerts", key=("position",)),)
    once = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        """`sent_at` is the first delivery by any channel."""
        for event in events:
            row_of = ROWS.get(event.topic)
            if row_of is not None:
                yield Upsert("alerts", row_of(event))
            elif event.topic == Ticket.Delivered.TOPIC:
                for told in event.body["alerts"]:
                    yield Fill(
                        "alerts",
                        {"alert_id": told["alert_id"], "type": told["type"]},
                        {"sent_at": event.body["delivered_at"]},
                    )


def _common(event: Recorded, kind: str) -> Row:
    personal = event.personal or {}
    return {
        "position": event.position,
        "type": kind,
        "ticket_id": event.ticket_id,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "title": personal.get("title"),
    }


def _milestone(event: Recorded, kind: str) -> Row:
    body = event.body
    row = _common(event, kind)
    for name in OF_A_MILESTONE:
        row[name] = body[name]
    row["assigned_to"] = (event.personal or {}).get("assigned_to")
    row["channels"] = body["to"]
    return row


def _raised(event: Recorded) -> Row:
    body = event.body
    row = _milestone(event, "alert")
    row["severity"] = row["milestone"] = body["severity"]
    row["escalation_level"] = body["escalation_level"]
    row["due_at"] = body["due_at"]
    row["remaining_seconds"] = body["remaining_seconds"]
    row["suppressed"] = body["suppressed"]
    return row


def _escalated(event: Recorded) -> Row:
    body = event.body
    row = _milestone(event, "escalation")
    row["severity"] = body["severity"]
    row["milestone"] = f"level:{body['level']}"
    row["escalation_level"] = body["level"]
    row["level_name"] = body["level_name"]
    row["due_at"] = body["due_at"]
    row["remaining_seconds"] = body["remaining_seconds"]
    row["suppressed"] = body["suppressed"]
    return row


def _retracted(event: Recorded) -> Row:
    body = event.body
    row = _milestone(event, "retracted")
    milestone: str = body["milestone"]
    row["severity"] = None if milestone.startswith("level:") else milestone
    row["milestone"] = milestone
    row["escalation_level"] = body["escalation_level"]
    row["reason"] = body["reason"]
    return row


def _acknowledged(event: Recorded) -> Row:
    body, personal = event.body, event.personal or {}
    row = _common(event, "acknowledged")
    row["external_id"] = body["external_id"]
    row["priority"] = body["priority"]
    row["customer_tier"] = body["customer_tier"]
    row["escalation_level"] = body["level"]
    row["raised_at"] = event.occurred_at
    row["acknowledged_by"] = personal.get("by")
    row["acknowledged_until"] = body["until"]
    row["note"] = personal.get("note")
    return row


ROWS: Mapping[str, Callable[[Recorded], Row]] = {
    Ticket.AlertRaised.TOPIC: _raised,
    Ticket.Escalated.TOPIC: _escalated,
    Ticket.Retracted.TOPIC: _retracted,
    Ticket.Acknowledged.TOPIC: _acknowledged,
}
