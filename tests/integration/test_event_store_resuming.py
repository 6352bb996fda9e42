"""A log that was restored goes on where no lost position was, and its chain holds."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable

from command_side.event_store import Checkpoint, append, last_position, verify_chain
from command_side.event_store.resuming import LIFE, resume
from query_side.audit.reported.known import position_at
from tests.support.streams import NOON, after, note, observation, to

Conn = AsyncConnection[Any]


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[Conn]:
    """Two events, told of as restored, and one after them; triggers hold nothing back."""
    async with await AsyncConnection[Any].connect(database_url) as connection:
        await append(connection, [to("a", 0, observation(1), note())], now=NOON)
        resumed = await resume(connection, now=after(60), until=after(50))
        assert (resumed.after, resumed.recorded_at, resumed.position) == (2, NOON, LIFE)
        [told] = await append(connection, [to("a", 2, note())], now=after(61))
        assert told.position == LIFE + 1
        await connection.execute("set session_replication_role = replica")
        yield connection


async def test_positions_go_on_far_beyond_what_was_lost_and_the_chain_holds(conn: Conn) -> None:
    result = await verify_chain(conn)
    assert (result.reason, result.checked, result.last.position) == (None, 4, LIFE + 1)
    again = await verify_chain(conn, from_position=2)
    assert (again.reason, again.checked) == (None, 2)


async def test_it_is_told_once_until_something_has_come_since(conn: Conn) -> None:
    second = await resume(conn, now=after(70), until=after(70))
    assert (second.after, second.position, second.is_new) == (LIFE + 1, 2 * LIFE, True)
    third = await resume(conn, now=after(71), until=after(71))
    assert (third.position, third.is_new) == (2 * LIFE, False)
    assert await last_position(conn) == 2 * LIFE
    assert (await verify_chain(conn)).reason is None


async def test_what_was_known_when_is_found_where_all_of_the_log_was_lost(
    database_url: str,
) -> None:
    async with await AsyncConnection[Any].connect(database_url) as conn:
        assert (await resume(conn, now=after(60), until=after(50))).position == LIFE
        assert await position_at(conn, after(60)) == LIFE
        assert await position_at(conn, after(59)) < LIFE


async def test_an_append_under_way_comes_before_it(database_url: str) -> None:
    """Or both would take the same link for the one before theirs."""
    connect = AsyncConnection[Any].connect
    async with await connect(database_url) as writer, await connect(database_url) as conn:
        await append(writer, [to("a", 0, observation(1))], now=NOON)
        await conn.execute("set lock_timeout = '200ms'")
        with pytest.raises(LockNotAvailable):
            await resume(conn, now=after(60), until=after(50))
        await conn.rollback()
        await writer.commit()
        assert (await resume(conn, now=after(60), until=after(50))).after == 1


async def test_a_checkpoint_of_the_lost_time_is_said_to_be_lost(conn: Conn) -> None:
    known = (await verify_chain(conn)).last
    assert (await verify_chain(conn, checkpoint=known)).reason is None
    result = await verify_chain(conn, checkpoint=Checkpoint(3, bytes(32)))
    assert (result.bad_position, result.last.position) == (3, 2)
    assert result.reason == "the log was restored to here, a point before the checkpoint"


@pytest.mark.parametrize(
    ("change", "bad"),
    [
        ("delete from events where notification_id = 2", 2),
        ("update events set notification_id = notification_id + 7 where notification_id > 2", 3),
        ("update events set topic = 'x.v1' where notification_id = 1000000000", 3),
    ],
)
async def test_whoever_takes_away_more_than_the_restore_did_is_found(
    conn: Conn, change: str, bad: int
) -> None:
    await conn.execute(change.encode())
    result = await verify_chain(conn)
    assert result.bad_position == bad


async def test_an_empty_log_may_have_been_restored(database_url: str) -> None:
    async with await AsyncConnection[Any].connect(database_url) as conn:
        resumed = await resume(conn, now=NOON, until=NOON)
        assert (resumed.after, resumed.recorded_at, resumed.position) == (0, None, LIFE)
        assert (await verify_chain(conn)).reason is None
