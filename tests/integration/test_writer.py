"""The coalescing writer: what waits goes together, and whoever waits learns what became of it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from psycopg.errors import CheckViolation
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.ingesting import Submission
from command_side.intake.batches import Intake
from command_side.intake.writer import BATCH, QueueFull, StoreAway, Writer
from tests.support.desk import Process, somebody_waits_for_a_lock
from tests.support.items import at, opening, submission, update
from tests.support.patience import PATIENCE


def writer_of(process: Process, capacity: int = 100) -> Writer:
    return Writer(process.pool, process.intake, process.now, capacity=capacity)


@asynccontextmanager
async def running(writer: Writer) -> AsyncGenerator[asyncio.Event]:
    """Gives what ends it; at the end of the block it has ended."""
    stop = asyncio.Event()
    task = asyncio.create_task(writer.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


def batch(*names: str, when: float = 0) -> list[Submission]:
    return [submission(opening(when, name)) for name in names]


def outcomes(submissions: Sequence[Submission]) -> list[str | None]:
    return [one.outcome for one in submissions]


async def test_what_is_answered_is_durable(process: Process) -> None:
    writer = writer_of(process)
    async with running(writer):
        sent = batch("T-1", "T-2")
        await writer.submit(sent)

        assert outcomes(sent) == ["accepted", "accepted"]
        assert [len(await process.stream(name)) for name in ("T-1", "T-2")] == [1, 1]
    assert writer.outcomes == {"accepted": 2}
    assert writer.waiting == 0


async def test_how_long_it_took_is_told_of_all_items_of_a_request_at_once(
    process: Process,
) -> None:
    took: list[tuple[float, int]] = []
    writer = Writer(
        process.pool,
        process.intake,
        process.now,
        capacity=100,
        durable=lambda seconds, items: took.append((seconds, items)),
    )
    async with running(writer):
        await writer.submit(batch("T-1", "T-2"))
        await writer.submit(batch("T-3"))
    assert [items for _, items in took] == [2, 1]
    assert all(seconds > 0 for seconds, _ in took)


async def test_requests_that_wait_together_are_stored_together(process: Process) -> None:
    writer = writer_of(process)
    requests = [batch(f"T-{number}") for number in range(50)]
    waiting = [asyncio.create_task(writer.submit(request)) for request in requests]
    await asyncio.sleep(0)
    assert writer.waiting == 50

    async with running(writer):
        await asyncio.gather(*waiting)

    recorded = {event.recorded_at for event in await process.log()}
    assert len(recorded) <= 3  # the configuration, and at most one batch in each lane


async def test_requests_about_one_ticket_are_taken_in_their_order(process: Process) -> None:
    writer = writer_of(process)
    requests = [batch("T-1")] + [
        [submission(update(None, assigned_to=f"{number}"))] for number in range(30)
    ]
    async with running(writer):
        await asyncio.gather(*(writer.submit(request) for request in requests))

    assert outcomes([one for request in requests for one in request]) == ["accepted"] * 31
    people = [(event.personal.given or {}).get("assigned_to") for event in await process.stream()]
    assert people == [None, *(f"{number}" for number in range(30))]


async def test_a_request_waits_while_the_other_lane_has_its_ticket(process: Process) -> None:
    writer = writer_of(process)
    opened, changed = batch("T-1"), [submission(update(1, "T-1", status="pending"))]
    async with running(writer):
        async with process.pool.connection() as conn, conn.transaction():
            await conn.execute("select pg_advisory_xact_lock(5710926428164209345)")  # of the order
            first = asyncio.create_task(writer.submit(opened))
            await somebody_waits_for_a_lock(process.pool)
            second = asyncio.create_task(writer.submit(changed))
            await asyncio.sleep(0.05)  # in which a lane could decide too early
        await asyncio.gather(first, second)

    assert outcomes(opened + changed) == ["accepted", "accepted"]


async def test_more_than_fits_is_refused_at_once(process: Process) -> None:
    writer = writer_of(process, capacity=3)
    first = asyncio.create_task(writer.submit(batch("T-1", "T-2")))
    await asyncio.sleep(0)

    with pytest.raises(QueueFull):
        await writer.submit(batch("T-3", "T-4"))

    second = asyncio.create_task(writer.submit(batch("T-3")))
    async with running(writer):
        await asyncio.gather(first, second)
    assert await process.stream("T-4") == []


async def test_a_request_larger_than_the_queue_is_taken_when_nothing_waits(
    process: Process,
) -> None:
    writer = writer_of(process, capacity=3)
    names = [f"T-{number}" for number in range(BATCH + 1)]
    async with running(writer):
        await writer.submit(batch(*names))

    assert writer.outcomes == {"accepted": BATCH + 1}


async def test_the_earliest_deadline_of_a_batch_is_told(process: Process) -> None:
    told: list[datetime] = []
    writer = Writer(
        process.pool, process.intake, process.now, capacity=100, new_deadline=told.append
    )
    async with running(writer):
        await writer.submit(batch("T-1") + batch("T-2", when=-20))
        await writer.submit(batch("T-1"))

    assert told == [at(31)]


async def test_what_waits_is_stored_before_it_ends(process: Process) -> None:
    writer = writer_of(process)
    waiting = asyncio.create_task(writer.submit(batch("T-1")))
    async with running(writer) as stop:
        stop.set()
        await waiting

    assert len(await process.stream()) == 1


async def test_whoever_leaves_does_not_disturb_the_others(process: Process) -> None:
    writer = writer_of(process)
    leaving = asyncio.create_task(writer.submit(batch("T-1")))
    staying = asyncio.create_task(writer.submit(batch("T-2")))
    await asyncio.sleep(0)
    leaving.cancel()

    async with running(writer):
        await staying

    assert len(await process.stream("T-2")) == 1
    assert writer.waiting == 0


async def test_while_the_database_is_away_nobody_waits_for_long(
    process: Process, database_url: str
) -> None:
    nowhere = AsyncConnectionPool[Any](
        f"{database_url} connect_timeout=1 host=/nowhere", min_size=0, max_size=1, open=False
    )
    await nowhere.open(wait=False)
    writer = Writer(nowhere, process.intake, process.now, capacity=10)
    async with running(writer):
        with pytest.raises(StoreAway):
            await writer.submit(batch("T-1"))
    await nowhere.close()
    assert writer.waiting == 0
    assert writer.outcomes == {}


async def test_a_connection_that_breaks_fails_its_batch_and_not_the_next(process: Process) -> None:
    writer = writer_of(process)
    await process.post(opening(0, "T-1"))
    async with running(writer):
        async with process.pool.connection() as conn, conn.transaction():
            await conn.execute("select from heads for update")
            waiting = asyncio.create_task(
                writer.submit([submission(update(1, "T-1", status="pending"))])
            )
            await somebody_waits_for_a_lock(process.pool)
            await conn.execute(KILL)
            with pytest.raises(StoreAway):
                await waiting
        again = [submission(update(1, "T-1", status="pending"))]
        await writer.submit(again)

    assert outcomes(again) == ["accepted"]


async def test_who_waits_for_too_long_is_answered_and_nothing_is_stored_twice(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("command_side.intake.writer.ANSWER_WITHIN_SECONDS", 0.05)
    writer = writer_of(process)
    later = [submission(update(1, "T-1", status="pending"))]
    async with running(writer):
        async with process.pool.connection() as conn, conn.transaction():
            await conn.execute("select pg_advisory_xact_lock(5710926428164209345)")  # of the order
            under_way = asyncio.create_task(writer.submit(batch("T-1")))
            await somebody_waits_for_a_lock(process.pool)
            with pytest.raises(StoreAway):
                await under_way
            with pytest.raises(StoreAway):  # it is taken only once the other lane has let go
                await writer.submit(later)
            assert writer.waiting == 1

        monkeypatch.undo()
        again = batch("T-1") + later
        await writer.submit(again)

    assert outcomes(again) == ["duplicate", "accepted"]
    assert len(await process.stream("T-1")) == 2
    assert writer.waiting == 0


async def test_a_request_that_the_database_refuses_fails_alone(process: Process) -> None:
    writer = writer_of(process)
    async with process.pool.connection() as conn:
        await conn.execute("alter table heads add constraint refused check (external_id <> 'bad')")
    requests = [batch("T-1"), batch("bad"), batch("T-2")]
    submitted = [asyncio.create_task(writer.submit(request)) for request in requests]
    await asyncio.sleep(0)
    async with running(writer):
        told = await asyncio.gather(*submitted, return_exceptions=True)

    assert [outcomes(request)[0] for request in (requests[0], requests[2])] == ["accepted"] * 2
    assert [type(one) for one in told] == [type(None), CheckViolation, type(None)]
    assert writer.waiting == 0


KILL = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


class Failing(Intake):
    """Fails for one ticket."""

    async def ingest(self, conn: Any, submissions: Sequence[Submission], now: datetime) -> Any:
        if any(one.received.external_id == "bad" for one in submissions):
            raise ZeroDivisionError
        return await super().ingest(conn, submissions, now)


async def test_a_fault_is_told_to_those_who_waited_and_the_writer_goes_on(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    intake = Failing(process.book, learn=process.policies.follow)
    writer = Writer(process.pool, intake, process.now, capacity=100)
    async with running(writer):
        with pytest.raises(ZeroDivisionError):
            await writer.submit(batch("bad"))
        good = batch("good")
        await writer.submit(good)

    assert outcomes(good) == ["accepted"]
    assert [record.getMessage() for record in caplog.records] == ["a batch could not be written"]
