"""The library's own path, its repository over our recorder, carries the bytes of `encode`.

Its test cases, in `test_recorder.py`, bring events of their own; here are all of the product's.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import EventStore
from psycopg import AsyncConnection

from command_side.deciding.events import Body, Personal
from command_side.event_store import encode, read_after, verify_chain
from command_side.event_store.mapper import TicketEvent, TicketMapper
from command_side.event_store.recorder import TicketRecorder, datastore
from engine.sla.instants import moment
from tests.support.formats.events import BODIES, MINUTE, NINE, PERSONAL
from tests.support.streams import stream

ALL: list[Body] = [body for bodies in BODIES.values() for body in bodies]
SAID = [one for one in PERSONAL.values() if one != Personal()]
EVENTS = [
    TicketEvent(
        originator_id=stream("all"),
        originator_version=number,
        occurred_at=moment(NINE + number * MINUTE),
        body=body,
        personal=Personal() if number % 4 == 0 else SAID[number % 3],
    )
    for number, body in enumerate(ALL, 1)
]


@pytest.fixture
def store(database_url: str) -> Iterator[EventStore[UUID]]:
    with datastore(database_url) as opened:
        yield EventStore(TicketMapper(), TicketRecorder(opened))


async def test_every_event_goes_through_the_library_as_the_product_writes_it(
    database_url: str, store: EventStore[UUID]
) -> None:
    store.put(EVENTS)

    assert list(store.get(stream("all"))) == EVENTS
    async with await AsyncConnection[Any].connect(database_url) as conn:
        recorded = await read_after(conn, 0, 1000)
        verified = await verify_chain(conn)
    assert [one.body for one in recorded] == ALL
    assert [one.personal for one in recorded] == [event.personal for event in EVENTS]
    own = [
        encode(
            event.body,
            occurred_at=event.occurred_at,
            personal=None if event.personal == Personal() else event.personal,
        )
        for event in EVENTS
    ]
    assert [(one.topic, one.state, one.said, one.occurred_at) for one in recorded] == [
        (one.topic, one.state, one.personal, one.occurred_at) for one in own
    ]
    assert (verified.checked, verified.bad_position) == (len(ALL), None)
