"""A ticket's messages in one Slack thread, and apart where Slack is reached by a webhook."""

import asyncio
from typing import Any

import pytest

from engine.notify import courier, slack_bot
from engine.notify.email import Email, Server
from engine.notify.message import Notice
from engine.notify.slack_blocks import Look
from engine.notify.threads import Posted, ThreadKey
from projections.threads_store import ThreadStore
from tests.support.courier import Post, post
from tests.support.smtp import mailbox

__all__ = ["post"]


def header(message: dict[str, Any]) -> str:
    return message["payload"]["blocks"][0]["text"]["text"]


def context(message: dict[str, Any]) -> list[str]:
    return [one["text"] for one in message["payload"]["blocks"][-1]["elements"]]


async def tell(post: Post, *tickets: str, kind: Any = "alert", **facts: Any) -> None:
    """One more thing of each ticket is told, at once."""
    for ticket in tickets:
        alert = f"{ticket}-{kind}-{facts.get('severity', '')}{facts.get('cycle', 1)}"
        await post.put(kind, **{"alert": alert, "external_id": ticket, **facts})
    courier = post.courier(slack=post.bot())
    post.clock.advance(10)
    await courier.deliver_due()


async def test_what_follows_goes_into_the_thread_of_the_first(post: Post) -> None:
    await tell(post, "T-1")
    await tell(post, "T-1", severity="breached")
    await tell(post, "T-2")
    await tell(post, "T-1", kind="escalation")
    first, breached, other, escalated = await post.received()
    assert "thread_ts" not in first
    assert "thread_ts" not in other
    assert [one["thread_ts"] for one in (breached, escalated)] == [first["ts"]] * 2
    assert set((await post.states()).values()) == {"sent"}
    assert "Critical system outage" in str(first)
    assert "Critical system outage" not in str(breached["payload"]["blocks"])  # it stands there
    await tell(post, "T-1", kind="retracted", severity="breached")
    *_, withdrawn = await post.received()
    assert [one["type"] for one in withdrawn["payload"]["blocks"]] == [
        "header",
        "section",  # why
        "context",
    ]


async def test_what_is_worse_is_seen_in_the_conversation_too_what_is_over_is_not(
    post: Post,
) -> None:
    await tell(post, "T-1")
    await tell(post, "T-1", severity="breached")
    await tell(post, "T-1", kind="retracted")
    _, breached, withdrawn = await post.received()
    assert breached["payload"]["reply_broadcast"] is True
    assert "reply_broadcast" not in withdrawn["payload"]


async def test_what_the_response_clock_comes_to_belongs_to_the_resolutions_cycle(
    post: Post,
) -> None:
    await post.ends("T-1", "resolution", "met", at=post.clock())
    async with post.pool.connection() as conn:
        await conn.execute("UPDATE ticket_clocks SET cycle = 3")
    await tell(post, "T-1", clock="resolution", cycle=3)
    await tell(post, "T-1", clock="response", cycle=1, severity="critical")
    first, response = await post.received()
    assert response["thread_ts"] == first["ts"]


async def test_so_it_does_in_mail(post: Post) -> None:
    await post.ends("T-1", "resolution", "met", at=post.clock())
    async with post.pool.connection() as conn:
        await conn.execute("UPDATE ticket_clocks SET cycle = 3")
    async with mailbox() as box:
        mail = Email(
            Server("127.0.0.1", box.port, "none"),
            sender="sla@example.com",
            to=["anna@example.com"],
            now=post.clock,
            threads=post.threads,
        )
        for alert, clock, cycle in (("a1", "resolution", 3), ("a2", "next_response", 4)):
            await post.put("alert", alert=alert, external_id="T-1", clock=clock, cycle=cycle)
            await post.courier(slack=mail).deliver_due()
            post.clock.advance(10)
    assert len({one["References"] for _, one in box.mails}) == 1
    assert len(box.mails) == 2


async def test_a_new_cycle_opens_a_thread_that_links_the_one_before(post: Post) -> None:
    await tell(post, "T-1")
    await tell(post, "T-1", cycle=2)
    before, again = await post.received()
    assert "thread_ts" not in again
    link = f"{post.url}/archives/C0ALERTS/p{before['ts'].replace('.', '')}"
    assert context(again)[0] == f"<{link}|Opened again. Before>"


async def test_a_flood_opens_no_thread(post: Post) -> None:
    await tell(post, "T-1", "T-2", "T-3", "T-4")
    await tell(post, "T-1", severity="breached")
    flood, alone = await post.received()
    assert len(flood["dedup_keys"]) == 4
    assert "thread_ts" not in alone


async def test_where_the_first_message_is_gone_the_next_one_opens_the_thread_anew(
    post: Post,
) -> None:
    await tell(post, "T-1")
    (first,) = await post.received()
    headers = {"Authorization": "Bearer xoxb-1"}
    gone = {"channel": "C0ALERTS", "ts": first["ts"]}
    await post.client.post(f"{post.url}/api/chat.delete", json=gone, headers=headers)
    await tell(post, "T-1", severity="breached")
    await tell(post, "T-1", kind="escalation")
    second, third = await post.received()
    assert "thread_ts" not in second
    assert third["thread_ts"] == second["ts"]


async def test_a_lost_answer_may_double_a_first_message_which_says_so_by_its_key(
    post: Post,
) -> None:
    await post.behave(fail=1, taken=True)
    await tell(post, "T-1")
    await tell(post)
    await tell(post, "T-1", severity="breached")
    first, again, breached = await post.received()
    assert first["dedup_keys"] == again["dedup_keys"] == ["T-1-alert-1:alert:slack"]
    assert context(first) == context(again)
    assert breached["thread_ts"] == again["ts"]


class Slow(ThreadStore):
    """A database that keeps a message in mind only when it may."""

    def __init__(self, post: Post) -> None:
        super().__init__(post.pool)
        self.may = asyncio.Event()

    async def keep(self, key: ThreadKey, posted: Posted, notice: Notice, shown: str) -> None:
        await self.may.wait()
        await super().keep(key, posted, notice, shown)


@pytest.mark.parametrize("by", ["bot", "slack"])
async def test_a_database_that_is_slow_to_remember_a_message_has_it_sent_once(
    post: Post, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(courier, "REMEMBER_WITHIN", 0.01)
    post.threads = slow = Slow(post)
    await post.put("alert", alert="a1", external_id="T-1")
    channel = post.bot() if by == "bot" else post.slack()
    sending = post.courier(slack=channel)
    delivery = asyncio.create_task(sending.deliver_due())
    await post.until("a1:alert:slack", "sent")
    slow.may.set()  # long after the delivery may take
    await delivery
    assert len(await post.received()) == 1
    await post.put("alert", alert="a2", external_id="T-1", severity="breached")
    await sending.deliver_due()
    first, second = await post.received()
    assert second.get("thread_ts") == (first["ts"] if by == "bot" else None)
    assert ("Follows" in context(second)[0]) == (by == "slack")


async def test_a_slack_that_is_slow_to_say_where_a_thread_is_gets_the_message_all_the_same(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_bot, "LINK_WITHIN", 0.0)
    await tell(post, "T-1")
    await tell(post, "T-1", cycle=2)
    _, again = await post.received()
    assert context(again)[0].startswith("Follows: resolution warning, told at ")


async def test_another_conversation_begins_anew(post: Post) -> None:
    await tell(post, "T-1")
    await post.put("escalation", alert="e", external_id="T-1")
    post.clock.advance(10)
    await post.courier(slack=post.bot("C0OTHER")).deliver_due()
    first, moved = await post.received()
    assert (first["channel"], moved["channel"]) == ("C0ALERTS", "C0OTHER")
    assert "thread_ts" not in moved


async def test_by_webhook_each_stands_alone_and_says_what_it_follows(post: Post) -> None:
    await post.put("alert", alert="a1", external_id="T-1")
    courier = post.courier()
    await courier.deliver_due()
    await post.put("alert", alert="a2", external_id="T-1", severity="breached")
    await courier.deliver_due()
    first, second = await post.received()
    assert len(context(first)) == 1
    assert context(second)[0] == "Follows: resolution warning, told at 2026-01-05 09:00:00 UTC"


async def test_what_slack_refuses_is_dead_with_what_to_do_about_it(post: Post) -> None:
    await post.behave(not_in=["C0ALERTS"])
    await tell(post, "T-1")
    assert set((await post.states()).values()) == {"dead"}
    assert await post.error("T-1-alert-1:alert:slack") == (
        "Slack says not_in_channel: invite the app to the conversation: /invite @its-name"
    )


async def test_asked_to_wait_by_slack_the_channel_waits(post: Post) -> None:
    await post.behave(fail=1, status=429, retry_after=30)
    await post.put("alert", alert="a1")
    courier = post.courier(slack=post.bot(), jitter=0.0)
    await courier.deliver_due()
    post.clock.advance(29.9)
    assert await courier.deliver_due() == 0
    post.clock.advance(0.1)
    assert await courier.deliver_due() == 1
    assert len(await post.received()) == 1


async def test_a_message_that_is_refused_for_what_it_says_keeps_no_other(post: Post) -> None:
    await post.behave(fail=1, status=200, words='{"ok": false, "error": "invalid_blocks"}')
    for ticket in ("T-1", "T-2", "T-3", "T-4"):
        await post.put("alert", alert=ticket, external_id=ticket)
    courier = post.courier(slack=post.bot())
    for _ in range(4):
        await courier.deliver_due()
        post.clock.advance(10)
    assert set((await post.states()).values()) == {"sent"}


async def test_whoever_is_to_look_is_mentioned_and_has_buttons(post: Post) -> None:
    look = Look("http://sla", mention="<!here>", answers=True, opens=True)
    await post.put("alert", alert="a1")
    await post.courier(slack=post.bot(look=look)).deliver_due()
    ((message),) = await post.received()
    blocks = message["payload"]["blocks"]
    assert blocks[1]["text"]["text"] == "<!here>"
    (buttons,) = [block["elements"] for block in blocks if block["type"] == "actions"]
    labels = [one["text"]["text"] for one in buttons]
    assert labels == ["Acknowledge", "Snooze 1 h", "Snooze until tomorrow 9:00", "Open"]
