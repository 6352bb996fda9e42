"""FOLD: what was raised, escalated, withdrawn and acknowledged, by position."""

from collections.abc import Iterator, Sequence

from command_side.deciding.events import AlertTold, Milestone, Observation, Ticket, seconds
from command_side.event_store import Recorded
from projections.protocol import Fill, Insert, Row, Table, Upsert, Write

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
    "rule",
    "team",
    "organization",
    "status",
    "policy",
)

TOLD = ("alert", "escalation", "retracted")
"""What a channel may take that is an entry of its own."""


class Alerts:
    """One row an event that the streams tell of, and one for each channel that took it."""

    name = "alerts"
    version = 3
    tables = (
        Table("alerts", key=("position",)),
        Table("alert_deliveries", key=("alert_id", "type", "channel")),
    )
    once = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        """`sent_at` is the first delivery by any channel."""
        for event in events:
            body = event.body
            if isinstance(body, Observation):
                continue  # as most are
            match body:
                case Ticket.AlertRaised():
                    yield Upsert("alerts", _raised(event, body))
                case Ticket.Escalated():
                    yield Upsert("alerts", _escalated(event, body))
                case Ticket.Retracted():
                    yield Upsert("alerts", _retracted(event, body))
                case Ticket.Acknowledged():
                    yield Upsert("alerts", _acknowledged(event, body))
                case Ticket.Delivered():
                    for told in body.alerts:
                        match = {"alert_id": told.alert_id, "type": told.type}
                        yield Fill("alerts", match, {"sent_at": body.delivered_at})
                        if told.type in TOLD:
                            yield Insert("alert_deliveries", _delivered(event, body, told))
                case _:
                    pass


def _common(event: Recorded, kind: str) -> Row:
    return {
        "position": event.position,
        "type": kind,
        "ticket_id": event.ticket_id,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "title": event.personal.title,
    }


def _milestone(event: Recorded, body: Milestone, kind: str) -> Row:
    row = _common(event, kind)
    for name in OF_A_MILESTONE:
        row[name] = getattr(body, name)
    row["assigned_to"] = event.personal.assigned_to
    row["channels"] = list(body.to)
    return row


def _raised(event: Recorded, body: Ticket.AlertRaised) -> Row:
    row = _milestone(event, body, "alert")
    row["severity"] = row["milestone"] = body.severity
    row["escalation_level"] = body.escalation_level
    row["due_at"] = body.due_at
    row["remaining_seconds"] = remaining_seconds(body.remaining)
    row["suppressed"] = body.suppressed
    return row


def _escalated(event: Recorded, body: Ticket.Escalated) -> Row:
    row = _milestone(event, body, "escalation")
    row["severity"] = body.severity
    row["milestone"] = f"level:{body.level}"
    row["escalation_level"] = body.level
    row["level_name"] = body.level_name
    row["due_at"] = body.due_at
    row["remaining_seconds"] = remaining_seconds(body.remaining)
    row["suppressed"] = body.suppressed
    return row


def _retracted(event: Recorded, body: Ticket.Retracted) -> Row:
    row = _milestone(event, body, "retracted")
    row["severity"] = None if body.milestone.startswith("level:") else body.milestone
    row["milestone"] = body.milestone
    row["escalation_level"] = body.escalation_level
    row["reason"] = body.reason
    row["because"] = body.because
    row["suppressed"] = body.suppressed
    return row


def _acknowledged(event: Recorded, body: Ticket.Acknowledged) -> Row:
    row = _common(event, "acknowledged")
    row["external_id"] = body.external_id
    row["priority"] = body.priority
    row["customer_tier"] = body.customer_tier
    row["escalation_level"] = body.level
    row["raised_at"] = event.occurred_at
    row["acknowledged_by"] = event.personal.by
    row["acknowledged_until"] = body.until
    row["note"] = event.personal.note
    return row


def _delivered(event: Recorded, body: Ticket.Delivered, told: AlertTold) -> Row:
    return {
        "alert_id": told.alert_id,
        "type": told.type,
        "channel": body.channel,
        "delivered_at": body.delivered_at,
        "recorded_at": event.recorded_at,
    }


def remaining_seconds(remaining: int) -> float:
    """To the millisecond; never minus nothing."""
    return round(seconds(remaining), 3) + 0
