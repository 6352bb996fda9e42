"""Ticket events as the store takes them: JSON, with the personal part apart."""

from datetime import datetime

from command_side.as_json import as_json
from command_side.event_store import NewEvent
from command_side.ticket import Ticket

COLUMNS = ("originator_id", "originator_version", "timestamp", "personal")
"""Stored beside the JSON, not in it."""


def encode(
    event: Ticket.Event,
    *,
    correlation_id: str | None,
    observed_at: datetime | None = None,
    revision: int | None = None,
    content_hash: bytes | None = None,
) -> NewEvent:
    body = dict(event.__dict__)
    personal = body.get("personal")
    for name in COLUMNS:
        body.pop(name, None)
    return NewEvent(
        topic=type(event).TOPIC,  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]  # the library refuses events without one
        state=as_json(body),
        personal=as_json(personal) if personal else None,
        occurred_at=event.timestamp,
        observed_at=observed_at,
        revision=revision,
        content_hash=content_hash,
        correlation_id=correlation_id,
    )
