"""Reading the store: heads to decide from, deadlines that are due, the log for everyone else."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.rows import tuple_row

from command_side.deciding.records import Recorded, StoredHead
from command_side.event_store import binary
from command_side.event_store.binary import BIGINT, INSTANT
from command_side.event_store.binary import UUID as UUIDS
from command_side.event_store.personal import opened
from command_side.event_store.writable import writable

# Queries that take arrays are planned afresh each time (prepare=False): a plan kept from when
# a table was small would scan it all for every element.

HEADS: LiteralString = """
select ticket_id, version, state from heads where ticket_id = any (%b::uuid[])
"""

CONTENT_HASHES: LiteralString = """
select key.ticket_id, key.observed_at, key.revision, events.content_hash
from unnest(%b::uuid[], %b::timestamptz[], %b::bigint[]) as key (ticket_id, observed_at, revision)
join events on events.originator_id = key.ticket_id
    and events.observed_at = key.observed_at
    and events.revision = key.revision
where events.content_hash is not null
"""

CONFLICTS: LiteralString = """
select originator_id, content_hash from events
where originator_id = any (%b::uuid[]) and observed_at is null and content_hash is not null
"""

CLAIM_DUE: LiteralString = """
select ticket_id, version, state from heads
where next_due_at <= %b order by next_due_at limit %b
for update skip locked
"""

CLAIM: LiteralString = """
select ticket_id from heads where ticket_id = any (%b::uuid[]) order by ticket_id for update
"""

HEADS_AFTER: LiteralString = """
select ticket_id, version, state from heads
where ticket_id > %b and source <> '' order by ticket_id limit %b
"""
CLAIM_HEADS_AFTER: LiteralString = HEADS_AFTER + "for update"

NEXT_DUE: LiteralString = "select min(next_due_at) from heads where next_due_at is not null"

COLUMNS: LiteralString = """
select notification_id, originator_id, originator_version, topic, state, personal,
       occurred_at, recorded_at, correlation_id
from events
"""

COMMANDS: LiteralString = """'excuse.ended.v1', 'excuse.granted.v1', 'excuse.withdrawn.v1',
'operator.acted.v1', 'policy.accepted.v1', 'silence.created.v1', 'silence.ended.v1',
'ticket.acknowledged.v1', 'ticket.snoozed.v1', 'token.made.v1', 'token.revoked.v1'"""
"""What people have done. Written out, for an index holds them by these very topics."""

COMMANDS_AFTER: LiteralString = (
    COLUMNS
    + "where topic in ("
    + COMMANDS
    + """) and notification_id > %b
    and (%b::timestamptz is null or recorded_at >= %b)
    and (%b::timestamptz is null or recorded_at < %b)
order by notification_id limit %b"""
)

LAST_RECORDED_AT: LiteralString = """
select recorded_at from events order by notification_id desc limit 1
"""

# Past the last event that is not of the future: tickets' heads in ascending id, as everywhere.
LOOK_AGAIN: LiteralString = """
with ahead as (
    select originator_id from events
    where notification_id > coalesce((
        select notification_id from events where recorded_at <= %b
        order by notification_id desc limit 1), 0)
), held as (
    select ticket_id from heads
    where ticket_id in (select originator_id from ahead) and source <> '' and state <> ''
    order by ticket_id for update
)
update heads set next_due_at = least(next_due_at, %b)
from held where heads.ticket_id = held.ticket_id
"""

LAST_POSITION: LiteralString = "select coalesce(max(notification_id), 0) from events"


async def load(conn: AsyncConnection[Any], ids: Sequence[UUID]) -> dict[UUID, StoredHead]:
    """The heads of these streams; unknown ones are missing from the answer."""
    async with _cursor(conn) as cursor:
        await cursor.execute(HEADS, [binary.values(UUIDS, ids)], prepare=False)
        return {row[0]: StoredHead(*row) for row in await cursor.fetchall()}


async def content_hashes(
    conn: AsyncConnection[Any], keys: Sequence[tuple[UUID, datetime, int]]
) -> dict[tuple[UUID, datetime, int], bytes]:
    """Those stored under these observation keys; unknown ones are missing from the answer."""
    if not keys:
        return {}
    streams, instants, revisions = zip(*keys, strict=True)
    columns = [
        binary.values(UUIDS, streams),
        binary.values(INSTANT, instants),
        binary.values(BIGINT, revisions),
    ]
    async with _cursor(conn) as cursor:
        await cursor.execute(CONTENT_HASHES, columns, prepare=False)
        return {row[:3]: row[3] for row in await cursor.fetchall()}


async def known_conflicts(
    conn: AsyncConnection[Any], tickets: Sequence[UUID]
) -> set[tuple[UUID, bytes]]:
    """The content hashes that are stored as conflicts of these streams.

    A conflict is stored once per hash: appending it again loses, at whatever version.
    """
    if not tickets:
        return set()
    async with _cursor(conn) as cursor:
        await cursor.execute(CONFLICTS, [list(tickets)], prepare=False)
        return {(row[0], row[1]) for row in await cursor.fetchall()}


async def claim_due(conn: AsyncConnection[Any], *, now: datetime, limit: int) -> list[StoredHead]:
    """Lock and return heads that are due, earliest first, past those that others hold.

    They stay locked until the transaction ends; append to them on this connection and to no
    others, as its last statement.
    """
    return await heads_by(conn, CLAIM_DUE, [now, limit])


async def heads_by(
    conn: AsyncConnection[Any], query: LiteralString, parameters: Sequence[Any]
) -> list[StoredHead]:
    """The heads that a query answers with."""
    async with _cursor(conn) as cursor:
        with writable():
            await cursor.execute(query, parameters, prepare=False)
        return [StoredHead(*row) for row in await cursor.fetchall()]


async def claim(conn: AsyncConnection[Any], ids: Sequence[UUID]) -> None:
    """Lock the heads of these streams, as far as they exist; waits for those that others hold.

    Otherwise as `claim_due`.
    """
    async with _cursor(conn) as cursor:
        with writable():
            await cursor.execute(CLAIM, [list(ids)], prepare=False)


async def claim_page(conn: AsyncConnection[Any], *, after: UUID, limit: int) -> list[StoredHead]:
    """Lock and return the tickets' heads that follow this id, in order of id.

    Waits for those that others hold: none is passed over. Otherwise as `claim_due`.
    """
    return await heads_by(conn, CLAIM_HEADS_AFTER, [after, limit])


async def read_on(conn: AsyncConnection[Any], stream: UUID, version: int) -> list[Recorded]:
    """What has come to one stream since this version of it; its head alone says that nothing has,
    which is cheaper to ask over and over than the stream itself."""
    head = (await load(conn, [stream])).get(stream)
    if head is None or head.version <= version:
        return []
    return (await read_streams(conn, [stream], after=version))[stream]


async def read_heads(conn: AsyncConnection[Any], *, after: UUID, limit: int) -> list[StoredHead]:
    """The tickets' heads that follow this id, in order of id; nothing is locked."""
    return await heads_by(conn, HEADS_AFTER, [after, limit])


async def next_due(conn: AsyncConnection[Any]) -> datetime | None:
    """The earliest `next_due_at` of any head; None when nothing is pending."""
    return await _value(conn, NEXT_DUE)


async def read_after(conn: AsyncConnection[Any], position: int, limit: int) -> list[Recorded]:
    """The next `limit` events after this position, in the order in which they were committed."""
    async with _cursor(conn) as cursor:
        await cursor.execute(
            COLUMNS + "where notification_id > %b order by notification_id limit %b",
            [position, limit],
        )
        return [_recorded(row) for row in await cursor.fetchall()]


async def read_streams(
    conn: AsyncConnection[Any],
    ids: Sequence[UUID],
    *,
    topics: Sequence[str] | None = None,
    recorded_until: datetime | None = None,
    after: int = 0,
    until: int | None = None,
) -> dict[UUID, list[Recorded]]:
    """The events of these streams in order of version; unknown streams are empty lists.

    `topics` leaves out all other topics, `recorded_until` (inclusive) what was not known then,
    `after` what comes up to this version, `until` what comes after this position in the log.
    """
    streams: dict[UUID, list[Recorded]] = {stream: [] for stream in ids}
    query: LiteralString = COLUMNS + "where originator_id = any (%b::uuid[])"
    parameters: list[Any] = [list(ids)]
    if topics is not None:
        query += " and topic = any (%b::text[])"
        parameters.append(list(topics))
    if recorded_until is not None:
        query += " and known_at(notification_id, recorded_at) <= %b"
        parameters.append(recorded_until)
    if after:
        query += " and originator_version > %b"
        parameters.append(after)
    if until is not None:
        query += " and notification_id <= %b"
        parameters.append(until)
    query += " order by originator_id, originator_version"
    async with _cursor(conn) as cursor:
        await cursor.execute(query, parameters, prepare=False)
        for row in await cursor.fetchall():
            streams[row[1]].append(_recorded(row))
    return streams


async def read_commands(
    conn: AsyncConnection[Any],
    position: int,
    limit: int,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Recorded]:
    """The next `limit` events after this position that people have caused by a command, recorded
    from `since` on and before `until`."""
    async with _cursor(conn) as cursor:
        await cursor.execute(COMMANDS_AFTER, [position, since, since, until, until, limit])
        return [_recorded(row) for row in await cursor.fetchall()]


async def last_position(conn: AsyncConnection[Any]) -> int:
    """The position of the newest event; 0 when there is none."""
    return await _value(conn, LAST_POSITION)


async def database_time(conn: AsyncConnection[Any]) -> datetime:
    """What the database's clock shows."""
    return await _value(conn, "select clock_timestamp()")


async def last_recorded_at(conn: AsyncConnection[Any]) -> datetime | None:
    """When the newest event was recorded; None when there is none."""
    return await _value(conn, LAST_RECORDED_AT)


async def look_again(conn: AsyncConnection[Any], *, now: datetime) -> int:
    """Makes every ticket due of which the end of the log tells something later than `now`.

    Their heads stay locked until the transaction ends. Answers how many they are.
    """
    async with _cursor(conn) as cursor:
        await cursor.execute(LOOK_AGAIN, [now, now], prepare=False)
        return cursor.rowcount


async def _value(conn: AsyncConnection[Any], query: LiteralString) -> Any:
    async with _cursor(conn) as cursor:
        await cursor.execute(query)
        row = await cursor.fetchone()
        return row[0] if row else None


class UtcLoader(Loader):
    """Instants in UTC, whatever the session's time zone: others do not compare everywhere."""

    format = Format.BINARY
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    microseconds = Struct(">q")

    def load(self, data: Buffer) -> datetime:
        return self.epoch + timedelta(0, 0, self.microseconds.unpack(data)[0])


def _cursor(conn: AsyncConnection[Any]) -> AsyncCursor[tuple[Any, ...]]:
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    binary.register(cursor)
    cursor.adapters.register_loader("timestamptz", UtcLoader)
    return cursor


def _recorded(row: tuple[Any, ...]) -> Recorded:
    position, stream, version, topic, state, personal, *rest = row
    return Recorded(position, stream, version, topic, state, opened(personal), *rest)
