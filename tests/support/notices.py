"""Notices for the courier's tests: events as the log holds them, and the rows they become."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from command_side.deciding.events import Personal, written
from command_side.event_store import Recorded
from engine.notify.message import Kind, Meanwhile, Notice
from projections.outbox import FEW_HAVE, Outbox
from tests.support.bodies import bytes_of

T0 = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TICKETS = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
FOLLOWING: tuple[Kind, ...] = ("acknowledged", "snoozed", "ended", "transition", "reminder")
TOPICS: dict[Kind, str] = {
    "alert": "ticket.alert_raised.v1",
    "escalation": "ticket.escalated.v1",
    "retracted": "ticket.retracted.v1",
    **dict.fromkeys(FOLLOWING, "ticket.informed.v1"),
}
_positions = count(1)


class Clock:
    """A `now` that moves only when told."""

    def __init__(self, at: datetime = T0) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def said_of(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    """What a notice says of such an event."""
    milestone: str = body.get("milestone") or (
        f"level:{body['level']}" if "level" in body else body["severity"]
    )
    level = body["level"] if kind == "escalation" else body["escalation_level"]
    withdrawn = None if milestone.startswith("level:") else milestone
    return {
        "type": kind,
        "alert_id": body["alert_id"],
        "clock": body["clock"],
        "cycle": body["cycle"],
        "generation": body["generation"],
        "milestone": milestone,
        "severity": withdrawn if kind == "retracted" else body["severity"],
        "escalation_level": level,
        "level_name": body.get("level_name"),
        "occurred_at": "2026-01-05T09:00:00Z",
        "raised_at": body["raised_at"],
        "due_at": body.get("due_at"),
        "remaining_seconds": body.get("remaining_seconds"),
        "reason": body.get("reason"),
        "muted": body.get("muted"),
        "because": body.get("because"),
    } | {name: body[name] for name in FEW_HAVE if name in body}


def event(
    kind: Kind = "alert",
    *,
    alert: str = "a1",
    to: str = "slack",
    notices: list[dict[str, Any]] | None = None,
    gather: tuple[str, float] | None = None,
    recorded_at: datetime = T0,
    **facts: Any,
) -> Recorded:
    """An event that the outbox projector takes, with its notice unless it is given those of more;
    personal facts included. `gather` is a key, and the seconds that it waits."""
    personal = {
        "title": facts.pop("title", "Critical system outage"),
        "assigned_to": facts.pop("assigned_to", "john.doe"),
    }
    body: dict[str, Any] = {
        "alert_id": alert,
        "source": "zendesk",
        "external_id": "TICKET-001",
        "clock": "resolution",
        "cycle": 1,
        "cycle_started_at": "2026-01-05T08:00:00Z",
        "generation": 0,
        "ordinal": 0,
        "raised_at": "2026-01-05T09:00:00Z",
        "priority": "P0",
        "customer_tier": "enterprise",
        "status": "open",
        "policy": 1,
        "to": to.split(),
    }
    told = {"due_at": "2026-01-05T09:09:00Z", "remaining_seconds": 540.0, "suppressed": None}
    if kind == "alert":
        body |= told | {"severity": "warning", "escalation_level": 1}
    elif kind == "escalation":
        body |= told | {"severity": "warning", "level": 2, "level_name": "Manager notified"}
    elif kind in FOLLOWING:
        body |= {"milestone": "breached", "severity": "breached", "escalation_level": 3}
    else:
        body |= {"milestone": "breached", "escalation_level": 0, "reason": "answered in time"}
    body |= facts
    if notices is None:
        is_told = body["to"] and body.get("suppressed") is None
        notices = [{"to": body["to"], "alerts": [said_of(kind, body)]}] if is_told else []
        if gather is not None:
            key, wait = gather
            notices = [one | {"gather": {"key": key, "wait_seconds": wait}} for one in notices]
    body["notices"] = notices
    return Recorded(
        position=next(_positions),
        ticket_id=uuid5(TICKETS, body["external_id"]),
        version=1,
        topic=TOPICS[kind],
        state=bytes_of(TOPICS[kind], body),
        said=written(Personal(**personal)),
        occurred_at=T0,
        recorded_at=recorded_at,
        correlation_id=None,
    )


def notice(
    kind: Kind = "alert",
    *,
    attempts: int = 1,
    meanwhile: dict[str, Meanwhile] | None = None,
    **facts: Any,
) -> Notice:
    """The notice that such an event becomes."""
    (write,) = Outbox().rows([event(kind, **facts)])
    wanted = ("dedup_key", "ticket_id", "channel", "body")
    row = {name: write.row[name] for name in wanted}
    return Notice(attempts=attempts, meanwhile=meanwhile or {}, **row)
