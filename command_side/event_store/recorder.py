"""The library's recorders over this store: its repository, and the contract that proves ours.

Writing through them keeps every promise of the log, but decides nothing: a head's state and
`next_due_at` stay as they were. The product writes through `append`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from eventsourcing.application import Repository
from eventsourcing.persistence import (
    ApplicationRecorder,
    EventStore,
    IntegrityError,
    ListenNotifySubscription,
    StoredEvent,
    Subscription,
)
from eventsourcing.postgres import (
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresProcessRecorder,
)
from psycopg import Connection
from psycopg.rows import dict_row, tuple_row

from command_side.deciding.records import Append, AppendOutcome, NewEvent
from command_side.event_store import binary
from command_side.event_store.appending import STATEMENT, outcomes, parameters
from command_side.event_store.mapper import LoadedTicket, StoredTicketEvent, TicketMapper, project
from command_side.event_store.migrating import apply_migrations
from command_side.event_store.personal import opened
from command_side.event_store.reading import UtcLoader

POLL_SECONDS = 0.2
"""Appends send no NOTIFY, so that a subscription has to ask."""

CLOCK: LiteralString = "select clock_timestamp()"

EVENTS: LiteralString = """
select originator_id, originator_version, topic, state, personal, occurred_at from events
where originator_id = %b and originator_version > coalesce(%b::bigint, -1)
  and originator_version <= coalesce(%b::bigint, 9223372036854775807)
"""


def datastore(conninfo: str, *, pool_size: int = 2) -> PostgresDatastore:
    """The library's pool on this database, opened at first use; close it when done."""
    store = PostgresDatastore("", "", "", "", "", pool_size=pool_size)
    store.pool.conninfo = conninfo  # its own arguments cannot say everything a conninfo can
    store.pool.kwargs = {"row_factory": dict_row}
    return store


class TicketRecorder(PostgresApplicationRecorder):
    """Appends and reads library events by this store's own SQL and tables."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:
        super().__init__(datastore, events_table_name="events", **options)
        self.sql_create_statements.clear()  # the migrations own all DDL

    def create_table(self) -> None:
        with self.datastore.get_connection() as conn:
            apply_migrations(conn)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append in one turn, never repeated: after a lost answer it would find a conflict."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_events(cursor, stored_events, **kwargs)
            return _append(cursor.connection, stored_events)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        order: LiteralString = "desc" if desc else "asc"
        query = EVENTS + "order by originator_version " + order + " limit %b"
        with (
            self.datastore.get_connection() as conn,
            conn.cursor(binary=True, row_factory=tuple_row) as cursor,
        ):
            cursor.adapters.register_loader("timestamptz", UtcLoader)
            cursor.execute(query, [originator_id, gt, lte, limit])
            return [
                StoredTicketEvent(*columns, personal=opened(personal), occurred_at=occurred_at)
                for *columns, personal, occurred_at in cursor.fetchall()
            ]

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        return PollingSubscription(recorder=self, gt=gt, topics=topics)


class TicketProcessRecorder(TicketRecorder, PostgresProcessRecorder):
    """The same, with the position of an upstream log in the events' own transaction."""


class PollingSubscription(ListenNotifySubscription[ApplicationRecorder]):
    """The library's subscription, asking instead of waiting to be told."""

    def _loop_on_pull(self) -> None:
        try:
            while not self._has_been_stopped:
                self._pull()
                self._has_been_notified.wait(POLL_SECONDS)
        except BaseException as error:
            self._thread_error = self._thread_error or error
            self.stop()


class TicketRepository(Repository[UUID]):
    """The library's repository, of tickets."""

    def __init__(self, recorder: TicketRecorder) -> None:
        super().__init__(EventStore(TicketMapper(), recorder))

    def ticket(self, ticket_id: UUID, *, version: int | None = None) -> LoadedTicket:
        """The ticket, as of a version. Raises AggregateNotFoundError."""
        return self.get(ticket_id, version=version, projector_func=project)


def writes_for(stored_events: Sequence[StoredEvent], *, now: datetime) -> list[Append]:
    """Library events as appends; `now` is the time of those that do not say theirs.

    Raises IntegrityError when the versions of a stream do not follow each other.
    """
    writes: dict[UUID | str, Append] = {}
    for stored in stored_events:
        stream = stored.originator_id
        if not isinstance(stream, UUID):
            raise IntegrityError(f"streams have UUIDs, not {stream!r}")
        expected = stored.originator_version - 1
        write = writes.setdefault(stream, Append(stream, "", str(stream), expected, [], None, None))
        if write.expected_version is None or write.expected_version + len(write.events) != expected:
            raise IntegrityError(f"versions of {stream} do not follow each other")
        write.events.append(
            NewEvent(stored.topic, stored.state, stored.personal, stored.occurred_at)
            if isinstance(stored, StoredTicketEvent)
            else NewEvent(stored.topic, stored.state, None, now)
        )
    return list(writes.values())


def positions_of(
    stored_events: Sequence[StoredEvent], results: Sequence[AppendOutcome]
) -> list[int]:
    """The position of each library event. Raises IntegrityError when any was not appended."""
    by_stream = {outcome.ticket_id: outcome for outcome in results}
    for outcome in results:
        if not outcome.appended:
            raise IntegrityError(f"{outcome.ticket_id} is at version {outcome.version}")
    return [
        (outcome.position or 0) - (outcome.version - stored.originator_version)
        for stored in stored_events
        if isinstance(stored.originator_id, UUID)
        for outcome in [by_stream[stored.originator_id]]
    ]


def _append(conn: Connection[Any], stored_events: Sequence[StoredEvent]) -> list[int]:
    if not stored_events:
        return []
    with conn.cursor(binary=True, row_factory=tuple_row) as cursor:
        binary.register(cursor)
        now: datetime = cursor.execute(CLOCK).fetchall()[0][0]
        writes = writes_for(stored_events, now=now)
        cursor.execute(STATEMENT, parameters(writes, now=now), prepare=True)
        return positions_of(stored_events, outcomes(writes, cursor.fetchone()))
