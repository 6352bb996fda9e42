"""Databases that are lent to one test after another: emptied in a moment, where making one is not.

A new database is three hundred files to write and to remove. Emptying takes the rows; whatever has
done more than write rows (new tables, other triggers) or has grown has its database dropped.
"""

import asyncio
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg
import pytest
from psycopg import AsyncConnection, Connection, sql

from tests.support.database import temporary_database

_LARGE = 4 * 1024 * 1024
"""Bytes of tables, without their indexes, at which to look takes longer than all the rest; deleted
rows take their place until somebody vacuums."""
_THIS = "(select oid from pg_database where datname = current_database())"
_NAMED = ("class", "attrdef", "constraint", "trigger", "proc", "type", "rewrite", "extension")
_CATALOGS = (
    *(f"pg_{name} where oid >= 16384" for name in _NAMED),  # below are PostgreSQL's own
    "pg_attribute where attrelid >= 16384",
    "pg_index where indexrelid >= 16384",
    f"pg_database where oid = {_THIS}",
    f"pg_db_role_setting where setdatabase = {_THIS}",
)
_DEFINITIONS = " union all ".join(
    f"select count(*), max(xmin::text::bigint) from {catalog}" for catalog in _CATALOGS
).encode()
"""Of each catalog how many rows it has and which transaction wrote its newest: all that is ever
defined, altered or dropped shows here, and nothing else does."""
_OTHERS = """
select pg_terminate_backend(pid, 10000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""
_TABLES = (
    "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
)
_SIZE = """
select sum(pg_relation_size(oid)) from pg_class
where relnamespace = 'public'::regnamespace and relkind = 'r'
"""


class Lender:
    """Databases like one template; none is lent twice at a time."""

    def __init__(self, server: str, template: str) -> None:
        self.server, self.template = server, template
        self._spare: list[_Emptied] = []

    @contextmanager
    def lent(self) -> Generator[str]:
        """The conninfo of one that is as the template is."""
        one = self._spare.pop() if self._spare else _Emptied(self.server, self.template)
        try:
            yield one.conninfo
            if one.is_empty_again():
                self._spare.append(one)
                one = None
        finally:
            if one is not None:
                one.drop()

    def close(self) -> None:
        for one in self._spare:
            one.drop()


class _Emptied:
    """One database, and what it was like when it was new.

    Its connection stays open: a new one would read anew all that it has to know of the tables,
    which takes three times as long as all else."""

    def __init__(self, server: str, template: str) -> None:
        self._exits = ExitStack()
        _, self.conninfo = self._exits.enter_context(temporary_database(server, template))
        self._conn = conn = self._connected()
        tables = [sql.Identifier(name) for (name,) in conn.execute(_TABLES).fetchall()]
        conn.execute("create schema kept")
        kept: list[sql.Identifier] = []
        for table in tables:
            has_rows = sql.SQL("select 1 from {} limit 1").format(table)
            if conn.execute(has_rows).fetchone() is not None:
                copy = sql.SQL("create table kept.{} as table public.{}")
                conn.execute(copy.format(table, table))
                kept.append(table)
        # Neither triggers nor foreign keys have a say in what follows.
        self._empty = sql.SQL(";").join(
            [
                sql.SQL("begin; set local session_replication_role = replica"),
                *(sql.SQL("delete from public.{}").format(table) for table in tables),
                *(sql.SQL("insert into public.{} table kept.{}").format(one, one) for one in kept),
                sql.SQL("commit; select pg_stat_reset()"),
            ]
        )
        self._definitions = conn.execute(_DEFINITIONS).fetchall()

    def is_empty_again(self) -> bool:
        """False: it cannot be, and has to go."""
        try:
            return self._is_emptied(self._conn)
        except psycopg.OperationalError:  # a test has thrown everybody out
            self._conn.close()
            self._conn = self._connected()
            return self._is_emptied(self._conn)

    def _is_emptied(self, conn: Connection) -> bool:
        if conn.info.parameter_status("is_superuser") != "on":
            return False
        conn.execute(_OTHERS)
        if conn.execute(_DEFINITIONS).fetchall() != self._definitions or _is_large(conn):
            return False
        conn.execute(self._empty)
        return True

    def drop(self) -> None:
        self._conn.close()
        self._exits.close()

    def _connected(self) -> Connection:
        return psycopg.connect(self.conninfo, autocommit=True)


def _is_large(conn: Connection) -> bool:
    size = conn.execute(_SIZE).fetchone()
    return size is not None and size[0] > _LARGE


@pytest.fixture(scope="session")
def migrated(server: str, migrated_template: str) -> Iterator[Lender]:
    """Lends databases with the event store's tables."""
    with closing(Lender(server, migrated_template)) as lender:
        yield lender


@pytest.fixture(scope="session")
def furnished(server: str, migrated_template: str) -> Iterator[Lender]:
    """Lends databases with the read tables too."""
    with temporary_database(server, migrated_template) as (template, conninfo):
        asyncio.run(_furnish(conninfo))
        with closing(Lender(server, template)) as lender:
            yield lender


async def _furnish(conninfo: str) -> None:
    from projections import all, schema  # only tests that need it wait for it

    async with await AsyncConnection.connect(conninfo) as conn:
        await schema.define(conn, all.PROJECTORS)


@pytest.fixture
def database_url(migrated: Lender) -> Iterator[str]:
    """The conninfo of a migrated database that is this test's alone."""
    with migrated.lent() as conninfo:
        yield conninfo


@pytest.fixture
def furnished_database_url(furnished: Lender) -> Iterator[str]:
    """The same with the read tables in it, empty."""
    with furnished.lent() as conninfo:
        yield conninfo
