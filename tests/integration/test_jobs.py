"""Jobs in their table: taken by one, a few at a time, taken on when whoever was at it is gone."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from psycopg import OperationalError

from command_side.retaining import drop, would
from ops.jobs import table
from ops.jobs.apart import Failed, work_apart
from ops.jobs.running import JobRunner
from ops.jobs.table import (
    AT_ONCE,
    MOST_WAITING,
    TAKEN_FOR,
    Job,
    Jobs,
    JobUnknown,
    TooManyJobs,
    outgrown,
)
from ops.jobs.work import Refused, Say, Work
from tests.support.desk import Pool, pool_of, until
from tests.support.items import NINE

SECOND = timedelta(seconds=1)
LATER = TAKEN_FOR + SECOND
MONTH = timedelta(days=30)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with pool_of(database_url) as pool:
        yield pool


@pytest.fixture
def jobs(pool: Pool) -> Jobs:
    return Jobs(pool)


async def test_the_oldest_is_taken_first_and_only_so_many_at_a_time(jobs: Jobs) -> None:
    asked = [await jobs.ask("k", {"n": n}, NINE + n * SECOND) for n in range(AT_ONCE + 1)]
    taken = [await jobs.take("one", NINE), await jobs.take("other", NINE)]
    assert [one and one.job_id for one in taken] == [one.job_id for one in asked[:AT_ONCE]]
    assert [one and one.input for one in taken] == [{"n": 0}, {"n": 1}]
    assert await jobs.take("other", NINE) is None
    assert taken[0] is not None
    await jobs.end(taken[0], NINE, result=b'{"answer": 42}')
    third = await jobs.take("one", NINE)
    assert third is not None
    assert third.job_id == asked[-1].job_id
    found = await jobs.find(asked[0].job_id)
    assert (found.state, found.result, found.input) == ("done", {"answer": 42}, {"n": 0})
    assert [one.state for one in await jobs.newest(10)] == ["running", "running", "done"]


async def test_more_than_can_be_done_soon_is_refused(jobs: Jobs) -> None:
    for _ in range(MOST_WAITING):
        await jobs.ask("k", {}, NINE)
    with pytest.raises(TooManyJobs, match="20 jobs are waiting"):
        await jobs.ask("k", {}, NINE)
    assert await jobs.take("one", NINE) is not None
    await jobs.ask("k", {}, NINE)


async def test_how_far_it_is_says_when_it_will_be_done(jobs: Jobs) -> None:
    await jobs.ask("k", {}, NINE)
    taken = await jobs.take("one", NINE)
    assert taken is not None
    assert taken.remaining_seconds(NINE + SECOND) is None
    assert await jobs.stay(taken, 25, 100, NINE + SECOND)
    found = await jobs.find(taken.job_id)
    assert (found.done, found.total) == (25, 100)
    assert found.remaining_seconds(NINE + 10 * SECOND) == 30
    assert found.remaining_seconds(NINE - SECOND) is None


async def test_others_take_on_what_nobody_is_at_any_more(jobs: Jobs) -> None:
    asked = await jobs.ask("k", {}, NINE)
    gone = await jobs.take("gone", NINE)
    assert gone is not None
    assert await jobs.take("other", NINE + SECOND) is None
    await jobs.stay(gone, 1, 2, NINE + SECOND)
    assert await jobs.take("other", NINE + TAKEN_FOR) is None
    other = await jobs.take("other", NINE + LATER)
    assert other is not None
    assert (other.job_id, other.done) == (asked.job_id, 0)
    assert not await jobs.stay(gone, 2, 2, NINE + LATER)
    await jobs.end(gone, NINE + LATER, result=b"1")
    assert (await jobs.find(asked.job_id)).state == "running"

    assert await jobs.take("third", NINE + 2 * LATER) is None
    found = await jobs.find(asked.job_id)
    assert (found.state, found.error) == ("failed", table.GONE)


async def test_whoever_ends_leaves_it_to_others_at_once(jobs: Jobs) -> None:
    await jobs.ask("k", {}, NINE)
    for _ in range(5):
        taken = await jobs.take("one", NINE)
        assert taken is not None
        await jobs.leave(taken)


async def test_one_that_is_cancelled_is_nobodys(jobs: Jobs) -> None:
    asked, waiting = await jobs.ask("k", {}, NINE), await jobs.ask("k", {}, NINE + SECOND)
    taken = await jobs.take("one", NINE)
    assert taken is not None
    for job in (asked, waiting):
        await jobs.cancel(job.job_id, NINE)
    assert not await jobs.stay(taken, 1, 2, NINE)
    await jobs.end(taken, NINE, error="no")
    assert await jobs.take("one", NINE) is None
    found = [await jobs.find(job.job_id) for job in (asked, waiting)]
    assert [(one.state, one.error) for one in found] == [("cancelled", None)] * 2


async def test_what_is_old_is_forgotten(
    jobs: Jobs, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MOST_KEPT", 2)
    asked: list[Job] = []
    for days in range(4):
        asked.append(await jobs.ask("k", {}, NINE))
        await jobs.cancel(asked[-1].job_id, NINE + timedelta(days=days))
    waits = await jobs.ask("k", {}, NINE)
    async with pool.connection() as conn:
        await drop(conn, outgrown(NINE - MONTH), NINE, most=9)
    assert {one.job_id for one in await jobs.newest(9)} == {
        *(one.job_id for one in (*asked[2:], waits)),
    }
    async with pool.connection() as conn:
        one = outgrown(NINE + timedelta(days=9))
        assert await would(conn, one) == await drop(conn, one, NINE, most=9)
    assert [one.job_id for one in await jobs.newest(9)] == [waits.job_id]
    with pytest.raises(JobUnknown):
        await jobs.find(uuid4())


class Worker:
    """Does what it is told to, as slowly as the test wants."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.go_on = asyncio.Event()

    async def __call__(self, work: Work, say: Say) -> bytes:
        self.begun += 1
        try:
            say(1, 4)
            await self.go_on.wait()
            match work.input:
                case "refuse":
                    raise Refused("there is nothing")
                case "fail":
                    raise Failed("it broke", "a long story")
                case other:
                    return json.dumps({"did": other}).encode()
        finally:
            self.ended += 1


async def test_a_runner_does_what_waits_and_says_how_it_went(jobs: Jobs) -> None:
    worker, stop = Worker(), asyncio.Event()
    runner = JobRunner(jobs, lambda: "", "me", lambda: NINE, warning=0.1, critical=0.1, do=worker)
    asked = [
        await jobs.ask("k", what, NINE + n * SECOND)
        for n, what in enumerate(("work", "refuse", "fail"))
    ]
    running = asyncio.create_task(runner.run(stop))

    async def states(*expected: str) -> bool:
        return [(await jobs.find(one.job_id)).state for one in asked] == [*expected]

    await until(lambda: states("running", "running", "waiting"))
    await until(lambda: _is(worker.begun, AT_ONCE))
    worker.go_on.set()
    await until(lambda: states("done", "failed", "failed"))
    found = [await jobs.find(one.job_id) for one in asked]
    assert [one.result for one in found] == [{"did": "work"}, None, None]
    assert [one.error for one in found] == [None, "there is nothing", "it broke"]

    worker.go_on.clear()
    cancelled = await jobs.ask("k", "work", NINE)
    runner.wake()
    await until(lambda: _is(worker.begun, 4))
    await jobs.cancel(cancelled.job_id, NINE)
    await until(lambda: _is(worker.ended, 4))

    left = await jobs.ask("k", "work", NINE)
    runner.wake()
    await until(lambda: _is(worker.begun, 5))
    stop.set()
    await running
    assert worker.ended == 5
    assert (await jobs.find(left.job_id)).state == "waiting"


async def _is(value: int, expected: int) -> bool:
    return value == expected


def work(kind: str, conninfo: str) -> Work:
    return Work(kind, {"config": ""}, conninfo, 0, 0.15, 0.05, gives_way=False)


async def test_a_process_that_breaks_says_why_in_the_log() -> None:
    with pytest.raises(Failed, match="ended with 1") as failed:
        await work_apart(work("none of ours", ""), lambda done, total: None)
    assert "KeyError: 'none of ours'" in failed.value.told


async def test_a_process_that_has_lost_the_database_has_not_failed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(OperationalError):
        await work_apart(work("what_if", f"host=127.0.0.1 port={port}"), lambda done, total: None)


async def test_a_process_that_nobody_waits_for_any_more_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        at_it = asyncio.create_task(
            work_apart(work("what_if", f"host=127.0.0.1 port={port}"), lambda done, total: None)
        )
        client, _ = await asyncio.get_running_loop().sock_accept(server)
        with client:
            client.setblocking(False)
            at_it.cancel()
            with pytest.raises(asyncio.CancelledError):
                await at_it
            loop = asyncio.get_running_loop()
            while await loop.sock_recv(client, 1000):
                pass  # what it had asked for before
