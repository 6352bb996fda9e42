"""A new policy version reaches every open ticket that it moves, once, and no other."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from command_side.deciding.events import Ticket, shown
from command_side.retargeting import Retargeting
from tests.support.desk import Process, working
from tests.support.items import at, opening, text, update

BEFORE = """
sla_targets:
  GOLD:
    P1: {response: 30m, resolution: 60m, escalation: {}}
    P2: {resolution: 60m, escalation: {}}
    P3: {response: 30m, escalation: {}}
"""
SHORTER = BEFORE.replace(
    "P1: {response: 30m, resolution: 60m", "P1: {response: 30m, resolution: 30m"
)


@pytest_asyncio.fixture
async def process(database_url: str) -> AsyncGenerator[Process]:
    async with working(database_url, BEFORE) as process:
        yield process


async def facts(process: Process, name: str) -> dict[str, Any]:
    (event,) = await process.stream(name, Ticket.Retargeted.TOPIC)
    return shown(event.body)["facts"]


def resolution(facts: dict[str, Any]) -> dict[str, Any]:
    (found,) = [cycle for cycle in facts["cycles"] if cycle["clock"] == "resolution"]
    return found


async def test_every_open_ticket_that_moves_says_so_once_and_no_other_does(
    process: Process,
) -> None:
    await process.post(
        opening(0, "running"),
        opening(0, "paused"),
        opening(0, "other priority", priority="P2"),
        opening(0, "resolved"),
        opening(0, "untracked", priority="P9"),
        opening(0, "cancelled"),
    )
    await process.post(
        update(10, "paused", status="pending"),
        update(10, "resolved", status="resolved"),
        update(10, "cancelled", status="spam"),
        when=10,
    )

    assert await process.change(SHORTER, 20) == 2
    assert await process.retargeted() == {"running": 1, "paused": 1}
    running, paused = await facts(process, "running"), await facts(process, "paused")
    assert (running["policy"], running["due_at"]) == (2, text(30))
    assert (paused["due_at"], resolution(paused)["target_seconds"]) == (None, 1800)
    event = (await process.stream("running", Ticket.Retargeted.TOPIC))[0]
    assert (event.occurred_at, shown(event.body)["previous_policy"]) == (at(20), 1)

    assert await process.retargeting.apply() == 0
    assert sum((await process.retargeted()).values()) == 2


async def test_the_new_milestones_are_raised_at_their_instants(process: Process) -> None:
    await process.post(opening(0, priority="P2"))
    await process.change(BEFORE.replace("P2: {resolution: 60m", "P2: {resolution: 100m"), 20)
    await process.run(200)

    assert await process.told() == [
        (20, "retargeted to 2", None),
        (85, "resolution warning", None),
        (95, "resolution critical", None),
        (100, "resolution breached", None),
    ]


@pytest.mark.parametrize("status", ["open", "pending"])
async def test_what_is_over_the_new_target_is_breached_at_the_moment_of_the_change(
    process: Process, status: str
) -> None:
    await process.post(opening(0, priority="P2"))
    await process.post(update(40, status=status), when=40)
    await process.change(BEFORE.replace("P2: {resolution: 60m", "P2: {resolution: 30m"), 45)
    await process.tick()

    breached = (await process.stream("T-1", Ticket.AlertRaised.TOPIC))[-1]
    assert shown(breached.body)["severity"] == "breached"
    assert breached.occurred_at == at(45)
    assert shown(breached.body)["suppressed"] is None


async def test_new_tickets_only_means_that(process: Process) -> None:
    await process.post(opening(0, "old"))
    assert await process.change(SHORTER + "on_change: {apply_to: new_tickets}\n", 10) == 0
    await process.post(opening(10, "new"), update(11, "old", assigned_to="jo"), when=11)

    assert await process.retargeted() == {}
    dues = {
        name: shown((await process.stream(name))[-1].body)["facts"]["due_at"]
        for name in ("old", "new")
    }
    assert dues == {"old": text(30), "new": text(40)}
    folds = {name: (await process.head(name)).fold for name in ("old", "new")}
    under = {name: fold.policy for name, fold in folds.items() if fold is not None}
    assert under == {"old": 1, "new": 2}


async def test_a_ticket_is_found_before_anything_was_decided_by_its_new_head(
    process: Process,
) -> None:
    """Only what a person says keeps a head that was made anew without its clocks."""
    await process.post(opening(0))
    await process.of_another_release()
    await process.acknowledge(when=10)
    assert (await process.head()).fold is None

    assert await process.change(SHORTER, 20) == 1
    assert (await facts(process, "T-1"))["policy"] == 2


async def test_a_target_that_vanishes_cancels_its_clock(process: Process) -> None:
    await process.post(opening(0, priority="P2"))
    assert (
        await process.change(BEFORE.replace("P2: {resolution: 60m", "P2: {response: 60m"), 20) == 1
    )

    moved = await facts(process, "T-1")
    assert resolution(moved)["state"] == "cancelled"
    (response,) = [cycle for cycle in moved["cycles"] if cycle["clock"] == "response"]
    assert (response["started_at"], response["due_at"]) == (text(0), text(60))
    await process.run(200)
    assert {what for _, what, _ in await process.told()} == {
        "retargeted to 2",
        "response warning",
        "response critical",
        "response breached",
    }


async def test_a_clock_that_has_stopped_moves_nothing(process: Process) -> None:
    await process.post(opening(0, "answered"), opening(0, "waiting"))
    await process.post(update(5, "answered", last_agent_reply_at=5), when=5)

    assert await process.change(BEFORE.replace("P1: {response: 30m", "P1: {response: 20m"), 10) == 1
    assert await process.retargeted() == {"waiting": 1}


@pytest.mark.parametrize(
    ("config", "moved"),
    [
        (BEFORE + "# nothing new\n", set[str]()),
        (BEFORE + "alert_thresholds: {warning: 15, critical: 5}\n", set[str]()),
        (BEFORE + "alert_thresholds: {warning: 20}\n", {"P1", "P2", "P3"}),
        (BEFORE + "escalation: {default: {warning: 2}}\n", set[str]()),
        (BEFORE + "escalation: {ack_timeout_minutes: 5}\n", set[str]()),
        (BEFORE + "escalation_levels: {1: Lead}\n", set[str]()),
        (BEFORE + "goals: {response: 95, resolution: 90}\n", set[str]()),
        (BEFORE + "clocks: {resolution: {reopen: new_cycle}}\n", set[str]()),
        (BEFORE + "clocks: {resolution: {pauses_in: []}}\n", {"P1", "P2"}),
        (BEFORE + "clocks: {update: {pauses_in: []}}\n", set[str]()),
        (BEFORE.replace("60m, escalation: {}", "60m, escalation: {LEVEL_1: 5}"), {"P1", "P2"}),
        (BEFORE.replace("P3: {response: 30m", "P3: {response: 30m, update: 1h"), {"P3"}),
        (
            BEFORE
            + "default_calendar: days\n"
            + "calendars: {days: {timezone: UTC, hours: {mon-sun: [08:00-20:00]}}}\n",
            {"P1", "P2", "P3"},
        ),
    ],
)
async def test_only_what_bears_on_milestones_moves_a_ticket(
    process: Process, config: str, moved: set[str]
) -> None:
    await process.post(*(opening(0, name, priority=name) for name in ("P1", "P2", "P3", "P9")))

    assert await process.change(config, 1) == len(moved)
    assert set(await process.retargeted()) == moved


ON_ICE = BEFORE + "statuses: {on_ice: paused}\n"


async def test_a_status_that_was_mapped_wrongly_is_corrected_where_it_stands(
    process: Process,
) -> None:
    await process.change(ON_ICE, 1)
    await process.post(opening(2, priority="P2"), opening(2, "other", priority="P2"), when=2)
    await process.post(update(32, status="On Ice"), when=32)

    assert await process.change(ON_ICE.replace("paused", "active"), 100) == 1
    moved = await facts(process, "T-1")
    assert (moved["phase"], moved["due_at"]) == ("active", text(130))
    (told,) = await process.stream("T-1", Ticket.Retargeted.TOPIC)
    assert told.occurred_at == at(100)
    await process.run(200)
    assert (await process.told())[-1] == (130, "resolution breached", None)
    assert await process.retargeted() == {"T-1": 1}


async def test_a_ticket_without_clocks_is_put_into_its_new_phase_too(process: Process) -> None:
    await process.change(ON_ICE, 1)
    await process.post(
        opening(2, "untracked", priority="P9", status="on_ice"),
        opening(2, "over", status="on_ice"),
        opening(2, "kept", status="on_ice", priority="P9"),
        when=2,
    )
    await process.post(update(3, "kept", status="resolved"), when=3)

    assert await process.change(ON_ICE.replace("paused", "done"), 10) == 2
    untracked, over = await facts(process, "untracked"), await facts(process, "over")
    assert (untracked["phase"], untracked["state"]) == ("done", "untracked")
    assert (resolution(over)["state"], resolution(over)["stopped_at"]) == ("met", text(10))
    assert await process.change(ON_ICE.replace("paused", "active"), 20) == 0


async def test_several_versions_at_once_are_told_of_as_one(process: Process) -> None:
    await process.post(opening(0, "T-1"), opening(0, "T-2", priority="P2"))
    process.clock.set(10)
    await process.offer(SHORTER)
    process.clock.set(11)
    await process.offer(BEFORE.replace("P2: {resolution: 60m", "P2: {resolution: 61m"))
    process.clock.set(12)

    assert await process.retargeting.apply() == 2
    (event,) = await process.stream("T-1", Ticket.Retargeted.TOPIC)
    assert (shown(event.body)["previous_policy"], shown(event.body)["policy"]) == (1, 3)
    assert shown(event.body)["facts"]["due_at"] == text(30)  # of the response


async def test_a_version_for_new_tickets_in_between_moves_no_old_one(process: Process) -> None:
    await process.post(opening(0))
    process.clock.set(10)
    await process.offer(SHORTER + "on_change: {apply_to: new_tickets}\n")
    process.clock.set(11)
    await process.offer(BEFORE + "# as it was\n")

    assert await process.retargeting.apply() == 0
    assert await process.retargeted() == {}


async def test_an_observation_that_comes_first_says_it_instead(process: Process) -> None:
    await process.post(opening(0))
    process.clock.set(10)
    await process.offer(SHORTER)
    await process.post(update(11, status="in_progress"), when=11)

    assert await process.retargeting.apply() == 0
    assert [event.topic for event in await process.stream()] == [
        Ticket.Opened.TOPIC,
        Ticket.Retargeted.TOPIC,
        Ticket.Observed.TOPIC,
    ]


async def test_a_ticket_that_is_reopened_comes_under_the_version_in_force(process: Process) -> None:
    await process.post(opening(0))
    await process.post(update(10, status="resolved"), when=10)
    assert await process.change(SHORTER, 20) == 0

    await process.post(update(30, status="reopened"), when=30)
    await process.run(200)

    assert [what for _, what, _ in await process.told()] == [
        "retargeted to 2",
        "resolution warning",
        "resolution critical",
        "resolution breached",
    ]
    assert (await process.told())[-1][0] == 50


async def test_a_ticket_that_cannot_be_followed_holds_up_none_of_the_others(
    process: Process,
) -> None:
    await process.post(*(opening(0, f"T-{number}") for number in (1, 2, 3)))
    async with process.broken("T-2"):
        assert await process.change(SHORTER, 10) == 2
    assert await process.retargeted() == {"T-1": 1, "T-3": 1}


async def test_what_is_promised_for_the_first_time_reaches_a_ticket_without_open_clocks(
    process: Process,
) -> None:
    await process.post(
        opening(0, "answered", priority="P3"), opening(0, "unpromised", priority="P9")
    )
    await process.post(update(5, "answered", status="in_progress"), when=5)
    promised = BEFORE.replace("P3: {response: 30m", "P3: {response: 30m, resolution: 60m")
    assert await process.change(promised + "    P9: {resolution: 60m, escalation: {}}\n", 20) == 2
    await process.run(100)

    assert await process.told("answered") == [
        (20, "retargeted to 2", None),
        (51, "resolution warning", None),
        (57, "resolution critical", None),
        (60, "resolution breached", None),
    ]
    assert len(await process.told("unpromised")) == 4


async def test_what_takes_effect_while_a_version_comes_is_told_beside_it(process: Process) -> None:
    await process.post(opening(0, title="Outage"), update(30, title="Bigger outage"))
    process.clock.set(29)
    await process.offer(SHORTER)
    await process.tick(31)

    retargeted = await process.stream("T-1", Ticket.Retargeted.TOPIC)
    moved = await process.stream("T-1", Ticket.Moved.TOPIC)
    assert (len(retargeted), len(moved)) == (1, 1)
    assert (moved[0].personal.current or {})["title"] == "Bigger outage"
    assert shown(moved[0].body)["facts"]["policy"] == 2


async def test_the_deadlines_that_a_version_brings_are_announced(process: Process) -> None:
    await process.post(opening(0, "moved"), opening(0, "other", priority="P2"))
    process.clock.set(20)
    await process.offer(SHORTER)
    heard: list[datetime] = []
    applying = Retargeting(
        process.pool, process.desk, process.book, process.now, new_deadline=heard.append
    )
    await applying.apply()

    assert heard == [await process.next_due()]
