"""Corrections that change how often a milestone was re-armed: what is true stays told."""

from collections.abc import AsyncGenerator

import pytest_asyncio

from command_side.deciding.events import Ticket, shown
from tests.support.desk import Process, working
from tests.support.items import opening, update

CONFIG = """
sla_targets:
  GOLD:
    P1: {resolution: 60m, escalation: {}}
    P2: {resolution: 240m, escalation: {}}
"""


@pytest_asyncio.fixture
async def process(database_url: str) -> AsyncGenerator[Process]:
    async with working(database_url, CONFIG) as process:
        yield process


async def test_what_was_told_of_a_time_that_never_was_is_taken_back_and_the_rest_stands(
    process: Process,
) -> None:
    await process.post(opening(0))
    await process.run(62)
    await process.post(update(65, priority="P2"), when=65)
    await process.run(245)
    told = await process.told()
    assert [line[0] for line in told] == [51, 57, 60, 204, 228, 240]

    await process.post(update(1, priority="P2"), when=250)
    await process.run(300)

    assert (await process.told())[6:] == [
        (250, "retracted breached", None),
        (250, "retracted critical", None),
        (250, "retracted warning", None),
    ]
    retracted = await process.stream("T-1", Ticket.Retracted.TOPIC)
    assert {
        (shown(event.body)["generation"], shown(event.body)["ordinal"]) for event in retracted
    } == {(0, 0)}
    assert await process.next_due() is None

    # What has been settled stays so, whatever comes.
    await process.post(update(260, status="in_progress"), when=301)
    await process.post(update(2, assigned_to="jo"), when=302)
    await process.run(400)
    assert len(await process.told()) == 9


async def test_what_is_known_to_have_come_twice_is_told_for_the_time_that_was_not(
    process: Process,
) -> None:
    await process.post(opening(0, priority="P2"))
    await process.run(210)
    await process.post(update(1, priority="P1"), update(53, priority="P2"), when=215)
    await process.run(220)

    raised = await process.stream("T-1", Ticket.AlertRaised.TOPIC)
    assert [
        (shown(event.body)["ordinal"], shown(event.body)["suppressed"]) for event in raised
    ] == [
        (0, None),
        (0, "backfill"),
    ]
    assert [line[0] for line in await process.told()] == [204, 51]

    await process.run(300)
    assert [line[0] for line in await process.told()] == [204, 51, 228, 240]
