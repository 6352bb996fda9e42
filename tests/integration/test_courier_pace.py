"""How fast the courier goes, and what becomes of a flood."""

from datetime import timedelta

import httpx
import pytest

from engine.notify.courier import Courier
from engine.notify.message import Pace
from engine.notify.webhook import Webhook
from tests.support.courier import Post, post
from tests.support.web import answering

__all__ = ["post"]


async def test_a_flood_becomes_one_message(post: Post) -> None:
    for number in range(23):
        await post.put("alert", alert=f"a{number:02}")
    courier = post.courier()
    assert await courier.deliver_due() == 1
    (keys,) = await post.keys()
    assert keys == [f"a{number:02}:alert:slack" for number in range(23)]
    assert courier.tickets["slack"].count() == 23
    assert set((await post.states()).values()) == {"sent"}
    assert len(post.log.told) == 23


async def test_up_to_three_alerts_are_messages_of_their_own(post: Post) -> None:
    for number in range(3):
        await post.put("alert", alert=f"a{number}")
    assert await post.courier().deliver_due() == 3


async def test_a_flood_that_failed_is_tried_again_as_one(post: Post) -> None:
    await post.behave(fail=1)
    for number in range(5):
        await post.put("alert", alert=f"a{number}")
    courier = post.courier(jitter=0.7)
    await courier.deliver_due()
    post.clock.advance(1)
    assert await courier.deliver_due() == 1
    assert [len(keys) for keys in await post.keys()] == [5]


async def test_after_a_burst_one_message_goes_every_second(post: Post) -> None:
    one, other = post.courier(), post.courier()
    sent: list[int] = []
    for step in range(10):
        await post.put("alert", alert=f"a{step}")
        sent.append(await one.deliver_due() + await other.deliver_due())
        post.clock.advance(0.25)
    # Four at once, then a slot a second, for all that has come meanwhile.
    assert sent == [1, 1, 1, 1, 1, 0, 0, 0, 1, 0]
    assert [len(keys) for keys in await post.keys()] == [1, 1, 1, 1, 1, 4]


async def test_while_a_flood_lasts_one_message_goes_in_each_group_wait(post: Post) -> None:
    pace = Pace(timedelta(seconds=1), burst=4, group_above=3, group_wait=timedelta(seconds=5))
    courier = post.courier(slack=post.slack(pace=pace))
    sent: list[int] = []
    for step in range(12):
        for number in range(10):
            await post.put("alert", alert=f"a{step}.{number}")
        sent.append(await courier.deliver_due())
        post.clock.advance(1)
    assert sent == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]
    assert [len(keys) for keys in await post.keys()] == [10, 50, 50]


async def test_a_webhook_gets_each_alert_by_itself(post: Post) -> None:
    got: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        got.append(request)
        return httpx.Response(204)

    async with httpx.AsyncClient(transport=answering(answer)) as client:
        webhook = Webhook("https://example.com/sla", client=client, now=post.clock)
        courier = post.courier(ops=webhook)
        for number in range(10):
            await post.put("alert", alert=f"a{number}", to="slack ops")
        assert await courier.deliver_due() == 11
    assert [request.headers["Idempotency-Key"] for request in got] == [
        f"a{number}:alert:ops" for number in range(10)
    ]


def picky(*refused: str) -> httpx.MockTransport:
    """A Slack that takes no message which names one of these alerts."""

    def answer(request: httpx.Request) -> httpx.Response:
        if any(name.encode() in request.content for name in refused):
            return httpx.Response(400, text="invalid_blocks")
        return httpx.Response(200, text="ok")

    return answering(answer)


async def drained(post: Post, courier: Courier) -> int:
    """How many messages were tried until nothing is due any more, a second between looks."""
    tried = 0
    for _ in range(40):
        tried += await courier.deliver_due()
        post.clock.advance(1)
    return tried


async def test_of_a_flood_that_is_refused_only_the_guilty_notices_die(post: Post) -> None:
    for number in range(40):
        await post.put("alert", alert=f"a{number:02}")
    async with httpx.AsyncClient(transport=picky("a07:", "a31:")) as client:
        courier = post.courier(slack=post.slack(client=client))
        tried = await drained(post, courier)

    states = await post.states()
    guilty = {"a07:alert:slack", "a31:alert:slack"}
    assert {key for key, state in states.items() if state == "dead"} == guilty
    assert {key for key, state in states.items() if state == "sent"} == states.keys() - guilty
    assert await post.error("a07:alert:slack") == "400 invalid_blocks"
    assert tried < 25  # not each by itself

    assert await post.replay() == guilty
    await drained(post, post.courier())
    assert set((await post.states()).values()) == {"sent"}


async def test_a_part_of_a_refused_flood_keeps_together_while_more_comes(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One at a time: of several under way it is chance which is answered first.
    monkeypatch.setattr("engine.notify.courier.AT_ONCE", 1)
    for number in range(8):
        await post.put("alert", alert=f"a{number}")
    async with httpx.AsyncClient(transport=picky("a0:")) as client:
        # Refused: all eight, the first four of them, their first two, and the first: it is dead.
        assert await post.courier(slack=post.slack(client=client)).deliver_due() == 4
    await post.put("alert", alert="b1")
    await drained(post, post.courier())
    assert sorted(await post.keys()) == [
        ["a1:alert:slack"],
        ["a2:alert:slack", "a3:alert:slack"],
        [f"a{number}:alert:slack" for number in range(4, 8)],
        ["b1:alert:slack"],
    ]


async def test_a_flood_to_a_channel_that_is_gone_is_refused_once(post: Post) -> None:
    await post.behave(fail=99, status=404)
    for number in range(8):
        await post.put("alert", alert=f"a{number}")
    assert await post.courier().deliver_due() == 1
    assert set((await post.states()).values()) == {"dead"}


async def test_a_mistake_with_one_notice_of_a_flood_holds_up_only_that(post: Post) -> None:
    for number in range(8):
        await post.put("alert", alert=f"a{number}")
    await post.spoil("a0", "remaining_seconds")
    courier = post.courier(jitter=1.0)
    for _ in range(4):
        await courier.deliver_due()
        post.clock.advance(1)
    states = await post.states()
    assert states.pop("a0:alert:slack") == "pending"
    assert set(states.values()) == {"sent"}
