"""What is gathered goes as one message, once the first of it has waited long enough."""

from datetime import timedelta

import httpx

from engine.notify.courier import Courier
from engine.notify.message import Pace
from engine.notify.webhook import Webhook
from tests.support.courier import Post, post
from tests.support.web import answering

__all__ = ["post"]

DISKS, NETS = ("disks", 10.0), ("nets", 10.0)
FAST = Pace(timedelta(0), burst=1000, group_above=3)


def keys(*alerts: str) -> list[str]:
    return [f"{one}:alert:slack" for one in alerts]


async def test_notices_of_one_key_are_one_message_once_the_first_has_waited(post: Post) -> None:
    courier = post.courier()
    await post.put("alert", alert="a1", gather=DISKS)
    post.clock.advance(4)
    await post.put("alert", alert="a2", gather=DISKS)
    post.clock.advance(5.9)
    assert await courier.deliver_due() == 0
    post.clock.advance(0.1)
    assert await courier.deliver_due() == 1
    assert await post.keys() == [keys("a1", "a2")]

    # What comes afterwards waits for itself.
    await post.put("alert", alert="a3", gather=DISKS)
    post.clock.advance(9)
    assert await courier.deliver_due() == 0
    post.clock.advance(1)
    assert await courier.deliver_due() == 1
    assert await post.keys() == [keys("a1", "a2"), keys("a3")]


async def test_one_by_itself_is_an_ordinary_message(post: Post) -> None:
    await post.put("alert", alert="a1", gather=DISKS)
    post.clock.advance(10)
    await post.courier().deliver_due()
    (message,) = await post.received()
    assert message["payload"]["text"].startswith("⚠️ SLA warning: resolution of T-a1")


async def test_each_key_is_a_message_of_its_own_and_what_is_not_gathered_goes_at_once(
    post: Post,
) -> None:
    courier = post.courier()
    for number in range(4):
        await post.put("alert", alert=f"d{number}", gather=DISKS)
        await post.put("alert", alert=f"n{number}", gather=NETS)
    await post.put("alert", alert="a1")
    assert await courier.deliver_due() == 1
    post.clock.advance(10)
    assert await courier.deliver_due() == 2
    at_once, *later = await post.keys()
    assert at_once == keys("a1")
    # Both are under way at once: either may be there first.
    assert sorted(later) == [keys("d0", "d1", "d2", "d3"), keys("n0", "n1", "n2", "n3")]


async def test_a_flood_of_others_takes_nothing_that_is_gathered_along(post: Post) -> None:
    courier = post.courier()
    await post.put("alert", alert="d1", gather=DISKS)
    post.clock.advance(10)
    for number in range(5):
        await post.put("alert", alert=f"a{number}")
    assert await courier.deliver_due() == 2
    assert sorted(await post.keys()) == [keys("a0", "a1", "a2", "a3", "a4"), keys("d1")]


async def test_a_flood_that_waits_for_its_turn_does_not_keep_it_waiting(post: Post) -> None:
    pace = Pace(timedelta(0), burst=1000, group_above=3, group_wait=timedelta(seconds=60))
    courier = post.courier(slack=post.slack(pace=pace))
    for number in range(8):
        await post.put("alert", alert=f"a{number}")
        if number == 3:
            await courier.deliver_due()
    for number in range(8, 12):
        await post.put("alert", alert=f"a{number}")
    await post.put("alert", alert="d1", gather=DISKS)
    post.clock.advance(10)
    assert await courier.deliver_due() == 1
    assert (await post.keys())[1:] == [keys("d1")]


async def test_what_has_become_of_it_meanwhile_goes_with_it_and_not_before(post: Post) -> None:
    courier = post.courier()
    await post.put("alert", alert="a1", gather=DISKS)
    await post.put("alert", alert="a2", gather=DISKS)
    await post.put("retracted", alert="a1", external_id="T-a1")
    assert await courier.deliver_due() == 0
    post.clock.advance(10)
    assert await courier.deliver_due() == 1
    (all_of_it,) = await post.keys()
    assert all_of_it == [*keys("a1", "a2"), "a1:retracted:slack"]


async def test_what_is_raised_and_due_does_not_wait_for_what_its_ticket_is_gathered_with_before(
    post: Post,
) -> None:
    """A warning may wait for an hour: what is worse, and goes at once, takes it along."""
    courier = post.courier()
    await post.put("alert", alert="w1", external_id="T-1", gather=("warnings", 3600.0))
    await post.put("alert", alert="w2", external_id="T-2", gather=("warnings", 3600.0))
    await post.put("alert", alert="w3", external_id="T-3", gather=("warnings", 3600.0))
    post.clock.advance(180)
    await post.put("acknowledged", alert="w1", external_id="T-1")
    assert await courier.deliver_due() == 0
    await post.put("alert", alert="a1", external_id="T-1", severity="breached")
    assert await courier.deliver_due() == 1
    ((first, follows, urgent),) = await post.keys()
    assert [first, urgent] == keys("w1", "a1")
    assert follows.startswith("w1:acknowledged:")

    post.clock.advance(3600 - 180)
    assert await courier.deliver_due() == 1
    assert (await post.keys())[1:] == [keys("w2", "w3")]


async def test_what_comes_soon_anyway_stays_together(post: Post) -> None:
    """As when a silence is over, and at the same time somebody is to be reminded."""
    courier = post.courier()
    for number in range(3):
        await post.put("alert", alert=f"s{number}", gather=("silence over", 10.0))
    await post.put("reminder", alert="r1", external_id="T-s1")
    assert await courier.deliver_due() == 0
    post.clock.advance(10)
    assert await courier.deliver_due() == 1
    (together,) = await post.keys()
    assert len(together) == 4


async def test_what_belongs_to_another_key_does_not_overtake_what_its_ticket_is_told_before(
    post: Post,
) -> None:
    """Nor does it wait for longer than it is to."""
    courier = post.courier(slack=post.slack(pace=FAST))
    await post.put("alert", alert="a1", external_id="T-1", gather=("slow", 60.0))
    await post.put("alert", alert="a2", external_id="T-2", gather=("slow", 60.0))
    await post.put("escalation", alert="a3", external_id="T-1", gather=DISKS)
    await post.put("alert", alert="a4", external_id="T-4", gather=DISKS)
    post.clock.advance(9)
    assert await courier.deliver_due() == 0
    post.clock.advance(1)
    assert await courier.deliver_due() == 2
    # Both are under way at once: either may be there first.
    assert sorted(await post.keys()) == [[*keys("a1"), "a3:escalation:slack"], keys("a4")]
    post.clock.advance(50)
    assert await courier.deliver_due() == 1
    assert (await post.keys())[2:] == [keys("a2")]


async def test_nothing_is_lost_and_nothing_else_is_said_after_a_courier_has_died(
    post: Post,
) -> None:
    for number in range(3):
        await post.put("alert", alert=f"a{number}", gather=("disks", 3600.0))
        post.clock.advance(600)
    post.clock.advance(1800)
    claimed = await post.claim("slack", owner="dead")
    assert [one.dedup_key for one in claimed] == keys("a0", "a1", "a2")
    await post.put("alert", alert="a3", gather=("disks", 3600.0))
    heir = post.courier()
    assert await heir.deliver_due() == 0

    await post.let_leases_lapse()
    post.clock.advance(2)
    assert await heir.deliver_due() == 1
    # At once, though most of it had not waited for its hour; what came since comes along.
    assert await post.keys() == [keys("a0", "a1", "a2", "a3")]


async def test_a_message_that_failed_is_tried_again_as_a_whole(post: Post) -> None:
    await post.behave(fail=1)
    for number in range(3):
        await post.put("alert", alert=f"a{number}", gather=DISKS)
        post.clock.advance(1)
    post.clock.advance(10)
    courier = post.courier(jitter=0.7)
    await courier.deliver_due()
    assert await post.keys() == []
    post.clock.advance(1)
    assert await courier.deliver_due() == 1
    assert await post.keys() == [keys("a0", "a1", "a2")]


async def test_what_is_gathered_waits_for_itself_also_when_a_channel_is_back(post: Post) -> None:
    await post.behave(fail=1)
    courier = post.courier(jitter=0.5)
    await post.put("alert", alert="a1")
    await courier.deliver_due()
    post.clock.advance(120)
    await post.put("alert", alert="d1", gather=("disks", 600.0))
    assert await courier.deliver_due() == 1
    post.clock.advance(300)
    await post.put("alert", alert="d2", gather=("disks", 600.0))
    assert await courier.deliver_due() == 0
    post.clock.advance(300)
    assert await courier.deliver_due() == 1
    assert await post.keys() == [keys("a1"), keys("d1", "d2")]


async def test_of_one_that_is_refused_only_the_guilty_notice_dies(post: Post) -> None:
    for number in range(8):
        await post.put("alert", alert=f"a{number}", gather=("disks", 3600.0))
        post.clock.advance(60)
    post.clock.advance(3600 - 8 * 60)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400 if b"a5:" in request.content else 200, text="ok")

    async with httpx.AsyncClient(transport=answering(answer)) as client:
        courier = post.courier(slack=post.slack(client=client, pace=FAST))
        for _ in range(8):
            await courier.deliver_due()
    states = await post.states()
    assert {key for key, state in states.items() if state == "dead"} == {"a5:alert:slack"}
    assert {state for key, state in states.items() if key != "a5:alert:slack"} == {"sent"}


async def test_a_channel_that_tells_of_each_ticket_alone_does_so(post: Post) -> None:
    got: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        got.append(request)
        return httpx.Response(200)

    async with httpx.AsyncClient(transport=answering(answer)) as client:
        courier = post.courier(
            slack=Webhook("https://example.com/sla", client=client, now=post.clock)
        )
        for number in range(3):
            await post.put("alert", alert=f"a{number}", gather=DISKS)
        post.clock.advance(10)
        await courier.deliver_due()
    assert len(got) == 3


async def test_several_couriers_send_each_group_once(post: Post) -> None:
    couriers: list[Courier] = [post.courier(slack=post.slack(pace=FAST)) for _ in range(3)]
    for number in range(30):
        await post.put("alert", alert=f"a{number:02}", gather=(f"team {number % 5}", 10.0))
    post.clock.advance(10)
    for one in couriers:
        await one.deliver_due()
    sent = await post.keys()
    assert [len(one) for one in sent] == [6] * 5
