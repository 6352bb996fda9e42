"""What desks have sent is dropped after a time that was said, and not in silence where nobody could
read it."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from command_side.connect.forgetting import Forgetting, parked_for
from command_side.connect.inbox import Connected
from command_side.connect.source import Source
from query_side.desk_health import KEPT
from tests.support.desk import Process
from tests.support.items import NINE


def connected(**days: int) -> Mapping[str, Connected]:
    return {
        name: Connected(Source(desk="jira", unsigned=True, raw_days=raw), [])
        for name, raw in days.items()
    }


async def fill(process: Process, *rows: tuple[str, str, int]) -> None:
    """Deliveries of a source, in a state, of so many days ago."""
    async with process.pool.connection() as conn:
        for source, state, days in rows:
            await conn.execute(
                "insert into deliveries (delivery_id, source, received_at, headers, body, state,"
                " items, because, tickets) values (gen_random_uuid(), %s, %s, '{}', '', %s, '[]',"
                " '{}', '{}')",
                (source, NINE - timedelta(days=days), state),
            )


async def left(process: Process) -> list[tuple[Any, ...]]:
    async with process.pool.connection() as conn:
        cursor = await conn.execute(
            "select source, state, extract(day from %s - received_at)::int from deliveries"
            " order by 1, 2, 3",
            (NINE,),
        )
        return await cursor.fetchall()


async def test_what_is_old_is_dropped_also_of_desks_that_are_gone(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    kept = [
        ("desk", "ignored", 9),
        ("desk", "parked", 89),
        ("desk", "read", 400),
        ("desk", "taken", 9),
        ("gone", "parked", 89),
        ("gone", "taken", 29),
        ("slow", "parked", 119),
        ("slow", "taken", 119),
    ]
    old = [
        ("desk", "ignored", 11),
        ("desk", "parked", 91),
        ("desk", "parked", 92),
        ("desk", "taken", 11),
        ("gone", "parked", 91),
        ("gone", "taken", 31),
        ("slow", "taken", 121),
    ]
    await fill(process, *kept, *old)

    with caplog.at_level(logging.WARNING):
        await Forgetting(process.pool, process.now).forget(connected(desk=10, slow=120))

    assert await left(process) == kept
    told = [(one.__dict__["source"], one.__dict__["count"]) for one in caplog.records]
    assert told == [("desk", 2), ("gone", 1)]
    assert caplog.records[0].getMessage() == "deliveries that nobody could read were dropped"


def test_health_reckons_with_the_same_time() -> None:
    assert parked_for(Source(desk="jira", unsigned=True)) == KEPT
