"""That a channel is dead, or well again, can be told by channels of every type."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from engine.notify import slack_blocks
from engine.notify.failing import Turned, letters
from engine.notify.log import Log
from engine.notify.mail import mail
from engine.notify.message import Delivered, Message, Notice
from engine.notify.pagerduty import events
from engine.notify.plain import plain
from engine.notify.slack_blocks import Look
from engine.notify.webhook import Webhook
from query_side.webhooks import SCHEMA
from tests.support.notices import T0, notice
from tests.support.web import answering

AT = T0 + timedelta(minutes=11)
DEAD = Turned("slack-ops", "dead", T0, "404 <no_service>", ("mail", "pager"))
WELL = Turned("slack-ops", "well", T0, "", ("mail",))


def letter(turned: Turned) -> Notice:
    row = next(letters(turned, AT, 12))
    return Notice(row["dedup_key"], row["ticket_id"], row["channel"], 1, row["body"])


def test_there_is_one_for_each_channel_that_is_told() -> None:
    rows = list(letters(DEAD, AT, 12))
    assert [(row["channel"], row["kind"]) for row in rows] == [
        ("mail", "channel_dead"),
        ("pager", "channel_dead"),
    ]
    assert len({row["dedup_key"] for row in rows}) == 2
    again = Turned("slack-ops", "dead", AT, "404", ("mail",))
    assert next(letters(again, AT, 12))["dedup_key"] != rows[0]["dedup_key"]


def test_in_plain_words() -> None:
    dead = plain([letter(DEAD)], "https://sla.example.com")
    assert (dead.emoji, dead.title) == ("📵", "Nothing arrives at a channel: slack-ops")
    assert dead.lines == (
        "nothing arrives at a channel at 2026-01-05 09:11:00 UTC",
        "It has taken nothing since 2026-01-05 09:00:00 UTC: 404 <no_service>."
        " `sla outbox status` says more.",
        "https://sla.example.com/",
    )
    well = plain([letter(WELL)], "")
    assert (well.emoji, well.title) == ("📶", "Messages arrive again at a channel: slack-ops")
    assert "for 11 minutes" in well.text


def test_among_alerts_of_tickets_it_is_a_line_as_well() -> None:
    flood = plain([notice(alert="a1"), letter(DEAD)], "")
    assert any("slack-ops: nothing arrives at a channel" in line for line in flood.lines)


@pytest.mark.parametrize("turned", [DEAD, WELL])
async def test_as_a_webhook_brings_it(turned: Turned) -> None:
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(204)

    async with httpx.AsyncClient(transport=answering(answer)) as client:
        webhook = Webhook("https://example.com", client=client, now=lambda: AT)
        assert await webhook.deliver(Message((letter(turned),))) == Delivered()
    schema: Any = json.loads(SCHEMA)
    check: Any = Draft202012Validator(schema)
    assert check.is_valid(json.loads(bodies[0]))
    said = schema["$defs"]["happened"]["properties"]["type"]["description"]
    assert json.loads(bodies[0])["type"] in said


def test_in_pagerduty_it_is_an_alert_until_it_is_well() -> None:
    (dead,), (well,) = (list(events([letter(one)], "")) for one in (DEAD, WELL))
    assert (dead["event_action"], well["event_action"]) == ("trigger", "resolve")
    assert dead["dedup_key"] == well["dedup_key"]
    assert dead["payload"]["severity"] == "error"
    assert "404 <no_service>" in dead["payload"]["custom_details"]["What happened"]


def test_in_slack_and_in_a_mail() -> None:
    slack = slack_blocks.payload([letter(DEAD)], Look())
    assert slack["text"] == "📵 Nothing arrives at a channel: slack-ops"
    assert "404" in json.dumps(slack["blocks"])
    sent = mail([letter(DEAD)], sender="sla@example.com", to=[], at=AT, public_url="")
    assert sent["Subject"] == "Nothing arrives at a channel: slack-ops"


def test_each_failure_begins_a_thread_of_its_own() -> None:
    again = Turned("slack-ops", "dead", AT, "404", ("mail",))
    assert letter(WELL).ticket_id == letter(DEAD).ticket_id != letter(again).ticket_id


async def test_in_the_log() -> None:
    assert await Log().deliver(Message((letter(DEAD),))) == Delivered()
