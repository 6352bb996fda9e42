"""Proof that nobody changed the log: computes its hash chain again, outside the database.

Whoever could rewrite the log could also rewrite every hash after it, or cut off its end: that
shows only against a checkpoint kept elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from typing import Any, LiteralString

from psycopg import AsyncConnection
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
    """Check all events after `from_position`, whose own hash is trusted, while others append.

    `checkpoint` is the `last` of an earlier result and must still be part of the chain.
    `progress` hears each position that has been reached.
    """
    walk = _Walk(checkpoint)
    async with conn.cursor(binary=True, row_factory=tuple_row) as cursor:
        lowest = LOWEST
        if from_position:
            await cursor.execute(HASH_AT, [from_position])
            found = await cursor.fetchall()
            if len(found) != 1:
                return walk.result(from_position, f"{len(found)} events are at this position")
            walk.position, walk.hash, lowest = from_position, found[0][0], from_position
            if (reason := walk.strays_from_checkpoint()) is not None:
                return walk.result(from_position, reason)
        for name in ("uuid", "int8", "timestamptz"):
            cursor.adapters.register_loader(name, _RawLoader)
        while True:
            await cursor.execute(LAST)
            end = _int((await cursor.fetchall())[0][0])
            await cursor.execute(ROWS, [lowest, walk.position + BATCH])
            for row in await cursor.fetchall():
                if (reason := walk.step(*row)) is not None:
                    return walk.result(min(_int(row[0]), walk.position + 1), reason)
            lowest = walk.position
            progress(walk.position)
            if walk.position >= end:
                break
            if walk.position < lowest + 1 <= end and not await _more(cursor, lowest):
                return walk.result(lowest + 1, "events are missing")
    if checkpoint is not None and checkpoint.position > walk.position:
        return walk.result(walk.position + 1, "the log ends before the checkpoint")
    return walk.result()
