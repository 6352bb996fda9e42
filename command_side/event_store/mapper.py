"""Between ticket events as objects and their stored form, for the library's repository.

The stored JSON holds an event's own fields. Left out is what has a column: the stream, the
version, `timestamp` (occurred_at) and the personal part.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast, get_type_hints
from uuid import UUID

from eventsourcing.domain import AggregateCreated, DomainEventProtocol
from eventsourcing.persistence import (
    Mapper,
    MapperDeserialisationError,
    StoredEvent,
    Transcoder,
)
from eventsourcing.utils import get_topic, resolve_topic
from pydantic_core import from_json, to_json

from command_side.ticket import Ticket


@dataclass(frozen=True)
class StoredTicketEvent(StoredEvent):
    """The library's stored event with the columns that it does not know."""

    personal: bytes | None
    """JSON without the salt."""
    occurred_at: datetime


class JSON(Transcoder):
    """Instants become RFC 3339 strings; which strings are instants, the event's class says."""

    def encode(self, obj: Any) -> bytes:
        return to_json(obj)

    def decode(self, data: bytes) -> Any:
        return from_json(data)


class TicketMapper(Mapper[UUID]):
    """The library's mapper, with the personal part kept apart."""

    def __init__(self) -> None:
        super().__init__(JSON())

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredTicketEvent:
        event_class = type(domain_event)
        fields = dict(vars(domain_event))
        fields.pop("originator_topic", None)
        version = getattr(event_class, "class_version", 1)
        if version > 1:
            fields["class_version"] = version
        personal = fields.pop("personal", None)
        return StoredTicketEvent(
            originator_id=fields.pop("originator_id"),
            originator_version=fields.pop("originator_version"),
            occurred_at=fields.pop("timestamp"),
            topic=get_topic(event_class),
            state=to_json(fields),
            personal=None if personal is None else to_json(personal),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        event_class = resolve_topic(stored_event.topic)
        try:
            fields: dict[str, Any] = from_json(stored_event.state)
            _upcast(event_class, fields)
            for name in _instants(event_class):
                if fields.get(name) is not None:
                    fields[name] = datetime.fromisoformat(fields[name])
            if isinstance(stored_event, StoredTicketEvent):
                fields["timestamp"] = stored_event.occurred_at
                if "personal" in event_class.__annotations__:
                    fields["personal"] = from_json(stored_event.personal or b"{}")
        except Exception as error:
            raise MapperDeserialisationError(
                f"{stored_event.topic}, version {stored_event.originator_version} of "
                f"{stored_event.originator_id}: {error}"
            ) from error
        if issubclass(event_class, AggregateCreated):
            fields["originator_topic"] = Ticket.TOPIC
        fields["originator_id"] = stored_event.originator_id
        fields["originator_version"] = stored_event.originator_version
        event = object.__new__(event_class)
        object.__setattr__(event, "__dict__", fields)
        return event


def project(ticket: Ticket | None, events: Iterable[DomainEventProtocol[UUID]]) -> Ticket | None:
    """Fold events into a ticket: the library's projector without its check of every event."""
    for event in cast("Iterable[Ticket.Event]", events):
        ticket = event.mutate(ticket)
    return ticket


def _upcast(event_class: type, fields: dict[str, Any]) -> None:
    """The library's convention: `upcast_v1_v2(fields)` on the class, step by step."""
    for version in range(fields.pop("class_version", 1), getattr(event_class, "class_version", 1)):
        getattr(event_class, f"upcast_v{version}_v{version + 1}")(fields)


@cache
def _instants(event_class: type) -> tuple[str, ...]:
    """The fields that hold an instant; `timestamp` has a column of its own."""
    hints = get_type_hints(event_class)
    return tuple(name for name, hint in hints.items() if hint in (datetime, datetime | None))
