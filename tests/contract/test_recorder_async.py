"""The library's test cases once more, with the product's asynchronous append underneath."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from threading import Thread
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking
from eventsourcing.postgres import PostgresDatastore
from eventsourcing.tests import persistence
from psycopg import AsyncConnection

from command_side.event_store import append
from command_side.event_store.recorder import (
    CLOCK,
    TicketProcessRecorder,
    datastore,
    positions_of,
    writes_for,
)


class Facade(TicketProcessRecorder):
    """A recorder whose writes run on one asynchronous connection, in an event loop's thread."""

    def __init__(self, store: PostgresDatastore, conninfo: str) -> None:
        super().__init__(store)
        self.loop = asyncio.new_event_loop()
        self.thread = Thread(target=self.loop.run_forever)
        self.thread.start()
        self.turn = asyncio.Lock()
        self.conn = self._await(AsyncConnection[Any].connect(conninfo))

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        try:
            return self._await(self._write(stored_events, kwargs.get("tracking")))
        except psycopg.IntegrityError as error:
            raise IntegrityError(str(error)) from error

    async def _write(
        self, stored_events: Sequence[StoredEvent], tracking: Tracking | None
    ) -> list[int]:
        async with self.turn, self.conn.transaction():
            if tracking is not None:
                cursor = await self.conn.execute(self.insert_tracking_statement, vars(tracking))
                if await cursor.fetchone() is None:
                    raise IntegrityError(f"{tracking} runs backwards")
            ((now,),) = await (await self.conn.execute(CLOCK)).fetchall()
            writes = writes_for(stored_events, now=now)
            return positions_of(stored_events, await append(self.conn, writes, now=now))

    def _await(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def close(self) -> None:
        self._await(self.conn.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class BehindAFacade:
    @pytest.fixture(autouse=True)
    def _facade(self, database_url: str) -> Iterator[None]:
        with datastore(database_url, pool_size=3) as store:
            self.facade = Facade(store, database_url)
            yield
            self.facade.close()

    facade: Facade

    def create_recorder(self) -> Facade:
        return self.facade


class TestAsApplicationRecorder(
    BehindAFacade, persistence.ApplicationRecorderTestCase[TicketProcessRecorder]
):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestAsProcessRecorder(BehindAFacade, persistence.ProcessRecorderTestCase):
    pass


class TestAsTrackingRecorder(BehindAFacade, persistence.TrackingRecorderTestCase):
    pass


class TestPositionsDoNotInterleave(
    BehindAFacade, persistence.NonInterleavingNotificationIDsBaseCase
):
    pass
