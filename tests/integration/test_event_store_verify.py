"""The hash chain: whatever is changed behind the store's back shows."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection

from command_side.event_store import Checkpoint, VerifyResult, append, verify_chain
from command_side.event_store.binary import microseconds
from command_side.event_store.chain import event_hash
from tests.support.streams import NOON, after, note, observation, to

Conn = AsyncConnection[Any]


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[Conn]:
    """Five events, on a connection that triggers do not hold back."""
    async with await AsyncConnection[Any].connect(database_url) as connection:
        await append(
            connection,
            [
                to("ä", 0, observation(1), note("héllo", personal="Ada", topic="ünicode.v1")),
                to("b", 0, note(correlation_id="café")),
            ],
            now=NOON,
        )
        await append(connection, [to("b", 1, note(content_hash=b"x"), note())], now=after(1))
        await connection.execute("set session_replication_role = replica")
        yield connection


def finding(result: VerifyResult) -> tuple[int | None, str | None]:
    return result.bad_position, result.reason


async def test_an_untouched_log_is_sound(conn: Conn) -> None:
    heard: list[int] = []
    result = await verify_chain(conn, progress=heard.append)
    assert finding(result) == (None, None)
    assert (result.checked, result.erased, result.last.position, heard) == (5, 0, 5, [5])


async def test_an_empty_log_is_sound(database_url: str) -> None:
    async with await AsyncConnection[Any].connect(database_url) as conn:
        result = await verify_chain(conn)
    assert (result.checked, result.last, result.reason) == (0, Checkpoint(0, bytes(32)), None)


CHANGED = "the event was changed"
WITHIN = "an event of this append, its time, its version or its place was changed"


@pytest.mark.parametrize(
    "change",
    [
        "state = '{}'",
        "topic = 'other.v1'",
        "occurred_at = occurred_at + interval '1 microsecond'",
        "observed_at = now()",
        "revision = 1",
        "content_hash = 'y'",
        "correlation_id = null",
        "originator_id = gen_random_uuid()",
        "commitment = sha256('')",
        "hash = sha256('')",
    ],
)
async def test_any_changed_column_shows(conn: Conn, change: str) -> None:
    await conn.execute(f"update events set {change} where notification_id = 3".encode())
    result = await verify_chain(conn)
    assert finding(result) == (3, CHANGED)
    assert (result.checked, result.last.position) == (0, 0), "sound up to the end of an append"


@pytest.mark.parametrize(
    ("change", "bad_position", "reason"),
    [
        ("originator_version = 9", 4, WITHIN),
        ("link = sha256('')", 4, WITHIN),
        ("link = null", 4, "the append that begins here has lost its end"),
        (
            "recorded_at = recorded_at + interval '1 microsecond'",
            5,
            "its time was changed, or an event was put in or taken away",
        ),
    ],
)
async def test_what_only_the_link_covers_shows_in_its_append(
    conn: Conn, change: str, bad_position: int, reason: str
) -> None:
    await conn.execute(f"update events set {change} where notification_id = 5".encode())
    result = await verify_chain(conn)
    assert finding(result) == (bad_position, reason)
    assert (result.checked, result.last.position) == (3, 3)


async def test_the_time_of_a_whole_append_shows(conn: Conn) -> None:
    await conn.execute("update events set recorded_at = recorded_at + interval '1 microsecond'")
    assert finding(await verify_chain(conn)) == (1, WITHIN)


async def test_an_event_whose_hash_was_made_to_fit_shows_by_the_link(conn: Conn) -> None:
    cursor = await conn.execute(
        "select originator_id, topic, occurred_at from events where notification_id = 5"
    )
    ((stream, topic, occurred_at),) = await cursor.fetchall()
    at = microseconds(occurred_at)
    forged = event_hash(stream.bytes, topic.encode(), b"{}", None, at, None, None, None, None)
    change = "update events set state = '{}', hash = %s where notification_id = 5"
    await conn.execute(change, [forged])
    assert finding(await verify_chain(conn)) == (4, WITHIN)


async def test_a_changed_personal_part_shows(conn: Conn) -> None:
    await conn.execute("update events set personal = personal || ' ' where personal is not null")
    assert finding(await verify_chain(conn)) == (2, "the personal part was changed")


async def test_a_personal_part_put_in_shows(conn: Conn) -> None:
    await conn.execute("update events set personal = '{}' where notification_id = 1")
    assert finding(await verify_chain(conn)) == (1, "the personal part was changed")


async def test_an_erased_personal_part_leaves_the_chain_intact(conn: Conn) -> None:
    await conn.execute("update events set personal = null")
    result = await verify_chain(conn)
    assert (finding(result), result.checked, result.erased) == ((None, None), 5, 1)


@pytest.mark.parametrize("position", [1, 3])
async def test_a_missing_event_shows(conn: Conn, position: int) -> None:
    await conn.execute("delete from events where notification_id = %s", [position])
    assert finding(await verify_chain(conn)) == (position, "events are missing")


async def test_a_missing_event_whose_gap_was_closed_shows(conn: Conn) -> None:
    await conn.execute("delete from events where notification_id = 3")
    await conn.execute(
        "update events set notification_id = notification_id - 1 where notification_id > 3"
    )
    assert (await verify_chain(conn)).bad_position == 3


@pytest.mark.parametrize("position", [0, 3, 5])
async def test_an_event_put_in_shows(conn: Conn, position: int) -> None:
    await conn.execute(
        "insert into events select gen_random_uuid(), originator_version, %s, occurred_at, "
        "recorded_at, observed_at, revision, topic, state, personal, commitment, "
        "correlation_id, content_hash, hash, link from events where notification_id = 4",
        [position],
    )
    result = await verify_chain(conn)
    assert result.bad_position == position
    assert result.reason is not None


async def test_swapped_events_show(conn: Conn) -> None:
    await conn.execute(
        "update events set notification_id = 9 - notification_id where notification_id in (4, 5)"
    )
    assert (await verify_chain(conn)).bad_position == 4


async def test_a_log_that_was_cut_within_an_append_shows(conn: Conn) -> None:
    await conn.execute("delete from events where notification_id = 5")
    assert finding(await verify_chain(conn)) == (4, "the append that begins here has lost its end")


async def test_a_log_cut_off_at_its_end_shows_against_a_checkpoint(conn: Conn) -> None:
    checkpoint = (await verify_chain(conn)).last
    await conn.execute("delete from events where notification_id > 3")
    assert finding(await verify_chain(conn)) == (None, None)
    assert finding(await verify_chain(conn, checkpoint=checkpoint)) == (
        4,
        "the log ends before the checkpoint",
    )


async def test_a_log_written_anew_shows_against_a_checkpoint(conn: Conn) -> None:
    other = Checkpoint(3, b"?" * 32)
    strayed = (3, "its link is not the checkpoint's")
    assert finding(await verify_chain(conn, checkpoint=other)) == strayed
    assert finding(await verify_chain(conn, from_position=3, checkpoint=other)) == strayed


async def test_a_log_written_anew_in_other_appends_shows_against_a_checkpoint(conn: Conn) -> None:
    within = Checkpoint(4, b"?" * 32)
    unended = (4, "no append ends here, where one did at the checkpoint")
    assert finding(await verify_chain(conn, checkpoint=within)) == unended
    assert finding(await verify_chain(conn, from_position=3, checkpoint=within)) == unended


async def test_the_walk_can_go_on_from_where_an_earlier_one_ended(conn: Conn) -> None:
    earlier = await verify_chain(conn)
    await append(conn, [to("b", 3, note())], now=after(2))
    await conn.execute("update events set state = '{}' where notification_id = 2")
    later = await verify_chain(conn, from_position=5, checkpoint=earlier.last)
    assert (finding(later), later.checked, later.last.position) == ((None, None), 1, 6)
    assert finding(await verify_chain(conn, from_position=9)) == (9, "0 events have this position")
    within = (4, "no append ends at this position")
    assert finding(await verify_chain(conn, from_position=4)) == within


async def test_a_log_of_several_batches_is_walked_to_its_end(database_url: str) -> None:
    async with await AsyncConnection[Any].connect(database_url) as conn:
        await append(conn, [to("a", 0, *[note(str(one)) for one in range(2500)])], now=NOON)
        heard: list[int] = []
        result = await verify_chain(conn, progress=heard.append)
        assert (result.reason, result.checked, heard) == (None, 2500, [1000, 2000, 2500])
        await conn.execute("set session_replication_role = replica")
        await conn.execute("delete from events where notification_id between 1001 and 2100")
        assert finding(await verify_chain(conn)) == (1001, "events are missing")
