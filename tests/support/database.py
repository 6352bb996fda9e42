"""A real PostgreSQL for tests: a server and a migrated template a session, and clones."""

import asyncio
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ops.embedded import EmbeddedPostgres, conninfo_from

_FORGETFUL = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_compression": "off",
    "archive_mode": "off",
    "jit": "off",
}
"""Nobody misses what a crash of the machine would take; each commit is written all the same. A new
database is logged page by page: to compress those takes five times as long as all else of it."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The conninfo of a server on which databases may be created: DATABASE_URL, or our own."""
    if given := os.environ.get("DATABASE_URL"):
        yield conninfo_from(given)
        return
    folder = tmp_path_factory.mktemp("server")
    with EmbeddedPostgres(folder, _FORGETFUL) as postgres:
        yield postgres.conninfo
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_template(server: str) -> Iterator[str]:
    """The name of a database with the event store's tables; never connect to it."""
    from command_side.event_store import migrate  # only tests that need it wait for it

    with temporary_database(server) as (name, conninfo):
        asyncio.run(migrate(conninfo))
        yield name


@pytest.fixture
def empty_database_url(server: str) -> Iterator[str]:
    """The conninfo of a database without any table that is this test's alone."""
    with temporary_database(server) as (_, conninfo):
        yield conninfo


@contextmanager
def temporary_database(server: str, template: str = "template1") -> Generator[tuple[str, str]]:
    """The name and the conninfo of a database that is dropped at the end."""
    name = f"sla_test_{uuid4().hex}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _execute(server, create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield name, make_conninfo(server, dbname=name)
    finally:
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")  # pools may still be closing
        _execute(server, drop.format(sql.Identifier(name)))


def _execute(server: str, statement: sql.Composed) -> None:
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(statement)
