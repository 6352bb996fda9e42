"""Milestones are raised once, at their instant, whatever engines and intakes do meanwhile."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from command_side.deciding.events import Personal, Ticket, shown
from engine.notify.message import Delivery
from tests.support.desk import Process
from tests.support.items import at, identity, opening, text, update

JUST = timedelta(microseconds=1)


async def test_each_milestone_is_raised_at_its_instant(process: Process) -> None:
    await process.post(opening(0))

    looked = await process.run(300)

    assert looked == [at(51), at(57), at(60) + JUST]
    assert await process.told() == [
        (51, "resolution warning", None),
        (57, "resolution critical", None),
        (60, "resolution breached", None),
    ]
    assert await process.next_due() is None


async def test_looking_again_raises_nothing_again(process: Process) -> None:
    await process.post(opening(0))
    await process.tick(58)
    before = await process.log()

    assert await process.tick() == 0
    assert await process.log() == before


async def test_an_alert_says_what_there_is_to_know(process: Process) -> None:
    await process.post(opening(0, title="Outage", assigned_to="jo", source="zendesk"))
    ticket = identity("T-1", "zendesk")
    await process.tick(58)

    (warning, critical) = (
        event for event in await process.log() if event.topic == Ticket.AlertRaised.TOPIC
    )
    assert critical.ticket_id == ticket
    assert critical.occurred_at == at(57)
    assert critical.recorded_at == at(58)
    assert critical.personal == Personal(title="Outage", assigned_to="jo")
    expected = {
        "source": "zendesk",
        "external_id": "T-1",
        "clock": "resolution",
        "cycle": 1,
        "cycle_started_at": text(0),
        "severity": "critical",
        "generation": 0,
        "ordinal": 0,
        "due_at": text(60),
        "remaining_seconds": 120,
        "raised_at": text(58),
        "escalation_level": 0,
        "priority": "P1",
        "customer_tier": "gold",
        "status": "open",
        "policy": 1,
        "suppressed": None,
        "to": ["slack"],
    }
    assert {name: shown(critical.body)[name] for name in expected} == expected
    assert shown(critical.body)["alert_id"] != shown(warning.body)["alert_id"]


async def test_a_breach_bears_its_deadline_and_goes_its_own_route(process: Process) -> None:
    await process.post(opening(0))
    await process.run(90)

    breached = (await process.stream("T-1", Ticket.AlertRaised.TOPIC))[-1]
    assert breached.occurred_at == at(60)
    assert shown(breached.body)["raised_at"] == "2026-01-05T10:00:00.000001Z"
    assert shown(breached.body)["to"] == ["urgent", "slack"]


async def test_of_several_due_at_once_only_the_highest_is_told(process: Process) -> None:
    await process.post(opening(0))
    await process.tick(65)

    assert await process.told() == [
        (51, "resolution warning", "inhibited"),
        (57, "resolution critical", "inhibited"),
        (60, "resolution breached", None),
    ]
    raised = await process.stream("T-1", Ticket.AlertRaised.TOPIC)
    assert [shown(event.body)["to"] for event in raised] == [[], [], ["urgent", "slack"]]


async def test_what_was_long_past_when_it_became_known_is_recorded_and_not_told(
    process: Process,
) -> None:
    await process.post(opening(0), when=118)  # an hour after the critical one
    await process.tick()

    assert await process.told() == [
        (51, "resolution warning", "backfill"),
        (57, "resolution critical", "backfill"),
        (60, "resolution breached", None),
    ]


@pytest.mark.parametrize("updated", [False, True])
async def test_what_an_engine_has_slept_through_is_told_when_it_wakes(
    process: Process, updated: bool
) -> None:
    """A machine that was suspended, a worker that was away: nobody has been told. Updates that came
    meanwhile do not make old news of it."""
    await process.post(opening(0))
    if updated:
        for minute in (61, 1400):
            await process.post(update(minute, status="in_progress"), when=minute)
    await process.tick(1441)

    assert await process.told() == [
        (51, "resolution warning", "inhibited"),
        (57, "resolution critical", "inhibited"),
        (60, "resolution breached", None),
    ]


async def test_what_becomes_known_late_is_no_news_once_the_engine_has_looked(
    process: Process,
) -> None:
    await process.post(opening(0, status="pending"))
    await process.tick()
    await process.post(update(1, status="open"), when=119)
    await process.tick()

    assert await process.told() == [
        (52, "resolution warning", "backfill"),
        (58, "resolution critical", "backfill"),
        (61, "resolution breached", None),
    ]


async def test_what_an_import_brings_is_recorded_and_not_told(process: Process) -> None:
    await process.post(opening(-600), update(-300, status="resolved"))
    await process.tick()

    assert {suppressed for *_, suppressed in await process.told()} == {"backfill"}
    assert len(await process.told()) == 3


async def test_levels_rise_with_their_ladder(process: Process) -> None:
    await process.post(opening(0, priority="P2"))
    await process.run(50)

    assert await process.told() == [
        (10, "level 1", None),
        (20, "level 2", None),
        (30, "level 3", None),
        (45, "level 4", None),
    ]
    raised = await process.stream("T-1", Ticket.Escalated.TOPIC)
    assert [shown(event.body)["level_name"] for event in raised] == [
        "Team lead",
        "Manager",
        "Director",
        "4",
    ]
    assert [shown(event.body)["escalation_level"] for event in raised] == [1, 2, 3, 4]
    assert {shown(event.body)["severity"] for event in raised} == {"compliant"}


async def test_levels_passed_while_nobody_looked_are_recorded(process: Process) -> None:
    await process.post(opening(0, priority="P2"))
    await process.tick(31)

    assert await process.told() == [
        (10, "level 1", "inhibited"),
        (20, "level 2", "inhibited"),
        (30, "level 3", None),
    ]
    raised = await process.stream("T-1", Ticket.Escalated.TOPIC)
    assert [shown(event.body)["escalation_level"] for event in raised] == [3, 3, 3]


async def test_nothing_falls_due_while_a_clock_is_paused(process: Process) -> None:
    await process.post(opening(0))
    await process.post(update(50, status="pending"), when=50)
    assert await process.run(500) == []

    await process.post(update(500, status="open"), when=500)
    await process.run(600)

    assert await process.told() == [
        (501, "resolution warning", None),
        (507, "resolution critical", None),
        (510, "resolution breached", None),
    ]


async def test_what_is_resolved_in_time_is_not_told_of(process: Process) -> None:
    await process.post(opening(0))
    await process.post(update(50, status="resolved"), when=50)

    assert await process.next_due() is None
    assert await process.run(500) == []


async def test_what_fell_due_while_no_engine_ran_is_not_forgotten(process: Process) -> None:
    await process.post(opening(0))
    for minute in (61, 62, 63):  # in order: each continues the head
        await process.post(
            update(minute, status="in_progress", assigned_to=f"{minute}"), when=minute
        )

    await process.tick(64)

    assert [what for _, what, _ in await process.told()] == [
        "resolution warning",
        "resolution critical",
        "resolution breached",
    ]


async def test_what_fell_due_before_it_was_resolved_is_not_forgotten(process: Process) -> None:
    await process.post(opening(0))
    await process.post(update(58, status="in_progress"), when=58)
    await process.post(update(59, status="resolved"), when=59)

    await process.tick(60)

    assert await process.told() == [
        (51, "resolution warning", "inhibited"),
        (57, "resolution critical", None),
    ]


async def test_many_engines_share_the_work_and_raise_each_milestone_once(process: Process) -> None:
    names = [f"T-{number}" for number in range(300)]
    await process.post(*(opening(0, name) for name in names))
    engines = [Process(process.pool, process.clock) for _ in range(3)]
    for engine in engines:
        await engine.policies.follow()

    async def look(engine: Process) -> int:
        count = 0
        while (raised := await engine.desk.raise_due(process.now(), 20)).count:
            count += raised.count
        return count

    for minute in (51, 57, 61):
        process.clock.set(minute)
        counts = await asyncio.gather(*(look(engine) for engine in engines))
        assert sum(counts) == 300

    raised = [e for e in await process.log() if e.topic == Ticket.AlertRaised.TOPIC]
    assert Counter(shown(event.body)["severity"] for event in raised) == dict.fromkeys(
        ("warning", "critical", "breached"), 300
    )
    assert len({shown(event.body)["alert_id"] for event in raised}) == 900


async def test_engines_and_intakes_at_the_same_tickets_lose_nothing(process: Process) -> None:
    names = [f"T-{number}" for number in range(30)]
    await process.post(*(opening(0, name) for name in names))
    process.clock.set(58)
    engine = Process(process.pool, process.clock)
    await engine.policies.follow()
    stop = asyncio.Event()

    async def look() -> None:
        while not stop.is_set():
            await engine.desk.raise_due(process.now(), 7)
            await asyncio.sleep(0)

    async def send() -> None:
        for minute in range(1, 15):
            await process.post(*(update(minute, name, assigned_to=f"{minute}") for name in names))
        stop.set()

    await asyncio.gather(look(), send())
    await process.tick()

    for name in names:
        assert await process.told(name) == [
            (51, "resolution warning", "inhibited"),
            (57, "resolution critical", None),
        ]
        assert (await process.head(name)).observations == 15


async def test_deliveries_are_recorded_at_whatever_version_the_ticket_is(process: Process) -> None:
    await process.post(opening(0, "T-1"), opening(0, "T-2"))
    await process.tick(51)
    due = await process.next_due()

    def delivery(name: str, channel: str) -> Delivery:
        return Delivery(
            ticket_id=identity(name),
            alerts=[{"type": "alert", "alert_id": "a"}],
            channel=channel,
            dedup_key=f"a:alert:{channel}",
            delivered_at=at(52),
            attempts=2,
        )

    await process.desk.record_deliveries(
        [delivery("T-1", "slack"), delivery("T-2", "slack"), delivery("T-1", "urgent")]
    )

    told = await process.stream("T-1", Ticket.Delivered.TOPIC)
    assert [(shown(event.body)["channel"], shown(event.body)["attempts"]) for event in told] == [
        ("slack", 2),
        ("urgent", 2),
    ]
    assert await process.next_due() == due
    await process.run(61)
    assert [what for _, what, _ in await process.told("T-2")][-1] == "resolution breached"
