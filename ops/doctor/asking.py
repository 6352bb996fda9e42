"""Asks a database's server what `server` judges; whatever our user may not know stays unknown."""

from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from command_side import event_store
from command_side.event_store import MigrationRefused
from ops.backups import noted
from ops.doctor.server import Archive, Pooling, Replica, Schema, Server, Slot

Row = dict[str, Any]
SECONDS = 10
"""Longest that one answer may take to come."""
SETTINGS = (
    "TimeZone",
    "archive_mode",
    "autovacuum",
    "default_transaction_isolation",
    "default_transaction_read_only",
    "fsync",
    "full_page_writes",
    "statement_timeout",
    "synchronous_commit",
    "synchronous_standby_names",
    "track_counts",
    "transaction_timeout",
)
ABOUT: LiteralString = """
SELECT current_setting('server_version') AS version, clock_timestamp() AS at,
    pg_is_in_recovery() AS standby, pg_has_role('pg_read_all_stats', 'usage') AS sees_all,
    (SELECT coalesce(sum(numbackends), 0) FROM pg_stat_database)::int AS used,
    least(
        current_setting('max_connections')::int
            - coalesce(current_setting('reserved_connections', true), '0')::int
            - current_setting('superuser_reserved_connections')::int,
        (SELECT CASE WHEN rolconnlimit >= 0 THEN rolconnlimit END
            FROM pg_roles WHERE rolname = current_user),
        (SELECT CASE WHEN datconnlimit >= 0 THEN datconnlimit END
            FROM pg_database WHERE datname = current_database())
    ) AS room,
    to_regclass('event_store_migrations') IS NOT NULL AS has_tables
"""
GIVEN: LiteralString = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
REPLICAS: LiteralString = """
SELECT application_name AS name, coalesce(extract(epoch FROM replay_lag), 0)::float8 AS seconds,
    sync_state IN ('sync', 'quorum') AS synchronous
FROM pg_stat_replication ORDER BY application_name
"""
SLOTS: LiteralString = """
SELECT slot_name AS name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint AS kept
FROM pg_replication_slots WHERE NOT active AND restart_lsn IS NOT NULL ORDER BY slot_name
"""
ARCHIVED: LiteralString = """
SELECT last_archived_time AS last, last_failed_time AS failed FROM pg_stat_archiver
"""
OLDEST: LiteralString = "SELECT recorded_at FROM events ORDER BY notification_id LIMIT 1"
RUNNING: LiteralString = """
SELECT DISTINCT substring(application_name FROM 13) AS role
FROM pg_stat_activity
WHERE datname = current_database()
    AND application_name IN ('sla-tracker all', 'sla-tracker api', 'sla-tracker worker')
ORDER BY role
"""
WHOSE: LiteralString = "SELECT pg_backend_pid()"


async def connected(conninfo: str) -> AsyncConnection[Any]:
    """For looking only: each statement is a transaction of its own. Raises OperationalError."""
    return await AsyncConnection.connect(
        conninfo,
        autocommit=True,
        prepare_threshold=None,
        connect_timeout=SECONDS,
        application_name="sla-tracker cli",
    )


async def server(conn: AsyncConnection[Any], conninfo: str) -> Server:
    """Raises what psycopg does when the database goes away."""
    about = (await _rows(conn, ABOUT))[0]
    given = {row["name"]: row["setting"] for row in await _rows(conn, GIVEN, [list(SETTINGS)])}
    has_tables: bool = about["has_tables"]
    primary = not about["standby"]
    archives = primary and given.get("archive_mode", "off") != "off"
    return Server(
        version=about["version"].split()[0],
        settings=given,
        at=about["at"],
        schema=await _schema(conninfo) if has_tables else None,
        standby=about["standby"],
        pooling=await _pooling(conn, conninfo),
        used=about["used"],
        room=about["room"],
        replicas=[Replica(**row) for row in await _rows(conn, REPLICAS)]
        if primary and about["sees_all"]
        else None,
        slots=[Slot(**row) for row in await _rows(conn, SLOTS)] if primary else (),
        archive=Archive(**(await _rows(conn, ARCHIVED))[0]) if archives else None,
        backup_at=await _backup_at(conn) if has_tables else None,
        since=await _oldest(conn) if has_tables else None,
    )


async def running(conn: AsyncConnection[Any]) -> list[str]:
    """The roles of the processes that run, as they call themselves."""
    return [row["role"] for row in await _rows(conn, RUNNING)]


async def _rows(
    conn: AsyncConnection[Any], query: LiteralString, given: list[Any] | None = None
) -> list[Row]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, given)
        return await cursor.fetchall()


async def _schema(conninfo: str) -> Schema:
    try:
        return Schema(missing=await event_store.lacking(conninfo))
    except MigrationRefused as refused:
        return Schema(refused=str(refused))


async def _backup_at(conn: AsyncConnection[Any]) -> datetime | None:
    try:
        verified = await noted.newest(conn)
    except psycopg.errors.UndefinedTable:  # of an earlier version's database
        return None
    return verified and verified.taken_at


async def _oldest(conn: AsyncConnection[Any]) -> datetime | None:
    rows = await _rows(conn, OLDEST)
    return rows[0]["recorded_at"] if rows else None


async def _pooling(conn: AsyncConnection[Any], conninfo: str) -> Pooling | None:
    """A pooler gives out a process number of its own; and where it lends its connections for a
    transaction, one that another has borrowed in the meantime is another one afterwards."""
    if await _backend(conn) == conn.info.backend_pid:
        return None
    try:
        async with await connected(conninfo) as other:
            await conn.execute("BEGIN")
            before = await _backend(conn)
            await conn.execute("COMMIT")
            await other.execute("BEGIN")
            await _backend(other)
            after = await _backend(conn)
            await other.execute("COMMIT")
    except psycopg.errors.ProtocolViolation:  # it refuses to begin one
        return "statement"
    return "session" if before == after else "transaction"


async def _backend(conn: AsyncConnection[Any]) -> int:
    return (await _rows(conn, WHOSE))[0]["pg_backend_pid"]
