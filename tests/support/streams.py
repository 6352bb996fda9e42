"""Small events for tests of the store itself: what they say does not matter."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from pydantic_core import to_json

from command_side.event_store import Append, NewEvent

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NAMES = UUID("00000000-0000-4000-8000-000000000000")


def after(seconds: float) -> datetime:
    """That many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def stream(name: object) -> UUID:
    """The same id for the same name."""
    return uuid5(NAMES, str(name))


def note(text: str = "note", *, personal: str | None = None, **columns: Any) -> NewEvent:
    """An event that says `text`; `columns` are further fields of a NewEvent."""
    return NewEvent(
        topic=columns.pop("topic", "note.v1"),
        state=to_json({"text": text}),
        personal=None if personal is None else to_json({"name": personal}),
        occurred_at=columns.pop("occurred_at", NOON),
        **columns,
    )


def observation(seconds: float, content: bytes = b"content") -> NewEvent:
    """An event with a key."""
    return note(observed_at=after(seconds), revision=0, content_hash=content)


def to(
    name: object,
    expected_version: int | None,
    *events: NewEvent,
    head: bytes | None = b"{}",
    due: datetime | None = None,
) -> Append:
    """An append to the stream of this name."""
    return Append(stream(name), "test", str(name), expected_version, list(events), head, due)
