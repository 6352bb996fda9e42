"""Batches of observations on a real database: nothing is lost, nothing is written twice."""

import asyncio
from collections import Counter
from random import Random
from typing import Any

import pytest

from command_side.deciding.events import Ticket, shown
from command_side.deciding.replayed import Replayed
from command_side.event_store import verify_chain
from command_side.intake.batches import Contended, Intake
from tests.support.desk import Clock, Process, somebody_waits_for_a_lock
from tests.support.items import at, opening, submission, text, update


async def sound(process: Process) -> None:
    """Positions are dense, versions are, heads stand at the end of their streams."""
    log = await process.log()
    assert [event.position for event in log] == list(range(1, len(log) + 1))
    versions: Counter[Any] = Counter()
    for event in log:
        versions[event.ticket_id] += 1
        assert event.version == versions[event.ticket_id]
    async with process.pool.connection() as conn:
        cursor = await conn.execute("select ticket_id, version from heads")
        assert dict(await cursor.fetchall()) == dict(versions)
        chain = await verify_chain(conn)
    assert (chain.bad_position, chain.checked) == (None, len(log))


async def test_many_tickets_in_one_batch(process: Process) -> None:
    batch = await process.post(*(opening(0, f"T-{number}") for number in range(1000)))

    assert Counter(one.outcome for one in batch) == {"accepted": 1000}
    positions = [one.position for one in batch]
    assert len(set(positions)) == 1000
    await sound(process)


async def test_one_ticket_many_times_in_one_batch(process: Process) -> None:
    statuses = ("in_progress", "pending", "open")
    updates = [update(minute, status=statuses[minute % 3]) for minute in range(1, 200)]
    Random(5).shuffle(updates)

    batch = await process.post(opening(0), *updates, *updates, when=300)

    outcomes = Counter(one.outcome for one in batch)
    assert outcomes == {"accepted": 200, "duplicate": 199}
    await sound(process)
    case = await process.case()
    head = await process.head()
    assert len(case.timeline) == head.observations == 200
    assert head.fold is not None
    assert head.fold.at == case.refold(at_micros(300)).at


def at_micros(minute: float) -> int:
    return int(at(minute).timestamp() * 1_000_000)


async def test_late_and_in_order_observations_of_many_tickets_in_one_batch(
    process: Process,
) -> None:
    names = [f"T-{number}" for number in range(20)]
    await process.post(*(opening(0, name) for name in names))
    await process.post(*(update(10, name, status="resolved") for name in names), when=10)

    mixed = [
        update(5, name, status="pending") if number % 2 else update(11, name, status="reopened")
        for number, name in enumerate(names)
    ]
    batch = await process.post(*mixed, when=12)

    assert [one.late for one in batch] == [bool(number % 2) for number in range(20)]
    for number, name in enumerate(names):
        facts = shown((await process.stream(name))[-1].body)["facts"]
        assert facts["status"] == ("resolved" if number % 2 else "reopened")


async def test_what_is_sent_again_is_known_again(process: Process) -> None:
    items = [opening(0), opening(0, "T-2"), update(3, status="pending")]
    await process.post(*items)
    before = len(await process.log())

    again = await process.post(*items, opening(0, "T-2", title="Other"))
    once_more = await process.post(opening(0, "T-2", title="Other"))

    assert [one.outcome for one in again] == ["duplicate"] * 3 + ["conflict"]
    assert [one.outcome for one in once_more] == ["conflict"]
    log = await process.log()
    assert [event.topic for event in log[before:]] == [Ticket.Conflicted.TOPIC]


async def test_conflicts_in_a_later_batch_are_not_stored_twice(process: Process) -> None:
    await process.post(opening(0))
    others = [opening(0, title=f"Other {number}") for number in range(3)]
    await process.post(*others)

    await process.post(*reversed(others), update(5, status="pending"), when=5)

    conflicts = await process.stream("T-1", Ticket.Conflicted.TOPIC)
    assert len(conflicts) == 3
    assert (await process.stream())[-1].topic == Ticket.Observed.TOPIC


async def test_one_bad_item_keeps_none_of_the_others(process: Process) -> None:
    batch = await process.post(
        opening(0, "T-1"),
        opening(0, "T-2", status="half-done"),
        update(0, "T-3"),
        opening(0, "T-4"),
    )

    assert [one.outcome for one in batch] == ["accepted", "rejected", "rejected", "accepted"]
    assert await process.stream("T-2") == []


async def test_a_ticket_that_cannot_be_decided_keeps_none_of_the_others(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("T-1", "T-2", "T-3")
    await process.post(*(opening(0, name) for name in names))
    items = [update(1, name, status="pending") for name in names]
    async with process.broken("T-2"):
        batch = await process.post(*items, when=1)
    assert [one.outcome for one in batch] == ["accepted", "rejected", "accepted"]
    assert "on our side" in batch[1].problems[0].msg
    assert [record.getMessage() for record in caplog.records] == ["a ticket is not decided"]

    again = await process.post(*items, when=2)
    assert [one.outcome for one in again] == ["duplicate", "accepted", "duplicate"]


async def test_the_answer_says_the_earliest_deadline(process: Process) -> None:
    batch = [submission(opening(0, "T-1")), submission(opening(-20, "T-2"))]
    async with process.pool.connection() as conn:
        soonest = await process.intake.ingest(conn, batch, process.now())

    assert soonest == at(31)


async def test_two_intakes_racing_for_the_same_tickets_lose_nothing(process: Process) -> None:
    other = Process(process.pool, process.clock)
    await other.policies.follow()
    names = [f"T-{number}" for number in range(10)]
    process.clock.set(100)

    async def send(who: Process, offset: int) -> list[str | None]:
        outcomes: list[str | None] = []
        for minute in range(offset, 40, 2):
            items = [
                opening(minute, name, status=f"{('open', 'pending')[minute // 2 % 2]}")
                for name in names
            ]
            outcomes += [one.outcome for one in await who.post(*items)]
            outcomes += [one.outcome for one in await who.post(*items)]
        return outcomes

    one, two = await asyncio.gather(send(process, 0), send(other, 1))

    assert Counter(one + two) == {"accepted": 400, "duplicate": 400}
    await sound(process)
    for name in names:
        case, head = await process.case(name), await process.head(name)
        assert head.observations == len(case.timeline) == 40
        assert head.attributes == _attributes(case)
        late = [shown(event.body)["late"] for event in await process.stream(name)]
        assert head.late == sum(late)


def _attributes(case: Replayed) -> dict[str, Any]:
    case.refold(at_micros(100))
    return case.head.attributes


async def test_the_same_new_ticket_from_two_sides_is_opened_once(process: Process) -> None:
    other = Process(process.pool, process.clock)
    await other.policies.follow()

    both = await asyncio.gather(*(who.post(opening(0)) for who in (process, other) * 5))

    outcomes = Counter(one.outcome for batch in both for one in batch)
    assert outcomes == {"accepted": 1, "duplicate": 9}
    assert [event.topic for event in await process.stream()] == [Ticket.Opened.TOPIC]


async def test_without_a_time_the_loser_of_a_race_comes_after_the_winner(process: Process) -> None:
    await process.post(opening(0))
    other = Process(process.pool, process.clock)
    await other.policies.follow()
    process.clock.set(5)

    await asyncio.gather(
        process.post(update(None, status="pending")), other.post(update(None, status="in_progress"))
    )

    first, second = await process.stream("T-1", Ticket.Observed.TOPIC)
    assert first.occurred_at == at(5)
    assert second.occurred_at == at(5).replace(microsecond=1)
    assert (await process.head()).late == 0


async def test_a_lost_version_is_decided_again_alone(process: Process) -> None:
    await process.post(opening(0, "T-1"), opening(0, "T-2"))
    items = [update(5, name, status="pending") for name in ("T-1", "T-2")]
    first = [submission(update(4, "T-2", status="in_progress"))]

    async with process.pool.connection() as conn, conn.transaction():
        await process.intake.ingest(conn, first, at(5))
        second = asyncio.create_task(process.post(*items, when=5))
        await somebody_waits_for_a_lock(process.pool)
    batch = await second

    assert [one.outcome for one in batch] == ["accepted", "accepted"]
    assert [one.position for one in batch] == [5, 6]
    assert [event.version for event in await process.stream("T-2")] == [1, 2, 3]
    assert (await process.head("T-2")).observations == 3
    await sound(process)


async def test_who_cannot_learn_the_version_in_force_is_told_to_try_again(process: Process) -> None:
    async def nothing() -> None: ...

    await process.offer("sla_targets: {GOLD: {P1: {resolution: 2h}}}")
    await process.post(opening(1), when=1)
    stale = Process(process.pool, process.clock)
    stale.book.add(process.book.history()[0])
    stale.intake = Intake(stale.book, learn=nothing)

    with pytest.raises(Contended):
        await stale.post(update(2, status="pending"), when=2)


async def test_a_stale_process_learns_the_version_that_a_ticket_stands_under(
    process: Process,
) -> None:
    stale = Process(process.pool, process.clock)
    await stale.policies.follow()
    await process.offer("sla_targets: {GOLD: {P1: {resolution: 2h}}}")
    await process.post(opening(1), when=1)

    batch = await stale.post(update(2, status="in_progress"), when=2)

    assert [one.outcome for one in batch] == ["accepted"]
    assert stale.book.current.version == 2
    assert shown((await process.stream())[-1].body)["facts"]["due_at"] == text(121)


async def test_no_ticket_begins_under_a_version_that_is_past(process: Process) -> None:
    stale = Process(process.pool, Clock())
    await stale.policies.follow()
    await process.offer("sla_targets: {GOLD: {P1: {resolution: 2h}}}")

    await stale.post(opening(1), when=1)

    assert shown((await process.stream())[0].body)["policy"] == 2
