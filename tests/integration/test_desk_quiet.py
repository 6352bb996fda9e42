"""What one tick finds is one message, and what was muted is told once when the quiet is over."""

import asyncio

import pytest

from command_side.deciding.events import Ticket, shown
from projections.outbox import Outbox
from tests.support.desk import CONFIG, Process
from tests.support.items import at, identity, opening, update

BY_KIND = "P1: {resolution: 60m, response: 60m}"
SLACK, BOTH = ["slack"], ["urgent", "slack"]


async def breached_in_a_snooze(process: Process, *, until: float) -> None:
    """At minute 60; the ticket of priority 1 warns at 51."""
    await process.post(opening(0))
    await process.snooze(until=until)
    await process.run(until - 1)


async def test_what_one_tick_finds_is_one_notice(process: Process) -> None:
    """Without a ladder each alert has its level."""
    await process.offer(CONFIG.replace("P1: {resolution: 60m, escalation: {}}", BY_KIND))
    await process.post(opening(0))
    await process.run(100)
    assert await process.notices() == [
        (51, "resolution warning, response warning, resolution level:1", SLACK),
        (57, "resolution critical, response critical, resolution level:2", SLACK),
        (60, "resolution breached, response breached, resolution level:3", BOTH),
    ]
    # The log and the streams have each by itself.
    assert len([one for one in await process.told() if one[2] is None]) == 9


async def test_what_a_late_observation_brings_to_light_is_one_notice(process: Process) -> None:
    await process.post(opening(0, priority="P2"), when=62)
    await process.tick()
    assert await process.notices() == [(62, "resolution breached, resolution level:4", BOTH)]


async def test_channels_that_are_told_different_things_get_notices_of_their_own(
    process: Process,
) -> None:
    await process.offer(
        CONFIG.replace("{match: {severity: breached}", "{match: {type: escalation}")
    )
    await process.post(opening(5, priority="P2"), when=67)
    await process.tick()
    assert await process.notices() == [
        (67, "resolution level:4", ["urgent"]),
        (67, "resolution breached, resolution level:4", SLACK),
    ]


async def test_what_is_taken_back_at_once_is_one_notice(process: Process) -> None:
    await process.post(opening(0, priority="P2"))
    await process.run(62)
    await process.post(update(5, status="resolved"), when=63)
    await process.tick()
    everything = await process.notices()
    assert everything[-1][0] == 63
    (to_slack,) = [what for when, what, to in everything if when == 63 and "slack" in to]
    assert to_slack.count("withdrawn") == 7


async def test_a_breach_in_a_snooze_is_told_once_when_the_snooze_is_over(process: Process) -> None:
    await breached_in_a_snooze(process, until=120)
    assert await process.notices() == []
    assert await process.next_due() == at(120)

    await process.run(500)

    # Not the warning nor what was critical: of what is so then.
    assert await process.notices() == [(120, "snoozed resolution breached", BOTH)]
    assert [what for _, what, _ in await process.told()] == [
        "resolution warning",
        "resolution critical",
        "resolution breached",
    ]
    (unmuted,) = await process.stream("T-1", Ticket.Unmuted.TOPIC)
    (breached,) = shown(unmuted.body)["alerts"]
    assert (breached["type"], breached["to"]) == ("alert", BOTH)
    assert await process.next_due() is None


async def test_what_was_muted_is_told_under_the_key_that_it_would_have_had(
    process: Process,
) -> None:
    """So that it cannot be told twice, whoever decides."""
    await breached_in_a_snooze(process, until=120)
    await process.run(121)
    bodies = [shown(one.body) for one in await process.stream()]
    (raised,) = [body for body in bodies if body.get("severity") == "breached"]
    keys = [write.row["dedup_key"] for write in Outbox().rows(await process.log())]
    assert keys == [f"{raised['alert_id']}:alert:{channel}" for channel in BOTH]


async def test_levels_that_were_muted_are_told_as_the_highest(process: Process) -> None:
    await process.post(opening(0, priority="P2"))
    await process.run(15)
    await process.snooze(until=90)
    await process.run(100)
    assert await process.notices() == [
        (10, "resolution level:1", SLACK),
        (90, "snoozed resolution breached, snoozed resolution level:4", BOTH),
    ]


@pytest.mark.parametrize("status", ["resolved", "spam"])
async def test_nothing_is_told_of_a_ticket_that_is_over_by_then(
    process: Process, status: str
) -> None:
    await breached_in_a_snooze(process, until=120)
    await process.post(update(119, status=status), when=119)
    await process.run(500)
    assert await process.notices() == []
    assert await process.next_due() is None


async def test_nothing_is_told_of_what_somebody_has_taken_on(process: Process) -> None:
    await breached_in_a_snooze(process, until=120)
    await process.acknowledge(when=119)
    await process.run(500)
    assert await process.notices() == []


async def test_what_is_breached_after_somebody_took_it_on_is_told(process: Process) -> None:
    await process.post(opening(0))
    await process.snooze(until=120)
    await process.acknowledge(when=30)
    await process.run(500)
    assert await process.notices() == [(120, "snoozed resolution breached", BOTH)]


async def test_what_was_muted_and_resolved_is_told_if_it_is_opened_again(process: Process) -> None:
    """Of a ticket that is breached again nobody has heard yet."""
    await breached_in_a_snooze(process, until=120)
    await process.post(update(119, status="resolved"), when=119)
    await process.run(200)
    await process.post(update(201, status="open"), when=201)
    await process.run(500)
    assert await process.notices() == [(201, "snoozed resolution breached", BOTH)]


async def test_observations_meanwhile_do_not_make_it_forgotten(process: Process) -> None:
    await breached_in_a_snooze(process, until=120)
    for minute in (80, 90, 100):
        await process.post(update(minute, assigned_to=f"jo {minute}"), when=minute)
    await process.run(500)
    assert await process.notices() == [(120, "snoozed resolution breached", BOTH)]


async def test_what_is_critical_when_the_snooze_is_over_is_told_and_then_the_breach(
    process: Process,
) -> None:
    await process.post(opening(0))
    await process.snooze(until=58)
    await process.run(500)
    assert await process.notices() == [
        (58, "snoozed resolution critical", SLACK),
        (60, "resolution breached", BOTH),
    ]


async def test_a_longer_snooze_keeps_it_quiet_and_a_shorter_one_does_not(process: Process) -> None:
    await breached_in_a_snooze(process, until=120)
    await process.snooze(until=180)
    await process.run(150)
    assert await process.notices() == []
    await process.snooze(until=160)
    await process.run(500)
    assert await process.notices() == [(160, "snoozed resolution breached", BOTH)]


async def test_a_second_snooze_does_not_tell_it_again(process: Process) -> None:
    await breached_in_a_snooze(process, until=120)
    await process.run(130)
    await process.snooze(until=180)
    await process.run(500)
    assert len(await process.notices()) == 1


async def test_who_was_told_after_the_quiet_hears_of_it_when_it_is_taken_back(
    process: Process,
) -> None:
    await breached_in_a_snooze(process, until=120)
    await process.run(130)
    await process.post(update(10, status="resolved"), when=131)
    await process.tick()
    assert (await process.notices())[1:] == [(131, "withdrawn resolution breached", BOTH)]


async def test_what_a_silence_muted_is_told_when_it_runs_out(process: Process) -> None:
    await process.post(opening(0), opening(0, "T-2"))
    await process.silence(120, external_id=["T-1"])
    await process.silence(90, customer_tier=["gold"])
    await process.run(500)
    assert await process.notices() == [(120, "silenced resolution breached", BOTH)]
    assert await process.notices("T-2") == [(90, "silenced resolution breached", BOTH)]


async def test_what_a_silence_muted_is_told_when_somebody_ends_it(process: Process) -> None:
    """The engine of another process, once it has heard of it."""
    await process.post(opening(0), opening(0, "T-2"))
    await process.silence(500, customer_tier=["gold"])
    await process.run(100)
    (silence,) = process.silences.in_force()
    other = Process(process.pool, process.clock)
    await other.policies.follow()
    await other.silences.follow()
    await process.silences.end(silence.silence_id, now=at(100), correlation_id=None)
    assert await other.tick(101) == 0

    await other.silences.follow()
    assert await other.tick() == 2
    assert await process.tick(102) == 0

    for name in ("T-1", "T-2"):
        assert await process.notices(name) == [(101, "silenced resolution breached", BOTH)]


async def test_a_silence_that_was_ended_is_found_after_a_restart(process: Process) -> None:
    await process.post(opening(0))
    await process.silence(500, customer_tier=["gold"])
    await process.run(100)
    (silence,) = process.silences.in_force()
    await process.silences.end(silence.silence_id, now=at(100), correlation_id=None)
    heir = Process(process.pool, process.clock)
    await heir.policies.follow()
    await heir.silences.follow()
    await heir.tick(101)
    assert await process.notices() == [(101, "silenced resolution breached", BOTH)]


async def test_what_another_silence_mutes_too_stays_quiet(process: Process) -> None:
    await process.post(opening(0))
    await process.silence(500, customer_tier=["gold"])
    await process.run(100)
    (first,) = process.silences.in_force()
    await process.silence(200, external_id=["T-1"])
    await process.silences.end(first.silence_id, now=at(101), correlation_id=None)
    await process.tick(102)
    assert await process.notices() == []
    assert await process.next_due() == at(200)
    assert await process.tick(103) == 0

    await process.run(300)
    assert await process.notices() == [(200, "silenced resolution breached", BOTH)]


async def test_a_snooze_and_a_silence_both_have_to_be_over(process: Process) -> None:
    await process.post(opening(0))
    await process.silence(120, customer_tier=["gold"])
    await process.snooze(until=200)
    await process.run(500)
    assert await process.notices() == [(200, "snoozed resolution breached", BOTH)]


async def test_of_several_engines_one_tells_it(process: Process) -> None:
    await process.post(*(opening(0, f"T-{number}") for number in range(20)))
    for number in range(20):
        await process.snooze(120, f"T-{number}")
    await process.run(119)
    others = [Process(process.pool, process.clock) for _ in range(3)]
    for other in others:
        await other.policies.follow()
    process.clock.set(120)
    await asyncio.gather(*(one.tick() for one in (process, *others)))
    for number in range(20):
        assert len(await process.notices(f"T-{number}")) == 1


async def test_a_tick_that_dies_before_its_commit_is_made_up_for(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await breached_in_a_snooze(process, until=120)
    before = len(await process.log())
    async with process.pool.connection() as conn:
        await conn.execute(
            "create function fall() returns trigger language plpgsql as"
            " $$ begin raise exception 'fell'; end $$;"
            " create trigger fall before insert on events for each row"
            " when (new.topic = 'ticket.unmuted.v1') execute function fall()"
        )
    process.clock.set(120)
    await process.tick()
    assert len(await process.log()) == before
    async with process.pool.connection() as conn:
        await conn.execute("drop trigger fall on events")
    await process.run(200)
    assert [what for _, what, _ in await process.notices()] == ["snoozed resolution breached"]


async def test_a_notice_names_its_ticket_and_not_another(process: Process) -> None:
    await process.post(opening(0), opening(0, "T-2"))
    await process.run(61)
    for name in ("T-1", "T-2"):
        (alert, *_), *_ = [
            shown(one.body)["notices"][0]["alerts"]
            for one in await process.stream(name, Ticket.AlertRaised.TOPIC)
        ]
        rows = [
            row
            for write in Outbox().rows(await process.log())
            if (row := write.row)["alert_id"] == alert["alert_id"]
        ]
        assert {row["ticket_id"] for row in rows} == {identity(name)}
        assert {row["body"]["external_id"] for row in rows} == {name}
