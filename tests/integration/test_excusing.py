"""Time that was agreed not to count is applied to every ticket that it concerns, once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from command_side.deciding.events import Ticket, shown
from command_side.intake.batches import Intake
from tests.support.desk import Process, working
from tests.support.excuses import (
    CONFIG,
    EVENING,
    NEXT_DAY,
    TEN_TO_ELEVEN,
    excuse,
    excused,
    facts,
    figures,
    item,
    lived,
    opened,
    withdraw,
)
from tests.support.items import at


@pytest.fixture
async def process(database_url: str) -> AsyncIterator[Process]:
    async with working(database_url, CONFIG) as process:
        yield process


# A ticket of yesterday
async def test_a_breach_is_excused_and_the_alerts_that_are_not_true_are_taken_back(
    process: Process,
) -> None:
    await lived(process)
    assert await figures(process) == ("breached", 17_100)
    before = await process.told()
    assert len(before) == 6

    process.clock.set(NEXT_DAY)
    await excuse(process, TEN_TO_ELEVEN)
    assert await figures(process) == ("breached", 17_100)
    assert await process.excusing.apply() == 1

    assert await figures(process) == ("met", 13_500)
    assert (await process.told())[6:] == [
        (NEXT_DAY, "excused by 1", None),
        (NEXT_DAY, "retracted breached", None),
        (NEXT_DAY, "retracted critical", None),
        (NEXT_DAY, "retracted level:2", None),
        (NEXT_DAY, "retracted level:3", None),
    ]
    retracted = [shown(e.body) for e in await process.stream("T-1", Ticket.Retracted.TOPIC)]
    assert {(one["because"], one["reason"]) for one in retracted} == {
        ("excused", "the time that led to it is excused")
    }
    told = (
        "withdrawn resolution breached, withdrawn resolution critical,"
        " withdrawn resolution level:3, withdrawn resolution level:2"
    )
    assert (await process.notices())[-1] == (NEXT_DAY, told, ["slack"])
    notices = [notice for one in retracted for notice in one.get("notices") or ()]
    assert [[one["because"] for one in notice["alerts"]] for notice in notices] == [4 * ["excused"]]
    found = await facts(process)
    assert found["warning_at"] == "2026-01-05T13:24:00Z"
    assert (found["uncounted_seconds"], found["breached_at_unexcused"]) == (
        3_600,
        "2026-01-05T13:00:00Z",
    )


async def test_an_excuse_withdrawn_leaves_it_as_it_was(process: Process) -> None:
    await lived(process)
    process.clock.set(NEXT_DAY)
    granted = await excuse(process, TEN_TO_ELEVEN)
    await process.excusing.apply()
    await withdraw(process, granted)
    assert await process.excusing.apply() == 1

    assert await figures(process) == ("breached", 17_100)
    assert (await facts(process))["breached_at"] == "2026-01-05T13:00:00Z"
    again = (await process.told())[11:]
    assert again[0] == (NEXT_DAY, "excused by 2", None)
    assert sorted(again[1:]) == [
        (228, "level 2", "backfill"),
        (228, "resolution critical", "backfill"),
        (240, "level 3", "backfill"),
        (240, "resolution breached", "backfill"),
    ]
    raised = await process.stream("T-1", Ticket.AlertRaised.TOPIC)
    assert [shown(event.body)["generation"] for event in raised] == [0, 0, 0, 1, 1]


# A ticket that is open
async def test_a_window_that_goes_on_leaves_no_deadline_until_it_is_ended(
    process: Process,
) -> None:
    await opened(process)
    process.clock.set(190)
    granted = await excuse(process, (180, None))
    assert await process.excusing.apply() == 1
    found = await facts(process)
    assert (found["state"], found["due_at"]) == ("running", None)
    assert await process.next_due() is None

    process.clock.set(300)
    await process.excuses.end(
        granted, at=process.now(), by="ann", now=process.now(), correlation_id=None
    )
    assert await process.excusing.apply() == 1
    assert (await facts(process))["due_at"] == "2026-01-05T15:00:00Z"
    assert await process.run(350) == [at(324), at(348)]


async def test_a_window_known_beforehand_counts_from_the_opening_on(process: Process) -> None:
    process.clock.set(-30)
    await excuse(process, (180, 300))
    await process.post(item(0, "open"), when=0)
    found = await facts(process)
    assert (found["due_at"], found["warning_at"]) == (
        "2026-01-05T15:00:00Z",
        "2026-01-05T14:24:00Z",
    )
    assert await process.run(324) == [at(324)]
    assert [one[:2] for one in await process.told()] == [
        (324, "resolution warning"),
        (324, "level 1"),
    ]
    assert await process.excusing.apply() == 0
    assert await excused(process) == []


async def test_an_update_within_a_window_goes_on_without_the_stream(process: Process) -> None:
    """What its head says is enough."""
    process.clock.set(-30)
    await excuse(process, (60, 120))
    await process.post(item(0, "open"), when=0)
    async with process.broken("T-1"):
        pass
    await process.post(item(90, "in_progress"), when=90)
    await process.post(item(150, "pending"), when=150)
    assert (await facts(process))["elapsed_seconds"] == 5_400


# Whoever comes first
async def test_an_update_moves_the_ticket_on_before_the_background_does(process: Process) -> None:
    await opened(process)
    process.clock.set(150)
    await excuse(process, TEN_TO_ELEVEN)
    await process.post(item(150, "pending"), when=150)
    assert [event.topic for event in await process.stream()][-2:] == [
        Ticket.Excused.TOPIC,
        Ticket.Observed.TOPIC,
    ]
    assert (await facts(process))["elapsed_seconds"] == 5_400
    assert await process.excusing.apply() == 0
    assert await excused(process) == [1]


async def test_a_due_milestone_moves_the_ticket_on_before_the_background_does(
    process: Process,
) -> None:
    await opened(process)
    process.clock.set(150)
    await excuse(process, TEN_TO_ELEVEN)
    assert await process.run(270) == [at(204), at(264)]  # the warning has moved behind it
    assert await excused(process) == [1]
    assert await process.excusing.apply() == 0


async def test_a_late_observation_brings_a_ticket_into_a_window(process: Process) -> None:
    await opened(process, priority="P2")
    process.clock.set(150)
    await excuse(process, TEN_TO_ELEVEN, priority="P1")
    assert await process.excusing.apply() == 0
    await process.post(item(155, "in_progress", priority="P2"), when=155)
    assert await excused(process) == []
    await process.post(item(90, "in_progress"), when=160)
    found = await facts(process)
    assert (found["elapsed_seconds"], found["excuses"]) == (7_500, 1)
    assert await excused(process) == [1]
    await process.post(item(95, "in_progress"), when=170)
    assert await excused(process) == [1]


@pytest.mark.parametrize("asked", ["type", "fields.region"])
async def test_what_an_excuse_asks_for_is_kept_from_then_on(process: Process, asked: str) -> None:
    """It is planned when the ticket does not match yet, and its head keeps no such thing."""
    name = asked.removeprefix("fields.")
    await opened(process, **{name: "other"})
    await excuse(process, (180, 240), **{asked: "this"})
    if asked == "type":
        assert await process.excusing.apply() == 0
    await process.post(item(60, "in_progress", **{name: "this"}), when=60)
    assert (await facts(process))["due_at"] == "2026-01-05T14:00:00Z"
    await process.post(item(210, "in_progress", **{name: "other"}), when=210)
    assert (await facts(process))["due_at"] == "2026-01-05T13:30:00Z"


async def test_the_tickets_of_a_source_are_excused(process: Process) -> None:
    await opened(process, source="jira")
    await excuse(process, TEN_TO_ELEVEN, source="jira")
    await excuse(process, (0, 30), source="zendesk")
    assert await process.excusing.apply() == 1


async def test_only_tickets_that_it_concerns_hear_of_it(process: Process) -> None:
    await lived(process, "concerned")
    await lived(process, "of another priority", priority="P2")
    await process.post(item(130, "open", "later", updated_at=at(130)), when=EVENING)
    before = len(await process.log())
    await excuse(process, TEN_TO_ELEVEN, priority="P1")
    assert await process.excusing.apply() == 1
    assert await excused(process, "concerned") == [1]
    assert len(await process.log()) == before + 1 + 5 + 1


async def test_several_changes_at_once_are_one_event(process: Process) -> None:
    await lived(process)
    for window in ((60, 70), (80, 90), (100, 110)):
        await excuse(process, window)
    assert await process.excusing.apply() == 1
    assert await excused(process) == [3]
    assert (await facts(process))["elapsed_seconds"] == 17_100 - 1_800


async def test_granted_and_withdrawn_before_anybody_looks_changes_nothing(
    process: Process,
) -> None:
    await lived(process)
    await withdraw(process, await excuse(process, TEN_TO_ELEVEN))
    before = len(await process.stream())
    assert await process.excusing.apply() == 0
    assert len(await process.stream()) == before


# Any replica, and again
async def test_what_is_left_undone_is_taken_up_again_and_done_once(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"T-{number}" for number in range(5)]
    for name in names:
        await opened(process, name)
    await excuse(process, TEN_TO_ELEVEN)
    monkeypatch.setattr("command_side.excusing.PAGE", 2)
    stop = asyncio.Event()
    process.excusing.page, page = _stopping(process, stop), process.excusing.page
    assert await process.excusing.apply(stop) is None
    process.excusing.page = page
    assert sum([len(await excused(process, name)) for name in names]) == 2

    other = Process(process.pool, process.clock)
    await other.learn()
    assert await other.excusing.apply() == 3
    assert await process.excusing.apply() == 0
    assert [await excused(process, name) for name in names] == [[1]] * 5


def _stopping(process: Process, stop: asyncio.Event) -> Any:
    page = process.excusing.page

    async def once(*arguments: Any) -> Any:
        stop.set()
        return await page(*arguments)

    return once


async def test_a_process_that_knows_an_older_list_learns_the_newer(process: Process) -> None:
    await opened(process)
    other = Process(process.pool, process.clock)
    await other.learn()
    await excuse(process, TEN_TO_ELEVEN)
    assert await process.excusing.apply() == 1
    assert await other.tick(264) == 1
    assert await other.post(item(265, "pending"), when=265)
    assert (await facts(other))["elapsed_seconds"] == 265 * 60 - 3_600


async def test_no_ticket_begins_under_a_list_that_is_past(process: Process) -> None:
    other = Process(process.pool, process.clock)
    await other.learn()
    await excuse(process, (180, 300))
    await other.post(item(0, "open"), when=0)
    assert (await facts(other))["excuses"] == 1


async def test_a_ticket_that_begins_while_the_list_changes_is_not_forgotten(
    process: Process,
) -> None:
    """It was decided under the older list, and the background has passed where it comes to lie."""
    slow = Slow(process.book, learn=process.learn, excuses=process.excuses.book)
    process.intake = slow
    other = Process(process.pool, process.clock)
    await other.learn()

    async def meanwhile() -> None:
        await excuse(other, (180, 300))
        assert await other.excusing.apply() == 0

    slow.meanwhile = meanwhile
    await process.post(item(0, "open"), when=0)
    assert ((await facts(process))["excuses"], await excused(process)) == (1, [])


class Slow(Intake):
    """Decides once, and appends only when something else has happened."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def _decide(self, *given: Any, **named: Any) -> Any:
        decided = await super()._decide(*given, **named)
        if (meanwhile := self.meanwhile) is not None:
            self.meanwhile = None
            await meanwhile()
        return decided


async def test_a_head_of_another_release_stands_under_what_its_stream_names(
    process: Process,
) -> None:
    await opened(process)
    await excuse(process, TEN_TO_ELEVEN)
    await process.excusing.apply()
    await process.of_another_release()
    await process.post(item(130, "pending"), when=130)
    assert (await facts(process))["elapsed_seconds"] == 70 * 60
    await process.of_another_release()
    await excuse(process, (0, 10))
    assert await process.excusing.apply() == 1
    assert await excused(process) == [1, 2]


async def test_a_ticket_taken_on_by_somebody_stays_under_its_list(process: Process) -> None:
    await opened(process)
    await excuse(process, TEN_TO_ELEVEN)
    await process.acknowledge(when=130)
    assert (await process.head()).excuses == 0
    assert await process.excusing.apply() == 1
