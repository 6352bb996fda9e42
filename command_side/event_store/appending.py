"""The append: its SQL, parameters and outcomes, for the asynchronous and the library's path."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, DatabaseError
from psycopg.rows import tuple_row

from command_side.deciding.records import Append, AppendOutcome, NewEvent
from command_side.event_store import binary
from command_side.event_store.binary import BIGINT, BYTEA, INSTANT, TEXT, microseconds
from command_side.event_store.chain import event_hash
from command_side.event_store.personal import sealed

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
    or a stream's events share an observation key.

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
            await cursor.execute(statement, [*given, *parameters(writes, now=now)], prepare=True)
        except DatabaseError as error:
            if error.sqlstate != BEYOND:
                raise
            raise Outdated(str(error)) from None
        return outcomes(writes, await cursor.fetchone())


def parameters(writes: Sequence[Append], *, now: datetime) -> list[Any]:
    """The statement's parameters. Raises ValueError like `append`."""
    if len({write.ticket_id for write in writes}) < len(writes):
        raise ValueError("a stream may occur only once in an append")
    tickets: list[int] = []
    ordinals: list[int] = []
    events: list[NewEvent] = []
    personals: list[bytes | None] = []
    commitments: list[bytes | None] = []
    hashes: list[bytes] = []
    for place, write in enumerate(writes, 1):
        if len(write.events) > 1:
            _refuse_repeated_keys(write)
        tickets.extend([place] * len(write.events))
        ordinals.extend(range(1, len(write.events) + 1))
        events.extend(write.events)
        stream = write.ticket_id.bytes
        for event in write.events:
            personal, commitment = sealed(event.personal)
            personals.append(personal)
            commitments.append(commitment)
            hashes.append(_hash(stream, event, commitment))
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
        _or_null(INSTANT, [event.occurred_at for event in events]),
        _or_null(INSTANT, [event.observed_at for event in events]),
        _or_null(BIGINT, [_revision(event) for event in events]),
        _or_null(BYTEA, [event.content_hash for event in events]),
        _or_null(TEXT, [event.correlation_id for event in events]),
        _or_null(BYTEA, commitments),
        _or_null(BYTEA, hashes),
    ]


def _hash(stream: bytes, event: NewEvent, commitment: bytes | None) -> bytes:
    observed_at, correlation_id = event.observed_at, event.correlation_id
    return event_hash(
        stream,
        event.topic.encode(),
        event.state,
        commitment,
        microseconds(event.occurred_at),
        None if observed_at is None else microseconds(observed_at),
        _revision(event),
        event.content_hash,
        None if correlation_id is None else correlation_id.encode(),
    )


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
        (event.observed_at, _revision(event), event.observed_at is None and event.content_hash)
        for event in write.events
        if event.observed_at is not None or event.content_hash is not None
    ]
    if len(set(keys)) < len(keys):
        raise ValueError(f"the same observation or conflict twice for {write.ticket_id}")


def _revision(event: NewEvent) -> int | None:
    return None if event.observed_at is None else event.revision or 0


def _or_null(kind: binary.Kind, values: list[Any]) -> binary.Array | None:
    if all(value is None for value in values):
        return None
    return binary.values(kind, values)
