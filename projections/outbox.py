"""FOLD: who is to be told of what. Written once, never rebuilt."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import asdict

from command_side.deciding.events import Gather, Milestone, Ticket, Told
from command_side.event_store import Recorded
from engine.sla.calendar import EPOCH
from projections.alerts import remaining_seconds
from projections.protocol import Insert, Row, Table

ONCE = ("alert", "escalation", "retracted")
FEW_HAVE = ("state", "until", "before", "after", "count", "calendar", "route", "stands")
"""Left out where there is nothing to say."""
AT_ONCE = EPOCH
"""Long past on every clock: the event's own instant may be ahead of the clock of who sends."""


class Outbox:
    """One row for every notice and channel."""

    name = "outbox"
    version = 1
    once = True
    tables = (Table("outbox", key=("dedup_key",)),)

    def rows(self, events: Sequence[Recorded]) -> Iterator[Insert]:
        """A notice goes by the worst of its alerts: each is told of once, and so is that."""
        for event in events:
            body = event.body
            if not isinstance(body, Milestone | Ticket.Unmuted | Ticket.Informed):
                continue
            for notice in body.notices:
                first, about = notice.alerts[0], _about(event, body)
                about["alerts"] = [_told(one) for one in notice.alerts]
                if notice.on_call:
                    about["people"] = list(notice.people)
                    about["on_call"] = [asdict(one) for one in notice.on_call]
                for channel in notice.to:
                    yield Insert(
                        "outbox",
                        {
                            "dedup_key": f"{_key(first, event.position)}:{channel}",
                            "position": event.position,
                            "ticket_id": event.ticket_id,
                            "alert_id": first.alert_id,
                            "kind": first.type,
                            "channel": channel,
                            "body": about,
                            "next_attempt_at": AT_ONCE,
                            **_gathered(event, notice.gather),
                        },
                    )


def _gathered(event: Recorded, gather: Gather | None) -> Row:
    """It goes with the first of its key, which has waited longest."""
    if gather is None:
        return {}
    at = event.recorded_at + timedelta(microseconds=gather.wait)
    return {"gather": gather.key, "next_attempt_at": at}


def _key(first: Told, position: int) -> str:
    """An alert is raised, and taken back, once; what else becomes of it may come about again."""
    key = f"{first.alert_id}:{first.type}"
    return key if first.type in ONCE else f"{key}:{position}"


def _told(one: Told) -> dict[str, Any]:
    told = {name: value for name, value in asdict(one).items() if value or name not in FEW_HAVE}
    remaining: int | None = told.pop("remaining")
    return told | {"remaining_seconds": None if remaining is None else remaining_seconds(remaining)}


def _about(event: Recorded, body: Milestone | Ticket.Unmuted | Ticket.Informed) -> dict[str, Any]:
    facts: dict[str, str | None] = {
        "source": body.source,
        "external_id": body.external_id,
        "priority": body.priority,
        "customer_tier": body.customer_tier,
        "status": body.status,
        "title": event.personal.title,
        "assigned_to": event.personal.assigned_to,
    }
    if_any = {
        "rule": body.rule,
        "team": body.team,
        "organization": body.organization,
        "by": event.personal.by if isinstance(body, Ticket.Informed) else None,
    }
    facts |= {name: value for name, value in if_any.items() if value is not None}
    # jsonb has no NUL: one in a title must not keep an alert from being sent.
    return {"position": event.position, "ticket_id": str(event.ticket_id)} | {
        name: value.replace("\x00", "") if isinstance(value, str) else value
        for name, value in facts.items()
    }
