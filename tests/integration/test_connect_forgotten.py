"""What desks have sent is dropped after a time that was said, and not in silence where nobody could
read it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from command_side.connect.forgetting import parked_for
from command_side.connect.source import Source
from command_side.deciding.events import RetentionApplied
from engine.sla.instants import moment
from ops.housekeeping import Housekeeping
from query_side.desk_health import KEPT
from tests.support.desk import Process, working
from tests.support.items import NINE

CONFIG = """
sla_targets: {GOLD: {P1: {resolution: 1h}}}
sources:
  desk: {desk: jira, unsigned: true, raw_days: 10, tiers: {default: gold}}
  slow: {desk: jira, unsigned: true, raw_days: 120, tiers: {default: gold}}
  other: {desk: jira, unsigned: true, tiers: {default: gold}}
retention: {raw: %s}
"""


@pytest.fixture
async def process(furnished_database_url: str) -> AsyncIterator[Process]:
    """With read tables: it is all of a database that is kept in order."""
    async with working(furnished_database_url) as process:
        yield process


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


async def tidy(process: Process, raw: str) -> None:
    await process.offer(CONFIG % raw)
    await Housekeeping(process.pool, process.book, process.now, share=1).tidy(asyncio.Event())


async def test_what_is_old_is_dropped_also_of_desks_that_are_gone(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    kept = [
        ("desk", "ignored", 9),
        ("desk", "parked", 89),
        ("desk", "read", 400),
        ("desk", "taken", 9),
        ("gone", "parked", 89),
        ("gone", "taken", 44),
        ("other", "taken", 44),
        ("slow", "parked", 119),
        ("slow", "taken", 119),
    ]
    old = [
        ("desk", "ignored", 11),
        ("desk", "parked", 91),
        ("desk", "parked", 92),
        ("desk", "taken", 11),
        ("gone", "parked", 91),
        ("gone", "taken", 46),
        ("other", "taken", 46),
        ("slow", "taken", 121),
    ]
    await fill(process, *kept, *old)

    with caplog.at_level(logging.WARNING):
        await tidy(process, "45d")

    assert await left(process) == kept
    told = [(one.__dict__["source"], one.__dict__["count"]) for one in caplog.records]
    assert told == [("desk", 2), ("gone", 1)]
    assert caplog.records[0].getMessage() == "what is old was dropped"
    said = [one.body for one in await process.log() if isinstance(one.body, RetentionApplied)]
    assert [(one.what, one.source, one.count) for one in said] == [
        ("raw", "desk", 2),
        ("parked", "desk", 2),
        ("raw", "gone", 1),
        ("parked", "gone", 1),
        ("raw", "other", 1),
        ("raw", "slow", 1),
    ]
    assert moment(said[1].first) == NINE - timedelta(days=92)


async def test_where_all_is_kept_only_what_a_desk_says_itself_goes(process: Process) -> None:
    kept = [("gone", "taken", 4000), ("other", "parked", 4000), ("other", "taken", 4000)]
    await fill(process, *kept, ("desk", "taken", 11))
    await tidy(process, "forever")
    assert await left(process) == kept


def test_health_reckons_with_the_same_time() -> None:
    assert parked_for(None, timedelta(days=30)) == KEPT
    assert parked_for(Source(desk="jira", unsigned=True), timedelta(days=30)) == KEPT
    assert parked_for(Source(desk="jira", unsigned=True), timedelta(days=120)) > KEPT
