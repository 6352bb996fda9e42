"""Reading the store: heads, deadlines, the tail and whole streams."""

from collections.abc import AsyncIterator
from datetime import UTC
from typing import Any

import pytest
from psycopg import AsyncConnection
from pydantic_core import from_json

from command_side.event_store import (
    append,
    claim_due,
    content_hashes,
    last_position,
    load,
    next_due,
    read_after,
    read_streams,
)
from tests.support.streams import NOON, after, note, observation, stream, to

Conn = AsyncConnection[Any]


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[Conn]:
    async with await AsyncConnection.connect(database_url) as connection:
        yield connection


async def test_an_empty_store_answers(conn: Conn) -> None:
    assert await last_position(conn) == 0
    assert await next_due(conn) is None
    assert await read_after(conn, 0, 10) == []
    assert await claim_due(conn, now=NOON, limit=10) == []
    assert await read_streams(conn, [stream("a")]) == {stream("a"): []}
    assert await load(conn, []) == {}
    assert await content_hashes(conn, []) == {}


async def test_heads_are_found_and_the_content_under_observation_keys(conn: Conn) -> None:
    await append(
        conn,
        [to("a", 0, observation(1, b"one"), observation(2, b"two"), head=b"A"), to("b", 0, note())],
        now=NOON,
    )
    known, unknown = (stream("a"), after(2), 0), (stream("a"), after(2), 1)
    heads = await load(conn, [stream("a"), stream("c")])
    assert {key: (head.version, head.state) for key, head in heads.items()} == {
        stream("a"): (2, b"A")
    }
    assert await content_hashes(conn, [known, unknown]) == {known: b"two"}


async def test_due_heads_are_claimed_earliest_first_and_by_one_only(
    conn: Conn, database_url: str
) -> None:
    await append(
        conn,
        [
            to("late", 0, note(), due=after(30)),
            to("soon", 0, note(), due=after(10)),
            to("then", 0, note(), due=after(20)),
            to("never", 0, note()),
        ],
        now=NOON,
    )
    await conn.commit()
    assert await next_due(conn) == after(10)
    (first,) = await claim_due(conn, now=after(20), limit=1)
    assert first.ticket_id == stream("soon")
    async with await AsyncConnection[Any].connect(database_url) as other:
        claimed = await claim_due(other, now=after(20), limit=10)
        assert [head.ticket_id for head in claimed] == [stream("then")]
    await append(conn, [to("soon", 1, note(), due=None)], now=NOON)
    await conn.commit()
    claimed = await claim_due(conn, now=after(30), limit=10)
    assert [head.ticket_id for head in claimed] == [stream("then"), stream("late")]


async def test_the_tail_is_read_page_by_page(conn: Conn) -> None:
    await append(conn, [to("a", 0, *[note(str(number)) for number in range(5)])], now=NOON)
    first = await read_after(conn, 0, 3)
    second = await read_after(conn, first[-1].position, 3)
    assert [from_json(one.state)["text"] for one in first + second] == ["0", "1", "2", "3", "4"]
    assert await read_after(conn, second[-1].position, 3) == []


async def test_streams_are_read_by_topic_and_by_what_was_known(conn: Conn) -> None:
    await append(conn, [to("a", 0, note("1"), note("2", topic="other.v1"))], now=after(1))
    await append(conn, [to("b", 0, note("3")), to("a", 2, note("4"))], now=after(2))
    a, b = stream("a"), stream("b")

    async def texts(**options: Any) -> list[list[str]]:
        streams = await read_streams(conn, [a, b], **options)
        return [[from_json(one.state)["text"] for one in streams[key]] for key in (a, b)]

    assert await texts() == [["1", "2", "4"], ["3"]]
    assert await texts(topics=["note.v1"]) == [["1", "4"], ["3"]]
    assert await texts(recorded_until=after(1)) == [["1", "2"], []]
    assert await texts(topics=["other.v1"], recorded_until=after(2)) == [["2"], []]


async def test_instants_are_utc_whatever_the_time_zone_of_the_session(conn: Conn) -> None:
    await conn.execute("set timezone = 'Europe/Berlin'")
    await append(conn, [to("a", 0, observation(1), due=after(7))], now=after(0.000001))
    (stored,) = await read_after(conn, 0, 10)
    assert (stored.occurred_at, stored.recorded_at) == (NOON, after(0.000001))
    assert stored.recorded_at.tzinfo is UTC
    due = await next_due(conn)
    assert due is not None
    assert (due, due.tzinfo) == (after(7), UTC)
    key = stream("a"), after(1), 0
    assert await content_hashes(conn, [key]) == {key: b"content"}
