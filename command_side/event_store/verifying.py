"""Proof that nobody changed the log: computes its hashes and links again, outside the database.

Whoever could rewrite the log could also rewrite every link after it, or cut off its end: that
shows only against a checkpoint kept elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, LiteralString

from psycopg import AsyncConnection, AsyncCursor
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.rows import tuple_row

from command_side.deciding.events import LogRestored, read
from command_side.event_store.chain import GENESIS, event_hash, link

BATCH = 1000
LOWEST = -(2**63)

ROWS: LiteralString = """
select notification_id, originator_version, hash, link, recorded_at, personal,
       originator_id, convert_to(topic, 'UTF8'), state, commitment, occurred_at, observed_at,
       revision, content_hash, convert_to(correlation_id, 'UTF8')
from events where notification_id > %b and notification_id <= %b
order by notification_id, originator_id, originator_version
"""
COMMITMENT = 3
"""Its place among the columns from `originator_id` on, which are what an event's hash covers."""
TOPIC, STATE = 1, 2
"""Theirs among them."""
RESTORED = LogRestored.TOPIC.encode()
CHANGED = "an event of this append, its time, its version or its place was changed"
STRAYED = "its link is not the checkpoint's"
UNENDED = "no append ends here, where one did at the checkpoint"
LOST = "the log was restored to here, a point before the checkpoint"
NEXT: LiteralString = "select min(notification_id) from events where notification_id > %b"
LAST: LiteralString = "select coalesce(max(notification_id), 0) from events"
LINK_AT: LiteralString = "select link from events where notification_id = %b"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The end of an append and all that came before it, in one hash: its link."""

    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What a walk along the chain found; it ends at the first thing that is wrong."""

    checked: int
    """Events that are as they were recorded, up to the end of an append."""
    erased: int
    """Those of them whose personal part has been erased."""
    last: Checkpoint
    """Up to where the log is sound."""
    bad_position: int | None = None
    """Of the first event that is wrong, or of the first of an append that is wrong as a whole."""
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
        for name, loader in (("uuid", _RawLoader), ("timestamptz", _NumberLoader)):
            cursor.adapters.register_loader(name, loader)
        walk = _Walk(checkpoint)
        if from_position:
            await cursor.execute(LINK_AT, [from_position])
            found = await cursor.fetchall()
            if len(found) != 1:
                return walk.result(from_position, f"{len(found)} events have this position")
            if found[0][0] is None:
                return walk.result(from_position, "no append ends at this position")
            walk.begin(from_position, found[0][0])
            if (reason := walk.strays(from_position, walk.link)) is not None:
                return walk.result(from_position, reason)
        lowest = from_position or LOWEST
        while await _last_position(cursor) > walk.position:
            reached = walk.position
            await cursor.execute(ROWS, [lowest, reached + BATCH])
            if not (rows := await cursor.fetchall()):
                await cursor.execute(NEXT, [reached])
                following = (await cursor.fetchall())[0][0]
                await cursor.execute(ROWS, [reached, following])
                rows = await cursor.fetchall()
            for row in rows:
                if (reason := walk.step(*row)) is not None:
                    if reason is CHANGED:
                        return walk.result(walk.linked + 1, reason)
                    if reason is UNENDED and checkpoint is not None:
                        return walk.result(checkpoint.position, reason)
                    return walk.result(min(row[0], walk.position + 1), reason)
            lowest = walk.position
            progress(lowest)
    if walk.linked < walk.position:
        return walk.result(walk.linked + 1, "the append that begins here has lost its end")
    if checkpoint is not None and checkpoint.position > walk.position:
        return walk.result(walk.position + 1, "the log ends before the checkpoint")
    return walk.result()


class _Walk:
    """One event after the other, each append from the link of the one before."""

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self.checkpoint = checkpoint
        self.link = GENESIS
        self.position = 0
        """Of the last event; all up to `linked` are proven."""
        self.linked = 0
        self.checked = self.erased = 0
        self._first = 1
        """The position of the first of an append."""
        self._hashes: list[tuple[bytes, int]] = []
        """Hash and version of the events of an append that has not come to its end."""
        self._recorded_at: int | None = None
        self._erased = 0

    def begin(self, position: int, link: bytes) -> None:
        """Trusts the log up to here."""
        self.position = self.linked = position
        self.link = link

    def step(
        self,
        position: int,
        version: int,
        stored: bytes,
        ends: bytes | None,
        recorded_at: int,
        personal: bytes | None,
        *columns: Any,
    ) -> str | None:
        """What is wrong with this event; None: nothing, and it has been taken."""
        if position <= self.position:
            return "an event was put in"
        if position > self.position + 1:
            if not _says_so(self.position, columns):
                return "events are missing"
            if self.checkpoint and self.position < self.checkpoint.position < position:
                return LOST
        commitment = columns[COMMITMENT]
        if personal is not None and sha256(personal).digest() != commitment:
            return "the personal part was changed"
        if event_hash(*columns) != stored:
            return "the event was changed"
        if self._hashes and recorded_at != self._recorded_at:
            return "its time was changed, or an event was put in or taken away"
        if not self._hashes:
            self._first = position
        self._recorded_at = recorded_at
        self._hashes.append((stored, version))
        self._erased += personal is None and commitment is not None
        self.position = position
        return None if ends is None else self._close(ends)

    def _close(self, stored: bytes) -> str | None:
        count = len(self._hashes)
        found = link(self.link, self._hashes, self._recorded_at or 0, self._first, count)
        if found != stored:
            return CHANGED
        if (reason := self.strays(self.position, stored)) is not None:
            return reason
        self.link, self.linked = stored, self.position
        self.checked += count
        self.erased += self._erased
        self._hashes, self._erased = [], 0
        return None

    def strays(self, position: int, link: bytes) -> str | None:
        """How the append that ends here is not what the checkpoint says; None: it may be."""
        known = self.checkpoint
        if known is None:
            return None
        if known.position == position:
            return None if known.hash == link else STRAYED
        # Whoever writes the log anew may also divide it otherwise.
        return UNENDED if self.linked < known.position < position else None

    def result(self, bad_position: int | None = None, reason: str | None = None) -> VerifyResult:
        last = Checkpoint(self.linked, self.link)
        return VerifyResult(self.checked, self.erased, last, bad_position, reason)


def _says_so(before: int, columns: tuple[Any, ...]) -> bool:
    """Whether this event tells that the log was restored to the one before."""
    if columns[TOPIC] != RESTORED:
        return False
    body = read(LogRestored.TOPIC, columns[STATE])
    return isinstance(body, LogRestored) and body.after == before


class _RawLoader(Loader):
    """Bytes as they came."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class _NumberLoader(Loader):
    """An instant as PostgreSQL counts it: microseconds since 2000-01-01T00:00Z."""

    format = Format.BINARY

    def load(self, data: Buffer) -> int:
        return int.from_bytes(data, "big", signed=True)


async def _last_position(cursor: AsyncCursor[tuple[Any, ...]]) -> int:
    await cursor.execute(LAST)
    return (await cursor.fetchall())[0][0]
