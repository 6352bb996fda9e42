"""The library's repository over this store: tickets as objects."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.persistence import MapperDeserialisationError
from psycopg import AsyncConnection

from command_side.deciding.events import Personal, Ticket, ticket_id
from command_side.event_store import Append, append, encode, read_after
from command_side.event_store.mapper import (
    LoadedTicket,
    StoredTicketEvent,
    TicketEvent,
    TicketMapper,
)
from command_side.event_store.recorder import TicketRecorder, TicketRepository, datastore
from engine.sla.instants import micros
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
    assert isinstance(ticket, LoadedTicket)
    assert (ticket.id, ticket.version, ticket.modified_on) == (TICKET, 2, at(51))
    assert repository.ticket(TICKET, version=1).modified_on == NINE


async def test_an_unknown_ticket_is_not_found(repository: TicketRepository) -> None:
    with pytest.raises(AggregateNotFoundError):
        repository.ticket(stream("unknown"))


async def test_events_come_back_with_instants_and_personal_parts(
    database_url: str, repository: TicketRepository
) -> None:
    await store_two_events(database_url)
    opened, raised = cast("list[TicketEvent]", list(repository.event_store.get(TICKET)))
    assert isinstance(opened.body, Ticket.Opened)
    assert isinstance(raised.body, Ticket.AlertRaised)
    assert (opened.occurred_at, opened.body.source, opened.body.late) == (NINE, SOURCE, False)
    assert (opened.personal.given or {})["title"] == "Outage T-1"
    instants = [raised.body.cycle_started_at, raised.body.raised_at, raised.body.due_at]
    assert instants == [micros(NINE), micros(at(51)), micros(at(60))]
    newest = repository.event_store.get(TICKET, desc=True, limit=1)
    assert [one.originator_version for one in newest] == [2]


async def test_events_that_the_library_writes_are_read_by_the_product(
    database_url: str, repository: TicketRepository
) -> None:
    said = Personal(by="Ada", reason="lunch")
    body = Ticket.Snoozed(until=micros(at(30)))
    event = TicketEvent(TICKET, 1, NINE, body, said)
    (recording,) = repository.event_store.put([event])
    assert recording.notification.id == 1
    assert list(repository.event_store.get(TICKET)) == [event]
    async with await AsyncConnection[Any].connect(database_url) as conn:
        (stored,) = await read_after(conn, 0, 10)
    assert (stored.topic, stored.version, stored.occurred_at) == (Ticket.Snoozed.TOPIC, 1, NINE)
    assert (stored.body, stored.personal) == (body, said)
    own = encode(body, occurred_at=NINE, personal=said)
    assert (stored.state, stored.said) == (own.state, own.personal), "the product's own bytes"


def test_an_event_that_cannot_be_read_says_which_it_is() -> None:
    broken = StoredTicketEvent(TICKET, 3, Ticket.Snoozed.TOPIC, b"not JSON", None, NINE)
    with pytest.raises(MapperDeserialisationError, match=r"version 3 of .*ticket\.snoozed\.v1"):
        TicketMapper().to_domain_event(broken)
