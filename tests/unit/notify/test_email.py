"""How mail is handed in, to a real server that takes or refuses it; what it looks like is asked in
test_mail.py."""

import logging
import ssl
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from engine.notify import email
from engine.notify.email import Email, Security, Server
from engine.notify.message import Delivered, Message, Notice, Outcome, Rejected, Retry
from tests.support.notices import T0, notice
from tests.support.smtp import PASSWORD, USER, Mailbox, certificates, mailbox, scripted

FROM, ANNA, BO = "sla@example.com", "anna@example.com", "bo@example.com"


def channel(port: int, *to: str, security: Security = "none", **more: Any) -> Email:
    more.setdefault("tls", certificates()[1])
    server = Server("127.0.0.1", port, security, **more)
    return Email(server, sender=FROM, to=to, now=lambda: T0, public_url="https://sla.example.com/")


async def told(box: Mailbox, *to: str, of: Notice | None = None) -> Outcome:
    return await channel(box.port, *to).deliver(Message((of or notice(alert="a1"),)))


def for_people(one: Notice, *people: tuple[str, str | None]) -> Notice:
    found = [{"key": key, "name": key.title(), "email": at, "slack": None} for key, at in people]
    return replace(one, body={**one.body, "people": found})


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_goes_encrypted_to_a_server_that_knows_us(security: Security) -> None:
    async with mailbox(security=security, login=True) as box:
        one = channel(box.port, ANNA, BO, security=security, login=(USER, PASSWORD))
        assert await one.deliver(Message((notice(alert="a1"),))) == Delivered()
    ((to, mail),) = box.mails
    assert (to, box.users) == ([ANNA, BO], [USER])
    assert mail["Subject"] == "SLA warning: resolution of TICKET-001"
    assert mail["To"] == f"{ANNA}, {BO}"


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_server_that_nobody_vouches_for_gets_nothing(security: Security) -> None:
    async with mailbox(security=security, login=True) as box:
        strangers = ssl.create_default_context()
        one = channel(box.port, ANNA, security=security, login=(USER, PASSWORD), tls=strangers)
        outcome = await one.deliver(Message((notice(),)))
    assert isinstance(outcome, Retry)
    assert "certificate is not trusted" in outcome.reason
    assert box.users == []


async def test_without_starttls_on_the_other_side_no_password_is_sent() -> None:
    async with mailbox() as box:
        one = channel(box.port, ANNA, security="starttls", login=(USER, PASSWORD))
        outcome = await one.deliver(Message((notice(),)))
    assert isinstance(outcome, Rejected)
    assert not outcome.only_this
    assert (box.users, box.mails) == ([], [])


async def test_a_wrong_password_is_final_and_said_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with mailbox(security="starttls", login=True) as box:
        one = channel(box.port, ANNA, security="starttls", login=(USER, "a wrong secret"))
        outcome = await one.deliver(Message((notice(),)))
    assert isinstance(outcome, Rejected)
    assert outcome.reason.startswith("the user or the password is refused: 535")
    assert not outcome.only_this
    assert "a wrong secret" not in str(outcome) + caplog.text.replace("tests/", "")


async def test_what_a_server_repeats_of_the_login_stays_out_of_reasons() -> None:
    sent = "AGFubmEAaHVudGVyMg"
    async with scripted(
        "220 hi", "250-hi\r\n250 AUTH PLAIN", f"535 no {sent}= and hunter2 either"
    ) as port:
        one = channel(port, ANNA, login=("anna", "hunter2"))
        outcome = await one.deliver(Message((notice(),)))
    assert isinstance(outcome, Rejected)
    assert "hunter2" not in outcome.reason
    assert sent not in outcome.reason


@pytest.mark.parametrize(
    ("refused", "outcome"),
    [
        ({ANNA: "450 later"}, Retry(f"{ANNA}: 450 later")),
        ({ANNA: "550 unknown"}, Rejected(f"{ANNA}: 550 unknown")),
        ({"DATA": "451 busy"}, Retry(f"{ANNA}: 451 busy")),
        ({"DATA": "554 spam"}, Rejected(f"{ANNA}: 554 spam", only_this=True)),
        ({"MAIL": "550 who are you"}, Rejected("550 who are you")),
        ({"MAIL": "421 too busy"}, Retry("421 too busy")),
    ],
)
async def test_what_the_server_answers_decides_whether_it_is_tried_again(
    refused: dict[str, str], outcome: Outcome
) -> None:
    async with mailbox(refused=refused) as box:
        assert await told(box, ANNA) == outcome
    assert box.mails == []


async def test_who_has_taken_it_is_not_sent_it_again_when_others_get_it_later() -> None:
    async with mailbox(refused={BO: "450 greylisted"}) as box:
        one = channel(box.port, ANNA, BO)
        message = Message((notice(alert="a1"),))
        assert await one.deliver(message) == Retry(f"{BO}: 450 greylisted")
        box.refused = {}
        assert await one.deliver(message) == Delivered()
        assert [to for to, _ in box.mails] == [[ANNA], [BO]]
        first, second = (mail for _, mail in box.mails)
        assert first["Message-ID"] == second["Message-ID"]
        # Sent again on purpose, all get it.
        assert await one.deliver(message) == Delivered()
        assert box.mails[-1][0] == [ANNA, BO]


async def test_of_a_flood_that_is_split_for_one_who_refuses_the_others_get_nothing_twice() -> None:
    async with mailbox(refused={BO: "550 unknown"}) as box:
        one = channel(box.port, ANNA)
        plain = [notice(alert=f"a{n}", external_id=f"T-{n}") for n in range(2)]
        flood = [for_people(each, ("bo", BO)) for each in plain]
        for notices in (flood, flood[:1], flood[1:]):
            outcome = await one.deliver(Message(tuple(notices)))
            assert outcome == Rejected("bo: 550 unknown", only_this=True)
    ((to, mail),) = box.mails
    assert (to, mail["Subject"]) == ([ANNA], "SLA, 2 tickets: 2 warning")
    assert mail["In-Reply-To"] is None


async def test_an_address_that_gets_every_mail_and_refuses_it_is_the_channels_fault() -> None:
    """A flood is not halved for it: no part would be taken."""
    async with mailbox(refused={BO: "550 unknown"}) as box:
        outcome = await channel(box.port, ANNA, BO).deliver(Message((notice(),)))
    assert outcome == Rejected(f"{BO}: 550 unknown")
    assert [to for to, _ in box.mails] == [[ANNA]]


async def test_each_person_of_a_notice_gets_it_and_of_a_flood_only_what_is_hers() -> None:
    first = for_people(notice(alert="a1", external_id="T-1"), ("anna", ANNA), ("bo", BO))
    second = for_people(notice(alert="a2", external_id="T-2"), ("anna", ANNA.upper()), ("cy", None))
    async with mailbox() as box:
        assert await channel(box.port).deliver(Message((first, second))) == Delivered()
    assert {to[0]: str(mail["Subject"]) for to, mail in box.mails} == {
        ANNA: "SLA, 2 tickets: 2 warning",
        BO: "SLA warning: resolution of T-1",
    }
    assert box.mails[0][1]["To"] == f"Anna <{ANNA}>"


async def test_a_person_is_called_by_the_key_where_it_is_kept() -> None:
    async with mailbox(refused={BO: f"550 <{BO.upper()}>: unknown"}) as box:
        one = for_people(notice(), ("bo", BO), ("cy", "cy@exämple.com"))
        outcome = await told(box, of=one)
    assert outcome == Rejected(
        "cy: this is no address that mail can be sent to; bo: 550 <bo>: unknown", only_this=True
    )


async def test_where_there_is_nobody_to_write_to_it_is_said() -> None:
    outcome = await channel(1).deliver(Message((for_people(notice(), ("cy", None)),)))
    assert outcome == Rejected(email.NOBODY, only_this=True, asked=False)


async def test_a_notice_for_nobody_is_not_taken_for_told_with_others() -> None:
    """It is asked for by itself then: the others are sent."""
    told = for_people(notice(alert="a1", external_id="T-1"), ("anna", ANNA))
    untold = for_people(notice(alert="a2", external_id="T-2"), ("cy", None))
    async with mailbox() as box:
        one = channel(box.port)
        nobody = Rejected(email.NOBODY, only_this=True, asked=False)
        assert await one.deliver(Message((told, untold))) == nobody
        assert await one.deliver(Message((told,))) == Delivered()
    assert [to for to, _ in box.mails] == [[ANNA]]


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    async with scripted() as port:
        pass
    outcome = await channel(port, ANNA).deliver(Message((notice(),)))
    assert outcome == Retry("no answer: SMTPConnectError")


GREETED = ("220 hi", "250 fine", "250 OK", "250 OK")


@pytest.mark.parametrize("lines", [(None,), ("220 hi", None), (*GREETED, None)])
async def test_a_server_that_hangs_up_is_tried_again(lines: tuple[str | None, ...]) -> None:
    async with scripted(*lines) as port:
        outcome = await channel(port, ANNA).deliver(Message((notice(),)))
    assert isinstance(outcome, Retry)
    assert outcome.reason.startswith("no answer: ")


@pytest.mark.parametrize("lines", [(), ("220 hi",), GREETED])
async def test_a_server_that_says_nothing_is_tried_again(
    lines: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email, "WITHIN_SECONDS", 0.05)
    async with scripted(*lines) as port:
        outcome = await channel(port, ANNA).deliver(Message((notice(),)))
    assert outcome == Retry("timed out")


async def test_mail_that_was_taken_is_delivered_however_the_connection_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with mailbox() as box:
        one = channel(box.port, ANNA)

        async def lost(*_: object) -> None:
            raise ConnectionResetError

        with suppress(ConnectionResetError):
            monkeypatch.setattr("aiosmtplib.SMTP.quit", lost)
        assert await one.deliver(Message((notice(),))) == Delivered()
    assert len(box.mails) == 1
