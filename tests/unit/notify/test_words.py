"""Whatever a notice tells of can be said in a few words, and every channel says it."""

import asyncio
import json
from datetime import timedelta
from typing import Any, cast, get_args

import httpx
import pytest

from engine.notify.message import Delivered, Kind, Message, as_sent
from engine.notify.news import by_ticket
from engine.notify.plain import SAID
from engine.notify.slack_blocks import Look, payload
from engine.notify.webhook import Webhook
from engine.notify.words import phrase
from engine.sla.instants import micros
from tests.support.notices import T0, notice
from tests.support.told import told
from tests.support.web import answering

ABOUT: dict[str, Any] = {
    "clock": "resolution",
    "milestone": "breached",
    "severity": "breached",
    "escalation_level": 2,
    "level_name": "Manager",
}
AT = micros(T0)
WORDS: list[tuple[dict[str, Any], str]] = [
    ({"type": "alert"}, "resolution breached"),
    ({"type": "escalation"}, "escalated to level 2, Manager"),
    ({"type": "escalation", "level_name": "2"}, "escalated to level 2"),
    ({"type": "retracted", "milestone": "level:2"}, "withdrawn: resolution level 2"),
    ({"type": "reminder", "count": 2}, "reminder 2: resolution still breached"),
    ({"type": "ended", "state": "met"}, "resolved in time"),
    ({"type": "ended", "state": "breached"}, "resolved late"),
    ({"type": "ended", "state": "breached", "clock": "response"}, "response answered late"),
    ({"type": "ended", "state": "cancelled"}, "resolution cancelled"),
    ({"type": "ended", "state": "abandoned"}, "resolution ended"),
    ({"type": "acknowledged", "until": AT}, "acknowledged until 2026-01-05 09:00:00 UTC"),
    ({"type": "snoozed"}, "snoozed"),
    (
        {"type": "transition", "before": "running", "after": "paused"},
        "resolution paused (was running)",
    ),
    ({"type": "foreseen"}, "resolution foreseen"),
]


def test_what_is_told_late_does_not_say_what_was_left_then() -> None:
    (at_once,), (late,) = (by_ticket([notice(attempts=attempts)]) for attempts in (1, 2))
    assert SAID.about(at_once)[-1] == "9 minutes left"
    assert SAID.about(late)[-1] == "due 2026-01-05 09:09:00 UTC"


def test_no_more_does_what_was_given_up_and_is_sent_after_all() -> None:
    """Its attempts are counted anew: by its instants it is late. What was muted until now has its
    time of now, however long ago it happened."""
    one, later = notice(), T0 + timedelta(hours=2)
    (soon,), (late,) = (by_ticket([as_sent(one, at)]) for at in (T0 + timedelta(seconds=5), later))
    assert SAID.about(soon)[-1] == "9 minutes left"
    assert SAID.about(late)[-1] == "due 2026-01-05 09:09:00 UTC"
    (muted,) = by_ticket([as_sent(notice(muted="snoozed"), later)])
    assert SAID.about(muted)[-1] == "9 minutes left"


def test_the_instant_of_a_withdrawal_is_not_that_of_what_is_withdrawn() -> None:
    (news,) = by_ticket([notice("retracted")])
    assert SAID.step(news.first) == ("withdrawn at 2026-01-05 09:00:00 UTC: resolution breached")


def test_a_reminder_says_since_when_it_is_so() -> None:
    (news,) = by_ticket([told("reminder", count=2)])
    assert SAID.step(news.first) == (
        "reminder 2: resolution still breached, since 2026-01-05 09:20:00 UTC"
    )


@pytest.mark.parametrize(("told", "words"), WORDS, ids=[words for _, words in WORDS])
def test_everything_has_words(told: dict[str, Any], words: str) -> None:
    assert phrase({**ABOUT, **told}) == words


@pytest.mark.parametrize("kind", [*get_args(Kind), "foreseen"])
def test_every_channel_tells_of_every_type_also_of_one_that_it_does_not_know(kind: str) -> None:
    known = kind if kind in get_args(Kind) else "snoozed"
    told = notice(cast(Kind, known))
    body = {**told.body, "alerts": [{**told.body["alerts"][0], "type": kind}]}
    told = type(told)("k", told.ticket_id, "slack", 1, body)
    sent: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return httpx.Response(204)

    async def deliver() -> None:
        async with httpx.AsyncClient(transport=answering(answer)) as client:
            webhook = Webhook("https://example.com", client=client, now=lambda: T0)
            assert await webhook.deliver(Message((told,))) == Delivered()

    asyncio.run(deliver())
    shown = payload([told], Look(mention="<!here>"))

    assert sent[0]["type"] == kind
    assert "TICKET-001" in shown["text"]
    flood = payload([told, notice(external_id="TICKET-002")], Look())
    assert "TICKET-001" in json.dumps(flood)
