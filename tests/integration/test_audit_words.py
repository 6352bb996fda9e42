"""How timelines word it: nothing twice, in the asked time zone, without erased names."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest_asyncio

from tests.support.audit import OFFICE, Auditor, auditing, told_at
from tests.support.desk import CONFIG, Process
from tests.support.items import opening, text, update


@pytest_asyncio.fixture
async def auditor(process: Process) -> AsyncGenerator[Auditor]:
    async with auditing(process) as auditor:
        yield auditor


async def test_an_update_says_nothing_twice(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0, priority="P3"))
    given = {"status": "in_progress", "priority": "P2", "title": "Down", "updated_by": "jane"}
    await process.post(update(10, **given), when=10)
    await process.post(update(5, tags=["vip"], last_agent_reply_at=5), when=20)

    assert [(minute, sentence) for minute, _, sentence in await auditor.told()][3:] == [
        (5, f"The source added its tags. This became known late, at {told_at(20)}."),
        (5, "Response clock met its target: an agent replied. 5 min of 30 min were used."),
        (10, "jane changed the status from open to in_progress and the title from Outage to Down."),
        (
            10,
            "Resolution deadline moved from Mon 2026-01-05 13:00 to Mon 2026-01-05 10:00 (UTC):"
            " jane changed the priority from P3 to P2, which brings the target 60m instead of 4h,"
            " level 1 after 10 min instead of at the warning, level 2 after 20 min instead of when"
            " critical, level 3 after 30 min instead of at the breach and level 4 after 45 min.",
        ),
    ]


async def test_instants_are_told_in_the_time_zone_that_is_asked_for(
    process: Process, auditor: Auditor
) -> None:
    await process.change(OFFICE.replace("timezone: UTC", "timezone: Europe/Berlin"), 0)
    await process.post(opening(60))

    async def due(**asked: Any) -> str:
        answer = await auditor.ask("/tickets/T-1/timeline", **asked)
        told = answer["entries"][1]["explanation"].partition(", due ")[2]
        return f"{answer['time_zone']}: {told}"

    assert await due(as_of=60) == "Europe/Berlin: Mon 2026-01-05 16:00 Europe/Berlin."
    # Who asks for one knows it.
    assert await due(as_of=60, tz="Asia/Kolkata") == "Asia/Kolkata: Mon 2026-01-05 20:30."
    answer = await auditor.ask("/tickets/T-1/timeline", expect=422, tz="Europe/Berln")
    assert answer["errors"] == [
        {
            "loc": ["query", "tz"],
            "msg": "unknown time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?",
        }
    ]


async def test_erased_names_read_as_somebody(process: Process, auditor: Auditor) -> None:
    await process.post(opening(0, updated_by="jane"))
    await process.post(update(30, status="pending", updated_by="jane"), when=31)
    await process.post(update(40, status="open"), when=40)
    async with process.pool.connection() as conn:
        await conn.execute("set session_replication_role = replica")
        await conn.execute("update events set personal = null")
        await conn.execute("reset session_replication_role")

    assert [sentence.partition(".")[0] for *_, sentence in await auditor.told()] == [
        "Somebody reported the ticket: status open, priority P1 and customer tier gold",
        "Resolution clock started: the ticket was opened as open",
        "Resolution clock paused: somebody changed the status from open to pending",
        "Resolution clock runs again: somebody changed the status from pending to open",
    ]


async def test_a_reply_that_is_told_of_later_is_told_once(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0, priority="P3"))
    await process.post(update(20, last_agent_reply_at=10, updated_by="jane"), when=20)

    replied = (await auditor.timeline())[-1]

    assert replied["explanation"] == (
        "Response clock met its target: an agent replied. 10 min of 30 min were used."
    )
    assert (replied["occurred_at"], replied["recorded_at"]) == (text(10), text(20))


async def test_of_versions_that_come_at_once_each_says_what_it_moved(
    process: Process, auditor: Auditor
) -> None:
    await process.post(opening(0))
    longer = CONFIG.replace("P1: {resolution: 60m", "P1: {resolution: 100m")
    process.clock.set(20)
    await process.offer(longer)  # and before it is applied to any ticket, the next:
    await process.change(longer.replace("response: 30m", "response: 40m"), 21)

    moved = (await auditor.timeline())[2:]

    assert [(one["kind"], one["recorded_at"]) for one in moved] == [("clock_moved", text(21))]
    assert "policy version 2 (from sla_config.yaml) came into force" in moved[0]["explanation"]


async def test_a_deadline_at_closing_time_is_missed_when_time_counts_again(
    process: Process, auditor: Auditor
) -> None:
    await process.change(OFFICE, 0)
    await process.post(opening(60))  # four working hours: to 15:00
    await process.post(update(300, status="pending"), when=300)
    await process.post(update(420, status="open"), when=420)  # at 16:00, an hour before they close
    next_day = 24 * 60
    await process.run(next_day + 10)

    def of_breach(told: list[tuple[float, str, str]]) -> list[str]:
        return [sentence for *_, sentence in told if "was breached" in sentence]

    assert of_breach(await auditor.told()) == [
        "Resolution clock was breached: it was due Mon 2026-01-05 17:00 UTC, and missed at Tue"
        " 2026-01-06 09:00, when time counted again.",
    ]
    assert of_breach(await auditor.told(as_of=next_day)) == []
    assert (await auditor.clock("resolution", as_of=next_day))["breached_at"] is None
    drawn = await auditor.ask("/tickets/T-1/stretches", as_of=next_day)
    assert "breached" not in [one["severity"] for one in drawn["cycles"][0]["alerts"]]
    drawn = await auditor.ask("/tickets/T-1/stretches", as_of=next_day + 1)
    assert "breached" in [one["severity"] for one in drawn["cycles"][0]["alerts"]]
