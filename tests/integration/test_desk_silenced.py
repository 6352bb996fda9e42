"""Silences that are planned or recur: nothing is told in their windows, all else as ever."""

import pytest

from command_side.deciding.events import Ticket
from command_side.excuses import MOST_WINDOWS, TooManyWindows
from tests.support.desk import Process
from tests.support.items import at, opening, update

SLACK, BOTH = ["slack"], ["urgent", "slack"]
DAY = 24 * 60


async def silences_of(process: Process, external_id: str = "T-1") -> list[int]:
    """Of what was raised, by how many silences each was kept quiet."""
    stream = await process.stream(external_id)
    raised = [one.body for one in stream]
    return [
        len(body.silenced_by)
        for body in raised
        if isinstance(body, Ticket.AlertRaised | Ticket.Escalated)
    ]


async def test_what_is_raised_before_a_window_begins_is_told_and_what_is_within_is_not(
    process: Process,
) -> None:
    await process.post(opening(0))
    silence = await process.silence(0, (55, 120), customer_tier=["gold"])
    await process.run(119)

    # It warns at 51, is critical at 57 and breached at 60.
    assert await process.notices() == [(51, "resolution warning", SLACK)]
    assert await silences_of(process) == [0, 1, 1]
    *_, breached = [one.body for one in await process.stream("T-1", Ticket.AlertRaised.TOPIC)]
    assert isinstance(breached, Ticket.AlertRaised)
    assert breached.silenced_by == (silence,)
    assert await process.next_due() == at(120)

    await process.run(500)
    assert (await process.notices())[1:] == [(120, "silenced resolution breached", BOTH)]


async def test_each_window_of_one_that_recurs_ends_for_itself(process: Process) -> None:
    await process.silence(0, (50, 100), (DAY + 50, DAY + 100), customer_tier=["gold"])
    await process.post(opening(0))
    await process.run(DAY)
    assert await process.notices() == [(100, "silenced resolution breached", BOTH)]

    await process.post(opening(DAY, "T-2"), when=DAY)
    await process.post(opening(DAY + 45, "T-3"), when=DAY + 45)
    await process.run(DAY + 500)
    assert await process.notices("T-2") == [
        (DAY + 100, "silenced resolution breached", BOTH),
    ]
    assert await process.notices("T-3") == [
        (DAY + 100, "silenced resolution warning", SLACK),
        (DAY + 102, "resolution critical", SLACK),
        (DAY + 105, "resolution breached", BOTH),
    ]


async def test_between_its_windows_nothing_is_kept_back(process: Process) -> None:
    await process.silence(0, (0, 10), (DAY, DAY + 10), customer_tier=["gold"])
    await process.post(opening(0))
    await process.run(500)
    assert [when for when, *_ in await process.notices()] == [51, 57, 60]


async def test_one_that_is_ended_while_it_is_planned_never_begins(process: Process) -> None:
    await process.post(opening(0))
    silence = await process.silence(0, (50, 100), customer_tier=["gold"])
    await process.silences.end(silence, now=at(5), correlation_id=None)
    await process.run(500)
    assert [when for when, *_ in await process.notices()] == [51, 57, 60]


async def test_one_that_recurs_and_is_ended_within_a_window_tells_at_once(process: Process) -> None:
    await process.post(opening(0))
    silence = await process.silence(0, (50, 100), (DAY, DAY + 60), customer_tier=["gold"])
    await process.run(70)
    await process.silences.end(silence, now=at(70), correlation_id=None)
    await process.tick(71)
    assert await process.notices() == [(71, "silenced resolution breached", BOTH)]
    await process.run(2 * DAY)
    assert len(await process.notices()) == 1


async def test_windows_that_are_over_are_kept_by_nobody(process: Process) -> None:
    await process.silence(0, (0, 10), (20, 30), customer_tier=["gold"])
    await process.silence(0, (0, 10), customer_tier=["gold"])
    process.clock.set(10)
    await process.silences.follow()
    (left,) = process.silences.in_force()
    assert len(left.windows) == 1

    process.clock.set(30)
    await process.silences.follow()
    assert len(process.silences.in_force()) == 0


async def test_no_more_windows_stand_than_may(process: Process) -> None:
    many = [(float(one), one + 0.5) for one in range(1, MOST_WINDOWS)]
    await process.silence(0, *many, customer_tier=["gold"])
    await process.silence(5, customer_tier=["gold"])
    with pytest.raises(TooManyWindows):
        await process.silence(5, customer_tier=["gold"])

    process.clock.set(50)  # that many are over
    await process.silence(60, customer_tier=["gold"])


async def test_a_level_and_what_a_ticket_says_of_itself_can_be_silenced(process: Process) -> None:
    await process.silence(120, level=[">=3"], **{"fields.region": ["EMEA"]})
    emea = opening(0, priority="P2") | {"region": "emea"}
    await process.post(emea, opening(0, "T-2", priority="P2") | {"region": "apac"})
    await process.post(update(1, status="open"), when=1)
    await process.run(100)
    assert [when for when, *_ in await process.notices()] == [10, 20]
    assert [when for when, *_ in await process.notices("T-2")] == [10, 20, 30, 45, 51, 57, 60]
