"""The runner on a server that may not be written, as one is for a while after a failover."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.support.house import House, eventually
from tests.support.recorded import opened


@asynccontextmanager
async def read_only(house: House) -> AsyncGenerator[None]:
    """All are cut off, and come back to a server that may not write yet."""

    async def become(value: SQL) -> None:
        # `house.conn` itself stays as it is.
        await house.conn.execute(
            SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(
                Identifier(house.conn.info.dbname), value
            )
        )
        await house.conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await house.conn.commit()

    await become(SQL("on"))
    try:
        yield
    finally:
        await become(SQL("DEFAULT"))


async def test_a_database_that_may_not_be_written_is_the_fault_of_no_projection(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.runner.define_tables()
    stop = asyncio.Event()

    def refused() -> list[str]:
        return [
            one.getMessage()
            for one in caplog.records
            if one.exc_info is not None
            and isinstance(one.exc_info[1], psycopg.errors.ReadOnlySqlTransaction)
        ]

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(house.runner.run(stop))
        await house.applied(await house.append("T-1", opened("T-1")))
        async with read_only(house):
            await eventually(lambda: len(refused()) > 1)
        await house.pool.check()
        await house.applied(await house.append("T-2", opened("T-2")))
        stop.set()

    # It pauses after each; whose fault something is, is tried again at once.
    assert set(refused()) == {"projections failed and will try again"}
