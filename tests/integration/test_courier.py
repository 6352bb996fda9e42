"""The courier, with a real database and a real server in Slack's place."""

import json
import logging
from datetime import timedelta
from typing import Any

import httpx
import pytest

from engine.notify.backoff import Backoff
from engine.notify.courier import GRACE
from engine.notify.message import Pace
from engine.notify.port import Unreachable
from engine.notify.post import http_client
from engine.notify.slack import Slack
from engine.sla.instants import micros
from tests.support.courier import Post, post
from tests.support.notices import T0
from tests.support.web import answering

__all__ = ["post"]


async def test_a_lone_alert_goes_at_once_and_the_log_is_told(post: Post) -> None:
    await post.put("alert", alert="a1")
    courier = post.courier()
    assert await courier.deliver_due() == 1
    assert await post.keys() == [["a1:alert:slack"]]
    assert await post.states() == {"a1:alert:slack": "sent"}
    (told,) = post.log.told
    assert told.alerts == [{"type": "alert", "alert_id": "a1"}]
    assert (told.channel, told.dedup_key) == ("slack", "a1:alert:slack")
    assert (told.delivered_at, told.attempts) == (T0, 1)
    assert await courier.deliver_due() == 0
    assert len(post.log.told) == 1


async def test_a_failure_is_tried_again_later_and_later_until_it_works(post: Post) -> None:
    await post.behave(fail=2, status=500)
    await post.put("alert", alert="a1")
    courier = post.courier(jitter=1.0)
    assert await courier.deliver_due() == 1
    assert await post.states() == {"a1:alert:slack": "pending"}
    for early, due in ((0.9, 0.1), (1.9, 0.1)):  # 1 s after the first failure, 2 s after the next
        post.clock.advance(early)
        assert await courier.deliver_due() == 0
        post.clock.advance(due)
        assert await courier.deliver_due() == 1
    assert await post.keys() == [["a1:alert:slack"]]
    assert [told.attempts for told in post.log.told] == [3]
    assert courier.notices["slack", "put off"] == 2
    assert courier.notices["slack", "sent"] == 1


async def test_how_long_an_alert_took_counts_from_when_it_was_raised(post: Post) -> None:
    took: list[tuple[str, float]] = []
    raised_at = micros(T0)
    await post.put("alert", alert="a1", raised_at=raised_at)
    await post.put("escalation", alert="a2", raised_at=raised_at)
    # What follows it, and what somebody has muted until now, has waited for something else.
    await post.put("ended", alert="a1", raised_at=raised_at)
    await post.put("alert", alert="a3", raised_at=raised_at, muted="snoozed")
    courier = post.courier(told=lambda channel, seconds: took.append((channel, seconds)))
    post.clock.advance(2.5)
    while await courier.deliver_due():
        post.clock.advance(1)
    sent = [state for state in (await post.states()).values() if state == "sent"]
    assert (len(took), len(sent)) == (2, 4)
    assert [channel for channel, _ in took] == ["slack"] * 2
    assert {seconds for _, seconds in took} <= {2.5, 3.5, 4.5, 5.5}


async def test_retry_after_holds_the_whole_channel(post: Post) -> None:
    await post.behave(fail=1, status=429, retry_after=7)
    await post.put("alert", alert="a1")
    one, other = post.courier(jitter=0.0), post.courier(jitter=0.0)
    assert await one.deliver_due() == 1
    await post.put("alert", alert="a2")
    post.clock.advance(6.9)
    assert await one.deliver_due() + await other.deliver_due() == 0
    post.clock.advance(0.1)
    assert await other.deliver_due() == 1  # and no burst either
    post.clock.advance(1)
    assert await one.deliver_due() == 1
    assert sorted(await post.keys()) == [["a1:alert:slack"], ["a2:alert:slack"]]


async def test_what_fails_too_often_is_a_dead_letter_that_can_be_replayed(post: Post) -> None:
    await post.behave(fail=3)
    await post.put("alert", alert="a1")
    courier = post.courier(jitter=1.0, backoff=Backoff(attempts=3))
    for _ in range(5):
        await courier.deliver_due()
        post.clock.advance(60)
    assert await post.states() == {"a1:alert:slack": "dead"}
    assert await post.error("a1:alert:slack") == "gave up: 500 told_to_fail"
    assert courier.notices["slack", "dead"] == 1
    assert await post.replay("unknown") == set()
    assert await post.replay() == {"a1:alert:slack"}
    assert await courier.deliver_due() == 1
    assert await post.keys() == [["a1:alert:slack"]]
    assert [told.attempts for told in post.log.told] == [1]
    (message,) = await post.received()
    # What was left when it was raised is not left any more.
    assert "due 2026-01-05" in message["payload"]["text"]


async def test_a_rejection_is_a_dead_letter_at_once(post: Post) -> None:
    await post.behave(fail=1, status=404)
    for alert in ("a1", "a2"):
        await post.put("alert", alert=alert)
    courier = post.courier()
    assert await courier.deliver_due() == 2
    states = await post.states()
    assert sorted(states.values()) == ["dead", "sent"]  # of two tickets either may come first
    (dead,) = [key for key, state in states.items() if state == "dead"]
    assert await post.error(dead) == "404 told_to_fail"
    assert await post.replay(dead) == {dead}
    assert await courier.deliver_due() == 1
    assert await post.states() == dict.fromkeys(["a1:alert:slack", "a2:alert:slack"], "sent")


async def test_what_somebody_else_answers_in_slacks_place_is_no_delivery(post: Post) -> None:
    await post.behave(fail=1, status=200, words='{"ok":false,"error":"invalid_auth"}')
    await post.put("alert", alert="a1")
    courier = post.courier()
    await courier.deliver_due()
    assert await post.states() == {"a1:alert:slack": "dead"}
    assert await post.error("a1:alert:slack") == (
        """the answer is not 'ok': 200 {"ok":false,"error":"invalid_auth"}"""
    )
    assert await post.replay() == {"a1:alert:slack"}
    await courier.deliver_due()
    assert await post.keys() == [["a1:alert:slack"]]


async def test_messages_and_the_notices_in_them_are_counted_apart(post: Post) -> None:
    courier = post.courier(jitter=1.0)
    await post.behave(fail=1)
    for number in range(5):
        await post.put("alert", alert=f"a{number}")
    await courier.deliver_due()
    post.clock.advance(1)
    await courier.deliver_due()
    assert courier.messages == {("slack", "put off"): 1, ("slack", "sent"): 1}
    assert courier.notices == {("slack", "put off"): 5, ("slack", "sent"): 5}


async def test_an_alert_that_was_withdrawn_meanwhile_is_not_replayed(post: Post) -> None:
    await post.behave(fail=1, status=404)
    await post.put("alert", alert="a1")
    courier = post.courier()
    await courier.deliver_due()
    await post.put("retracted", alert="a1")
    await courier.deliver_due()
    assert await post.replay() == set()


async def test_a_retraction_never_overtakes_its_alert(post: Post) -> None:
    await post.behave(fail=1)
    await post.put("escalation", alert="a1")
    courier = post.courier(jitter=1.0)
    await courier.deliver_due()
    await post.put("retracted", alert="a1")
    assert await courier.deliver_due() == 0
    post.clock.advance(1)
    assert await courier.deliver_due() == 1
    assert await post.keys() == [["a1:escalation:slack", "a1:retracted:slack"]]


async def test_what_happens_to_a_ticket_is_told_in_order_also_after_a_failure(post: Post) -> None:
    await post.behave(fail=1)
    await post.put("alert", alert="a1", external_id="T")
    courier = post.courier(jitter=1.0, ops=post.slack(pace=Pace(timedelta(seconds=0), burst=9)))
    await courier.deliver_due()
    await post.put("alert", alert="a2", external_id="T", severity="breached")
    await post.put("alert", alert="b1", external_id="other")
    await courier.deliver_due()
    assert await post.keys() == [["b1:alert:slack"]]
    post.clock.advance(1)
    await courier.deliver_due()
    assert await post.keys() == [["b1:alert:slack"], ["a1:alert:slack", "a2:alert:slack"]]


async def test_what_has_ended_before_it_could_be_told_is_not_told_as_if_it_were_so(
    post: Post,
) -> None:
    """Slack was away when the ticket was breached, and until after it was resolved."""
    await post.behave(fail=1)
    await post.put("alert", alert="a1", severity="breached")
    courier = post.courier(jitter=1.0)
    await courier.deliver_due()
    await post.ends("T-a1", "resolution", "breached", at=T0 + timedelta(minutes=25))
    post.clock.advance(3600)
    await courier.deliver_due()

    (message,) = await post.received()
    assert message["payload"]["text"].startswith("☑️ Over by now: T-a1: resolution breached")
    assert (
        "resolution breached at 2026-01-05 09:00:00 UTC,"
        " resolved at 2026-01-05 09:25:00 UTC meanwhile"
    ) in json.dumps(message["payload"]["blocks"])


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("by_now", "said"),
    [
        (
            {"acknowledged_at": T0, "acknowledged_by": "anna", "acknowledged_until": T0 + HOUR},
            "acknowledged by anna by now, until 2026-01-05 10:00:00 UTC",
        ),
        ({"snoozed_until": T0 + HOUR}, "snoozed by now, until 2026-01-05 10:00:00 UTC"),
        (  # a breach has ended it
            {
                "acknowledged_at": T0 - HOUR,
                "acknowledged_by": "anna",
                "acknowledged_until": T0 + HOUR,
                "breached_at": T0,
            },
            "",
        ),
        ({"acknowledged_at": T0, "acknowledged_by": "anna", "acknowledged_until": T0}, ""),
        ({"snoozed_until": T0}, ""),
        ({"snoozed_until": T0 + HOUR, "phase": "done"}, ""),
    ],
)
async def test_who_has_it_by_the_time_that_it_is_told_is_said(
    post: Post, by_now: dict[str, Any], said: str
) -> None:
    await post.is_now("T-a1", **{"breached_at": T0 - HOUR, **by_now})
    await post.put("alert", alert="a1", severity="breached")
    await post.courier().deliver_due()
    for number, ticket in enumerate(("T-a1", "T-1", "T-2", "T-3")):
        await post.put("alert", alert=f"b{number}", external_id=ticket, severity="breached")
    await post.courier().deliver_due()
    alone, flood = (json.dumps(one["payload"]["blocks"]) for one in await post.received())
    if said:
        assert f"{said[0].upper()}{said[1:]}." in alone
        assert said in flood
    else:
        assert "by now" not in alone + flood


async def test_what_ended_before_it_began_anew_is_told_as_it_is(post: Post) -> None:
    """What the read tables still say of the time before the ticket was reopened."""
    await post.ends("T-a1", "resolution", "met", at=T0 - timedelta(minutes=25))
    await post.put("alert", alert="a1", severity="breached")
    await post.courier().deliver_due()
    (message,) = await post.received()
    assert message["payload"]["text"].startswith("🚨 SLA breached: resolution of T-a1")


async def test_a_server_that_hangs_is_tried_again(post: Post) -> None:
    await post.behave(delay_seconds=5)
    await post.put("alert", alert="a1")
    courier = post.courier(jitter=0.0, deliver_within=timedelta(milliseconds=50))
    await courier.deliver_due()
    assert await post.error("a1:alert:slack") == "timed out"
    await post.behave()
    post.clock.advance(1)
    assert await post.courier().deliver_due() == 1


async def test_a_server_that_is_not_there_is_tried_again(post: Post) -> None:
    await post.put("alert", alert="a1")
    slack = Slack("http://127.0.0.1:1/", client=post.client, now=post.clock, threads=post.threads)
    await post.courier(slack=slack).deliver_due()
    assert await post.states() == {"a1:alert:slack": "pending"}
    assert await post.error("a1:alert:slack") == "no answer: ConnectError"


async def test_a_mistake_in_a_channel_is_tried_again_and_stops_nothing(post: Post) -> None:
    await post.put("alert", alert="a1")
    await post.spoil("a1", "raised_at")
    await post.put("alert", alert="a2")
    assert await post.courier().deliver_due() == 2
    assert await post.states() == {"a1:alert:slack": "pending", "a2:alert:slack": "sent"}
    assert await post.error("a1:alert:slack") == "TypeError in the channel"


async def test_what_can_never_be_sent_is_dead_with_the_reason_and_can_be_replayed(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    await post.put("alert", alert="a1", to="slack urgent nowhere")
    courier = post.courier()
    courier.unreachable = {"urgent": Unreachable("URGENT_URL is not set")}
    for channel in ("urgent", "nowhere"):
        await post.waits_since(channel, GRACE)
    await courier.deliver_due()
    assert await post.states() == {
        "a1:alert:slack": "sent",
        "a1:alert:urgent": "dead",
        "a1:alert:nowhere": "dead",
    }
    assert await post.error("a1:alert:urgent") == "URGENT_URL is not set"
    assert await post.error("a1:alert:nowhere") == "there is no such channel"
    assert courier.notices["urgent", "dead"] == courier.notices["nowhere", "dead"] == 1
    said = [record for record in caplog.records if record.message == "notices are given up"]
    assert {record.__dict__["channel"] for record in said} == {"urgent", "nowhere"}

    assert await post.replay() == {"a1:alert:urgent", "a1:alert:nowhere"}
    assert await post.courier(urgent=post.slack()).deliver_due() == 1
    assert (await post.states())["a1:alert:urgent"] == "sent"


async def test_what_nobody_asked_for_is_skipped_and_counted(post: Post) -> None:
    await post.put("alert", alert="a1")
    courier = post.courier()
    courier.channels = {}
    courier.unreachable = {"slack": Unreachable("SLACK_WEBHOOK_URL is not set", wanted=False)}
    await post.waits_since("slack", GRACE)
    await courier.deliver_due()
    assert await post.states() == {"a1:alert:slack": "skipped"}
    assert courier.notices["slack", "skipped"] == 1
    assert await post.replay() == set()


async def test_what_another_courier_may_know_is_left_to_it(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    older, newer = post.courier(), post.courier(pager=post.slack())
    await post.put("alert", alert="a1", to="pager")
    await post.waits_since("pager", GRACE - timedelta(minutes=1))
    await older.deliver_due()
    assert await post.states() == {"a1:alert:pager": "pending"}
    assert await newer.deliver_due() == 1
    assert await post.states() == {"a1:alert:pager": "sent"}
    assert "notices are given up" not in caplog.messages


async def test_what_waits_for_a_channel_goes_there_once_it_is_learnt(post: Post) -> None:
    courier = post.courier()
    await post.put("alert", alert="a1", to="pager")
    await courier.deliver_due()
    courier.channels = {**courier.channels, "pager": post.slack()}
    assert await courier.deliver_due() == 1
    assert await post.states() == {"a1:alert:pager": "sent"}


async def test_what_waits_long_because_its_channel_is_slow_is_not_skipped(post: Post) -> None:
    older, newer = post.courier(), post.courier(pager=post.slack())
    for alert in ("a1", "a2"):
        await post.put("alert", alert=alert, to="pager")
    await post.waits_since("pager", 2 * GRACE)
    (taken,) = await post.claim("pager", owner="newer")
    assert await post.outbox.give_up("pager", GRACE, "unknown", "dead") == 0
    await older.deliver_due()
    assert await post.states() == {"a1:alert:pager": "sending", "a2:alert:pager": "pending"}
    await post.outbox.retry({taken.dedup_key: post.clock()}, "busy", errand="newer/1")
    assert await newer.deliver_due() == 2
    assert set((await post.states()).values()) == {"sent"}


async def test_channels_may_be_exchanged_while_it_runs(post: Post) -> None:
    courier = post.courier()
    courier.channels = {**courier.channels, "new": post.slack()}
    await post.put("alert", alert="a1", to="new")
    await courier.deliver_due()
    assert await post.states() == {"a1:alert:new": "sent"}


async def test_no_log_names_the_webhooks_address(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with http_client() as client:
        for fail, status in ((0, 500), (1, 500), (1, 404)):
            await post.behave(fail=fail, status=status)
            await post.put("alert", alert=f"a{status}{fail}")
            await post.courier(slack=post.slack(client=client)).deliver_due()
    assert len(await post.states()) == 3
    ours = [record for record in caplog.records if record.name != "uvicorn.access"]  # Slack's own
    assert any(record.name == "engine.notify.settling" for record in ours)
    assert not [record for record in ours if "SECRET" in str(record.__dict__)]


OK = httpx.Response(200, text="ok")


async def test_a_slack_without_metadata_gets_messages_without(post: Post) -> None:
    asked: list[bytes] = []

    def old_slack(request: httpx.Request) -> httpx.Response:
        asked.append(request.content)
        refused = b'"metadata"' in request.content
        return httpx.Response(400, text="invalid_metadata_format") if refused else OK

    transport = answering(old_slack)
    async with httpx.AsyncClient(transport=transport) as client:
        courier = post.courier(slack=post.slack(client=client))
        for alert in ("a1", "a2"):
            await post.put("alert", alert=alert)
            assert await courier.deliver_due() == 1
    assert len(asked) == 3  # it learns
    assert set((await post.states()).values()) == {"sent"}
