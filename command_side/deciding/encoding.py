"""Events as the store takes them: the body's bytes, with the personal part apart."""

from datetime import datetime

from command_side.deciding.events import Body, Personal, written
from command_side.deciding.records import NewEvent


def encode(
    body: Body,
    *,
    occurred_at: datetime,
    personal: Personal | None = None,
    correlation_id: str | None = None,
    observed_at: datetime | None = None,
    revision: int | None = None,
    content_hash: bytes | None = None,
) -> NewEvent:
    """`observed_at` and `revision` are the key of an observation, `content_hash` is of its content
    or that of a conflict."""
    return NewEvent(
        topic=body.TOPIC,
        state=written(body),
        personal=None if personal is None else written(personal),
        occurred_at=occurred_at,
        observed_at=observed_at,
        revision=revision,
        content_hash=content_hash,
        correlation_id=correlation_id,
    )
