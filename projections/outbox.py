"""FOLD: who is to be told of which event. Written once, never rebuilt."""

from collections.abc import Iterator, Sequence
from typing import Any

from command_side.event_store import Recorded
from command_side.ticket import Ticket
from engine.sla.calendar import EPOCH
from projections.protocol import Insert, Table

KINDS = {
    Ticket.AlertRaised.TOPIC: "alert",
    Ticket.Escalated.TOPIC: "escalation",
    Ticket.Retracted.TOPIC: "retracted",
}
AT_ONCE = EPOCH
"""Long past on every clock: the event's own instant may be ahead of the clock of who sends."""
FACTS = (
    "alert_id",
    "source",
    "external_id",
    "clock",
    "cycle",
    "generation",
    "severity",
    "milestone",
    "escalation_level",
    "level_name",
    "due_at",
    "raised_at",
    "remaining_seconds",
    "priority",
    "customer_tier",
    "status",
    "reason",
)


class Outbox:
    """One row for every (alert, kind, channel)."""

    name = "outbox"
    version = 1
    once = True
    tables = (Table("outbox", key=("dedup_key",)),)

    def rows(self, events: Sequence[Recorded]) -> Iterator[Insert]:
        """What is suppressed, or has nobody to go to, yields nothing."""
        for event in events:
            kind = KINDS.get(event.topic)
            if kind is None or event.body.get("suppressed") is not None:
                continue
            body = {"type": kind, "position": event.position, **_facts(event)}
            alert_id: str = event.body["alert_id"]
            for channel in event.body["to"]:
                yield Insert(
                    "outbox",
                    {
                        "dedup_key": f"{alert_id}:{kind}:{channel}",
                        "position": event.position,
                        "ticket_id": event.ticket_id,
                        "alert_id": alert_id,
                        "kind": kind,
                        "channel": channel,
                        "body": body,
                        "next_attempt_at": AT_ONCE,
                    },
                )


def _facts(event: Recorded) -> dict[str, Any]:
    body = event.body
    facts = {name: body[name] for name in FACTS if name in body}
    if event.topic == Ticket.AlertRaised.TOPIC:
        facts["milestone"] = body["severity"]
    elif event.topic == Ticket.Escalated.TOPIC:
        facts["milestone"] = f"level:{body['level']}"
        facts["escalation_level"] = body["level"]
    else:
        milestone: str = body["milestone"]
        facts["severity"] = None if milestone.startswith("level:") else milestone
    personal = event.personal or {}
    facts |= {name: personal.get(name) for name in ("title", "assigned_to")}
    # jsonb has no NUL: one in a title must not keep an alert from being sent.
    return {"ticket_id": str(event.ticket_id)} | {
        name: value.replace("\x00", "") if isinstance(value, str) else value
        for name, value in facts.items()
    }
