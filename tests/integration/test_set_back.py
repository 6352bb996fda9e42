"""A clock that was ahead by a day and is set back: the future that was told is taken back."""

from datetime import timedelta

from command_side import event_store
from command_side.deciding.events import ClockSetBack, Ticket, shown
from command_side.event_store import read_streams
from command_side.set_back import STREAM
from tests.support.desk import Process
from tests.support.items import at, identity, opening, update

DAY = 24 * 60


async def known_at(process: Process, minute: float, external_id: str = "T-1") -> list[str]:
    """The topics that were known then."""
    async with process.pool.connection() as conn:
        ticket = identity(external_id)
        streams = await read_streams(conn, [ticket], recorded_until=at(minute))
        return [event.topic.split(".")[1] for event in streams[ticket]]


async def test_what_was_raised_too_early_is_taken_back_and_raised_again_at_its_time(
    process: Process,
) -> None:
    await process.post(opening(0))
    await process.tick(51)
    await process.tick(54 + DAY)

    assert await process.set_back(54) == timedelta(days=1)
    await process.tick()
    await process.run(60.1)

    assert await process.told() == [
        (51, "resolution warning", None),
        (57, "resolution critical", "inhibited"),
        (60, "resolution breached", None),
        (54, "retracted breached", None),
        (54, "retracted critical", "inhibited"),
        (57, "resolution critical", None),
        (60, "resolution breached", None),
    ]
    retracted = await process.stream("T-1", Ticket.Retracted.TOPIC)
    assert {shown(event.body)["reason"] for event in retracted} == {
        "the clock was ahead when it was raised, and has been set back"
    }
    raised = await process.stream("T-1", Ticket.AlertRaised.TOPIC)
    assert len({shown(event.body)["alert_id"] for event in raised}) == 5


async def test_what_came_while_the_clock_was_ahead_is_known_and_told(process: Process) -> None:
    """Also of a ticket of which an observation had taken effect ahead of its time."""
    process.clock.set(0)
    await process.post(opening(0, "T-1"), opening(1, "T-2"))
    await process.post(opening(10, "T-3"), update(20 + DAY, "T-2", status="pending"), when=20 + DAY)

    await process.set_back(20)
    await process.tick()
    await process.run(71.1)

    for name, opened in (("T-1", 0), ("T-2", 1), ("T-3", 10)):
        assert await process.told(name) == [
            (51 + opened, "resolution warning", None),
            (57 + opened, "resolution critical", None),
            (60 + opened, "resolution breached", None),
        ]


async def test_times_of_recording_are_true_again_once_the_log_says_so(process: Process) -> None:
    await process.post(opening(0, "T-1"), opening(0, "T-2"))
    await process.post(update(1, "T-1", priority="P2"), when=5 + DAY)
    await process.post(opening(1, "T-3"))
    process.clock.set(6)
    await process.post(update(2, "T-2", priority="P2"))  # nobody has noticed yet

    await process.set_back(7)
    await process.post(update(3, "T-1", priority="P1"), when=8)

    log = await process.log()
    assert [(event.topic, event.recorded_at) for event in log[-3:]] == [
        ("ticket.observed.v1", at(5 + DAY)),
        (ClockSetBack.TOPIC, at(7)),
        ("ticket.observed.v1", at(8)),
    ]
    assert await known_at(process, 6.9) == ["opened"]
    assert await known_at(process, 7, "T-3") == ["opened"]
    assert await known_at(process, 7) == ["opened", "observed"]
    assert await known_at(process, 8) == ["opened", "observed", "observed"]
    assert await known_at(process, 7, "T-2") == ["opened", "observed"]
    async with process.pool.connection() as conn:
        assert (await event_store.verify_chain(conn)).reason is None


async def test_a_clock_that_is_a_little_behind_sets_nothing_back(process: Process) -> None:
    await process.post(opening(0), when=10)
    before = await process.log()

    assert await process.set_back(9.9) is None
    assert await process.log() == before


async def test_one_process_says_so(process: Process) -> None:
    await process.post(opening(0), when=DAY)

    assert await process.set_back(1) is not None
    assert await process.set_back(1) is None

    [event] = [event for event in await process.log() if event.ticket_id == STREAM]
    assert shown(event.body) == {
        "was": "2026-01-06T09:00:00Z",
        "set_to": "2026-01-05T09:01:00Z",
        "tickets": 1,
    }


async def test_what_nothing_was_said_of_is_left_alone(process: Process) -> None:
    await process.post(opening(0, "T-1"))
    await process.post(opening(0, "T-2"), when=DAY)
    await process.set_back(30)

    async with process.pool.connection() as conn:
        cursor = await conn.execute(
            "select external_id, next_due_at from heads where next_due_at is not null"
        )
        assert dict(await cursor.fetchall()) == {"T-1": at(51), "T-2": at(30)}


async def test_a_configuration_accepted_meanwhile_takes_no_ticket_into_the_future(
    process: Process,
) -> None:
    """It holds for new tickets at once, and for those that are open at the time it was given."""
    await process.post(opening(0, "T-1"))
    process.clock.set(DAY)
    await process.offer("sla_targets: {GOLD: {P1: {resolution: 100m}}}\n")

    await process.set_back(10)
    assert await process.retargeting.apply() is None
    await process.post(opening(10, "T-2"), update(10, "T-1", status="in_progress"))
    await process.run(61)
    await process.run(96)

    assert await process.told("T-1") == [
        (51, "resolution warning", None),
        (57, "resolution critical", None),
        (60, "resolution breached", None),
    ]
    assert await process.told("T-2") == [(95, "resolution warning", None), (95, "level 1", None)]
    process.clock.set(DAY)
    assert await process.retargeting.apply() == 1
