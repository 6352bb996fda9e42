"""How fast the courier goes, and what becomes of a flood."""

from datetime import timedelta

import httpx

from engine.notify.message import Pace
from engine.notify.webhook import Webhook
from tests.support.courier import Post, post

__all__ = ["post"]


async def test_a_flood_becomes_one_message(post: Post) -> None:
    for number in range(23):
        await post.put("alert", alert=f"a{number:02}")
    assert await post.courier().deliver_due() == 1
    (keys,) = await post.keys()
    assert keys == [f"a{number:02}:alert:slack" for number in range(23)]
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

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        webhook = Webhook("https://example.com/sla", client=client, now=post.clock, secret="s")
        courier = post.courier(ops=webhook)
        for number in range(10):
            await post.put("alert", alert=f"a{number}", to="slack ops")
        assert await courier.deliver_due() == 11
    assert [request.headers["Idempotency-Key"] for request in got] == [
        f"a{number}:alert:ops" for number in range(10)
    ]
