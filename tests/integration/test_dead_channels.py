"""A channel that takes nothing for ten minutes is told of on another, and when it is well again."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from psycopg.rows import dict_row

from engine.notify.courier import Courier
from engine.notify.failing import Care
from engine.notify.message import Delivered, Message, Outcome, Pace, Rejected, Retry
from engine.notify.plain import plain
from engine.notify.port import Unreachable
from projections.outbox_store import OutboxStore
from tests.support.courier import Post, post
from tests.support.notices import T0

__all__ = ["post"]

DOWN = Retry("503 away")
TEN_MINUTES = timedelta(minutes=10)


@dataclass
class Answers:
    """A channel that answers as it is told."""

    answer: Outcome = field(default_factory=Delivered)
    said: list[str] = field(default_factory=list[str])
    """What it took, in plain words."""
    pace: Pace = field(default_factory=lambda: Pace(timedelta(0), burst=1000))

    async def deliver(self, message: Message) -> Outcome:
        if isinstance(self.answer, Delivered):
            told = plain(message.notices, "")
            self.said.append(f"{told.title}. {told.lines[-1]}")
        return self.answer


class Desk:
    """Couriers that share an outbox, and their channels `ops`, `mail` and `pager`."""

    def __init__(self, post: Post, *fallback: str) -> None:
        self.post = post
        self.ops, self.mail, self.pager = Answers(), Answers(), Answers()
        self.care = Care(frozenset({"ops", "mail"}), fallback or ("mail",), TEN_MINUTES)
        self.courier = self.another()
        self._alerts = 0

    def another(self) -> Courier:
        courier = self.post.courier(ops=self.ops, mail=self.mail, pager=self.pager, jitter=1.0)
        courier.care = self.care
        return courier

    async def alert(self, to: str = "ops") -> None:
        self._alerts += 1
        await self.post.put("alert", alert=f"a{self._alerts}", to=to)

    async def passes(self, minutes: float) -> None:
        """As much time, with a look at every minute of it and at its end."""
        whole, rest = divmod(minutes, 1)
        for step in (*[1.0] * int(whole), rest):
            self.post.clock.advance(60 * step)
            await self.courier.deliver_due()

    async def told(self, channel: str = "mail") -> list[str]:
        """What is said there of channels, whether it has arrived or not."""
        states = await self.post.states()
        return sorted(
            key.split(":")[1] + " " + key.split(":")[3]
            for key in states
            if key.startswith("channel:") and key.endswith(f":{channel}")
        )


@pytest.fixture
def desk(post: Post) -> Desk:
    return Desk(post)


async def test_a_dead_channel_is_told_of_once_and_once_when_it_is_well(desk: Desk) -> None:
    desk.ops.answer = DOWN
    await desk.alert()
    await desk.courier.deliver_due()
    await desk.passes(9)
    assert desk.mail.said == []
    await desk.passes(1)
    assert desk.mail.said == [
        "Nothing arrives at a channel: ops. It has taken nothing since 2026-01-05 09:00:00 UTC:"
        " 503 away. `sla outbox status` says more."
    ]
    await desk.alert()
    await desk.passes(20)
    assert len(desk.mail.said) == 1

    desk.ops.answer = Delivered()
    await desk.passes(10)
    assert desk.mail.said[1:] == [
        "Messages arrive again at a channel: ops. It had taken nothing since 2026-01-05 09:00:00"
        " UTC, for 32 minutes. What was given up meanwhile is sent by `sla outbox replay --channel"
        " ops`."
    ]
    assert set((await desk.post.states()).values()) == {"sent"}


async def test_whoever_looks_and_however_often_it_is_said_once(desk: Desk) -> None:
    desk.ops.answer = desk.mail.answer = DOWN  # so that what is said stays where it is
    await desk.alert()
    await desk.courier.deliver_due()
    desk.post.clock.advance(700)
    desk.mail.answer = Delivered()
    couriers = [desk.another() for _ in range(4)]
    stores = [OutboxStore(desk.post.pool) for _ in range(4)]
    turned = await asyncio.gather(*(one.turn(desk.care, desk.post.clock()) for one in stores))
    assert [one.channel for found in turned for one in found] == ["ops"]
    for courier in couriers:  # also those that have just been started
        await courier.deliver_due()
    assert len(desk.mail.said) == 1


async def test_what_is_told_of_a_channel_is_no_tickets_and_not_in_its_log(desk: Desk) -> None:
    desk.ops.answer = DOWN
    await desk.alert()
    await desk.courier.deliver_due()
    await desk.passes(11)
    assert len(desk.mail.said) == 1
    assert desk.post.log.told == []


async def test_one_message_that_arrives_makes_up_for_all_that_did_not(desk: Desk) -> None:
    for _ in range(3):
        desk.ops.answer = DOWN
        await desk.alert()
        await desk.courier.deliver_due()
        await desk.passes(4)
        desk.ops.answer = Delivered()
        await desk.passes(5)
    assert await desk.told() == []


async def test_a_channel_that_refuses_all_is_dead_without_another_attempt(desk: Desk) -> None:
    desk.ops.answer = Rejected("404 no_service")
    await desk.alert()
    await desk.courier.deliver_due()
    await desk.passes(11)
    assert await desk.told() == ["ops dead"]


async def test_one_message_that_is_refused_is_no_dead_channel_but_many_are(desk: Desk) -> None:
    desk.ops.answer = Rejected("400 invalid_blocks", only_this=True)
    await desk.alert()
    await desk.courier.deliver_due()
    await desk.passes(8)
    await desk.alert()
    await desk.passes(30)
    assert await desk.told() == []
    await desk.alert()
    await desk.passes(1)
    assert await desk.told() == ["ops dead"]


async def test_what_is_for_nobody_says_nothing_of_the_channel(desk: Desk) -> None:
    """However often: nobody was asked to take it."""
    desk.ops.answer = Rejected("nobody is to get it", only_this=True, asked=False)
    for _ in range(3):
        await desk.alert()
        await desk.passes(8)
    assert await desk.told() == []
    assert list((await desk.post.states()).values()) == ["dead"] * 3


async def test_a_channel_without_an_address_is_told_of_when_its_notices_are_given_up(
    desk: Desk,
) -> None:
    await desk.alert("urgent")
    await desk.post.waits_since("urgent", timedelta(minutes=11))
    desk.courier.unreachable = {"urgent": Unreachable("URGENT_URL is not set")}
    desk.courier.care = Care(frozenset({"urgent"}), ("mail",), TEN_MINUTES)
    await desk.courier.deliver_due()
    await desk.courier.deliver_due()
    assert len(desk.mail.said) == 1
    assert "URGENT_URL is not set" in desk.mail.said[0]


async def test_a_fallback_that_is_dead_itself_is_told_of_on_the_others_and_told_nothing(
    post: Post,
) -> None:
    desk = Desk(post, "mail", "pager")
    desk.ops.answer = desk.mail.answer = DOWN
    await desk.alert("mail")
    await desk.courier.deliver_due()
    await desk.passes(11)
    assert (await desk.told("mail"), await desk.told("pager")) == ([], ["mail dead"])
    await desk.alert("ops")
    await desk.passes(12)
    assert (await desk.told("mail"), await desk.told("pager")) == ([], ["mail dead", "ops dead"])
    # It is told what was said to it, and what had not been is not made up for.
    desk.ops.answer = desk.mail.answer = Delivered()
    await desk.passes(10)
    assert await desk.told("mail") == []
    assert len(desk.pager.said) == 4


async def test_the_last_fallback_ends_it(desk: Desk) -> None:
    desk.mail.answer = DOWN
    await desk.alert("mail")
    await desk.courier.deliver_due()
    await desk.passes(11)
    assert await desk.told("mail") == []
    async with desk.post.pool.connection() as conn, conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("SELECT channel, dead_since, dead_told FROM outbox_channels")
        (row,) = [row for row in await cursor.fetchall() if row["dead_since"]]
    assert (row["channel"], row["dead_since"], row["dead_told"]) == ("mail", T0, [])


async def test_what_died_together_with_its_fallback_is_told_of_when_that_is_well(
    desk: Desk,
) -> None:
    desk.ops.answer = desk.mail.answer = DOWN
    await desk.alert()
    await desk.alert("mail")
    await desk.courier.deliver_due()
    await desk.passes(12)
    assert await desk.told() == []
    desk.mail.answer = Delivered()
    await desk.passes(10)
    (said,) = (said for said in desk.mail.said if "channel" in said)
    assert said.startswith(
        "Nothing arrives at a channel: ops. It has taken nothing since 2026-01-05 09:00:00 UTC"
    )
    await desk.passes(30)  # nor again
    desk.ops.answer = Delivered()
    await desk.passes(30)
    assert [said.split(" at ")[0] for said in desk.mail.said if "channel" in said] == [
        "Nothing arrives",
        "Messages arrive again",
    ]


async def test_what_a_fallback_would_not_take_of_a_dead_channel_it_is_told_when_it_is_well(
    desk: Desk,
) -> None:
    desk.ops.answer = DOWN
    await desk.alert()
    await desk.courier.deliver_due()
    await desk.passes(9)
    desk.mail.answer = Rejected("404 no such mailbox")
    await desk.passes(3)
    assert "dead" in (await desk.post.states()).values()
    await desk.passes(10)  # until that is dead, too
    assert desk.mail.said == []
    desk.mail.answer = Delivered()
    await desk.alert("mail")
    await desk.passes(2)
    assert [said.split(" at ")[0] for said in desk.mail.said if "channel" in said] == [
        "Nothing arrives"
    ]


async def test_that_it_is_well_never_overtakes_that_it_was_dead(desk: Desk) -> None:
    desk.ops.answer = DOWN
    await desk.alert()
    await desk.courier.deliver_due()
    desk.mail.answer = Retry("busy")
    await desk.passes(10)
    desk.ops.answer = Delivered()
    await desk.passes(6)
    assert await desk.told() == ["ops dead", "ops well"]
    desk.mail.answer = Delivered()
    await desk.passes(10)
    assert [said.split(" at ")[0] for said in desk.mail.said] == [
        "Nothing arrives",
        "Messages arrive again",
    ]


async def test_a_channel_that_nothing_is_sent_to_any_more_is_neither_dead_nor_well(
    desk: Desk,
) -> None:
    desk.ops.answer = DOWN
    await desk.alert()
    await desk.courier.deliver_due()
    await desk.passes(10)
    desk.courier.care = Care(frozenset({"mail"}), ("mail",), TEN_MINUTES)
    desk.ops.answer = Delivered()
    await desk.passes(20)
    assert await desk.told() == ["ops dead"]
    async with desk.post.pool.connection() as conn:
        found = await conn.execute("SELECT FROM outbox_channels WHERE dead_since IS NOT NULL")
        assert found.rowcount == 0


async def test_a_clock_that_was_ahead_has_not_made_it_fail_in_the_future(desk: Desk) -> None:
    desk.post.clock.advance(86_400)
    desk.ops.answer = DOWN
    await desk.alert()
    await desk.courier.deliver_due()
    desk.post.clock.advance(-86_400)
    await desk.post.outbox.set_back(desk.post.clock())
    await desk.passes(11)
    assert await desk.told() == ["ops dead"]


async def test_a_running_courier_looks_by_itself(desk: Desk) -> None:
    desk.ops.answer = DOWN
    await desk.alert()
    await desk.courier.deliver_due()
    desk.post.clock.advance(700)
    stop = asyncio.Event()
    running = asyncio.create_task(desk.courier.run(stop))
    dead = f"channel:ops:{int(T0.timestamp()) * 1_000_000}:dead:mail"
    await desk.post.until(dead, "sent")
    stop.set()
    await running
