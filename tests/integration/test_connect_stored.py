"""Deliveries lie in their table as an earlier release has stored them, for weeks."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import orjson
import pytest_asyncio
from psycopg.rows import tuple_row

from command_side.deciding.events import ticket_id
from tests.integration.test_connect import Connecting, connecting, forget_the_log, state, stream
from tests.support.desk import Process
from tests.support.items import at
from tests.support.lives import LIVES

TOLD_APART_BY = "id delivery-0"
ITEMS: list[dict[str, Any]] = [
    {
        "outcome": "taken",
        "said": [
            {
                "external_id": "acme/desk#7",
                "source": "github",
                "created_at": "2026-01-05T09:00:00Z",
                "updated_at": "2026-01-05T09:00:00Z",
                "title": "Checkout is down",
                "status": "open",
                "priority": "P2",
                "customer_tier": "gold",
                "organization": "ACME",
                "assigned_to": None,
                "tags": ["P2"],
            }
        ],
        "remarks": [],
        "because": [],
    }
]
"""Once it was in the log."""


@pytest_asyncio.fixture
async def desks(process: Process) -> AsyncGenerator[Connecting]:
    async with connecting(process) as found:
        yield found


async def stored(desks: Connecting) -> tuple[str, list[dict[str, Any]]]:
    async with desks.process.pool.connection() as conn, conn.cursor(row_factory=tuple_row) as rows:
        await rows.execute("select told_apart_by, items from deliveries")
        found = await rows.fetchone()
    assert found is not None
    return found


async def test_a_delivery_is_stored_as_ever(desks: Connecting) -> None:
    desks.connect("github")
    await desks.send("github", LIVES["github"][1]()[0])
    assert await stored(desks) == (TOLD_APART_BY, ITEMS)


async def test_what_was_stored_before_goes_into_the_log(desks: Connecting) -> None:
    """By a release that was ended before it had brought it there. Where nothing was found in it, it
    would be settled all the same, and be lost."""
    desks.connect("github")
    name, life = LIVES["github"]
    await desks.send("github", life()[0])
    items = orjson.dumps([{**one, "outcome": "read"} for one in ITEMS]).decode()
    async with desks.process.pool.connection() as conn:
        await forget_the_log(conn)
        await conn.execute("update deliveries set state = 'read', items = %s", [items])
    desks.process.clock.set(at(0) + timedelta(minutes=5))

    await desks.inbox.take_up()

    assert await stream(desks.process, ticket_id("github", name))
    assert await state(desks) == "taken"
