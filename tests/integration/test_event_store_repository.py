"""The library's repository over this store: tickets as objects."""

from collections.abc import Iterator
from typing import Any

import pytest
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent
from psycopg import AsyncConnection

from command_side.event_store import Append, append, read_after
from command_side.event_store.mapper import TicketMapper
from command_side.event_store.recorder import TicketRecorder, TicketRepository, datastore
from command_side.ticket import Ticket, ticket_id
from tests.support import recorded as log
from tests.support.recorded import NINE, SOURCE, at
from tests.support.streams import stream

TICKET = ticket_id(SOURCE, "T-1")


@pytest.fixture
def repository(database_url: str) -> Iterator[TicketRepository]:
    with datastore(database_url) as store:
        yield TicketRepository(TicketRecorder(store))


async def store_two_events(database_url: str) -> None:
    events = [log.opened("T-1"), log.raised("T-1", cycle_started_at=log.text(NINE))]
    async with await AsyncConnection[Any].connect(database_url) as conn:
        await append(conn, [Append(TICKET, SOURCE, "T-1", 0, events, b"{}", None)], now=NINE)


async def test_a_ticket_is_loaded_from_events_that_the_product_appended(
    database_url: str, repository: TicketRepository
) -> None:
    await store_two_events(database_url)
    ticket = repository.ticket(TICKET)
    assert isinstance(ticket, Ticket)
    assert (ticket.id, ticket.version, ticket.modified_on) == (TICKET, 2, at(51))
    assert repository.ticket(TICKET, version=1).modified_on == NINE


async def test_an_unknown_ticket_is_not_found(repository: TicketRepository) -> None:
    with pytest.raises(AggregateNotFoundError):
        repository.ticket(stream("unknown"))


async def test_events_come_back_with_instants_and_personal_parts(
    database_url: str, repository: TicketRepository
) -> None:
    await store_two_events(database_url)
    opened, raised = repository.event_store.get(TICKET)
    assert isinstance(opened, Ticket.Opened)
    assert isinstance(raised, Ticket.AlertRaised)
    assert (opened.timestamp, opened.source, opened.late) == (NINE, SOURCE, False)
    assert opened.personal["given"]["title"] == "Outage T-1"
    assert (raised.cycle_started_at, raised.raised_at, raised.due_at) == (NINE, at(51), at(60))
    newest = repository.event_store.get(TICKET, desc=True, limit=1)
    assert [one.originator_version for one in newest] == [2]


async def test_events_that_the_library_writes_are_read_by_the_product(
    database_url: str, repository: TicketRepository
) -> None:
    event = Ticket.Snoozed(
        originator_id=TICKET,
        originator_version=1,
        timestamp=NINE,
        until=at(30),
        personal={"by": "Ada", "reason": "lunch"},
    )
    (recording,) = repository.event_store.put([event])
    assert recording.notification.id == 1
    assert list(repository.event_store.get(TICKET)) == [event]
    async with await AsyncConnection[Any].connect(database_url) as conn:
        (stored,) = await read_after(conn, 0, 10)
    assert (stored.topic, stored.version, stored.occurred_at) == (Ticket.Snoozed.TOPIC, 1, NINE)
    assert stored.body == {"until": log.text(at(30))}
    assert stored.personal == {"by": "Ada", "reason": "lunch"}


def test_an_event_that_cannot_be_read_says_which_it_is() -> None:
    broken = StoredEvent(TICKET, 3, Ticket.Snoozed.TOPIC, b"not JSON")
    with pytest.raises(MapperDeserialisationError, match=r"ticket\.snoozed\.v1, version 3"):
        TicketMapper().to_domain_event(broken)
