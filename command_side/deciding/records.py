"""What goes into the store and what comes out of it.

All instants are aware datetimes. What every update makes are structs: a dataclass takes five times
as long to make.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from command_side.deciding.events import Body, Personal, read, read_personal


class NewEvent(msgspec.Struct):
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


class Append(msgspec.Struct):
    """All that one call appends to one stream."""

    ticket_id: UUID
    source: str
    external_id: str
    expected_version: int | None
    """Of the stream's last event; 0 for a new stream, -1 for one that begins at version 0, as those
    of the library eventsourcing do; None: at any version."""
    events: list[NewEvent]
    """May be empty: then only the head is written."""
    head: bytes | None
    """None keeps the stored head's state and `next_due_at`. Never empty."""
    next_due_at: datetime | None


class AppendOutcome(msgspec.Struct):
    """What became of one `Append`."""

    ticket_id: UUID
    appended: bool
    """False: another writer was first; decide again from the current version."""
    version: int
    """Of the stream now."""
    position: int | None
    """Of the last event appended here; None when there was none."""


class StoredHead(msgspec.Struct):
    """What the next decision about a stream starts from."""

    ticket_id: UUID
    version: int
    state: bytes
    """As last given to an append; empty when none ever was."""


@dataclass(slots=True)
class Recorded:
    """A stored event; its bytes are read when somebody asks what they say, once.

    Nobody changes it; only, to make a frozen one takes three times as long.
    """

    position: int
    ticket_id: UUID
    version: int
    topic: str
    state: bytes
    said: bytes | None
    """The JSON of the personal part; None when there is none, or it was erased."""
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: str | None
    _body: Body | None = field(default=None, repr=False)
    _personal: Personal | None = field(default=None, repr=False)

    @property
    def body(self) -> Body:
        """Raises Unreadable."""
        body = self._body
        if body is None:
            body = self._body = read(self.topic, self.state)
        return body

    @property
    def personal(self) -> Personal:
        """Empty where there is none. Raises Unreadable."""
        personal = self._personal
        if personal is None:
            personal = self._personal = read_personal(self.said)
        return personal
