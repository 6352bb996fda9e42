"""Migrating: once, together with others, and never over a history that is not ours."""

import asyncio
import compileall
from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from command_side.event_store import MigrationRefused, last_position, migrate, migrations
from command_side.event_store.migrating import refuse_unsuitable

Conn = AsyncConnection[Any]


@pytest.fixture
async def conn(empty_database_url: str) -> AsyncIterator[Conn]:
    async with await AsyncConnection.connect(empty_database_url, autocommit=True) as connection:
        yield connection


async def test_processes_that_start_together_migrate_once(
    empty_database_url: str, conn: Conn
) -> None:
    applied = await asyncio.gather(*[migrate(empty_database_url) for _ in range(4)])
    (did,) = [names for names in applied if names]
    assert did == sorted(did)
    assert did[0] == "0001_events_and_heads.sql"
    assert await last_position(conn) == 0
    assert await migrate(empty_database_url) == []


async def test_bytecode_beside_the_migrations_is_none_of_them(empty_database_url: str) -> None:
    (folder,) = migrations.__path__
    assert compileall.compile_dir(folder, quiet=1)
    assert all(name.endswith(".sql") for name in await migrate(empty_database_url))


async def test_an_altered_migration_is_refused_by_name(empty_database_url: str, conn: Conn) -> None:
    await migrate(empty_database_url)
    await conn.execute("update event_store_migrations set checksum = '0' where name like '0002%'")
    with pytest.raises(MigrationRefused, match=r"0002_append_events\.sql was altered"):
        await migrate(empty_database_url)


async def test_a_database_of_a_newer_version_is_refused(
    empty_database_url: str, conn: Conn
) -> None:
    await migrate(empty_database_url)
    await conn.execute(
        "insert into event_store_migrations (name, checksum) values ('9999_later.sql', '0')"
    )
    with pytest.raises(MigrationRefused, match="newer version"):
        await migrate(empty_database_url)


async def test_a_user_without_rights_is_told_what_is_missing(empty_database_url: str) -> None:
    # Nobody may make tables there, not even a superuser.
    elsewhere = make_conninfo(empty_database_url, options="-c search_path=pg_catalog")
    with pytest.raises(MigrationRefused, match=r"may not make tables: .*denied.*GRANT CREATE"):
        await migrate(elsewhere)


@pytest.mark.parametrize(
    ("version", "encoding", "why"), [(13, "UTF8", "too old"), (18, "LATIN1", "encoded in LATIN1")]
)
def test_a_server_that_will_not_do_is_refused(version: int, encoding: str, why: str) -> None:
    refuse_unsuitable(14, "UTF8")
    with pytest.raises(MigrationRefused, match=why):
        refuse_unsuitable(version, encoding)


async def test_a_migration_that_fails_leaves_nothing_behind(
    empty_database_url: str, conn: Conn
) -> None:
    await conn.execute("create table heads (in_the_way int)")
    with pytest.raises(Exception, match="heads"):
        await migrate(empty_database_url)
    cursor = await conn.execute(
        "select to_regclass('events'), to_regclass('event_store_migrations')"
    )
    assert await cursor.fetchone() == (None, None)
