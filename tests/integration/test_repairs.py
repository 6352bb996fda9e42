"""A configuration that counts since an earlier time reaches every ticket that it concerns, once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from command_side.deciding.events import Ticket, shown
from command_side.desk import Page
from command_side.passes import NIL
from tests.support.audit import auditing
from tests.support.desk import Process, working
from tests.support.excuses import facts, figures, item
from tests.support.items import at
from tests.support.repairs import BERLIN, HOLIDAY, ROUND_THE_CLOCK, moved, repair

THURSDAY, FRIDAY, MONDAY = 5_160, 5_700, 10_080
"""Friday 00:00 and 09:00, and Monday 10:00 in Berlin, in minutes after nine (UTC) that Monday."""
MONTH_END = 36_000


@pytest.fixture
async def process(database_url: str) -> AsyncIterator[Process]:
    async with working(database_url, BERLIN) as process:
        yield process


async def lived(process: Process, name: str = "T-1", until: float = MONDAY, **said: Any) -> None:
    """From Friday nine o'clock to Monday ten o'clock, in Berlin."""
    await process.post(item(FRIDAY, "open", name, **said), when=FRIDAY)
    await process.run(until)
    await process.post(item(until, "resolved", name, **said), when=until)
    await process.run(until + 60)


async def test_a_holiday_entered_late_makes_a_breach_good_and_takes_its_alerts_back(
    process: Process,
) -> None:
    await lived(process)
    assert await figures(process) == ("breached", 9 * 3_600)
    assert len(await process.told()) == 6
    before = len(await process.log())

    process.clock.set(MONTH_END)
    assert await repair(process, HOLIDAY, THURSDAY) == 2
    assert await figures(process) == ("breached", 9 * 3_600)
    assert await process.retargeting.apply() == 1

    assert await figures(process) == ("met", 28_800)
    assert await moved(process) == [(1, 2)]
    assert (await process.told())[6:] == [
        (MONTH_END, "retargeted to 2", None),
        (MONTH_END, "retracted breached", None),
        (MONTH_END, "retracted level:3", None),
    ]
    retracted = [shown(e.body) for e in await process.stream("T-1", Ticket.Retracted.TOPIC)]
    assert {(one["because"], one["reason"]) for one in retracted} == {
        ("repaired", "what had been promised was corrected afterwards")
    }
    told = "withdrawn resolution breached, withdrawn resolution level:3"
    assert (await process.notices())[-1] == (MONTH_END, told, ["slack"])
    assert len(await process.log()) == before + 1 + 3 + 1

    async with auditing(process) as auditor:
        now = await auditor.clock("resolution", as_of=MONTH_END)
        then = await auditor.clock("resolution", known_at=MONTH_END - 1)
        past = await auditor.clock("resolution", as_of=MONDAY)
        told = await auditor.told(as_of=MONTH_END)
    assert (now["state"], now["elapsed_seconds"], now["policy_version"]) == ("met", 28_800, 2)
    assert (then["state"], then["elapsed_seconds"]) == ("breached", 9 * 3_600)
    assert [sentence for _, kind, sentence in told if kind == "retargeted"] == [
        "Policy version 2 (by ann) was put into force as if it had been since Fri 2026-01-09 00:00"
        ' Europe/Berlin ("entered late"): all is counted anew from then on.'
    ]
    assert (then["breached_at"], past["state"]) == ("2026-01-09T16:00:00Z", "met")


async def test_a_target_typed_wrongly_makes_what_was_met_a_breach_that_is_no_news(
    process: Process,
) -> None:
    await lived(process, until=FRIDAY + 300)
    assert await figures(process) == ("met", 18_000)
    await process.post(item(FRIDAY + 400, "open", "T-2"), when=FRIDAY + 400)

    process.clock.set(FRIDAY + 450)
    await repair(process, BERLIN.replace("8h", "4h"), THURSDAY)
    assert await process.retargeting.apply() == 2
    assert await figures(process) == ("breached", 18_000)
    raised = await process.told()
    assert raised[:1] == [(FRIDAY + 450, "retargeted to 2", None)]
    assert sorted(raised[1:]) == [
        (FRIDAY + 204, "level 1", "backfill"),
        (FRIDAY + 204, "resolution warning", "backfill"),
        (FRIDAY + 228, "level 2", "backfill"),
        (FRIDAY + 228, "resolution critical", "backfill"),
        (FRIDAY + 240, "level 3", "backfill"),
        (FRIDAY + 240, "resolution breached", "backfill"),
    ]
    assert await process.notices() == []


async def test_what_became_due_just_before_is_told(process: Process) -> None:
    await process.post(item(FRIDAY, "open"), when=FRIDAY)
    process.clock.set(FRIDAY + 250)
    await repair(process, BERLIN.replace("8h", "4h"), THURSDAY)
    assert await process.retargeting.apply() == 1
    assert (FRIDAY + 240, "resolution breached", None) in await process.told()
    assert len(await process.notices()) == 1


async def test_a_deadline_that_a_repair_moved_has_a_sentence(process: Process) -> None:
    await lived(process)
    process.clock.set(MONTH_END)
    await repair(process, BERLIN.replace("8h", "4h"), FRIDAY + 60)
    await process.retargeting.apply()
    async with auditing(process) as auditor:
        told = await auditor.told(as_of=MONTH_END)
    assert [(at, sentence) for at, kind, sentence in told if kind == "clock_moved"] == [
        (
            FRIDAY + 60,
            "Resolution deadline moved from Fri 2026-01-09 17:00 to Fri 2026-01-09 13:00"
            " (Europe/Berlin): policy version 2 (by ann) counts from then on, as decided"
            ' Fri 2026-01-30 10:00 Europe/Berlin ("entered late"), which brings the target 4h'
            " instead of 8h.",
        )
    ]


# Others that come later
async def test_one_over_the_other_counts_in_its_place(process: Process) -> None:
    await lived(process)
    process.clock.set(MONTH_END)
    await repair(process, BERLIN.replace("8h", "1h"), THURSDAY)
    await process.retargeting.apply()
    assert (await facts(process))["target_seconds"] == 3_600

    await repair(process, HOLIDAY, THURSDAY)
    assert await process.retargeting.apply() == 1
    assert await figures(process) == ("met", 28_800)
    assert await moved(process) == [(1, 2), (2, 3)]
    assert [key.milestone for key in await process.standing()] == [
        *("critical", "level:1", "level:2", "warning")
    ]


async def test_two_before_anybody_looks_are_one_event(process: Process) -> None:
    await lived(process)
    process.clock.set(MONTH_END)
    await repair(process, BERLIN.replace("8h", "1h"), THURSDAY)
    await repair(process, HOLIDAY, THURSDAY)
    assert await process.retargeting.apply() == 1
    assert await moved(process) == [(1, 3)]


async def test_a_repair_taken_back_before_anybody_looks_changes_nothing(process: Process) -> None:
    await lived(process)
    process.clock.set(MONTH_END)
    await repair(process, HOLIDAY, THURSDAY)
    await repair(process, BERLIN, 0)
    before = len(await process.stream())
    assert await process.retargeting.apply() == 0
    assert len(await process.stream()) == before
    assert (await process.head()).fold is not None


async def test_a_plain_version_afterwards_leaves_alone_what_has_stopped(process: Process) -> None:
    await lived(process)
    process.clock.set(MONTH_END)
    await repair(process, HOLIDAY, THURSDAY)
    await process.retargeting.apply()
    assert await process.change(BERLIN.replace("8h", "1h"), MONTH_END + 10) == 0
    assert await figures(process) == ("met", 28_800)
    assert await process.retargeting.apply() == 0
    await process.post(item(MONDAY, "open", "late"), when=MONTH_END + 20)
    assert (await facts(process, "late"))["policy"] == 3


async def test_without_since_nothing_that_has_stopped_is_touched(process: Process) -> None:
    await lived(process)
    assert await process.change(HOLIDAY, MONTH_END) == 0
    assert await figures(process) == ("breached", 9 * 3_600)


async def test_the_same_text_may_be_put_into_force_since_an_earlier_time(process: Process) -> None:
    """Whoever saved the file first, and then learnt that it is for new cycles only."""
    await lived(process)
    await process.change(HOLIDAY, MONTH_END)
    assert await repair(process, HOLIDAY, THURSDAY) == 3
    assert await process.retargeting.apply() == 1
    assert await figures(process) == ("met", 28_800)


# Whom it concerns
async def test_only_tickets_whose_figures_change_hear_of_it(process: Process) -> None:
    await lived(process, "concerned")
    await lived(process, "over by friday", until=FRIDAY + 60)
    await lived(process, "of another priority", priority="P9")
    await lived(process, "later", until=MONDAY + 1500, created_at=at(MONDAY + 1440))
    before = len(await process.log())
    process.clock.set(MONTH_END)
    await repair(process, HOLIDAY, THURSDAY)
    assert await process.retargeting.apply() == 1
    assert await moved(process, "concerned") == [(1, 2)]
    assert len(await process.log()) == before + 1 + 3 + 1


async def test_what_was_over_before_is_left_alone_until_it_is_opened_again(
    process: Process,
) -> None:
    await lived(process, until=FRIDAY + 60)
    process.clock.set(MONTH_END)
    await repair(process, ROUND_THE_CLOCK, FRIDAY + 61)
    head = await process.head()
    assert await process.retargeting.apply() == 0
    assert await process.head() == head
    await process.post(item(MONTH_END, "open"), when=MONTH_END)
    found = await facts(process)
    assert (found["policy"], found["elapsed_seconds"]) == (2, 3_600)


async def test_a_ticket_that_is_still_to_come_begins_under_it(process: Process) -> None:
    await process.post(item(MONDAY, "open"), when=FRIDAY)
    await repair(process, BERLIN.replace("8h", "4h"), THURSDAY)
    assert await process.retargeting.apply() == 0
    await process.run(MONDAY)
    assert (await facts(process))["target_seconds"] == 4 * 3_600


# Whoever comes first
async def test_an_update_moves_the_ticket_on_before_the_background_does(process: Process) -> None:
    await process.post(item(FRIDAY, "open"), when=FRIDAY)
    await process.run(FRIDAY + 60)
    await repair(process, BERLIN.replace("8h", "4h"), THURSDAY)
    await process.post(item(FRIDAY + 60, "resolved"), when=FRIDAY + 60)
    assert [event.topic for event in await process.stream()][-2:] == [
        Ticket.Retargeted.TOPIC,
        Ticket.Observed.TOPIC,
    ]
    assert (await facts(process))["target_seconds"] == 4 * 3_600
    assert await process.retargeting.apply() == 0
    assert await moved(process) == [(1, 2)]


async def test_an_alert_that_an_update_made_untrue_is_withdrawn_for_the_same_reason(
    process: Process,
) -> None:
    await lived(process)
    process.clock.set(MONTH_END)
    await repair(process, HOLIDAY, THURSDAY)
    await process.post(item(MONDAY + 30, "closed"), when=MONTH_END)
    await process.tick()
    retracted = [shown(e.body) for e in await process.stream("T-1", Ticket.Retracted.TOPIC)]
    assert [one["because"] for one in retracted] == ["repaired", "repaired"]
    assert await process.retargeting.apply() == 0


async def test_a_due_milestone_moves_the_ticket_on_before_the_background_does(
    process: Process,
) -> None:
    await process.post(item(FRIDAY, "open"), when=FRIDAY)
    process.clock.set(FRIDAY + 10)
    await repair(process, BERLIN.replace("8h", "4h"), THURSDAY)
    await process.run(FRIDAY + 480)
    assert await moved(process) == [(1, 2)]
    assert await process.retargeting.apply() == 0


# Any replica, and again
async def test_what_is_left_undone_is_taken_up_again_and_done_once(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"T-{number}" for number in range(5)]
    for name in names:
        await lived(process, name)
    process.clock.set(MONTH_END)
    await repair(process, HOLIDAY, THURSDAY)
    monkeypatch.setattr("command_side.retargeting.PAGE", 2)
    stop = asyncio.Event()
    page = process.retargeting.page

    async def once(after: UUID, now: datetime) -> Page:
        stop.set()
        return await page(after, now)

    process.retargeting.page = once
    assert await process.retargeting.apply(stop) is None
    process.retargeting.page = page
    assert sum([len(await moved(process, name)) for name in names]) == 2

    other = Process(process.pool, process.clock)
    await other.learn()
    assert await other.retargeting.apply() == 3
    assert await process.retargeting.apply() == 0
    assert [await moved(process, name) for name in names] == [[(1, 2)]] * 5
    retracted = [await process.stream(name, Ticket.Retracted.TOPIC) for name in names]
    assert [len(each) for each in retracted] == [2] * 5


async def test_a_process_that_knows_an_older_version_learns_the_newer(process: Process) -> None:
    await lived(process)
    other = Process(process.pool, process.clock)
    await other.learn()
    process.clock.set(MONTH_END)
    await repair(process, HOLIDAY, THURSDAY)
    await process.retargeting.apply()
    await other.post(item(MONTH_END, "closed"), when=MONTH_END)
    newest = shown((await process.stream())[-1].body)["facts"]
    assert (newest["policy"], newest["state"]) == (2, "compliant")


async def test_a_head_of_another_release_stands_under_what_its_stream_names(
    process: Process,
) -> None:
    await lived(process)
    process.clock.set(MONTH_END)
    await repair(process, HOLIDAY, THURSDAY)
    await process.of_another_release()
    assert await process.retargeting.apply() == 1
    await process.of_another_release()
    async with process.pool.connection() as conn:
        await conn.execute("delete from heads where external_id = 'sla_config_applied'")
    assert await process.desk.retarget(NIL, process.now(), 10)
    assert await moved(process) == [(1, 2)]
    assert at(MONTH_END) == process.now()
