"""What a mail looks like, to people and to programs."""

from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any, cast

import pytest

from engine.notify.mail import mail
from engine.notify.message import Notice
from tests.support.notices import T0, notice
from tests.support.told import EVERY_KIND, link_of, told

URL = "https://sla.example.com"
ANNA = Address("Anna", addr_spec="anna@example.com")


def made(*notices: Notice, url: str = URL) -> EmailMessage:
    """As it is sent, and read by who receives it."""
    sent = mail(notices, sender="sla@example.com", to=[ANNA], at=T0, public_url=url)
    return message_from_bytes(bytes(sent), policy=policy.default)


def part(of: EmailMessage, kind: str) -> str:
    body = of.get_body((kind,))
    assert body is not None
    return cast(EmailMessage, body).get_content()


def test_no_robot_answers_it_and_programs_know_one_from_another() -> None:
    one = made(notice(alert="a1"))
    assert one["Auto-Submitted"] == "auto-generated"
    assert one["X-Auto-Response-Suppress"] == "All"
    assert one["From"] == "SLA Tracker <sla@example.com>"
    assert one["Date"] == "Mon, 05 Jan 2026 09:00:00 +0000"
    assert one["Message-ID"] == made(notice(alert="a1"))["Message-ID"]
    assert one["Message-ID"] != made(notice(alert="a2"))["Message-ID"]
    assert one["Message-ID"].endswith("@example.com>")


def test_the_mails_of_a_tickets_resolution_belong_together() -> None:
    first = made(notice(alert="a1"))
    thread = first["In-Reply-To"]
    assert thread == first["References"] != first["Message-ID"]
    for same in (told("ended", state="met"), notice("escalation", alert="a2")):
        assert made(same)["References"] == thread
    assert made(notice(alert="a9", clock="response", cycle=3))["References"] == thread
    assert made(notice(alert="a3"), notice("escalation", alert="a4"))["References"] == thread
    assert made(notice(alert="a5", cycle=2))["References"] != thread
    assert made(notice(alert="a6", to="email-two"))["References"] != thread
    assert made(notice(alert="a7", external_id="OTHER"))["References"] != thread
    flood = made(notice(alert="a1"), notice(alert="a7", external_id="OTHER"))
    assert flood["In-Reply-To"] is flood["References"] is None


@pytest.mark.parametrize("name", EVERY_KIND)
def test_every_kind_is_told_in_text_and_in_html(name: str) -> None:
    one, link = made(EVERY_KIND[name]), link_of(EVERY_KIND[name], URL)
    assert "TICKET-001" in one["Subject"]
    assert link in part(one, "plain")
    html = part(one, "html")
    assert str(one["Subject"]) in html
    assert f'href="{link}"' in html
    assert URL not in part(made(EVERY_KIND[name], url=""), "html")


def test_a_mail_that_comes_late_or_of_what_is_over_does_not_begin_with_what_was_left() -> None:
    lead = 'class="lead"'
    assert lead in part(made(notice()), "html")
    for one in (notice(attempts=2), EVERY_KIND["over by now"]):
        assert lead not in part(made(one), "html")


def test_a_flood_lists_the_worst_ten_and_links_to_all() -> None:
    flood = made(*(notice(alert=f"a{n}", external_id=f"T-{n}") for n in range(13)))
    assert flood["Subject"] == "SLA, 13 tickets: 13 warning"
    html = part(flood, "html")
    assert html.count("/#ticket/") == 10
    assert "and 3 more" in html
    assert f'href="{URL}/?sla_state=breached,critical,warning"' in html


HOSTILE = 'x\r\nBcc: evil@example.com\n\n<script>alert(1)</script> "&amp; 漢字 \x00 é'


@pytest.mark.parametrize("name", ["title", "external_id", "assigned_to", "priority", "clock"])
@pytest.mark.parametrize("flood", [False, True])
def test_what_others_have_written_is_no_header_and_no_markup(name: str, flood: bool) -> None:
    facts: dict[str, Any] = {name: HOSTILE}
    others = [notice(alert="b", external_id="OTHER")] if flood else []
    one = made(notice(alert="a1", **facts), *others)
    assert one["Bcc"] is None
    assert one["To"] == "Anna <anna@example.com>"
    assert one.get_content_type() == "multipart/alternative"
    html = part(one, "html")
    assert "<script" not in html
    if name in ("title", "external_id"):
        assert "漢字" in html
        assert "漢字" in part(one, "plain")
    assert "漢字" in made(notice(external_id="漢字 é"))["Subject"]


def test_a_long_text_makes_no_long_header() -> None:
    subject = made(notice(external_id="ü" * 5_000))["Subject"]
    assert len(subject) <= 200
