"""After a restore the engine finds out again what it had told of the lost time: what becomes of
alerts is held like these, and what is new of them is told."""

from collections.abc import AsyncIterator

import pytest

from projections import held
from projections.all import PROJECTORS
from projections.runner import Runner
from tests.integration.test_desk_repeating import repeating
from tests.support.desk import Process, working
from tests.support.excuses import excuse
from tests.support.items import at, opening, update

INSTANT, LOST_UNTIL = 65, 80
"""Minutes after nine: what happens in between is known only when it is said again."""


@pytest.fixture
async def process(furnished_database_url: str) -> AsyncIterator[Process]:
    async with working(furnished_database_url) as process:
        yield process


async def projected(process: Process) -> None:
    await Runner(process.pool, PROJECTORS, process.now, "test").catch_up()


async def restored(process: Process) -> None:
    """All was sent that the database knows of; people were told on until the lost time ended."""
    await projected(process)
    async with process.pool.connection() as conn:
        await conn.execute("UPDATE outbox SET state = 'sent', sent_at = now(), recorded = true")
        await held.hold(conn, at(LOST_UNTIL))


async def told(
    process: Process, external_id: str = "T-1", channel: str = "slack"
) -> list[tuple[str, str]]:
    """What the outbox has of it since, in order: the type of the worst, and the state."""
    await projected(process)
    async with process.pool.connection() as conn:
        cursor = await conn.execute(
            "SELECT kind, state FROM outbox WHERE channel = %s"
            " AND body->>'external_id' = %s AND sent_at IS NULL ORDER BY position",
            [channel, external_id],
        )
        return await cursor.fetchall()


async def test_a_reopening_that_a_desk_says_again_is_held_and_the_next_one_is_told(
    process: Process,
) -> None:
    await process.post(opening(0))
    await process.run(61)
    await process.post(update(62, status="resolved"), when=62)
    await process.tick(INSTANT)
    await restored(process)
    await process.post(update(70, status="open"), when=90)
    await process.post(update(72, status="resolved"), when=90)
    assert await told(process) == [("transition", "held"), ("ended", "held")]

    await process.post(update(91, status="open"), when=91)
    await process.post(update(92, status="resolved"), when=92)
    assert (await told(process))[2:] == [("transition", "pending"), ("ended", "pending")]


async def test_a_withdrawal_is_held_with_what_it_is_said_again_of_and_told_of_what_was_told_since(
    process: Process,
) -> None:
    await process.post(opening(0), opening(20, "held too"), opening(32, "since"))
    await process.post(opening(0, "excused", team="excused"))
    await process.run(INSTANT)
    await restored(process)
    await process.run(90)  # of 'held too' in the lost time, of 'since' after it
    assert await told(process, "held too") == [("alert", "held")] * 3
    assert await told(process, "since") == [("alert", "pending")] * 2
    for external_id in ("T-1", "held too", "since"):
        await process.post(update(33, external_id, status="resolved"), when=90)
        await process.tick()
    assert (await told(process))[-1] == ("retracted", "held")
    assert (await told(process, "held too"))[-1] == ("retracted", "held")
    assert (await told(process, "since"))[-1] == ("retracted", "pending")

    process.clock.set(91)
    await excuse(process, (1, 60), team="excused")
    await process.excusing.apply()
    await process.tick()
    assert await told(process, "excused") == [("retracted", "pending")]


async def test_what_is_still_so_is_repeated_as_ever(process: Process) -> None:
    await process.offer(repeating("every: 10m"))
    await process.post(opening(0))
    await process.run(INSTANT)
    await restored(process)
    await process.run(100)
    assert set(await told(process, channel="urgent")) == {("reminder", "pending")}


async def test_what_was_kept_quiet_beyond_the_lost_time_is_told_when_that_is_over(
    process: Process,
) -> None:
    for name in ("snoozed", "silenced", "briefly"):
        await process.post(opening(0, name, team=name))
    await process.snooze(100, "snoozed")
    await process.snooze(70, "briefly")
    await process.silence(100, team=["silenced"])
    await process.run(INSTANT)
    await restored(process)
    await process.run(110)
    assert await told(process, "snoozed") == [("alert", "pending")]
    assert await told(process, "silenced") == [("alert", "pending")]
    assert await told(process, "briefly") == [("alert", "held")]


async def test_what_is_kept_quiet_only_since_it_happened_may_have_been_told_before(
    process: Process,
) -> None:
    for name in ("snoozed", "silenced", "window"):
        await process.post(opening(15, name, team=name))
    await process.silence(100, (77, 100), team=["window"])
    await process.run(INSTANT)
    await restored(process)
    process.clock.set(LOST_UNTIL + 5)
    await process.snooze(100, "snoozed")
    await process.silence(100, (0, 100), team=["silenced"])
    await process.run(99)
    await projected(process)
    await process.run(110)
    for name in ("snoozed", "silenced", "window"):
        assert await told(process, name) == [("alert", "held")]
