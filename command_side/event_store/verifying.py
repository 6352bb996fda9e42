"""Proof that nobody changed the log: computes its hash chain again, outside the database.

Whoever could rewrite the log could also rewrite every hash after it, or cut off its end: that
shows only against a checkpoint kept elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from typing import Any, LiteralString

from psycopg import AsyncConnection, AsyncCursor
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.rows import tuple_row

BATCH = 1000
GENESIS = bytes(32)
UUID_OID, INT8_OID, BYTEA_OID, TIMESTAMPTZ_OID = 2950, 20, 17, 1184
LOWEST = -(2**63)

# The columns after the first three are those that the hash covers, in its order.
ROWS: LiteralString = """
select notification_id, hash, personal,
       originator_id, originator_version, convert_to(topic, 'UTF8'), state, commitment,
       occurred_at, convert_to(correlation_id, 'UTF8'), observed_at, revision, content_hash,
       recorded_at
from events where notification_id > %b and notification_id <= %b
order by notification_id, originator_id, originator_version
"""
TYPES = (
    *(UUID_OID, INT8_OID, BYTEA_OID, BYTEA_OID, BYTEA_OID),
    *(TIMESTAMPTZ_OID, BYTEA_OID, TIMESTAMPTZ_OID, INT8_OID, BYTEA_OID),
    TIMESTAMPTZ_OID,
)
COMMITMENT = 4
STRAYED = "its hash is not the checkpoint's"
LAST: LiteralString = "select coalesce(max(notification_id), 0) from events"
HASH_AT: LiteralString = "select hash from events where notification_id = %b"

_count = Struct(">i").pack(len(TYPES))
_field = Struct(">ii").pack


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place of the log and all that came before it, in one hash."""

    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What a walk along the chain found; it ends at the first thing that is wrong."""

    checked: int
    """Events that are as they were recorded."""
    erased: int
    """Those of them whose personal part has been erased."""
    last: Checkpoint
    """Up to where the log is sound."""
    bad_position: int | None = None
    reason: str | None = None


async def verify_chain(
    conn: AsyncConnection[Any],
    *,
    from_position: int = 0,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int], None] = lambda position: None,
) -> VerifyResult:
    """Check all events after `from_position`, whose own hash is trusted; others may append.

    `checkpoint` is the `last` of an earlier result: it must still be part of the chain, and may
    not lie before `from_position`. `progress` hears how far the walk has come.
    """
    async with conn.cursor(binary=True, row_factory=tuple_row) as cursor:
        for name in ("uuid", "int8", "timestamptz"):
            cursor.adapters.register_loader(name, _RawLoader)
        walk = _Walk(checkpoint)
        lowest = LOWEST
        if from_position:
            await cursor.execute(HASH_AT, [from_position])
            found = await cursor.fetchall()
            if len(found) != 1:
                return walk.result(from_position, f"{len(found)} events have this position")
            walk.position, walk.hash, lowest = from_position, found[0][0], from_position
            if walk.strays(from_position, walk.hash):
                return walk.result(from_position, STRAYED)
        while await _last_position(cursor) > walk.position:
            reached = walk.position
            await cursor.execute(ROWS, [lowest, reached + BATCH])
            for row in await cursor.fetchall():
                if (reason := walk.step(*row)) is not None:
                    return walk.result(min(_int(row[0]), walk.position + 1), reason)
            if walk.position == reached:
                return walk.result(reached + 1, "events are missing")
            lowest = walk.position
            progress(lowest)
    if checkpoint is not None and checkpoint.position > walk.position:
        return walk.result(walk.position + 1, "the log ends before the checkpoint")
    return walk.result()


class _Walk:
    """One event after the other, each from the hash of the one before."""

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self.checkpoint = checkpoint
        self.position, self.hash = 0, GENESIS
        self.checked = self.erased = 0

    def step(
        self, position: bytes, stored: bytes, personal: bytes | None, *columns: bytes | None
    ) -> str | None:
        """What is wrong with this event; None: nothing, and it has been taken."""
        at = _int(position)
        if at <= self.position:
            return "an event was put in"
        if at > self.position + 1:
            return "events are missing"
        commitment = columns[COMMITMENT]
        if personal is not None and sha256(personal).digest() != commitment:
            return "the personal part was changed"
        if sha256(self.hash + _row(columns)).digest() != stored:
            return "the event, its time or its place was changed"
        if self.strays(at, stored):
            return STRAYED
        self.position, self.hash = at, stored
        self.checked += 1
        self.erased += personal is None and commitment is not None
        return None

    def strays(self, position: int, hash: bytes) -> bool:
        known = self.checkpoint
        return known is not None and known.position == position and known.hash != hash

    def result(self, bad_position: int | None = None, reason: str | None = None) -> VerifyResult:
        last = Checkpoint(self.position, self.hash)
        return VerifyResult(self.checked, self.erased, last, bad_position, reason)


class _RawLoader(Loader):
    """Network-order bytes as they came: what the hash is made of."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


def _row(columns: tuple[bytes | None, ...]) -> bytes:
    """What `record_send` makes of these columns."""
    parts = [_count]
    for oid, value in zip(TYPES, columns, strict=True):
        parts.append(_field(oid, -1 if value is None else len(value)))
        if value is not None:
            parts.append(value)
    return b"".join(parts)


async def _last_position(cursor: AsyncCursor[tuple[Any, ...]]) -> int:
    await cursor.execute(LAST)
    return _int((await cursor.fetchall())[0][0])


def _int(data: bytes) -> int:
    return int.from_bytes(data, "big", signed=True)
