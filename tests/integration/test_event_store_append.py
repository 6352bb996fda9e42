"""What an append promises: versions, positions, keys, heads, and that nothing changes later."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from pydantic_core import from_json

from command_side.event_store import (
    Outdated,
    append,
    known_conflicts,
    last_position,
    load,
    next_due,
    read_after,
)
from tests.support.desk import until
from tests.support.streams import NOON, after, note, observation, stream, to

Conn = AsyncConnection[Any]


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[Conn]:
    async with await AsyncConnection.connect(database_url) as connection:
        yield connection


async def rows(conn: Conn, query: str) -> list[tuple[Any, ...]]:
    return await (await conn.execute(query.encode())).fetchall()


async def test_events_get_positions_in_the_order_given_and_versions_of_their_stream(
    conn: Conn,
) -> None:
    outcomes = await append(
        conn, [to("b", 0, note("1"), note("2")), to("a", 0, note("3"))], now=NOON
    )
    assert [(one.appended, one.version, one.position) for one in outcomes] == [
        (True, 2, 2),
        (True, 1, 3),
    ]
    (further,) = await append(conn, [to("b", 2, note("4"))], now=NOON)
    assert (further.version, further.position) == (3, 4)
    stored = await read_after(conn, 0, 10)
    assert [(one.position, one.version, from_json(one.state)["text"]) for one in stored] == [
        (1, 1, "1"),
        (2, 2, "2"),
        (3, 1, "3"),
        (4, 3, "4"),
    ]


async def test_nothing_to_append_is_no_error(conn: Conn) -> None:
    assert await append(conn, [], now=NOON) == []


@pytest.mark.parametrize("expected", [0, 2])
async def test_a_lost_version_is_reported_and_the_others_go_through(
    conn: Conn, expected: int
) -> None:
    await append(conn, [to("a", 0, note()), to("b", 0, note())], now=NOON)
    lost, won = await append(
        conn, [to("a", expected, note("no"), head=b"no"), to("b", 1, note("yes"))], now=NOON
    )
    assert (lost.appended, lost.version, lost.position) == (False, 1, None)
    assert (won.appended, won.version, won.position) == (True, 2, 3)
    heads = await load(conn, [stream("a")])
    assert heads[stream("a")].state == b"{}"


async def test_an_unknown_stream_expected_at_a_version_is_lost_and_stays_unknown(
    conn: Conn,
) -> None:
    (lost,) = await append(conn, [to("a", 7, note())], now=NOON)
    assert (lost.appended, lost.version) == (False, 0)
    assert await load(conn, [stream("a")]) == {}


async def test_what_rests_on_a_stream_that_has_gone_on_is_refused_as_a_whole(conn: Conn) -> None:
    others = to("other basis", 0, note()), to("basis", 0, note()), to("a", 0, note())
    await append(conn, others, now=NOON)
    known = {stream("other basis"): 1, stream("basis"): 1}
    await append(conn, [to("a", 1, note()), to("b", 0, note())], now=NOON, basis=known)
    await append(conn, [to("basis", 1, note())], now=NOON)

    with pytest.raises(Outdated, match="beyond the version"):
        async with conn.transaction():
            await append(conn, [to("a", 2, note()), to("c", 0, note())], now=NOON, basis=known)
    heads = await load(conn, [stream("a"), stream("c")])
    assert {head.version for head in heads.values()} == {2}

    (went_on,) = await append(conn, [to("a", 2, note())], now=NOON, basis={stream("basis"): 2})
    assert (went_on.version, went_on.position) == (3, 7)


async def test_an_append_waits_for_what_its_basis_is_about_to_become(
    conn: Conn, database_url: str
) -> None:
    """Of two at a time, the second sees what the first has committed."""
    await append(conn, [to("basis", 0, note())], now=NOON)
    await conn.commit()
    async with await AsyncConnection.connect(database_url, autocommit=True) as other:
        async with conn.transaction():
            await append(conn, [to("basis", 1, note())], now=NOON)
            known = {stream("basis"): 1}
            late = asyncio.create_task(append(other, [to("a", 0, note())], now=NOON, basis=known))
            waiting = "select from pg_locks where locktype = 'advisory' and not granted"
            await until(lambda: rows(conn, waiting))
        with pytest.raises(Outdated):
            await late


async def test_an_append_at_any_version_keeps_the_state_and_deadline_of_the_head(
    conn: Conn,
) -> None:
    await append(conn, [to("a", 0, note(), head=b"kept", due=after(5))], now=NOON)
    (outcome,) = await append(conn, [to("a", None, note(), note(), head=None)], now=NOON)
    assert (outcome.appended, outcome.version, outcome.position) == (True, 3, 3)
    heads = await load(conn, [stream("a")])
    assert (heads[stream("a")].version, heads[stream("a")].state) == (3, b"kept")
    assert await next_due(conn) == after(5)


async def test_a_stream_may_begin_at_any_version_without_a_state(conn: Conn) -> None:
    (outcome,) = await append(conn, [to("a", None, note(), head=None, due=after(5))], now=NOON)
    assert (outcome.appended, outcome.version) == (True, 1)
    heads = await load(conn, [stream("a")])
    assert heads[stream("a")].state == b""
    assert await next_due(conn) is None


async def test_an_append_without_events_writes_the_head_alone(conn: Conn) -> None:
    await append(conn, [to("a", 0, note(), due=after(5))], now=NOON)
    (outcome,) = await append(conn, [to("a", 1, head=b"new", due=None)], now=NOON)
    assert (outcome.appended, outcome.version, outcome.position) == (True, 1, None)
    heads = await load(conn, [stream("a")])
    assert heads[stream("a")].state == b"new"
    assert await next_due(conn) is None
    assert await last_position(conn) == 1


async def test_a_head_is_not_made_without_an_event(conn: Conn) -> None:
    (outcome,) = await append(conn, [to("a", 0)], now=NOON)
    assert not outcome.appended
    assert await load(conn, [stream("a")]) == {}


async def test_a_taken_observation_key_loses_even_at_the_right_version(conn: Conn) -> None:
    await append(conn, [to("a", 0, observation(1))], now=NOON)
    lost, won = await append(
        conn, [to("a", 1, note(), observation(1)), to("b", 0, observation(1))], now=NOON
    )
    assert (lost.appended, lost.version) == (False, 1)
    assert won.appended


async def test_a_conflict_is_stored_once_and_can_be_asked_for(conn: Conn) -> None:
    conflict = note("conflict", content_hash=b"other")
    await append(conn, [to("a", 0, observation(1, b"first"), conflict)], now=NOON)
    (again,) = await append(conn, [to("a", 2, conflict)], now=NOON)
    assert not again.appended
    known = await known_conflicts(conn, [stream("a"), stream("b")])
    assert known == {(stream("a"), b"other")}
    assert await known_conflicts(conn, []) == set()


async def test_a_stream_or_a_key_twice_in_one_append_is_refused(conn: Conn) -> None:
    with pytest.raises(ValueError, match="only once"):
        await append(conn, [to("a", 0, note()), to("a", 0, note())], now=NOON)
    with pytest.raises(ValueError, match="twice"):
        await append(conn, [to("a", 0, observation(1, b"a"), observation(1, b"b"))], now=NOON)
    conflict = note(content_hash=b"other")
    with pytest.raises(ValueError, match="twice"):
        await append(conn, [to("a", 0, conflict, conflict)], now=NOON)


async def test_a_rollback_leaves_nothing_and_no_gap(conn: Conn) -> None:
    await append(conn, [to("a", 0, note())], now=NOON)
    await conn.commit()
    await append(conn, [to("a", 1, note()), to("b", 0, note())], now=NOON)
    await conn.rollback()
    heads = await load(conn, [stream("a"), stream("b")])
    assert [head.version for head in heads.values()] == [1]
    (outcome,) = await append(conn, [to("b", 0, note())], now=NOON)
    assert outcome.position == 2


async def test_recorded_at_never_runs_against_the_position(conn: Conn) -> None:
    for version, now in enumerate([after(10), after(5), after(20)]):
        await append(conn, [to("a", version, note(occurred_at=NOON))], now=now)
    stored = await read_after(conn, 0, 10)
    assert [one.recorded_at for one in stored] == [after(10), after(10), after(20)]
    assert {one.occurred_at for one in stored} == {NOON}


async def test_personal_parts_are_salted_so_that_equal_ones_do_not_look_equal(conn: Conn) -> None:
    await append(conn, [to("a", 0, note(personal="Ada"), note(personal="Ada"), note())], now=NOON)
    stored = await read_after(conn, 0, 10)
    assert [one.said for one in stored] == [b'{"name":"Ada"}', b'{"name":"Ada"}', None]
    assert b"name" not in stored[0].state
    ((distinct,),) = await rows(conn, "select count(distinct commitment) from events")
    assert distinct == 2


@pytest.mark.parametrize(
    "statement", ["update events set topic = 'x'", "delete from events", "truncate events"]
)
async def test_stored_events_cannot_be_changed(conn: Conn, statement: str) -> None:
    await append(conn, [to("a", 0, note())], now=NOON)
    with pytest.raises(psycopg.errors.RestrictViolation, match="events are append-only"):
        await rows(conn, statement)


async def test_only_read_committed_will_do(conn: Conn) -> None:
    await conn.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
    with pytest.raises(psycopg.errors.RaiseException, match="READ COMMITTED"):
        await append(conn, [to("a", 0, note())], now=NOON)


async def test_ten_thousand_streams_go_in_one_append(conn: Conn) -> None:
    for version in (0, 1):
        writes = [to(number, version, observation(version)) for number in range(10_000)]
        outcomes = await append(conn, writes, now=NOON)
        assert all(one.appended for one in outcomes)
    assert await last_position(conn) == 20_000
