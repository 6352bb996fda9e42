"""What goes into the store and what comes out of it: plain values without behaviour.

All instants are aware datetimes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(slots=True)
class NewEvent:
    """An event to append."""

    topic: str
    state: bytes
    """JSON without the personal part."""
    personal: bytes | None
    """JSON of the personal part; stored salted, so that it can be erased."""
    occurred_at: datetime
    observed_at: datetime | None = None
    """With `revision`, the key of an observation; None for every other event."""
    revision: int | None = None
    """None counts as 0."""
    content_hash: bytes | None = None
    """Of an observation; without `observed_at`, of a conflict, stored once per stream."""
    correlation_id: str | None = None


@dataclass(slots=True)
class Append:
    """All that one call appends to one stream."""

    ticket_id: UUID
    source: str
    external_id: str
    expected_version: int | None
    """Of the stream's last event, 0 for a new stream; None: at any version."""
    events: list[NewEvent]
    """May be empty: then only the head is written."""
    head: bytes | None
    """None keeps the stored head's state and `next_due_at`. Never empty."""
    next_due_at: datetime | None


@dataclass(slots=True)
class Outcome:
    """What became of one `Append`."""

    ticket_id: UUID
    appended: bool
    """False: another writer was first; decide again from the current version."""
    version: int
    """Of the stream now."""
    position: int | None
    """Of the last event appended here; None when there was none."""


@dataclass(slots=True)
class Head:
    """What the next decision about a stream starts from."""

    ticket_id: UUID
    version: int
    state: bytes
    """As last given to an append; empty when none ever was."""


@dataclass(slots=True)
class Recorded:
    """A stored event. Nobody changes it; only, to make a frozen one takes three times as long."""

    position: int
    ticket_id: UUID
    version: int
    topic: str
    body: dict[str, Any]
    personal: dict[str, Any] | None
    """None when the event has no personal part, or it was erased."""
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: str | None
