"""What the audit room says of time that is agreed not to count, and when it was known."""

from collections.abc import AsyncIterator

import pytest

from tests.support.audit import Auditor, auditing
from tests.support.desk import Process, working
from tests.support.excuses import CONFIG, EVENING, NEXT_DAY, excuse, item, lived, opened, withdraw
from tests.support.items import text


@pytest.fixture
async def process(database_url: str) -> AsyncIterator[Process]:
    async with working(database_url, CONFIG) as process:
        yield process


@pytest.fixture
async def auditor(process: Process) -> AsyncIterator[Auditor]:
    async with auditing(process) as auditor:
        yield auditor


async def test_the_evening_before_still_says_breached(process: Process, auditor: Auditor) -> None:
    await lived(process)
    process.clock.set(NEXT_DAY)
    before = await auditor.clock("resolution")
    granted = await excuse(process, (60, 120))
    assert (await auditor.clock("resolution")) == before  # shown under the old list until then
    await process.excusing.apply()

    now = await auditor.clock("resolution")
    assert (now["state"], now["elapsed_seconds"], now["breached_at"]) == ("met", 13_500, None)
    assert now["excused_seconds"] == 3_600
    then = await auditor.clock("resolution", known_at=EVENING)
    assert (then["state"], then["elapsed_seconds"]) == ("breached", 17_100)
    assert (then["excused_seconds"], then["breached_at"]) == (0, text(240))

    await withdraw(process, granted)
    await process.excusing.apply()
    assert await auditor.clock("resolution") == before


async def test_a_running_clock_stands_still_within_a_window(
    process: Process, auditor: Auditor
) -> None:
    await opened(process)
    await excuse(process, (180, None))
    await process.excusing.apply()
    for minute, still, why in ((170, False, None), (200, True, "excused")):
        clock = await auditor.clock("resolution", as_of=minute)
        assert (clock["state"], clock["standing_still"], clock["due_at"]) == (
            *("running", still, None),
        )
        assert clock["standing_still_because"] == why


async def test_a_clock_that_is_promised_nothing_any_more_does_not_stand_still(
    process: Process, auditor: Auditor
) -> None:
    await opened(process)
    await process.post(item(100, "in_progress", priority="P3"), when=100)
    await excuse(process, (180, None))
    await process.post(item(190, "in_progress", title="Still there", priority="P3"), when=190)
    clock = await auditor.clock("resolution", as_of=200)
    assert (clock["state"], clock["standing_still"], clock["standing_still_because"]) == (
        *("cancelled", False, None),
    )


async def test_each_stretch_has_a_sentence_with_who_why_and_when(
    process: Process, auditor: Auditor
) -> None:
    await lived(process)
    process.clock.set(NEXT_DAY)
    await excuse(process, (60, 120), (130, 140), clocks=["resolution"])
    await process.excusing.apply()
    told = [one for one in await auditor.told() if one[1] == "excused"]
    assert told == [
        (
            60,
            "excused",
            "No time counts from Mon 2026-01-05 10:00 UTC to Mon 2026-01-05 11:00 for the"
            ' resolution clock: ann excused it at Tue 2026-01-06 10:00 ("network outage").',
        ),
        (
            130,
            "excused",
            "No time counts from Mon 2026-01-05 11:10 UTC to Mon 2026-01-05 11:20 for the"
            ' resolution clock: ann excused it at Tue 2026-01-06 10:00 ("network outage").',
        ),
        (
            NEXT_DAY,
            "excused",
            "What is agreed not to count has changed for this ticket. Excused by now: from Mon"
            " 2026-01-05 10:00 UTC to Mon 2026-01-05 11:00 (network outage) and from Mon"
            " 2026-01-05 11:10 to Mon 2026-01-05 11:20 (network outage).",
        ),
    ]
    then = await auditor.told(known_at=EVENING)
    assert [one for one in then if one[1] == "excused"] == []


async def test_of_clocks_that_are_promised_nothing_no_time_is_told_as_excused(
    process: Process, auditor: Auditor
) -> None:
    await lived(process)
    await opened(process, "T-2", priority="P9")
    process.clock.set(NEXT_DAY)
    await excuse(process, (60, 120))
    await process.excusing.apply()
    [stretch, event] = [one for one in await auditor.told() if one[1] == "excused"]
    assert "to Mon 2026-01-05 11:00 for the resolution clock: ann excused it" in stretch[2]
    [only] = [one for one in await auditor.told("T-2") if one[1] == "excused"]
    assert only[2] == event[2]


async def test_what_is_withdrawn_is_told_as_such(process: Process, auditor: Auditor) -> None:
    await lived(process)
    process.clock.set(NEXT_DAY)
    granted = await excuse(process, (60, None))
    await process.excusing.apply()
    [first, *_] = [one for one in await auditor.told() if one[1] == "excused"]
    assert "from Mon 2026-01-05 10:00 UTC to Mon 2026-01-05 13:45" in first[2]
    await withdraw(process, granted)
    await process.excusing.apply()
    told = [one[2] for one in await auditor.told() if one[1] == "excused"]
    assert [one.endswith("Nothing is excused any more.") for one in told] == [True, True]
