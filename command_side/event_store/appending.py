"""The append: its SQL, parameters and outcomes, for the asynchronous path and that of `recorder`.

The body of `append_events` stands in the newest migration that makes it; in which order everybody
locks, in the first, `0002_append_events.sql`. The columns of `events` have the names of the library
eventsourcing, whose recorder that is: `originator_id` is the id of the stream.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from os import urandom
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, DatabaseError
from psycopg.rows import tuple_row

from command_side.deciding.records import Append, AppendOutcome
from command_side.event_store import binary
from command_side.event_store.binary import (
    BIGINT,
    BYTEA,
    INSTANT,
    SINCE_2000,
    TEXT,
    microseconds,
)
from command_side.event_store.chain import event_hash
from command_side.event_store.personal import SALT_BYTES, sealed
from command_side.event_store.writable import writable

# Binary arrays: as text they halve the rate. An array without any value is passed as null:
# unnest pads it.
_APPEND: LiteralString = """append_events(
    %b::timestamptz, %b::uuid[], %b::text[], %b::text[], %b::bigint[], %b::bigint[],
    %b::bytea[], %b::timestamptz[], %b::bigint[], %b::bigint[], %b::text[], %b::bytea[],
    %b::bytea[], %b::timestamptz[], %b::timestamptz[], %b::bigint[], %b::bytea[], %b::text[],
    %b::bytea[], %b::bytea[])
"""
STATEMENT: LiteralString = "select versions, positions, appended from " + _APPEND
ON_A_BASIS: LiteralString = (
    "select versions, positions, appended, refuse_beyond(%b::uuid[], %b::bigint[]) from " + _APPEND
)
BEYOND = "SLA01"
"""The SQLSTATE of `refuse_beyond`."""


class Outdated(Exception):
    """What the decisions rest on has changed; nothing is appended."""


async def append(
    conn: AsyncConnection[Any],
    writes: Sequence[Append],
    *,
    now: datetime,
    basis: Mapping[UUID, int] | None = None,
) -> list[AppendOutcome]:
    """Append to many streams in one statement, inside the caller's transaction.

    Streams whose version has moved are left out and reported. Commit at once: the order lock
    is held until then. Lock no head afterwards. Raises ValueError when a stream occurs twice,
    or a stream's events share an observation key, and OperationalError where nothing is written.

    `basis` are other streams and the versions of them by which all was decided: raises Outdated
    when one has gone beyond that.
    """
    if not writes:
        return []
    statement, given = STATEMENT, list[Any]()
    if basis:
        statement = ON_A_BASIS
        given = [binary.values(binary.UUID, [*basis]), binary.values(BIGINT, [*basis.values()])]
    async with conn.cursor(binary=True, row_factory=tuple_row) as cursor:
        binary.register(cursor)
        try:
            with writable():
                asked = [*given, *parameters(writes, now=now)]
                await cursor.execute(statement, asked, prepare=True)
        except DatabaseError as error:
            if error.sqlstate != BEYOND:
                raise
            raise Outdated(str(error)) from None
        return outcomes(writes, await cursor.fetchone())


def parameters(writes: Sequence[Append], *, now: datetime) -> list[Any]:
    """The statement's parameters. Raises ValueError like `append`."""
    if len({write.ticket_id for write in writes}) < len(writes):
        raise ValueError("a stream may occur only once in an append")
    events = [event for write in writes for event in write.events]
    salts = urandom(SALT_BYTES * len(events))
    tickets: list[int] = []
    ordinals: list[int] = []
    personals: list[bytes | None] = []
    commitments: list[bytes | None] = []
    occurred: list[int] = []
    observed: list[int | None] = []
    revisions: list[int | None] = []
    hashes: list[bytes] = []
    for place, write in enumerate(writes, 1):
        if len(write.events) > 1:
            _refuse_repeated_keys(write)
        stream = write.ticket_id.bytes
        for ordinal, event in enumerate(write.events, 1):
            start = SALT_BYTES * len(hashes)
            personal, commitment = sealed(event.personal, salts[start : start + SALT_BYTES])
            occurred_at = microseconds(event.occurred_at)
            observed_at = revision = None
            if event.observed_at is not None:  # mostly that very instant
                same = event.observed_at is event.occurred_at
                observed_at = occurred_at if same else microseconds(event.observed_at)
                revision = event.revision or 0
            tickets.append(place)
            ordinals.append(ordinal)
            personals.append(personal)
            commitments.append(commitment)
            occurred.append(occurred_at)
            observed.append(observed_at)
            revisions.append(revision)
            hashes.append(
                event_hash(
                    stream,
                    event.topic.encode(),
                    event.state,
                    commitment,
                    occurred_at,
                    observed_at,
                    revision,
                    event.content_hash,
                    None if event.correlation_id is None else event.correlation_id.encode(),
                )
            )
    return [
        now,
        binary.values(binary.UUID, [write.ticket_id for write in writes]),
        binary.values(TEXT, [write.source for write in writes]),
        binary.values(TEXT, [write.external_id for write in writes]),
        _or_null(BIGINT, [write.expected_version for write in writes]),
        binary.values(BIGINT, [len(write.events) for write in writes]),
        _or_null(BYTEA, [write.head for write in writes]),
        _or_null(INSTANT, [write.next_due_at for write in writes]),
        _or_null(BIGINT, tickets),
        _or_null(BIGINT, ordinals),
        _or_null(TEXT, [event.topic for event in events]),
        _or_null(BYTEA, [event.state for event in events]),
        _or_null(BYTEA, personals),
        _or_null(SINCE_2000, occurred),
        _or_null(SINCE_2000, observed),
        _or_null(BIGINT, revisions),
        _or_null(BYTEA, [event.content_hash for event in events]),
        _or_null(TEXT, [event.correlation_id for event in events]),
        _or_null(BYTEA, commitments),
        _or_null(BYTEA, hashes),
    ]


def outcomes(writes: Sequence[Append], row: tuple[Any, ...] | None) -> list[AppendOutcome]:
    """What the statement's row says about each of `writes`, in their order."""
    if row is None:
        raise RuntimeError("append_events returned no row")
    return [
        AppendOutcome(write.ticket_id, appended, version, position)
        for write, version, position, appended in zip(writes, *row[:3], strict=True)
    ]


def _refuse_repeated_keys(write: Append) -> None:
    keys = [
        (
            event.observed_at,
            None if event.observed_at is None else event.revision or 0,
            event.observed_at is None and event.content_hash,
        )
        for event in write.events
        if event.observed_at is not None or event.content_hash is not None
    ]
    if len(set(keys)) < len(keys):
        raise ValueError(f"the same observation or conflict twice for {write.ticket_id}")


def _or_null(kind: binary.Kind, values: Sequence[Any]) -> binary.Array | None:
    if all(value is None for value in values):
        return None
    return binary.values(kind, values)
