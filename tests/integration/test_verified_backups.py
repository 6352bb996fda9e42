"""Copies that were verified are noted where monitoring asks, and only copies of this log."""

from datetime import timedelta

from psycopg import AsyncConnection

from command_side.event_store import Checkpoint, append, verify_chain
from ops.backups import noted
from tests.support.streams import NOON, after, observation, to


async def test_the_newest_copy_that_was_sound_is_what_is_asked_for(database_url: str) -> None:
    async with await AsyncConnection.connect(database_url) as conn:
        assert await noted.newest(conn) is None
        await append(conn, [to("a", 0, observation(1))], now=NOON)
        early = (await verify_chain(conn)).last
        await append(conn, [to("b", 0, observation(1))], now=after(1))
        late = (await verify_chain(conn)).last
        yesterday = NOON - timedelta(days=1)
        assert await noted.note(conn, late, taken_at=NOON, place="there")
        assert await noted.note(conn, early, taken_at=yesterday, place="here")
        newest = await noted.newest(conn)
        assert newest is not None
        assert (newest.taken_at, newest.position, newest.place) == (NOON, 2, "there")


async def test_a_copy_of_another_log_is_none_of_this_one(database_url: str) -> None:
    async with await AsyncConnection.connect(database_url) as conn:
        await append(conn, [to("a", 0, observation(1))], now=NOON)
        for other in (Checkpoint(1, bytes(32)), Checkpoint(7, bytes(32))):
            assert not await noted.note(conn, other, taken_at=NOON, place="there")
        assert await noted.newest(conn) is None
