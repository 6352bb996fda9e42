"""The first message of a thread says what is so by now: newest wins, and never too often."""

import json
from datetime import timedelta
from typing import Any

import httpx

from engine.notify.freshening import Freshening
from engine.notify.people import Person
from engine.notify.slack_blocks import Look
from tests.support.courier import Post, post
from tests.support.notices import T0
from tests.support.slack_models import METHODS, check_call

__all__ = ["post"]

BREACHED = {"state": "breached", "level": 2}


def keeping_up(post: Post, **look: Any) -> Freshening:
    bot = post.bot(look=Look(**look))
    return Freshening(post.threads, post.courier(slack=bot, ops=post.slack()), now=post.clock)


async def told(post: Post, *tickets: str, severity: str = "breached") -> None:
    for ticket in tickets:
        await post.put(
            "alert", alert=ticket, external_id=ticket, severity=severity, escalation_level=2
        )
        await post.courier(slack=post.bot()).deliver_due()
        post.clock.advance(10)


async def header(post: Post) -> str:
    first, *_ = await post.received()
    return first["payload"]["blocks"][0]["text"]["text"]


async def test_who_has_it_and_that_it_is_resolved_is_seen_where_it_began(post: Post) -> None:
    await told(post, "T-1")
    freshening = keeping_up(post, answers=True)
    hour = post.clock() + timedelta(hours=1)
    taken = {
        "acknowledged_at": post.clock(),
        "acknowledged_by": "slack:U1",
        "acknowledged_until": hour,
    }
    await post.is_now("T-1", **BREACHED, **taken, due_at=hour)
    assert await freshening.freshen() == 1
    (message,) = await post.received()
    blocks = message["payload"]["blocks"]
    assert blocks[0]["text"]["text"] == "👀 Acknowledged: T-1, breached, level 2"
    has_it = blocks[2]["text"]["text"]
    assert has_it.startswith("<@U1> has it: nobody higher up is told before ")
    assert has_it.endswith(", or until the next deadline passes")
    fields = [one["text"] for one in blocks[3]["fields"]]
    assert "Escalation\nlevel 2" in fields
    assert any(text.startswith("Due first\n<!date^") for text in fields)
    assert "Acknowledge" not in str(blocks[4])
    assert "Snooze 1 h" in str(blocks[4])
    assert message["dedup_keys"] == ["T-1:alert:slack"]

    post.clock.advance(5)
    await post.is_now("T-1", **BREACHED, **taken, phase="done", status="resolved")
    await post.ends("T-1", "resolution", "breached", at=post.clock())
    assert await freshening.freshen() == 1
    (message,) = await post.received()
    assert await header(post) == "☑️ Resolved late: T-1"
    assert "actions" not in [block["type"] for block in message["payload"]["blocks"]]


async def test_whom_the_configuration_knows_is_called_by_name_there(post: Post) -> None:
    await told(post, "T-1")
    courier = post.courier(slack=post.bot())
    courier.people = {"anna": Person(key="anna", name="Anna Berg", email=None, slack=None)}
    taken = {"acknowledged_at": post.clock(), "acknowledged_by": "anna"}
    hour = post.clock() + timedelta(hours=1)
    await post.is_now("T-1", **BREACHED, **taken, acknowledged_until=hour)
    assert await Freshening(post.threads, courier, now=post.clock).freshen() == 1
    (message,) = await post.received()
    said = message["payload"]["blocks"][2]["text"]["text"]
    assert said.startswith("`Anna Berg` has it: nobody higher up is told before ")


async def test_all_that_slack_is_asked_for_is_as_its_own_library_has_it(post: Post) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    async def listen(request: httpx.Request) -> None:
        method = request.url.path.removeprefix("/api/")
        if method in METHODS:
            asked.append((method, json.loads(request.content)))

    post.client.event_hooks["request"].append(listen)
    look = Look("http://sla", mention="<!here>", answers=True, opens=True, only_people=True)
    courier = post.courier(slack=post.bot(look=look))
    for number, alone in enumerate([1, 1, 5]):  # a first message, a reply, a flood
        for ticket in range(alone):
            alert = f"a{number}{ticket}"
            await post.put("alert", alert=alert, external_id=f"T-{ticket}", severity="breached")
        await courier.deliver_due()
        post.clock.advance(10)
    hour = post.clock() + timedelta(hours=1)
    await post.is_now("T-0", **BREACHED, snoozed_until=hour)
    await keeping_up(post, answers=True, opens=True, public_url="http://sla").freshen()
    for method, body in asked:
        check_call(method, body)
    assert [method for method, _ in asked] == [*["chat.postMessage"] * 3, "chat.update"]


async def test_what_a_message_was_made_of_is_known_however_it_is_changed(post: Post) -> None:
    for alert in ("warning", "breach"):
        await post.put("alert", alert=alert, external_id="T-1", severity="breached")
    await post.courier(slack=post.bot()).deliver_due()
    await post.is_now("T-1", phase="done")
    await keeping_up(post).freshen()
    (message,) = await post.received()
    assert message["updated"] == 1
    about = message["payload"]["metadata"]["event_payload"]
    assert [one["dedup_key"] for one in about["alerts"]] == [
        "warning:alert:slack",
        "breach:alert:slack",
    ]


async def test_a_snooze_is_seen_too_and_that_a_ticket_is_in_time_again(post: Post) -> None:
    await told(post, "T-1")
    freshening = keeping_up(post)
    await post.is_now("T-1", **BREACHED, snoozed_until=post.clock() + timedelta(hours=1))
    await freshening.freshen()
    assert await header(post) == "💤 Snoozed: T-1, breached, level 2"
    post.clock.advance(5)
    await post.is_now("T-1")
    await freshening.freshen()
    assert await header(post) == "✅ In time again: T-1"
    post.clock.advance(5)
    await post.is_now("T-1", phase="cancelled")
    await freshening.freshen()
    assert await header(post) == "🚫 Cancelled: T-1"


async def test_what_it_says_already_is_not_sent(post: Post) -> None:
    await told(post, "T-1")
    facts = {"status": "open", "assigned_to": "john.doe", "due_at": T0 + timedelta(minutes=9)}
    await post.is_now("T-1", **BREACHED, **facts)
    freshening = keeping_up(post)
    assert await freshening.freshen() == 1
    assert await freshening.freshen() == 0
    (message,) = await post.received()
    assert "updated" not in message


async def test_a_message_is_changed_once_in_five_seconds_to_the_newest(post: Post) -> None:
    await told(post, "T-1", severity="warning")
    freshening = keeping_up(post)
    await post.is_now("T-1", state="critical")
    await freshening.freshen()
    await post.is_now("T-1", state="breached")
    post.clock.advance(4.9)
    assert await freshening.freshen() == 0
    await post.is_now("T-1", state="breached", level=3)
    post.clock.advance(0.1)
    assert await freshening.freshen() == 1
    (message,) = await post.received()
    assert message["updated"] == 2
    assert await header(post) == "🚨 SLA breached: T-1, level 3"


async def changed_within_a_minute(post: Post, channel: str, times: int) -> None:
    async with post.pool.connection() as conn:
        await conn.execute(
            "INSERT INTO outbox_channels (channel, changed_at)"
            " SELECT %(channel)s, array_agg(%(at)s::timestamptz) FROM generate_series(1, %(times)s)"
            " ON CONFLICT (channel) DO UPDATE SET changed_at = excluded.changed_at",
            {"channel": channel, "at": post.clock(), "times": times},
        )


async def test_all_together_they_are_changed_as_often_as_slack_allows(
    post: Post,
) -> None:
    await told(post, "T-1", "T-2", "T-3")
    for ticket in ("T-1", "T-2", "T-3"):
        await post.is_now(ticket, state="critical")
    await changed_within_a_minute(post, "elsewhere", 30)
    await changed_within_a_minute(post, "slack", 14)
    freshening = keeping_up(post)
    assert await freshening.freshen() == 1
    assert await freshening.freshen() == 0
    post.clock.advance(61)
    assert await freshening.freshen() == 2


async def test_each_change_of_the_same_message_counts(post: Post) -> None:
    await told(post, "T-1")
    freshening = keeping_up(post)
    await changed_within_a_minute(post, "slack", 43)
    for state, changed in (("critical", 1), ("breached", 1), ("warning", 0)):
        await post.is_now("T-1", state=state, level=3)
        assert await freshening.freshen() == changed
        post.clock.advance(5)


async def test_a_channel_where_much_changes_leaves_the_others_their_turn(post: Post) -> None:
    bots: dict[str, Any] = {"busy": post.bot("C0BUSY"), "quiet": post.bot("C0QUIET")}
    freshening = Freshening(post.threads, post.courier(**bots), now=post.clock)
    for ticket in ("T-1", "T-2", "T-3", "T-4", "T-5"):
        to = "quiet" if ticket == "T-5" else "busy"
        await post.put("alert", alert=ticket, external_id=ticket, to=to)
        await post.courier(**bots).deliver_due()
        post.clock.advance(10)
        await post.is_now(ticket, state="breached")
    await post.is_now("T-5", state="breached")  # the last of all

    async def up_to_date() -> list[str]:
        await freshening.freshen()
        return [one["channel"] for one in await post.received() if "updated" in one]

    assert sorted(await up_to_date()) == ["C0BUSY", "C0BUSY", "C0QUIET"]
    await changed_within_a_minute(post, "busy", 30)  # it has had all that one alone may have
    assert len(await up_to_date()) == 3
    await post.is_now("T-5", state="critical")
    post.clock.advance(5)
    assert len(await up_to_date()) == 3
    assert [one["updated"] for one in await post.received() if one["channel"] == "C0QUIET"] == [2]


async def versions(post: Post) -> list[str]:
    """Of the rows of threads: each is another one once it has been written."""
    async with post.pool.connection() as conn:
        found = await conn.execute("SELECT xmin::text FROM outbox_threads ORDER BY ticket_id")
        return [version for (version,) in await found.fetchall()]


async def test_to_wait_costs_one_row_however_many_messages_wait(post: Post) -> None:
    await told(post, "T-1", "T-2", "T-3", "T-4")
    await post.is_now("T-1", state="critical")
    await post.behave(fail=1, status=429, retry_after=30, only="chat.update")
    before = await versions(post)
    await keeping_up(post).freshen()
    after = await versions(post)
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


async def threads(post: Post) -> int:
    async with post.pool.connection() as conn:
        return (await conn.execute("SELECT FROM outbox_threads")).rowcount


async def test_threads_are_forgotten_a_month_after_their_cycle_is_over(post: Post) -> None:
    await told(post, "by clock", "as a whole", "open", "waiting", "lately")
    day = timedelta(days=1)
    for ticket in ("by clock", "waiting"):
        await post.is_now(ticket, phase="done")
        await post.ends(ticket, "resolution", "met", at=post.clock())
    await post.is_now("as a whole", phase="cancelled")
    await post.is_now("open")
    await post.is_now("lately", phase="done")
    await post.ends("lately", "resolution", "met", at=post.clock() + day)
    await post.put("ended", alert="e", external_id="waiting")
    freshening = keeping_up(post)
    post.clock.advance(29.9 * day.total_seconds())
    await freshening.prune()
    assert await threads(post) == 5
    post.clock.advance(0.5 * day.total_seconds())
    await freshening.prune()
    assert await threads(post) == 3
    post.clock.advance(day.total_seconds())
    await freshening.prune()
    assert await threads(post) == 2


async def test_asked_to_wait_by_slack_no_message_of_the_channel_is_changed(post: Post) -> None:
    await told(post, "T-1")
    await post.is_now("T-1", state="critical")
    await post.behave(fail=1, status=429, retry_after=30, only="chat.update")
    freshening = keeping_up(post)
    await freshening.freshen()
    post.clock.advance(29.9)
    assert await freshening.freshen() == 0
    post.clock.advance(0.1)
    await freshening.freshen()
    assert await header(post) == "🔥 SLA critical: T-1"


async def test_a_first_message_that_is_gone_is_no_thread_any_more(post: Post) -> None:
    await told(post, "T-1")
    (first,) = await post.received()
    await post.client.post(
        f"{post.url}/api/chat.delete",
        json={"channel": "C0ALERTS", "ts": first["ts"]},
        headers={"Authorization": "Bearer xoxb-1"},
    )
    await post.is_now("T-1", state="critical")
    assert await keeping_up(post).freshen() == 1
    await post.put("escalation", alert="e", external_id="T-1")
    await post.courier(slack=post.bot()).deliver_due()
    (second,) = await post.received()
    assert "thread_ts" not in second


async def test_what_cannot_be_changed_is_left_until_something_happens(post: Post) -> None:
    await told(post, "T-1")
    await post.is_now("T-1", state="critical")
    words = '{"ok": false, "error": "edit_window_closed"}'
    await post.behave(fail=1, status=200, words=words, only="chat.update")
    freshening = keeping_up(post)
    assert await freshening.freshen() == 1
    post.clock.advance(60)
    assert await freshening.freshen() == 0
    await post.is_now("T-1", state="breached")
    assert await freshening.freshen() == 1


async def test_a_ticket_that_is_opened_again_within_a_day_is_kept_up_with(post: Post) -> None:
    await told(post, "T-1")
    freshening = keeping_up(post)
    await post.is_now("T-1", phase="done")
    await freshening.freshen()
    assert await header(post) == "✅ Done: T-1"
    post.clock.advance(86_000)
    await post.is_now("T-1", **BREACHED)
    await freshening.freshen()
    assert await header(post) == "🚨 SLA breached: T-1, level 2"
    await post.is_now("T-1", phase="done")
    post.clock.advance(5)
    await freshening.freshen()
    post.clock.advance(86_401)
    await post.is_now("T-1", **BREACHED)
    assert await freshening.freshen() == 0


async def test_two_processes_never_change_a_message_at_the_same_time(post: Post) -> None:
    await told(post, "T-1")
    await post.is_now("T-1", state="critical")
    minute = timedelta(minutes=1)
    leased = await post.threads.changed(["slack"], post.clock(), lease=minute, most=3)
    assert len(leased) == 1
    assert await keeping_up(post).freshen() == 0
    post.clock.advance(60)
    assert await keeping_up(post).freshen() == 1


async def test_a_clock_that_was_ahead_keeps_no_message_as_it_was(post: Post) -> None:
    await told(post, "T-1")
    freshening = keeping_up(post)
    post.clock.advance(86_400)
    await post.is_now("T-1", state="critical")
    await freshening.freshen()
    post.clock.advance(-86_400)
    await post.is_now("T-1", state="breached")
    assert await freshening.freshen() == 0
    await post.outbox.set_back(post.clock())
    assert await freshening.freshen() == 1
    assert await header(post) == "🚨 SLA breached: T-1"
