"""FOLD: who is to be told of what. Written once, never rebuilt."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from command_side.event_store import Recorded
from engine.sla.calendar import EPOCH
from projections.protocol import Insert, Table

AT_ONCE = EPOCH
"""Long past on every clock: the event's own instant may be ahead of the clock of who sends."""
OF_THE_TICKET = ("source", "external_id", "priority", "customer_tier", "status")
PERSONAL = ("title", "assigned_to")


class Outbox:
    """One row for every notice and channel."""

    name = "outbox"
    version = 1
    once = True
    tables = (Table("outbox", key=("dedup_key",)),)

    def rows(self, events: Sequence[Recorded]) -> Iterator[Insert]:
        """A notice goes by the worst of its alerts: each is told of once, and so is that."""
        for event in events:
            for notice in event.body.get("notices") or ():
                alerts: list[dict[str, Any]] = notice["alerts"]
                first, about = alerts[0], _about(event)
                for channel in notice["to"]:
                    yield Insert(
                        "outbox",
                        {
                            "dedup_key": f"{first['alert_id']}:{first['type']}:{channel}",
                            "position": event.position,
                            "ticket_id": event.ticket_id,
                            "alert_id": first["alert_id"],
                            "kind": first["type"],
                            "channel": channel,
                            "body": about | {"alerts": alerts},
                            "next_attempt_at": AT_ONCE,
                        },
                    )


def _about(event: Recorded) -> dict[str, Any]:
    personal: Mapping[str, Any] = event.personal or {}
    facts = {name: event.body[name] for name in OF_THE_TICKET}
    facts |= {name: personal.get(name) for name in PERSONAL}
    # jsonb has no NUL: one in a title must not keep an alert from being sent.
    return {"position": event.position, "ticket_id": str(event.ticket_id)} | {
        name: value.replace("\x00", "") if isinstance(value, str) else value
        for name, value in facts.items()
    }
