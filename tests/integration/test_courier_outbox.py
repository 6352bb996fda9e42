"""From the event log into the outbox, by the runner."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, dict_row
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.events import shown
from command_side.event_store import Append, NewEvent, Recorded, append
from projections.dead_letters import REPLAY
from projections.outbox import Outbox
from projections.outbox_store import CLAIM, READY
from projections.rebuild import NotRebuildable, rebuild
from projections.runner import Runner
from tests.support.courier import Post, post
from tests.support.notices import T0, event
from tests.support.plans import rows_looked_at

__all__ = ["post"]


async def store(pool: AsyncConnectionPool[AsyncConnection[TupleRow]], *events: Recorded) -> None:
    """Append them, each at any version of its ticket's stream."""
    async with pool.connection() as conn:
        for item in events:
            new = NewEvent(item.topic, item.state, item.said, T0)
            source, external_id = shown(item.body)["source"], shown(item.body)["external_id"]
            known = Append(item.ticket_id, source, external_id, None, [new], None, None)
            await append(conn, [known], now=T0)


async def test_those_who_are_to_be_told_get_a_row_each(post: Post) -> None:
    runner = Runner(post.pool, [Outbox()], post.clock, "test")
    await store(
        post.pool,
        event(alert="a1", to="slack ops"),
        event(alert="a2", suppressed="backfill", to=""),
        event(alert="a3", suppressed="silenced", to="slack"),
        event("escalation", alert="a4"),
        event("escalation", alert="a5", suppressed="inhibited"),
        event("retracted", alert="a1", to="slack ops"),
        event("retracted", alert="a2", to=""),
    )
    await runner.catch_up()
    assert await post.states() == dict.fromkeys(
        [
            "a1:alert:ops",
            "a1:alert:slack",
            "a1:retracted:ops",
            "a1:retracted:slack",
            "a4:escalation:slack",
        ],
        "pending",
    )
    await store(post.pool, event(alert="a6"))
    await runner.catch_up()
    assert len(await post.states()) == 6


async def body_of(post: Post, key: str) -> dict[str, Any]:
    async with post.pool.connection() as conn, conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("SELECT * FROM outbox WHERE dedup_key = %s", (key,))
        (row,) = await cursor.fetchall()
    assert row["body"]["position"] == row["position"]
    assert row["body"]["ticket_id"] == str(row["ticket_id"])
    return row["body"]


async def test_a_row_holds_the_facts_of_its_message(post: Post) -> None:
    await store(
        post.pool,
        event(alert="a1", title="NUL \x00 inside"),
        event("escalation", alert="a2"),
        event("retracted", alert="a1"),
        event("retracted", alert="a2", milestone="level:2"),
    )
    await Runner(post.pool, [Outbox()], post.clock, "test").catch_up()
    body = await body_of(post, "a1:alert:slack")
    (alert,) = body["alerts"]
    assert (alert["type"], alert["severity"], body["title"]) == ("alert", "warning", "NUL  inside")
    (escalation,) = (await body_of(post, "a2:escalation:slack"))["alerts"]
    assert (escalation["escalation_level"], escalation["level_name"]) == (2, "Manager notified")
    assert (await body_of(post, "a1:retracted:slack"))["alerts"][0]["severity"] == "breached"
    assert (await body_of(post, "a2:retracted:slack"))["alerts"][0]["severity"] is None


async def test_it_is_delivered_from_there(post: Post) -> None:
    runner, courier = Runner(post.pool, [Outbox()], post.clock, "test"), post.courier()
    await store(post.pool, event(alert="a1"))
    await runner.catch_up()
    await courier.deliver_due()
    assert await post.keys() == [["a1:alert:slack"]]


async def test_it_is_delivered_at_once_by_a_process_whose_clock_is_behind(post: Post) -> None:
    await store(post.pool, event(alert="a1"))
    await Runner(post.pool, [Outbox()], post.clock, "test").catch_up()
    post.clock.advance(-300)
    await post.courier().deliver_due()
    assert await post.keys() == [["a1:alert:slack"]]


async def test_it_is_never_rebuilt(post: Post) -> None:
    await Runner(post.pool, [Outbox()], post.clock, "test").define_tables()
    with pytest.raises(NotRebuildable):
        await rebuild(post.pool, Outbox(), now=post.clock)


async def test_looking_for_work_does_not_read_all_that_waits(post: Post) -> None:
    await Runner(post.pool, [Outbox()], post.clock, "test").define_tables()
    async with post.pool.connection() as conn:
        await conn.execute(
            "INSERT INTO outbox"
            " (dedup_key, position, ticket_id, alert_id, kind, channel, body, next_attempt_at)"
            " SELECT n, n, gen_random_uuid(), n, 'alert', 'c' || mod(n, 3), '{}', %s"
            " FROM generate_series(1, 3000) n",
            (T0,),
        )
        await conn.execute("ANALYZE outbox")
        asked = {"owner": "test/", "under_way": list[str](), "now": T0}
        assert await rows_looked_at(conn, READY, asked) < 20
        day = timedelta(days=1)
        claim = {"channel": "c0", "errand": "test/1", "lease": day, "every": day, "tolerance": day}
        await conn.execute("INSERT INTO outbox_channels (channel) VALUES ('c0')")
        assert await rows_looked_at(conn, CLAIM, asked | claim) < 20
        await conn.execute("DELETE FROM outbox WHERE state = 'sending'")
    ready = await post.outbox.ready(owner="test", under_way=(), now=T0)
    assert ready == dict.fromkeys(["c0", "c1", "c2"], T0)


async def test_what_was_sent_is_read_once_for_all_dead_letters_that_are_replayed(
    post: Post,
) -> None:
    await Runner(post.pool, [Outbox()], post.clock, "test").define_tables()
    async with post.pool.connection() as conn:
        # The channel was told that the alerts of every tenth are withdrawn, of every other tenth
        # that one of them is, or another channel was told.
        await conn.execute(
            """
            INSERT INTO outbox (dedup_key, position, ticket_id, alert_id, kind, channel, state,
                next_attempt_at, body)
            SELECT n || ' ' || kind, position + n, lpad(n::text, 32, '0')::uuid, 'a', kind, channel,
                state, %s, jsonb_build_object('alerts', (
                    SELECT jsonb_agg(jsonb_build_object('type', kind, 'alert_id', alert))
                    FROM unnest(alerts) AS alert))
            FROM generate_series(0, 999) n, LATERAL (VALUES
                ('alert', 0, 'slack', 'dead', '{a,b}'::text[]),
                ('retracted', 2000, CASE mod(n, 10) WHEN 2 THEN 'ops' ELSE 'slack' END, 'sent',
                    CASE mod(n, 10) WHEN 0 THEN '{b,a}' WHEN 1 THEN '{b}' WHEN 2 THEN '{a,b}'
                    ELSE '{c}' END::text[])
            ) AS row (kind, position, channel, state, alerts)
            """,
            (T0,),
        )
        await conn.execute("ANALYZE outbox")
        read = await rows_looked_at(conn, REPLAY, {"keys": None, "channel": None})
        assert read < 20_000
    states = await post.states()
    left = [key for key, state in states.items() if state == "dead"]
    assert sorted(left) == sorted(f"{n} alert" for n in range(0, 1000, 10))
