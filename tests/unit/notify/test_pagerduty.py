"""What PagerDuty is sent, held to a server that takes what the real one takes."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from config.addresses import NoAddress, Variables
from engine.notify.message import Delivered, Message, Notice, Outcome, Rejected, Retry
from engine.notify.options import Tools
from engine.notify.pagerduty import PagerDuty, PagerDutyOptions
from tests.support.notices import T0, notice
from tests.support.pagerduty import KEY, open_pagerduty
from tests.support.pagerduty import PagerDuty as Server
from tests.support.told import ENDED, EVERY_KIND, together, told
from tests.support.web import answering

ACTIONS = {
    "a channel that is well": "resolve",
    "withdrawn": "resolve",
    "over by now": "resolve",
    "resolved in time": "resolve",
    "answered late": "resolve",
    "cancelled": "resolve",
    "acknowledged": "acknowledge",
    "acknowledged until": "acknowledge",
    "snoozed": "acknowledge",
    "not measured any more": "resolve",
    "over late": "resolve",
    "answered": "resolve",
}
"""Of those that do not trigger."""


class Desk:
    """Somebody who tells a PagerDuty."""

    def __init__(self, server: Server, client: httpx.AsyncClient) -> None:
        self.server, self._client = server, client

    async def tells(self, *notices: Notice, key: str = KEY, public_url: str = "") -> Outcome:
        channel = PagerDuty(
            key,
            client=self._client,
            now=lambda: T0,
            base_url=self.server.url,
            public_url=public_url,
        )
        return await channel.deliver(Message(notices))

    async def event(self, notice: Notice, *, public_url: str = "") -> dict[str, Any]:
        assert await self.tells(notice, public_url=public_url) == Delivered()
        return self.server.events[-1]


@pytest_asyncio.fixture
async def desk() -> AsyncGenerator[Desk]:
    async with open_pagerduty() as server, httpx.AsyncClient() as client:
        yield Desk(server, client)


async def test_a_breach_pages_with_all_that_is_known_of_it(desk: Desk) -> None:
    event = await desk.event(EVERY_KIND["a warning"], public_url="https://sla.example.com")
    payload = event.pop("payload")
    ticket = EVERY_KIND["a warning"].ticket_id
    assert event == {
        "event_action": "trigger",
        "dedup_key": f"{ticket}:resolution:1",
        "client": "SLA Tracker",
        "client_url": "https://sla.example.com/",
        "links": [
            {
                "href": f"https://sla.example.com/#ticket/{ticket}",
                "text": "The ticket and its clocks",
            }
        ],
    }
    details = payload.pop("custom_details")
    assert payload == {
        "summary": "SLA warning: resolution of TICKET-001: Critical system outage",
        "source": "zendesk",
        "severity": "warning",
        "component": "TICKET-001",
        "group": "Payments",
        "class": "resolution",
        "timestamp": "2026-01-05T09:00:00Z",
    }
    assert details["Due"] == "2026-01-05 09:09:00 UTC"
    assert details["Rule"] == "Payments outage"
    assert details["Title"] == "Critical system outage"


@pytest.mark.parametrize("kind", EVERY_KIND)
async def test_whatever_is_told_is_an_event_that_is_taken(desk: Desk, kind: str) -> None:
    event = await desk.event(EVERY_KIND[kind])
    assert event["event_action"] == ACTIONS.get(kind, "trigger")


@pytest.mark.parametrize(
    ("severity", "there"),
    [("breached", "critical"), ("critical", "error"), ("warning", "warning"), (None, "info")],
)
async def test_each_severity_has_one_there(desk: Desk, severity: str | None, there: str) -> None:
    event = await desk.event(told("alert", severity=severity))
    assert event["payload"]["severity"] == there


@pytest.mark.parametrize(("milestone", "there"), [("breached", "critical"), ("", "info")])
async def test_what_is_opened_again_is_as_severe_as_what_was_told_of_it(
    desk: Desk, milestone: str, there: str
) -> None:
    again = told("transition", before="breached", after="running", milestone=milestone)
    event = await desk.event(again)
    assert event["event_action"] == "trigger"
    assert event["payload"]["severity"] == there


async def test_a_clock_is_one_alert_from_its_warning_to_its_end(desk: Desk) -> None:
    life = {
        "a warning": "triggered",
        "a breach that escalates": "triggered",
        "acknowledged": "acknowledged",
        "a reminder": "acknowledged",
        "resolved in time": "resolved",
        "snoozed": "resolved",
    }
    for kind, state in life.items():
        assert await desk.tells(EVERY_KIND[kind]) == Delivered()
        assert list(desk.server.alerts.values()) == [state]


async def test_two_clocks_and_two_cycles_of_a_ticket_are_alerts_of_their_own(desk: Desk) -> None:
    several = together(
        told("alert"), told("alert", clock="response"), told("ended", cycle=2, state="met")
    )
    assert await desk.tells(several) == Delivered()
    ticket = several.ticket_id
    assert [(one["event_action"], one["dedup_key"]) for one in desk.server.events] == [
        ("trigger", f"{ticket}:resolution:1"),
        ("trigger", f"{ticket}:response:1"),
        ("resolve", f"{ticket}:resolution:2"),
    ]
    assert "response" not in desk.server.events[0]["payload"]["summary"]


async def test_what_is_raised_anew_while_the_old_is_withdrawn_still_pages(desk: Desk) -> None:
    anew = together(
        told("alert", alert_id="a2"), told("retracted", alert_id="a1", milestone="warning")
    )
    assert (await desk.event(anew))["event_action"] == "trigger"


async def test_a_level_withdrawn_leaves_the_alert_below_it(desk: Desk) -> None:
    first, last = (
        told("retracted", milestone="level:2", severity=None, escalation_level=level)
        for level in (1, 0)
    )
    assert await desk.tells(first) == Delivered()
    assert desk.server.events == []
    last = await desk.event(last)
    assert last["event_action"] == "resolve"


async def test_what_else_was_told_and_is_so_keeps_the_incident_open(desk: Desk) -> None:
    breach = told("retracted", alert_id="a1", milestone="breached", stands="some")
    level = told("retracted", alert_id="a2", milestone="level:2", escalation_level=1, stands="none")
    assert await desk.tells(breach) == Delivered()
    assert desk.server.events == []
    assert (await desk.event(level))["event_action"] == "resolve"
    taken_on = await desk.event(together(breach, told("acknowledged")))
    assert taken_on["event_action"] == "acknowledge"


async def test_keys_and_texts_of_any_length_are_taken(desk: Desk) -> None:
    long = notice(alert="a1", clock="c" * 300, title="ü" * 5000, external_id="x" * 5000)
    event = await desk.event(long)
    assert len(event["dedup_key"]) <= 255
    other = await desk.event(notice(alert="a1", clock="c" * 299 + "d", external_id="x" * 5000))
    assert other["dedup_key"] != event["dedup_key"]


async def test_a_notice_of_which_one_event_failed_is_sent_again_whole(desk: Desk) -> None:
    several = together(told("alert"), told("alert", clock="response"))
    desk.server.instead = [(202, {}), (503, {})]
    assert isinstance(await desk.tells(several), Retry)
    assert await desk.tells(several) == Delivered()
    assert list(desk.server.alerts.values()) == ["triggered", "triggered"]
    assert len(desk.server.events) == 3


async def test_an_event_that_is_refused_keeps_none_of_the_others_back(desk: Desk) -> None:
    several = together(told("alert"), told("alert", clock="response"))
    desk.server.instead = [(400, {})]
    assert await desk.tells(several) == Rejected('400 {"status":"told to"}', only_this=True)
    assert [one["payload"]["class"] for one in desk.server.events] == ["response"]


async def test_too_many_calls_are_waited_for_as_long_as_it_asks(desk: Desk) -> None:
    desk.server.instead = [(429, {"Retry-After": "30"})]
    outcome = await desk.tells(told("alert"))
    assert outcome == Retry('429 {"status":"told to"}', timedelta(seconds=30))


@pytest.mark.parametrize(("key", "said"), [("k" * 32, "Invalid"), ("short", "Length of")])
async def test_a_key_that_is_not_known_is_refused_for_all_and_never_repeated(
    desk: Desk, key: str, said: str
) -> None:
    outcome = await desk.tells(together(told("alert"), told("alert", clock="response")), key=key)
    assert isinstance(outcome, Rejected)
    assert not outcome.only_this
    assert said in outcome.reason
    desk.server.instead = [(403, {})]
    assert await desk.tells(told("alert")) == Rejected('403 {"status":"told to"}')


async def test_what_an_answer_repeats_of_the_key_is_not_kept() -> None:
    def echoes(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, content=request.content)

    async with httpx.AsyncClient(transport=answering(echoes)) as client:
        channel = PagerDuty(KEY, client=client, now=lambda: T0)
        outcome = await channel.deliver(Message((told("alert"),)))
    assert isinstance(outcome, Rejected)
    assert KEY not in outcome.reason


def built(key: str, **options: str) -> PagerDuty:
    variables = Variables({"PAGER_KEY": key})
    tools = Tools(variables, httpx.AsyncClient(), lambda: T0, "", timedelta(0))
    return PagerDutyOptions(routing_key_env="PAGER_KEY", **options).channel(tools)


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("", "PAGER_KEY is not set"),
        ("abc", "PAGER_KEY is no integration key: those are 32 letters and digits"),
    ],
)
def test_a_key_that_is_none_is_said_with_its_variable(key: str, wrong: str) -> None:
    with pytest.raises(NoAddress) as refused:
        built(key)
    assert str(refused.value) == wrong


def test_accounts_in_the_eu_have_an_address_of_their_own() -> None:
    assert isinstance(built(KEY, base_url="https://events.eu.pagerduty.com"), PagerDuty)
    with pytest.raises(ValueError, match=r"must be an address such as https://events\.example"):
        built(KEY, base_url="events.eu.pagerduty.com")


@pytest.mark.parametrize(
    ("named", "other"),
    [("webhook_secret_env", "api_token_env"), ("api_token_env", "webhook_secret_env")],
)
def test_what_is_acknowledged_there_needs_a_secret_and_a_token(named: str, other: str) -> None:
    assert isinstance(built(KEY, webhook_secret_env="S", api_token_env="T"), PagerDuty)
    with pytest.raises(ValueError, match=f"needs {other} beside {named}"):
        built(KEY, **{named: "VARIABLE"})


async def test_what_ended_while_it_waited_pages_nobody(desk: Desk) -> None:
    late = replace(EVERY_KIND["a breach that escalates"], meanwhile={"a1": ENDED})
    assert (await desk.event(late))["event_action"] == "resolve"
