"""One channel's notices go side by side and take turns; those of one ticket go in order."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any, LiteralString

from engine.notify.courier import AT_ONCE
from engine.notify.message import Delivered, Message, Outcome, Pace, Rejected, Retry
from projections.outbox_store import OutboxStore
from tests.support.courier import Post, post

__all__ = ["post"]

QUICK = Pace(every=timedelta(0), burst=1000)
A_SECOND_APART = Pace(every=timedelta(seconds=1))
IN_FLOODS = Pace(every=timedelta(0), burst=1000, group_above=3)


class Answers:
    """A channel that answers as it is told, and remembers what came, message by message."""

    def __init__(
        self, pace: Pace, answer: Callable[[list[str]], Coroutine[Any, Any, Outcome]]
    ) -> None:
        self.pace = pace
        self.came: list[list[str]] = []
        self._answer = answer

    async def deliver(self, message: Message) -> Outcome:
        alerts = [notice.dedup_key.split(":")[0] for notice in message.notices]
        self.came.append(alerts)
        return await self._answer(alerts)


async def taken(_: list[str]) -> Outcome:
    return Delivered()


async def failing(_: list[str]) -> Outcome:
    return Retry("not now")


async def test_a_slow_receiver_is_told_of_many_at_once(post: Post) -> None:
    all_there = asyncio.Barrier(AT_ONCE)

    async def slow(_: list[str]) -> Outcome:
        await all_there.wait()  # nobody is answered before as many have come
        return Delivered()

    for number in range(2 * AT_ONCE):
        await post.put("alert", alert=f"a{number}", to="ops")
    assert await post.courier(ops=Answers(QUICK, slow)).deliver_due() == 2 * AT_ONCE
    assert set((await post.states()).values()) == {"sent"}


async def test_what_hangs_keeps_nothing_else_waiting(post: Post) -> None:
    never = asyncio.Event()

    async def hangs(alerts: list[str]) -> Outcome:
        if alerts[0] in ("a0", "a1"):
            await never.wait()
        return Delivered()

    courier, stop = post.courier(ops=Answers(QUICK, hangs)), asyncio.Event()
    for number in range(6):
        await post.put("alert", alert=f"a{number}", to="ops")
    running = asyncio.create_task(courier.run(stop))
    await post.until("a5:alert:ops", "sent")
    await post.put("alert", alert="late", to="ops")
    await post.until("late:alert:ops", "sent")
    states = await post.states()
    assert {key for key, state in states.items() if state == "sending"} == {
        "a0:alert:ops",
        "a1:alert:ops",
    }
    never.set()
    stop.set()
    await running
    assert set((await post.states()).values()) == {"sent"}


async def test_none_is_tried_twice_before_all_are_tried_once(post: Post) -> None:
    ops = Answers(A_SECOND_APART, failing)
    courier = post.courier(ops=ops, jitter=0.0)  # each is due again at once
    for number in range(6):
        await post.put("alert", alert=f"a{number}", to="ops")
    for _ in range(12):
        await courier.deliver_due()
        post.clock.advance(1)
    tried = [alert for (alert,) in ops.came]
    assert tried == [f"a{number}" for number in range(6)] * 2


async def test_a_later_notice_of_a_ticket_waits_for_one_that_is_put_off(post: Post) -> None:
    ops = Answers(QUICK, failing)
    courier = post.courier(ops=ops, jitter=1.0)
    for alert in ("a1", "a2", "a3"):
        await post.put("alert", alert=alert, to="ops", external_id="T-1")
    await post.put("alert", alert="b1", to="ops", external_id="T-2")
    await courier.deliver_due()
    assert ops.came == [["a1"], ["b1"]]
    assert await courier.deliver_due() == 0

    post.clock.advance(1)
    courier.channels = {"ops": (well := Answers(QUICK, taken))}
    await courier.deliver_due()
    told = [alert for (alert,) in well.came]
    assert [alert for alert in told if alert != "b1"] == ["a1", "a2", "a3"]
    assert set((await post.states()).values()) == {"sent"}


async def test_nor_does_a_flood_carry_it_past_that_one(post: Post) -> None:
    slack = Answers(IN_FLOODS, failing)
    courier = post.courier(slack=slack, jitter=1.0)
    await post.put("alert", alert="a1", external_id="T-1")
    await courier.deliver_due()
    await post.put("alert", alert="a2", external_id="T-1")
    for number in range(4):
        await post.put("alert", alert=f"b{number}")
    courier.channels = {"slack": (well := Answers(IN_FLOODS, taken))}
    await courier.deliver_due()
    assert well.came == [["b0", "b1", "b2", "b3"]]

    post.clock.advance(1)
    await courier.deliver_due()
    assert well.came[1:] == [["a1", "a2"]]


async def test_what_is_told_of_a_ticket_is_never_older_than_the_newest_that_waits(
    post: Post,
) -> None:
    """Or a message would say that there are two seconds left, of what was breached long ago."""
    courier = post.courier(slack=Answers(IN_FLOODS, failing), jitter=1.0)
    await post.put("alert", alert="warning", external_id="T-1")
    for _ in range(7):  # put off for a minute by now
        await courier.deliver_due()
        post.clock.advance(64)
    await post.put("alert", alert="breach", external_id="T-1")
    for number in range(4):
        await post.put("alert", alert=f"b{number}")
    await courier.deliver_due()
    async with post.pool.connection() as conn:
        await conn.execute(
            "UPDATE outbox SET next_attempt_at = next_attempt_at + interval '1 hour'"
            " WHERE alert_id = 'breach'"
        )
    post.clock.advance(300)
    courier.channels = {"slack": (well := Answers(IN_FLOODS, taken))}
    await courier.deliver_due()
    assert well.came == [["warning", "breach", "b0", "b1", "b2", "b3"]]


async def test_what_was_put_off_goes_at_once_when_a_channel_is_back(post: Post) -> None:
    answers = [failing]
    ops = Answers(QUICK, lambda alerts: answers[-1](alerts))
    courier = post.courier(ops=ops, jitter=1.0)
    await post.put("alert", alert="a1", to="ops")
    for number in range(2, 5):  # each waits for as long as it has been tried
        await courier.deliver_due()
        post.clock.advance(64)
        await post.put("alert", alert=f"a{number}", to="ops")
    await courier.deliver_due()
    answers.append(taken)
    post.clock.advance(1)  # the newest is due, and no other
    await courier.deliver_due()
    assert sorted(ops.came[-4:]) == [["a1"], ["a2"], ["a3"], ["a4"]]
    assert set((await post.states()).values()) == {"sent"}


async def test_a_short_failure_changes_no_turn(post: Post) -> None:
    answers = [failing]
    ops = Answers(QUICK, lambda alerts: answers[-1](alerts))
    courier = post.courier(ops=ops, jitter=1.0)
    await post.put("alert", alert="a1", to="ops")
    await courier.deliver_due()
    post.clock.advance(1)
    await courier.deliver_due()  # put off for two seconds now
    answers.append(taken)
    await post.put("alert", alert="a2", to="ops")
    assert await courier.deliver_due() == 1
    assert (await post.states())["a1:alert:ops"] == "pending"


async def test_in_a_flood_the_notices_of_a_ticket_stand_in_order(post: Post) -> None:
    slack = Answers(IN_FLOODS, failing)
    courier = post.courier(slack=slack, jitter=1.0)
    await post.put("alert", alert="a1", external_id="T-1")
    await courier.deliver_due()
    for alert in ("a2", "a3", "a4"):
        await post.put("alert", alert=alert, external_id="T-1")
    post.clock.advance(1)
    await courier.deliver_due()
    assert slack.came == [["a1"], ["a1", "a2", "a3", "a4"]]


async def test_parts_of_a_refused_flood_do_not_overtake_each_other(post: Post) -> None:
    async def only_alone(alerts: list[str]) -> Outcome:
        return Delivered() if len(alerts) == 1 else Rejected("400", only_this=True)

    slack = Answers(IN_FLOODS, only_alone)
    for number in range(8):
        await post.put("alert", alert=f"a{number}", external_id="T-1")
    await post.courier(slack=slack).deliver_due()
    alone = [alerts[0] for alerts in slack.came if len(alerts) == 1]
    assert alone == [f"a{number}" for number in range(8)]


async def test_a_claim_whose_answer_was_lost_is_made_again(post: Post) -> None:
    await post.put("alert", alert="a1")
    (lost,) = await post.claim("slack", owner="one")
    assert await post.claim("slack", owner="one", errand=2, under_way=["one/1"]) == []
    assert await post.claim("slack", owner="on", errand=2) == []
    (again,) = await post.claim("slack", owner="one", errand=2)
    assert (again.dedup_key, again.attempts) == (lost.dedup_key, 2)
    # What an errand that was thought lost has to say does not count any more.
    await post.outbox.dead([lost.dedup_key], "late", errand="one/1")
    assert await post.states() == {"a1:alert:slack": "sending"}


async def test_what_is_under_way_does_not_make_a_channel_ready(post: Post) -> None:
    await post.put("alert", alert="a1")
    await post.claim("slack", owner="one")

    async def ready_in(owner: str, *under_way: str) -> timedelta:
        found = await post.outbox.ready(owner=owner, under_way=under_way, now=post.clock())
        return found["slack"] - post.clock()

    assert await ready_in("one") <= timedelta(0)
    for waiting in (await ready_in("one", "one/1"), await ready_in("other")):
        assert timedelta(seconds=20) < waiting <= timedelta(seconds=30)


class Counting(OutboxStore):
    """Counts its transactions, and fails when it is told to."""

    made = 0
    fails = False

    async def _execute(self, statement: LiteralString, arguments: Mapping[str, Any]) -> int:
        self.made += 1
        if self.fails:
            raise ConnectionError("away")
        return await super()._execute(statement, arguments)


async def test_in_a_storm_what_was_taken_is_marked_together(post: Post) -> None:
    keys = [f"a{number}:alert:slack" for number in range(40)]
    for key in keys:
        await post.put("alert", alert=key.partition(":")[0])
    outbox = Counting(post.pool)
    at = [post.clock() + timedelta(seconds=number) for number in range(40)]
    await asyncio.gather(*map(outbox.sent, ([key] for key in keys), at))
    assert set((await post.states()).values()) == {"sent"}
    assert outbox.made == 1
    async with post.pool.connection() as conn:
        found = await conn.execute("SELECT sent_at FROM outbox ORDER BY position")
        assert sorted(sent_at for (sent_at,) in await found.fetchall()) == at


async def test_where_that_fails_all_of_them_know_and_those_after_them_do_not(post: Post) -> None:
    for alert in ("a1", "a2", "a3"):
        await post.put("alert", alert=alert)
    outbox = Counting(post.pool)
    outbox.fails = True
    taken = [outbox.sent([f"{alert}:alert:slack"], post.clock()) for alert in ("a1", "a2")]
    outcomes = await asyncio.gather(*taken, return_exceptions=True)
    assert [type(one) for one in outcomes] == [ConnectionError] * 2
    outbox.fails = False
    await outbox.sent(["a3:alert:slack"], post.clock())
    assert [key for key, state in (await post.states()).items() if state == "sent"] == [
        "a3:alert:slack"
    ]


async def test_the_pace_holds_for_all_that_go_side_by_side(post: Post) -> None:
    courier = post.courier(ops=Answers(Pace(every=timedelta(seconds=1), burst=4), taken))
    for number in range(9):
        await post.put("alert", alert=f"a{number}", to="ops")
    assert await courier.deliver_due() == 4
    post.clock.advance(1)
    assert await courier.deliver_due() == 1
