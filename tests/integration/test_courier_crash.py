"""Several couriers, couriers that die, and what else goes wrong around them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from engine.notify.message import Delivered, Message, Pace
from engine.notify.slack import SLACK_PACE, Slack
from tests.support.courier import Post, open_post, post
from tests.support.notices import T0

__all__ = ["post"]

QUICK = Pace(every=timedelta(0), burst=1000)


class Holding:
    """A channel that takes a message, and answers only once it may."""

    pace = QUICK

    def __init__(self) -> None:
        self.is_asked, self.may = asyncio.Event(), asyncio.Event()

    async def deliver(self, message: Message) -> Delivered:
        self.is_asked.set()
        await self.may.wait()
        return Delivered()


async def test_two_couriers_share_the_work_and_nothing_goes_twice(post: Post) -> None:
    for number in range(60):
        await post.put("alert", alert=f"a{number}")
    slack = post.slack(pace=QUICK)
    one, other = post.courier(slack=slack), post.courier(slack=slack)
    tried = [0, 0]
    while sum(tried) < 60:
        more = await asyncio.gather(one.deliver_due(), other.deliver_due())
        tried = [before + now for before, now in zip(tried, more, strict=True)]
    keys = [key for (key,) in await post.keys()]
    assert sorted(keys) == sorted(f"a{number}:alert:slack" for number in range(60))
    assert len(post.log.told) == 60
    assert len({told.dedup_key for told in post.log.told}) == 60


async def test_whoever_takes_over_a_flood_takes_over_all_of_it(post: Post) -> None:
    for number in range(200):
        await post.put("alert", alert=f"a{number}", external_id=f"T-{number % 50}")
    assert len(await post.claim("slack", owner="one")) == 200
    async with post.pool.connection() as conn:
        found = await conn.execute("SELECT DISTINCT lease_until FROM outbox")
        assert found.rowcount == 1


class Falls:
    """A channel whose process can be made to die once the message is out."""

    pace = SLACK_PACE

    def __init__(self, slack: Slack) -> None:
        self.slack = slack
        self.out = asyncio.Event()

    async def deliver(self, message: Any) -> Any:
        await self.slack.deliver(message)
        self.out.set()
        await asyncio.Event().wait()


async def test_after_a_crash_it_is_sent_again_under_the_same_key(post: Post) -> None:
    await post.put("alert", alert="a1")
    falls = Falls(post.slack())
    dying = asyncio.create_task(post.courier(slack=falls).deliver_due())
    await falls.out.wait()
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    assert await post.states() == {"a1:alert:slack": "sending"}
    heir = post.courier()
    post.clock.advance(3600)  # a clock of its own, which counts for nothing here
    assert await heir.deliver_due() == 0  # it may still be under way
    await post.let_leases_lapse()
    post.clock.advance(-3600)
    assert await heir.deliver_due() == 1
    assert await post.keys() == [["a1:alert:slack"], ["a1:alert:slack"]]
    assert [told.attempts for told in post.log.told] == [2]


async def test_what_a_clock_that_was_ahead_has_leased_or_put_off_goes_once_it_is_set_back(
    post: Post,
) -> None:
    for alert in ("a1", "a2", "a3"):
        await post.put("alert", alert=alert)
    post.clock.advance(86_400)
    assert len(await post.claim("slack", owner="crashed")) == 1
    await post.outbox.hold("slack", post.clock())
    async with post.pool.connection() as conn:
        await conn.execute("UPDATE outbox SET lease_until = lease_until + interval '1 day'")
        put_off = "UPDATE outbox SET next_attempt_at = %s WHERE alert_id = 'a3'"
        await conn.execute(put_off, [post.clock()])
    post.clock.advance(-86_400)
    assert await post.courier().deliver_due() == 0

    await post.outbox.set_back(post.clock())
    for _ in range(3):  # at the channel's pace
        assert await post.courier().deliver_due() == 1
        post.clock.advance(1)

    assert set((await post.states()).values()) == {"sent"}


async def test_a_late_failure_does_not_undo_what_the_heir_delivered(post: Post) -> None:
    await post.put("alert", alert="a1")
    slow = await post.claim("slack", owner="slow")
    await post.let_leases_lapse()
    assert await post.courier().deliver_due() == 1
    key = slow[0].dedup_key
    await post.outbox.retry({key: post.clock()}, "timed out", errand="slow/1")
    await post.outbox.dead([key], "timed out", errand="slow/1")
    assert await post.states() == {key: "sent"}


async def test_what_the_log_did_not_take_is_told_again(post: Post) -> None:
    await post.put("alert", alert="a1")
    await post.put("alert", alert="a2")
    post.log.refusals = 1
    courier = post.courier()
    await courier.deliver_due()
    assert post.log.told == []
    post.clock.advance(3600)
    await courier.deliver_due()
    assert post.log.told == []
    post.clock.advance(-3600)
    await post.let_leases_lapse()
    await post.courier().deliver_due()
    assert sorted(told.dedup_key for told in post.log.told) == ["a1:alert:slack", "a2:alert:slack"]
    assert {told.delivered_at for told in post.log.told} == {T0}


async def test_it_runs_until_it_is_stopped_and_finishes_what_is_under_way(post: Post) -> None:
    slow, stop = Holding(), asyncio.Event()
    courier = post.courier(slow=slow)
    running = asyncio.create_task(courier.run(stop))
    await post.put("alert", alert="a1")
    courier.wake()
    while not post.log.told:
        await post.log.changed.wait()
    await post.put("alert", alert="a2", to="slow")
    courier.wake()
    await slow.is_asked.wait()
    stop.set()
    slow.may.set()
    await running
    assert await post.states() == dict.fromkeys(["a1:alert:slack", "a2:alert:slow"], "sent")


async def test_a_slow_channel_keeps_no_other_waiting(post: Post) -> None:
    courier, stop = post.courier(stuck=Holding()), asyncio.Event()
    running = asyncio.create_task(courier.run(stop))
    await post.put("alert", alert="a1", to="stuck")
    courier.wake()
    await post.until("a1:alert:stuck", "sending")
    await post.put("alert", alert="a2")
    courier.wake()
    await post.until("a2:alert:slack", "sent")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_it_outlives_a_database_that_throws_it_out(
    post: Post, furnished_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    courier, stop = post.courier(), asyncio.Event()
    running = asyncio.create_task(courier.run(stop))
    await post.put("alert", alert="a1")
    await post.until("a1:alert:slack", "sent")
    async with await AsyncConnection.connect(furnished_database_url, autocommit=True) as admin:
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    noticed = {"the outbox cannot be read", "a channel could not be served"}
    while not noticed & set(caplog.messages):
        courier.wake()
        await asyncio.sleep(0.005)
    # Of the courier's connections some may be dead still: that is for it to find out.
    async with open_post(furnished_database_url) as anew:
        await anew.put("alert", alert="a2")
        await anew.until("a2:alert:slack", "sent")
    stop.set()
    await running
