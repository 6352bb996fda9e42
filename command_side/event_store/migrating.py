"""Bringing a database to this program's tables, once, however many processes start together."""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from typing import Any

from psycopg import Connection, Cursor, connect
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import tuple_row

MIGRATION_LOCK = 5710926428164209346
"""Key of the advisory lock; the order lock of `append_events` is its neighbour."""


OLDEST = 14
"""The first PostgreSQL that takes the migrations."""


class MigrationRefused(Exception):
    """This database cannot be brought to this program's tables; the message says why."""


async def migrate(conninfo: str) -> list[str]:
    """Apply the migrations that the database lacks; returns their names, in order.

    Raises MigrationRefused, and changes nothing, when an applied file was altered or is not
    known here, or the server or the user's rights will not do.
    """
    return await asyncio.to_thread(_on, conninfo, apply_migrations)


async def lacking(conninfo: str) -> list[str]:
    """What `migrate` would apply; raises as it does, but for rights, and locks nothing."""
    return await asyncio.to_thread(_on, conninfo, _lacking)


def _on(conninfo: str, done: Callable[[Connection[Any]], list[str]]) -> list[str]:
    with connect(conninfo, prepare_threshold=None) as conn:  # there may be a pooler between
        encoding = conn.info.parameter_status("server_encoding")
        refuse_unsuitable(conn.info.server_version // 10_000, encoding)
        try:
            return done(conn)
        except InsufficientPrivilege as error:
            raise MigrationRefused(
                f"the database user may not make tables: {error.diag.message_primary}; make the "
                "user the owner of the database, or GRANT CREATE ON its SCHEMA"
            ) from error


def refuse_unsuitable(version: int, encoding: str | None) -> None:
    """Raises MigrationRefused for a server on which something would fail later."""
    if version < OLDEST:
        raise MigrationRefused(f"PostgreSQL {version} is too old: it takes {OLDEST} or newer")
    if encoding != "UTF8":
        raise MigrationRefused(
            f"the database is encoded in {encoding} and cannot hold every text: make one with "
            "ENCODING 'UTF8'"
        )


def apply_migrations(conn: Connection[Any]) -> list[str]:
    """The same on a synchronous connection, in its current transaction."""
    with conn.transaction(), conn.cursor(row_factory=tuple_row) as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        cursor.execute(
            "create table if not exists event_store_migrations ("
            "name text primary key, checksum text not null, "
            "applied_at timestamptz not null default clock_timestamp())"
        )
        available = _files()
        missing = _missing(cursor, available)
        for name in missing:
            cursor.execute(available[name])
            cursor.execute(
                "insert into event_store_migrations (name, checksum) values (%s, %s)",
                [name, _checksum(available[name])],
            )
        return missing


def _lacking(conn: Connection[Any]) -> list[str]:
    with conn.cursor(row_factory=tuple_row) as cursor:
        cursor.execute("select to_regclass('event_store_migrations')")
        is_new = cursor.fetchone() == (None,)
        return [*_files()] if is_new else _missing(cursor, _files())


def _missing(cursor: Cursor[Any], available: dict[str, bytes]) -> list[str]:
    cursor.execute("select name, checksum from event_store_migrations")
    applied: dict[str, str] = dict(cursor.fetchall())
    _refuse_other_history(applied, available)
    return [name for name in available if name not in applied]


def _files() -> dict[str, bytes]:
    folder = files("command_side.event_store.migrations")
    found = {file.name: file for file in folder.iterdir() if file.name.endswith(".sql")}
    return {
        # Line ends differ between check-outs.
        name: found[name].read_bytes().replace(b"\r\n", b"\n")
        for name in sorted(found)
    }


def _refuse_other_history(applied: dict[str, str], available: dict[str, bytes]) -> None:
    for name in sorted(applied):
        if name not in available:
            raise MigrationRefused(
                f"the database has migration {name}, which this program does not know: "
                "it was migrated by a newer version; start that one"
            )
        if applied[name] != _checksum(available[name]):
            raise MigrationRefused(
                f"migration {name} was altered after it had been applied: restore the file "
                "and put the change into a new one"
            )


def _checksum(content: bytes) -> str:
    return sha256(content).hexdigest()
