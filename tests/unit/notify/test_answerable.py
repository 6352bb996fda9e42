"""Which messages bring links to answer by, and for whom."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from engine.notify.email import Email, Server
from engine.notify.links import PATH, Asked, Links
from engine.notify.message import Delivered, Message, Notice
from engine.notify.plain import plain
from engine.notify.slack_blocks import Look, first, payload
from engine.notify.slack_present import when_told
from engine.notify.teams_card import message
from tests.support.notices import T0, notice
from tests.support.smtp import mailbox
from tests.support.told import EVERY_KIND, told

URL = "https://sla.example.com"
LINKS = Links(["k" * 32], URL, lambda: T0)
WARNING, OVER = EVERY_KIND["a warning"], told("ended", state="met")
FLOOD = (notice(alert="a1"), notice(alert="b1", external_id="OTHER"))


def asked(text: str) -> list[Asked]:
    """What the links of a text stand for."""
    return [LINKS.read(token) for token in re.findall(rf"{URL}{PATH}([\w-]+)", text)]


def actions(text: str) -> list[str]:
    return [one.action for one in asked(text)]


def of_plain(notices: Sequence[Notice]) -> str:
    return plain(notices, URL, LINKS.to()).text


def of_teams(notices: Sequence[Notice]) -> str:
    return message(notices, URL, LINKS.to()).decode()


def of_slack(notices: Sequence[Notice], **look: Any) -> str:
    return json.dumps(payload(notices, Look(public_url=URL, links=LINKS, **look)))


@pytest.mark.parametrize("of", [of_plain, of_teams, of_slack])
def test_one_ticket_that_is_urgent_may_be_answered(of: Any) -> None:
    assert actions(of([WARNING])) == ["acknowledge", "snooze"]
    assert {one.person for one in asked(of([WARNING]))} == {""}
    for others in ([OVER], FLOOD):
        assert asked(of(others)) == []


def test_lines_say_what_each_link_is_for() -> None:
    [*_, acknowledge, snooze, opened] = plain([WARNING], URL, LINKS.to()).lines
    assert acknowledge.startswith(f"Acknowledge: {URL}{PATH}")
    assert snooze.startswith(f"Snooze 1 h: {URL}{PATH}")
    assert opened == f"Open: {URL}/#ticket/{WARNING.ticket_id}"


def test_a_card_of_teams_has_them_as_buttons() -> None:
    [attachment] = json.loads(of_teams([WARNING]))["attachments"]
    found = [(one["type"], one["title"]) for one in attachment["content"]["actions"]]
    assert found == [
        ("Action.OpenUrl", title) for title in ("Acknowledge", "Snooze 1 h", "Open the ticket")
    ]


def test_slack_has_them_where_nothing_can_be_pressed() -> None:
    blocks = payload([WARNING], Look(public_url=URL, links=LINKS))["blocks"]
    (section,) = [one for one in blocks if "Acknowledge" in json.dumps(one)]
    assert re.fullmatch(
        rf"<{URL}{PATH}[\w-]+\|Acknowledge> · <{URL}{PATH}[\w-]+\|Snooze 1 h>",
        section["text"]["text"],
    )
    assert asked(of_slack([WARNING], answers=True)) == []
    # A link that a whole conversation reads is for anybody.
    assert asked(of_slack([WARNING], only_people=True)) == []


def test_the_first_message_of_a_thread_has_them_until_somebody_has_it() -> None:
    look, present = Look(public_url=URL, links=LINKS, opens=True), when_told(WARNING)
    assert actions(json.dumps(first(WARNING, present, look))) == ["acknowledge", "snooze"]
    acknowledged = replace(present, acknowledged_by="anna")
    assert asked(json.dumps(first(WARNING, acknowledged, look))) == []


async def test_each_person_gets_a_mail_of_their_own_and_a_list_one_together() -> None:
    people = [
        {"key": key, "name": key.title(), "email": f"{key}@example.com", "slack": None}
        for key in ("anna", "ben")
    ]
    one = replace(WARNING, body={**WARNING.body, "people": people})
    async with mailbox() as box:
        server = Server("127.0.0.1", box.port, "none")
        lists = ("ops@example.com", "boss@example.com")
        made: dict[str, Any] = {"sender": "sla@example.com", "to": lists, "now": lambda: T0}
        channel = Email(server, links=LINKS, public_url=URL, **made)
        assert await channel.deliver(Message((one,))) == Delivered()
        assert [to for to, _ in box.mails] == [[*lists], ["anna@example.com"], ["ben@example.com"]]
        for (_, mail), person in zip(box.mails, ("", "anna", "ben"), strict=True):
            for kind in ("plain", "html"):
                text = cast(Any, mail.get_body((kind,))).get_content()
                assert {found.person for found in asked(text)} == {person}
                assert actions(text) == ["acknowledge", "snooze"]
        box.mails.clear()
        assert await Email(server, **made).deliver(Message((one,))) == Delivered()
        assert len(box.mails) == 1


async def test_a_channel_of_one_address_says_whose_it_may_be() -> None:
    async with mailbox() as box:
        server = Server("127.0.0.1", box.port, "none")
        made: dict[str, Any] = {"sender": "sla@example.com", "now": lambda: T0, "links": LINKS}
        channel = Email(server, to=["boss@example.com"], **made)
        assert await channel.deliver(Message((WARNING,))) == Delivered()
    ((_, mail),) = box.mails
    text = cast(Any, mail.get_body(("plain",))).get_content()
    assert {one.person for one in asked(text)} == {"boss@example.com"}


async def test_who_refuses_a_mail_keeps_nobody_from_theirs() -> None:
    people = [
        {"key": key, "name": key, "email": f"{key}@example.com", "slack": None}
        for key in ("anna", "ben")
    ]
    one = replace(WARNING, body={**WARNING.body, "people": people})
    async with mailbox(refused={"anna@example.com": "450 later"}) as box:
        server = Server("127.0.0.1", box.port, "none")
        channel = Email(server, sender="sla@example.com", to=(), now=lambda: T0, links=LINKS)
        for _ in range(2):
            assert await channel.deliver(Message((one,))) != Delivered()
        assert [to for to, _ in box.mails] == [["ben@example.com"]]
