"""A new release changes tables under an old one that works: it gives way, and tries again."""

import asyncio

from psycopg import AsyncConnection

from projections import schema
from projections.outbox import Outbox
from tests.support.desk import until

OF_THE_RELEASE_BEFORE = "UPDATE projections SET ddl_hash = 'another' WHERE name = 'outbox'"
WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def test_who_reads_the_tables_that_are_to_be_changed_is_not_broken_off(
    furnished_database_url: str,
) -> None:
    async with (
        await AsyncConnection.connect(furnished_database_url, autocommit=True) as conn,
        await AsyncConnection.connect(furnished_database_url, autocommit=True) as other,
        await AsyncConnection.connect(furnished_database_url) as reader,
    ):
        await conn.execute(OF_THE_RELEASE_BEFORE)
        await reader.execute("SELECT FROM outbox_channels")
        changing = asyncio.create_task(schema.define(conn, [Outbox()]))

        async def waits() -> bool:
            return await (await other.execute(WAITS)).fetchone() == (1,)

        await until(waits)
        await reader.execute("SELECT FROM outbox")  # in the other order than the change
        assert not changing.done()
        await reader.commit()
        assert await changing == []
        found = await conn.execute("SELECT ddl_hash FROM projections WHERE name = 'outbox'")
        assert await found.fetchone() == (schema.ddl_hash("outbox"),)
