"""A route that tells whoever is on call: from what the calendars say to what is sent."""

from datetime import timedelta

from command_side.deciding.events import OnCall, Ticket
from engine.notify.message import Notice as Row
from engine.notify.people import Person, named
from engine.sla.instants import micros
from engine.sla.rotations import Plan, Shift
from projections.outbox import Outbox
from tests.support.desk import CONFIG, Process
from tests.support.items import at, identity, opening, update

ON_CALL = (
    CONFIG.replace(
        "    - {match: {}, to: [slack]}", "    - {match: {}, to: [slack, on-call:payments]}"
    )
    + """
people:
  anna: {name: Anna, email: anna@example.com}
  ben: {name: Ben, slack: U012AB3CD}
on_call:
  payments: {calendar_env: A_URL, fallback: [ben], tell_by: [slack, urgent]}
"""
)


async def test_whoever_is_on_call_at_the_time_is_named_by_the_notice(process: Process) -> None:
    await process.offer(ON_CALL)
    anna = Shift(micros(at(0)), micros(at(55)), "anna")
    until = micros(at(0) + timedelta(days=30))
    assert await process.on_call.record("payments", Plan((anna,)), at(0), until)
    await process.post(opening(0))

    await process.run(58)

    warning, critical = [
        event for event in await process.log() if event.topic == Ticket.AlertRaised.TOPIC
    ]
    assert isinstance(warning.body, Ticket.AlertRaised)
    assert isinstance(critical.body, Ticket.AlertRaised)
    assert warning.body.to == ("slack", "on-call:payments")
    (first,), (second,) = warning.body.notices, critical.body.notices
    assert (first.to, first.people) == (("slack", "urgent"), ("anna",))
    assert first.on_call == (OnCall(rotation="payments", version=1),)
    assert second.people == ("ben",)
    assert second.on_call == (OnCall(rotation="payments", version=1, fallback=True),)
    rows = [one.row for one in Outbox().rows([warning])]
    assert [row["channel"] for row in rows] == ["slack", "urgent"]
    assert rows[0]["body"]["people"] == ["anna"]
    (asked,) = rows[0]["body"]["on_call"]
    assert (asked["rotation"], asked["version"], asked["fallback"]) == ("payments", 1, False)


async def test_an_update_that_ends_a_clock_tells_whoever_is_on_call_then(process: Process) -> None:
    await process.offer(ON_CALL)
    until = micros(at(0) + timedelta(days=30))
    anna = Shift(micros(at(0)), until, "anna")
    assert await process.on_call.record("payments", Plan((anna,)), at(0), until)
    await process.post(opening(0))
    await process.run(52)

    await process.post(update(53, status="resolved"), when=53)

    (informed,) = await process.stream("T-1", Ticket.Informed.TOPIC)
    assert isinstance(informed.body, Ticket.Informed)
    (ended,) = informed.body.notices
    assert (ended.alerts[0].type, ended.people) == ("ended", ("anna",))
    assert ended.on_call == (OnCall(rotation="payments", version=1),)


async def test_whoever_was_told_of_a_level_is_told_what_becomes_of_it(process: Process) -> None:
    """When that is known, the ticket may not be on the level any more."""
    await process.offer(ON_CALL)
    until = micros(at(0) + timedelta(days=30))
    both = (Shift(micros(at(0)), until, "anna"), Shift(micros(at(0)), until, "ben", 2))
    assert await process.on_call.record("payments", Plan(both), at(0), until)
    await process.post(opening(0, priority="P2"), opening(0, "T-2", priority="P2"))
    await process.run(52)  # by then on level 4, and warned of

    await process.post(update(53, status="resolved"), update(5, "T-2", status="resolved"), when=53)
    await process.tick()

    for name, what in (("T-1", "ended"), ("T-2", "retracted")):
        told = await told_to(process, name, 53)
        assert [channel for channel, *_ in told] == ["slack", "urgent"], name
        assert all(one.startswith(what) and people == ("anna", "ben") for _, one, people in told)


async def test_what_two_routes_tell_one_channel_has_the_worst_first(process: Process) -> None:
    """One of them by a rotation, of what happened earlier and matters less."""
    routes = """  routes:
    - {match: {type: escalation}, to: [on-call:payments]}
    - {match: {}, to: [slack]}"""
    await process.offer(
        CONFIG[: CONFIG.index("  routes:")].replace("escalation: {}", "escalation: {LEVEL_3: 45}")
        + routes
        + CONFIG[CONFIG.index("\n  channels:") :]
        + "on_call:\n  payments: {calendar_env: A_URL, tell_by: [slack]}\n"
    )
    assert process.reloader.status.error is None
    await process.post(opening(0))
    await process.tick(61)
    assert await process.notices() == [(61, "resolution breached, resolution level:3", ["slack"])]


async def test_of_a_rotation_that_is_gone_those_are_told_whom_it_told_then(
    process: Process,
) -> None:
    """Of the end by an update, of a withdrawal by a tick; both from the log."""
    await process.offer(ON_CALL)
    until = micros(at(0) + timedelta(days=30))
    anna = Shift(micros(at(0)), micros(at(55)), "anna")
    ben = Shift(micros(at(55)), until, "ben")
    assert await process.on_call.record("payments", Plan((anna, ben)), at(0), until)
    await process.post(opening(0), opening(0, "T-2"))
    await process.run(58)
    await process.change(CONFIG, 58.5)
    await process.tick()

    await process.post(update(59, status="resolved"), update(52, "T-2", status="resolved"), when=59)
    await process.tick()

    ended = await told_to(process, "T-1", 59)
    withdrawn = await told_to(process, "T-2", 59)
    both = ("anna", "ben")  # of the warning the one, of the critical alert the other
    assert ended == [(to, "ended critical", both) for to in ("slack", "urgent")]
    told = "retracted critical, ended warning"
    assert withdrawn == [(to, told, both) for to in ("slack", "urgent")]


async def test_where_a_rotation_told_before_it_is_told_what_has_become_of_it(
    process: Process,
) -> None:
    """Though it tells by other channels by now: an incident there would never be over."""
    await process.offer(ON_CALL)
    until = micros(at(0) + timedelta(days=30))
    anna = Shift(micros(at(0)), until, "anna")
    assert await process.on_call.record("payments", Plan((anna,)), at(0), until)
    await process.post(opening(0), opening(0, "T-2"), opening(0, "T-3"))
    await process.run(52)
    await process.change(ON_CALL.replace("tell_by: [slack, urgent]", "tell_by: [slack]"), 52.5)
    await process.tick()

    await process.post(update(53, status="resolved"), update(50, "T-2", status="resolved"), when=53)
    await process.tick()
    await process.run(58)

    for name, what in (("T-1", "ended warning"), ("T-2", "retracted warning")):
        told = await told_to(process, name, 53)
        assert told == [(to, what, ("anna",)) for to in ("slack", "urgent")], name
    assert await told_to(process, "T-3", 57) == [("slack", "alert critical", ("anna",))]


async def told_to(
    process: Process, external_id: str, minute: float
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Who was told what at that minute."""
    return [
        (channel, ", ".join(f"{one.type} {one.milestone}" for one in notice.alerts), notice.people)
        for event in await process.stream(external_id)
        if event.recorded_at == at(minute)
        for notice in getattr(event.body, "notices", ())
        for channel in notice.to
    ]


def test_the_people_of_a_notice_are_those_of_the_newest_configuration() -> None:
    ben = Person(key="ben", name="Ben", email=None, slack="U012AB3CD")
    row = Row("key", identity(), "slack", 1, {"people": ["ben", "gone"]})
    assert named(row, {"ben": ben}).body["people"] == [
        ben,
        Person(key="gone", name="gone", email=None, slack=None),
    ]
    nobody = Row("key", identity(), "slack", 1, {"alerts": []})
    assert named(nobody, {"ben": ben}) == nobody
