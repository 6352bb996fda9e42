"""A clock that was paused for as long as it may be runs again: in the log, for all who ask."""

from typing import Any

import httpx
import pytest

from command_side.deciding.events import Ticket, shown
from tests.support.audit import Auditor, auditing
from tests.support.desk import CONFIG, Process
from tests.support.house import get, open_house
from tests.support.items import at, opening, text, update

LIMITED = "clocks: {resolution: {pauses_at_most: 2h}}" + CONFIG


@pytest.fixture
async def limited(process: Process) -> Process:
    process.clock.set(-1)
    await process.offer(LIMITED)
    await process.post(opening(0), when=0)
    await process.post(update(10, status="pending"), when=10)
    return process


async def moved(process: Process) -> list[dict[str, Any]]:
    return [shown(event.body) for event in await process.stream("T-1", Ticket.Moved.TOPIC)]


async def test_the_engine_wakes_and_says_so_and_milestones_follow(limited: Process) -> None:
    assert await limited.run(175) == [at(130), at(171)]

    [event] = await limited.stream("T-1", Ticket.Moved.TOPIC)
    assert (event.occurred_at, event.recorded_at) == (at(130), at(130))
    body = shown(event.body)
    assert (body["resumed"], body["current"]) == (["resolution"], None)
    assert (body["facts"]["due_at"], body["facts"]["resumes_at"]) == (text(180), None)
    [cycle] = body["facts"]["cycles"]
    assert (cycle["state"], cycle["due_at"], cycle["elapsed_seconds"]) == (
        "running",
        text(180),
        600,
    )
    assert await limited.told() == [(130, "moved", None), (171, "resolution warning", None)]


async def test_it_is_said_once_however_it_is_looked_at(limited: Process) -> None:
    await limited.acknowledge(when=20)  # from here on every decision reads the stream
    await limited.tick(135)
    await limited.tick(140)
    await limited.post(update(150, title="Still so"), when=150)
    await limited.tick(160)

    assert [one["resumed"] for one in await moved(limited)] == [["resolution"]]


async def test_an_update_that_comes_first_says_it_with_its_own_facts(limited: Process) -> None:
    await limited.post(update(140, title="Still so"), when=140)
    await limited.tick(141)

    assert await moved(limited) == []
    facts = shown((await limited.stream("T-1"))[-1].body)["facts"]
    assert (facts["due_at"], facts["cycles"][0]["state"]) == (text(180), "running")


async def test_a_late_end_of_the_pause_takes_it_back(limited: Process) -> None:
    await limited.run(175)
    await limited.post(update(30, status="resolved"), when=175)
    await limited.tick()

    assert [what for _, what, _ in await limited.told()] == [
        "moved",
        "resolution warning",
        "retracted warning",
    ]


async def test_a_version_with_a_limit_moves_tickets_that_are_paused(process: Process) -> None:
    await process.post(opening(0), when=0)
    await process.post(update(10, status="pending"), when=10)

    assert await process.change(LIMITED, 20) == 1
    assert await process.next_due() == at(130)


async def test_the_answer_and_the_timeline_say_when_it_runs_again(limited: Process) -> None:
    async with auditing(limited) as auditor:
        assert await sight(auditor, 60) == ("paused", None, text(130))
        assert await sight(auditor, 130) == ("running", text(180), None)
        await limited.run(131)
        told = [sentence for _, _, sentence in await auditor.told(as_of=131)]
    assert told[-2:] == [
        "Resolution clock paused: the status changed from open to pending. 10 min of 1 h are used;"
        " the deadline is open, and it runs again by itself Mon 2026-01-05 11:10 UTC.",
        "Resolution clock runs again by itself: it has been paused for as long as it may be. 10 min"
        " of 1 h are used; due Mon 2026-01-05 12:00 UTC.",
    ]


async def sight(auditor: Auditor, when: float) -> tuple[Any, ...]:
    clock = await auditor.clock("resolution", as_of=when)
    return clock["state"], clock["due_at"], clock["resumes_at"]


async def test_the_board_and_the_forecast_know_it(limited: Process, database_url: str) -> None:
    async with open_house(database_url) as house:
        house.now = at(20)
        await house.runner.catch_up()
        async with house.client() as client:
            assert await row(client) == (None, text(130), "compliant")
            forecast = await get(client, "/forecast", hours=3)
            [coming] = forecast["items"]
            assert (coming["due_at"], coming["resumes_at"]) == (text(180), text(130))
            house.now = at(172)  # though no engine has looked
            assert (await row(client))[2] == "warning"
            await limited.run(131)
            await house.runner.catch_up()
            assert await row(client) == (text(180), None, "warning")


async def row(client: httpx.AsyncClient) -> tuple[Any, ...]:
    [item] = (await get(client, "/dashboard"))["items"]
    return item["due_at"], item["resumes_at"], item["sla_state"]
