"""The library's own test cases for recorders, on ours; each test on a database of its own."""

from collections.abc import Iterator
from typing import TypeVar

import pytest
from eventsourcing.postgres import PostgresDatastore
from eventsourcing.tests import persistence

from command_side.event_store.recorder import TicketProcessRecorder, TicketRecorder, datastore

AnyRecorder = TypeVar("AnyRecorder", bound=TicketRecorder)


class OnAnEmptyDatabase:
    store: PostgresDatastore

    @pytest.fixture(autouse=True)
    def _store(self, empty_database_url: str) -> Iterator[None]:
        with datastore(empty_database_url, pool_size=10) as self.store:
            yield

    def create(self, recorder_class: type[AnyRecorder]) -> AnyRecorder:
        recorder = recorder_class(self.store)
        recorder.create_table()
        return recorder


class TestApplicationRecorder(
    OnAnEmptyDatabase, persistence.ApplicationRecorderTestCase[TicketRecorder]
):
    def create_recorder(self) -> TicketRecorder:
        return self.create(TicketRecorder)

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestProcessRecorder(OnAnEmptyDatabase, persistence.ProcessRecorderTestCase):
    def create_recorder(self) -> TicketProcessRecorder:
        return self.create(TicketProcessRecorder)


class TestTrackingRecorder(OnAnEmptyDatabase, persistence.TrackingRecorderTestCase):
    def create_recorder(self) -> TicketProcessRecorder:
        return self.create(TicketProcessRecorder)


class TestPositionsDoNotInterleave(
    OnAnEmptyDatabase, persistence.NonInterleavingNotificationIDsBaseCase
):
    def create_recorder(self) -> TicketRecorder:
        return self.create(TicketRecorder)
