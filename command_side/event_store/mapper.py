"""Between ticket events as the library's repository knows them and their stored form.

The bytes are the product's own: the same two functions write and read them everywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    JSONTranscoder,
    Mapper,
    MapperDeserialisationError,
    StoredEvent,
)

from command_side.deciding.events import Body, Personal, Unreadable, read, read_personal, written


@dataclass(frozen=True)
class StoredTicketEvent(StoredEvent):
    """The library's stored event with the columns that it does not know."""

    personal: bytes | None
    """JSON, as it was before it was sealed."""
    occurred_at: datetime


@dataclass(frozen=True)
class TicketEvent:
    """A ticket's event as the library's domain event."""

    originator_id: UUID
    originator_version: int
    occurred_at: datetime
    body: Body
    personal: Personal


@dataclass(frozen=True)
class LoadedTicket:
    """A ticket as the library's aggregate: which it is, and how far it has come."""

    id: UUID
    version: int
    created_on: datetime
    modified_on: datetime


class TicketMapper(Mapper[UUID]):
    """The library's mapper, over the product's own bytes."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredTicketEvent:
        if not isinstance(domain_event, TicketEvent):
            raise TypeError(f"{type(domain_event).__name__} is no event of a ticket")
        empty = domain_event.personal == Personal()
        return StoredTicketEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=domain_event.body.TOPIC,
            state=written(domain_event.body),
            personal=None if empty else written(domain_event.personal),
            occurred_at=domain_event.occurred_at,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> TicketEvent:
        stream = stored_event.originator_id
        if not isinstance(stored_event, StoredTicketEvent) or not isinstance(stream, UUID):
            raise MapperDeserialisationError(f"{stream} is no stream of this store")
        try:
            body = read(stored_event.topic, stored_event.state)
            personal = read_personal(stored_event.personal)
        except Unreadable as error:
            raise MapperDeserialisationError(
                f"version {stored_event.originator_version} of {stream}: {error}"
            ) from error
        version = stored_event.originator_version
        return TicketEvent(stream, version, stored_event.occurred_at, body, personal)


def project(ticket: Any, events: Iterable[Any]) -> LoadedTicket | None:
    """Folds a ticket's events, for the library's repository."""
    found: LoadedTicket | None = ticket
    for event in events:
        at: datetime = event.occurred_at
        if found is None:
            found = LoadedTicket(event.originator_id, event.originator_version, at, at)
        else:
            found = replace(found, version=event.originator_version, modified_on=at)
    return found
