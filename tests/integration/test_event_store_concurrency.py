"""Many writers at once: nobody deadlocks, nothing is skipped, versions have no gaps."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from random import Random
from typing import Any

import pytest
from psycopg import AsyncConnection

from command_side.event_store import (
    Append,
    AppendOutcome,
    Recorded,
    append,
    claim_due,
    last_position,
    load,
    read_after,
    read_streams,
    verify_chain,
)
from tests.support.streams import NOON, after, note, stream, to

Conn = AsyncConnection[Any]
Connect = Callable[[], Awaitable[Conn]]
STREAMS = 30
ROUNDS = 40


@pytest.fixture
async def connect(database_url: str) -> AsyncIterator[Connect]:
    async with AsyncExitStack() as stack:

        async def one() -> Conn:
            return await stack.enter_async_context(await AsyncConnection.connect(database_url))

        yield one


async def until_blocked(watcher: Conn, waiting: Conn) -> None:
    """Returns once the server holds this connection back for another's lock."""
    query = "select cardinality(pg_blocking_pids(%s))"
    while True:
        async with watcher.transaction():
            cursor = await watcher.execute(query, [waiting.info.backend_pid])
            if (await cursor.fetchall())[0][0]:
                return


async def test_the_second_of_two_writers_waits_and_then_reports_what_it_lost(
    connect: Connect,
) -> None:
    first, second, watcher = await connect(), await connect(), await connect()
    await append(first, [to("a", 0, note("first"))], now=NOON)
    waiting = asyncio.ensure_future(
        append(second, [to("a", 0, note("second")), to("b", 0, note())], now=NOON)
    )
    await until_blocked(watcher, second)
    await first.commit()
    lost, won = await waiting
    assert (lost.appended, lost.version) == (False, 1)
    assert (won.appended, won.position) == (True, 2)


async def test_whoever_has_waited_for_a_head_writes_it_where_it_is_then(connect: Connect) -> None:
    first, second, watcher = await connect(), await connect(), await connect()
    await append(first, [to("a", 0, note())], now=NOON)
    await first.commit()
    await append(first, [to("a", 1, note("first"), head=b"first")], now=NOON)
    waiting = asyncio.ensure_future(
        append(second, [to("a", None, note("second"), head=b"second")], now=NOON)
    )
    await until_blocked(watcher, second)
    await first.commit()
    (outcome,) = await waiting
    assert (outcome.appended, outcome.version) == (True, 3)
    head = (await load(second, [stream("a")]))[stream("a")]
    assert (head.version, head.state) == (3, b"second")


async def test_positions_are_given_out_in_the_order_of_commits(connect: Connect) -> None:
    first, second, reader = await connect(), await connect(), await connect()
    await append(first, [to("a", 0, note())], now=after(5))
    waiting = asyncio.ensure_future(append(second, [to("b", 0, note())], now=NOON))
    await until_blocked(reader, second)
    assert await read_after(reader, 0, 10) == []
    await first.commit()
    (outcome,) = await waiting
    await second.commit()
    assert outcome.position == 2
    stored = await read_after(reader, 0, 10)
    assert [(one.ticket_id, one.recorded_at) for one in stored] == [
        (stream("a"), after(5)),
        (stream("b"), after(5)),
    ]


async def test_whoever_waits_for_a_head_does_not_hold_up_other_streams(connect: Connect) -> None:
    holder, waiter, other, watcher = [await connect() for _ in range(4)]
    await append(holder, [to("a", 0, note(), due=NOON)], now=NOON)
    await holder.commit()
    assert len(await claim_due(holder, now=NOON, limit=1)) == 1
    waiting = asyncio.ensure_future(append(waiter, [to("a", 1, note())], now=NOON))
    await until_blocked(watcher, waiter)
    (outcome,) = await append(other, [to("b", 0, note())], now=NOON)
    await other.commit()
    assert outcome.position == 2
    await append(holder, [to("a", 1, note(), due=None)], now=NOON)
    await holder.commit()
    assert [one.appended for one in await waiting] == [False]


async def ingest(conn: Conn, random: Random) -> list[AppendOutcome]:
    """Appends to many streams in any order, by what was loaded a moment ago."""
    outcomes: list[AppendOutcome] = []
    for _ in range(ROUNDS):
        names = random.sample(range(STREAMS), 12)
        heads = await load(conn, [stream(name) for name in names])
        await conn.commit()
        writes: list[Append] = []
        for name in names:
            head = heads.get(stream(name))
            events = [note() for _ in range(random.randint(1, 3))]
            writes.append(to(name, head.version if head else 0, *events, due=NOON))
        outcomes += await append(conn, writes, now=after(random.randint(0, 1000)))
        await conn.commit()
    return outcomes


async def deliver(conn: Conn, random: Random) -> list[AppendOutcome]:
    """Appends at any version."""
    outcomes: list[AppendOutcome] = []
    for _ in range(ROUNDS):
        names = random.sample(range(STREAMS), 5)
        writes = [to(name, None, note(), head=None) for name in names]
        outcomes += await append(conn, writes, now=NOON)
        await conn.commit()
    return outcomes


async def tick(conn: Conn, random: Random) -> list[AppendOutcome]:
    """Claims what is due and appends to it on the same connection."""
    outcomes: list[AppendOutcome] = []
    for _ in range(ROUNDS):
        claimed = await claim_due(conn, now=NOON, limit=7)
        random.shuffle(claimed)
        writes = [
            Append(head.ticket_id, "", "", head.version, [note()], b"{}", None) for head in claimed
        ]
        outcomes += await append(conn, writes, now=NOON)
        assert all(outcome.appended for outcome in outcomes)
        await conn.commit()
    return outcomes


async def tail(conn: Conn, writing: Sequence[asyncio.Task[Any]]) -> list[Recorded]:
    """Reads on from the last position seen until the writers have finished."""
    seen: list[Recorded] = []
    finished = False
    while True:
        page = await read_after(conn, seen[-1].position if seen else 0, 50)
        await conn.commit()
        if finished and not page:
            return seen
        seen += page
        finished = all(task.done() for task in writing)


async def test_writers_and_tickers_in_any_order_leave_a_log_that_a_tail_reads_whole(
    connect: Connect,
) -> None:
    conn = await connect()
    await append(conn, [to(name, 0, note(), due=NOON) for name in range(STREAMS)], now=NOON)
    await conn.commit()
    roles = [ingest, ingest, ingest, deliver, tick, tick]
    async with asyncio.TaskGroup() as group:
        writing = [
            group.create_task(role(await connect(), Random(seed)))
            for seed, role in enumerate(roles)
        ]
        reading = group.create_task(tail(await connect(), writing))
    seen = reading.result()
    outcomes = [outcome for task in writing for outcome in task.result()]

    assert [one.position for one in seen] == list(range(1, await last_position(conn) + 1))
    times = [one.recorded_at for one in seen]
    assert times == sorted(times)
    assert {one.position for one in outcomes if one.appended} <= {one.position for one in seen}
    assert all(outcome.position is None for outcome in outcomes if not outcome.appended)

    streams = await read_streams(conn, [stream(name) for name in range(STREAMS)])
    heads = await load(conn, list(streams))
    for key, events in streams.items():
        assert [one.version for one in events] == list(range(1, heads[key].version + 1))
    assert (await verify_chain(conn)).reason is None
