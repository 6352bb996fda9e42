"""What people say: acknowledged holds the climbing, snoozed and silenced keep it quiet."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from command_side import policies, silences
from command_side.deciding.events import Personal, Ticket, shown
from command_side.desk import TicketUnknown
from tests.support.desk import CONFIG, Process, somebody_waits_for_a_lock, working
from tests.support.items import at, opening, submission, text, update

HALF_AN_HOUR = "escalation: {ack_timeout_minutes: 30}\n"


@pytest_asyncio.fixture
async def process(database_url: str) -> AsyncGenerator[Process]:
    """An acknowledgement holds for half an hour."""
    async with working(database_url, CONFIG + HALF_AN_HOUR) as process:
        yield process


@pytest_asyncio.fixture
async def climbing(process: Process) -> Process:
    """With a ticket that reaches its levels after 10, 20, 30 and 45 minutes."""
    await process.post(opening(0, priority="P2", title="Outage"))
    return process


async def test_an_acknowledgement_says_who_and_until_when(climbing: Process) -> None:
    await climbing.run(15)
    position = await climbing.acknowledge(when=16)

    event = (await climbing.log())[-1]
    assert (event.topic, event.position) == (Ticket.Acknowledged.TOPIC, position)
    assert (event.occurred_at, event.correlation_id) == (at(16), "ack")
    assert event.personal == Personal(by="jane", note="on it", title="Outage")
    expected = {"level": 1, "until": text(46), "priority": "P2", "customer_tier": "gold"}
    assert {name: shown(event.body)[name] for name in expected} == expected


async def test_an_acknowledgement_holds_until_it_lapses(climbing: Process) -> None:
    await climbing.acknowledge(when=5)
    await climbing.run(50)

    # What was passed meanwhile is recorded, the highest that is due is told.
    assert await climbing.told() == [
        (35, "level 1", "acknowledged"),
        (35, "level 2", "acknowledged"),
        (35, "level 3", None),
        (45, "level 4", None),
    ]


async def test_what_was_told_before_stays_told(climbing: Process) -> None:
    await climbing.run(15)
    await climbing.acknowledge()
    await climbing.run(46)

    assert await climbing.told() == [
        (10, "level 1", None),
        (45, "level 2", "acknowledged"),
        (45, "level 3", "acknowledged"),
        (45, "level 4", None),
    ]


async def test_the_next_acknowledgement_holds_on(climbing: Process) -> None:
    await climbing.acknowledge(when=5)
    await climbing.acknowledge(when=30)
    await climbing.run(59)
    assert [what for _, what, _ in await climbing.told()] == [
        "resolution warning",
        "resolution critical",
    ]

    await climbing.run(61)
    assert [line for line in await climbing.told() if "level" in line[1]] == [
        (60, "level 1", "acknowledged"),
        (60, "level 2", "acknowledged"),
        (60, "level 3", "acknowledged"),
        (60, "level 4", None),
    ]


async def test_what_is_reported_during_the_hold_does_not_climb_either(climbing: Process) -> None:
    await climbing.acknowledge(when=5)
    await climbing.post(update(15, status="in_progress"), when=15)

    assert shown((await climbing.stream())[-1].body)["facts"]["level"] == 0
    await climbing.tick()
    assert await climbing.told() == []
    assert await climbing.next_due() == at(35)


async def test_many_acknowledgements_hold_as_one(climbing: Process) -> None:
    await climbing.acknowledge(when=5)
    await climbing.run(12)
    for minute in range(13, 23):
        await climbing.acknowledge(when=minute)
        await climbing.tick()

    await climbing.run(50)

    assert await climbing.told() == []
    assert await climbing.next_due() == at(51)


async def test_a_breach_ends_the_hold(climbing: Process) -> None:
    await climbing.run(35)
    await climbing.acknowledge(when=40)
    await climbing.run(69)

    assert (await climbing.told())[3:] == [
        (51, "resolution warning", None),
        (57, "resolution critical", None),
        (60, "resolution breached", None),
        (60, "level 4", None),
    ]


async def test_a_breach_of_an_earlier_cycle_has_ended_the_hold(process: Process) -> None:
    await process.offer(
        "sla_targets: {GOLD: {P1: {next_response: 10m, resolution: 4h,"
        " escalation: {LEVEL_1: 60, LEVEL_2: 90}}}}\n"
    )
    await process.post(opening(1), update(2, last_agent_reply_at=2), when=2)
    await process.post(update(30, last_customer_reply_at=30), when=30)
    await process.acknowledge(when=35)  # until 95, or the first breach
    await process.run(45)  # breached at 40
    await process.post(update(46, last_agent_reply_at=46), when=46)
    await process.post(update(50, last_customer_reply_at=50), when=50)
    await process.post(update(51, last_agent_reply_at=51), when=51)

    await process.run(100)

    assert [line for line in await process.told() if "level" in line[1]] == [
        (61, "level 1", None),
        (91, "level 2", None),
    ]


async def test_after_the_hold_late_evidence_still_counts(climbing: Process) -> None:
    await climbing.acknowledge(when=5)
    await climbing.run(36)
    await climbing.post(update(8, status="pending"), update(9, status="open"), when=37)
    await climbing.run(50)

    assert [line for line in await climbing.told() if line[0] > 35] == [(46, "level 4", None)]


async def test_what_is_acknowledged_may_be_resolved(climbing: Process) -> None:
    await climbing.acknowledge(when=5)
    await climbing.post(update(8, status="resolved"), when=8)
    await climbing.run(200)

    assert await climbing.told() == []
    assert await climbing.next_due() is None


@pytest.mark.parametrize("status", ["resolved", "spam"])
async def test_what_was_held_is_not_told_once_the_ticket_is_over(
    climbing: Process, status: str
) -> None:
    """The first level was crossed at 10, and held until 35."""
    await climbing.acknowledge(when=5)
    await climbing.run(12)
    await climbing.post(update(18, status=status), when=18)
    await climbing.run(100)

    assert await climbing.told() == []
    assert await climbing.next_due() is None


async def test_what_was_held_is_not_told_once_nothing_is_promised_any_more(
    climbing: Process,
) -> None:
    await climbing.acknowledge(when=5)
    await climbing.run(12)
    await climbing.post(update(18, priority="P9"), when=18)
    await climbing.run(100)

    assert await climbing.told() == []


async def test_what_was_held_is_taken_back_when_the_ticket_proves_to_have_been_over(
    climbing: Process,
) -> None:
    await climbing.acknowledge(when=5)
    await climbing.run(36)
    await climbing.post(update(18, status="resolved"), when=37)
    await climbing.run(100)

    assert await climbing.told() == [
        (35, "level 1", "acknowledged"),
        (35, "level 2", "acknowledged"),
        (35, "level 3", None),
        (37, "retracted level:1", "acknowledged"),
        (37, "retracted level:2", "acknowledged"),
        (37, "retracted level:3", None),
    ]
    assert await climbing.next_due() is None

    await climbing.post(update(25, status="open"), when=101)
    await climbing.tick()
    again = (await climbing.stream("T-1", Ticket.Escalated.TOPIC))[3:]
    generations = [(shown(event.body)["level"], shown(event.body)["generation"]) for event in again]
    assert generations == [(1, 1), (2, 1), (3, 1), (4, 0)]


async def test_what_was_told_before_it_was_held_stands_when_the_ticket_is_over(
    climbing: Process,
) -> None:
    await climbing.run(12)
    await climbing.acknowledge()
    await climbing.run(15)
    await climbing.post(update(18, status="resolved"), when=18)
    await climbing.post(update(16, status="in_progress"), when=19)
    await climbing.run(100)

    assert await climbing.told() == [(10, "level 1", None)]


async def test_what_was_held_is_told_of_a_ticket_that_is_open_again(climbing: Process) -> None:
    await climbing.acknowledge(when=5)
    await climbing.post(update(18, status="resolved"), when=18)
    await climbing.post(update(25, status="open"), when=25)
    await climbing.run(36)

    assert await climbing.told() == [(35, "level 1", "acknowledged"), (35, "level 2", None)]


async def test_nobody_acknowledges_what_there_is_not(process: Process) -> None:
    for ticket in (uuid4(), policies.STREAM, silences.STREAM, UUID(int=0)):
        with pytest.raises(TicketUnknown):
            await process.desk.acknowledge(
                ticket, by="jane", note=None, now=at(0), correlation_id=None
            )


async def test_an_acknowledgement_that_loses_a_race_is_decided_again(climbing: Process) -> None:
    observed = [submission(update(5, status="in_progress"))]
    async with climbing.pool.connection() as conn, conn.transaction():
        await climbing.intake.ingest(conn, observed, at(5))
        waiting = asyncio.create_task(climbing.acknowledge(when=5))
        await somebody_waits_for_a_lock(climbing.pool)
    await waiting

    topics = [event.topic for event in await climbing.stream()]
    assert topics == [Ticket.Opened.TOPIC, Ticket.Observed.TOPIC, Ticket.Acknowledged.TOPIC]
    assert (await climbing.head()).observations == 2


async def test_a_stale_process_learns_the_version_before_it_acknowledges(climbing: Process) -> None:
    stale = Process(climbing.pool, climbing.clock)
    await stale.policies.follow()
    climbing.clock.set(4)
    await climbing.offer(CONFIG + "escalation: {ack_timeout_minutes: 7}\n")
    await climbing.post(update(5, priority="P1"), when=5)

    await stale.acknowledge(when=6)

    (acknowledged,) = await climbing.stream("T-1", Ticket.Acknowledged.TOPIC)
    assert shown(acknowledged.body)["until"] == text(13)


async def test_a_snooze_is_quiet_but_not_blind(climbing: Process) -> None:
    await climbing.run(15)
    await climbing.snooze(until=52)
    await climbing.run(58)

    assert await climbing.told() == [
        (10, "level 1", None),
        (20, "level 2", "snoozed"),
        (30, "level 3", "snoozed"),
        (45, "level 4", "snoozed"),
        (51, "resolution warning", "snoozed"),
        (57, "resolution critical", None),
    ]
    (snoozed,) = await climbing.stream("T-1", Ticket.Snoozed.TOPIC)
    assert shown(snoozed.body) == {"until": text(52)}
    assert snoozed.personal == Personal(by="jane", reason="lunch")
    assert snoozed.correlation_id == "snooze"


async def test_a_snooze_can_be_cut_short(climbing: Process) -> None:
    await climbing.snooze(until=500)
    climbing.clock.set(15)
    await climbing.snooze(until=15)
    await climbing.run(25)

    assert [suppressed for *_, suppressed in await climbing.told()] == [None, None]


async def test_a_retraction_reaches_those_who_were_told_even_while_snoozed(
    process: Process,
) -> None:
    await process.post(opening(0))
    await process.run(52)
    await process.snooze(until=500)
    await process.post(update(10, status="resolved"), when=53)
    await process.tick()

    (retracted,) = await process.stream("T-1", Ticket.Retracted.TOPIC)
    assert shown(retracted.body)["to"] == ["slack"]


async def test_a_silence_mutes_what_it_matches_and_nothing_else(process: Process) -> None:
    await process.post(opening(0, "T-1"), opening(0, "T-2", customer_tier="GOLD"))
    await process.silence(55, severity=["warning", "Critical"], external_id=["t-2"])
    await process.run(61)

    assert await process.told("T-1") == [
        (51, "resolution warning", None),
        (57, "resolution critical", None),
        (60, "resolution breached", None),
    ]
    assert await process.told("T-2") == [
        (51, "resolution warning", "silenced"),
        (57, "resolution critical", None),  # the silence has ended
        (60, "resolution breached", None),
    ]


async def test_what_holds_of_an_alert_is_said_before_what_people_want(process: Process) -> None:
    await process.post(opening(0))
    await process.silence(500, customer_tier=["gold"])
    await process.tick(65)

    assert [suppressed for *_, suppressed in await process.told()] == [
        "inhibited",
        "inhibited",
        "silenced",
    ]
