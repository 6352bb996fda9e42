"""Behind PgBouncer in transaction mode: each transaction may be on another server than the last."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from command_side.event_store import alone, append, last_position
from ops.backups.finishing import finish
from ops.pools import Pool, connected, opened_later
from tests.support.pgbouncer import is_between, pgbouncer
from tests.support.streams import NOON, note, to

KEY = 20_260_105


@pytest.fixture
def address(database_url: str, tmp_path: Path) -> Generator[str]:
    """By way of a PgBouncer that has three servers to lend."""
    with pgbouncer(tmp_path, database_url, most=3) as bouncer:
        yield bouncer.through(database_url)


@asynccontextmanager
async def pools(address: str) -> AsyncGenerator[tuple[Pool, Pool]]:
    """As two processes have them."""
    first, second = (opened_later(lambda: address, "api", autocommit=True, most=4) for _ in "12")
    async with first, second:
        yield first, second


async def test_what_is_often_asked_works_on_whichever_server_it_comes_to(address: str) -> None:
    assert is_between(address)

    async def write(pool: Pool, stream: str) -> None:
        for version in range(10):
            async with pool.connection() as conn:
                await append(conn, [to(stream, version, note("x"))], now=NOON)
                await last_position(conn)

    async with pools(address) as (one, another):
        await asyncio.gather(
            *(write(pool, f"{pool.name} {n}") for pool in (one, another) for n in "123")
        )
        async with one.connection() as conn:
            assert await last_position(conn) == 60


async def test_one_of_two_processes_is_alone_at_it(address: str) -> None:
    async with pools(address) as (one, another):
        for _ in range(5):  # nothing is left held by a server that somebody else is lent
            async with alone(one, KEY) as first, alone(another, KEY) as second:
                assert (first, second) == (True, False)
                async with one.connection() as conn:  # nor does being alone keep from working
                    assert await last_position(conn) == 0


async def test_without_a_pooler_statements_are_prepared_and_behind_one_they_are_not(
    address: str, database_url: str
) -> None:
    for where, threshold in ((database_url, 5), (address, None)):
        async with await connected(where) as conn:
            assert conn.prepare_threshold == threshold


async def test_a_restored_database_is_readied_by_way_of_one(address: str) -> None:
    finished = [await finish(address) for _ in range(3)]
    assert {one.held for one in finished} == {0}
