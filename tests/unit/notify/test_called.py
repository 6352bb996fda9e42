"""Whoever has done something is called as people do, in every channel that speaks to people."""

import json
from collections.abc import Callable
from dataclasses import replace
from email.headerregistry import Address

import httpx
import pytest

from engine.notify import slack_blocks
from engine.notify.mail import mail
from engine.notify.message import Delivered, Message, Notice
from engine.notify.pagerduty import events
from engine.notify.people import Person, called, named
from engine.notify.plain import plain
from engine.notify.slack_blocks import Look
from engine.notify.slack_present import Present
from engine.notify.teams_card import message
from engine.notify.webhook import Webhook
from engine.sla.instants import micros
from tests.support.notices import T0, notice
from tests.support.told import told
from tests.support.web import answering

PEOPLE = {"anna": Person(key="anna", name="Anna Berg", email=None, slack="U0ANNA")}
TO = Address("Ben", addr_spec="ben@example.com")


def mailed(one: Notice) -> str:
    sent = mail([one], sender="sla@example.com", to=[TO], at=T0, public_url="")
    parts = [part.get_content() for part in sent.walk() if part.get_content_maintype() == "text"]
    return "\n".join([str(sent["Subject"]), *parts])


SAID: dict[str, Callable[[Notice], str]] = {
    "plain": lambda one: f"{(said := plain([one], '')).title}\n{said.text}",
    "mail": mailed,
    "Slack": lambda one: str(slack_blocks.payload([one], Look())),
    "Teams": lambda one: message([one], "").decode(),
    "PagerDuty": lambda one: str(list(events([one], ""))),
}
CALLED = [
    ("anna", "Anna Berg"),
    ("gone", "gone"),
    ("link:Bo Berg", "Bo Berg (through a link)"),
    ("link:slack:U1", "slack:U1 (through a link)"),
    ("slack:U012AB3CD", "Slack member U012AB3CD"),
    ("pagerduty:PJ0LVEB", "PagerDuty user PJ0LVEB"),
    ("bot:cleaner", "bot:cleaner"),
    ("link:", "link:"),
]


@pytest.mark.parametrize("channel", SAID)
@pytest.mark.parametrize(("by", "name"), CALLED)
def test_who_has_it_by_now_is_called_so(channel: str, by: str, name: str) -> None:
    has_it = replace(notice(), handled={"acknowledged_by": by, "acknowledged_until": micros(T0)})
    assert f"cknowledged by {name} by now" in SAID[channel](named(has_it, PEOPLE))


@pytest.mark.parametrize("channel", [name for name in SAID if name != "PagerDuty"])
@pytest.mark.parametrize("kind", ["acknowledged", "snoozed"])
@pytest.mark.parametrize(("by", "name"), CALLED)
def test_who_has_answered_is_called_so(channel: str, kind: str, by: str, name: str) -> None:
    """PagerDuty is told that it was acknowledged, and no words."""
    answered = told(kind, by=by)
    assert f"{kind.capitalize()} by {name}" in SAID[channel](named(answered, PEOPLE))


@pytest.mark.parametrize(("by", "name"), CALLED)
def test_so_says_the_first_message_in_slack_but_a_member_is_shown_as_slack_does(
    by: str, name: str
) -> None:
    present = Present("breached", 1, "open", "", acknowledged_by=by, acknowledged_until=1)
    one = replace(notice(), names={"anna": "Anna Berg"})
    shown = "<@U012AB3CD>" if by == "slack:U012AB3CD" else f"`{name}`"
    assert f"{shown} has it" in str(slack_blocks.first(one, present, Look()))


def test_nobody_is_named_where_it_is_not_known_who() -> None:
    assert "Acknowledged: TICKET-001" in plain([named(told("acknowledged"), PEOPLE)], "").title
    assert called("", {}) == ""


async def test_what_programs_are_sent_has_the_key() -> None:
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(204)

    async with httpx.AsyncClient(transport=answering(answer)) as client:
        webhook = Webhook("https://example.com/sla", client=client, now=lambda: T0)
        notices = (named(told("acknowledged", by="anna"), PEOPLE),)
        assert await webhook.deliver(Message(notices)) == Delivered()
    (body,) = map(json.loads, bodies)
    assert body["by"] == "anna"
    assert "Anna" not in str(body)
