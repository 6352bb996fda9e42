"""PagerDuty, by its Events API v2: whoever is on duty there is paged.

https://developer.pagerduty.com/docs/send-alert-event
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar, Literal
from uuid import UUID

import httpx
from pydantic import model_validator

from engine.notify.message import Delivered, Message, Notice, Outcome, Pace, Rejected, Retry
from engine.notify.news import OF_A_CHANNEL, RAISED, Item, News, by_ticket
from engine.notify.options import Base, Options, Tools, Variable, Variables
from engine.notify.plain import SAID
from engine.notify.plain_text import cut, instant
from engine.notify.post import post
from engine.notify.words import address
from engine.sla.instants import rfc3339

Action = Literal["trigger", "acknowledge", "resolve"]

PAGERDUTY = "https://events.pagerduty.com"
API = "https://api.pagerduty.com"
PAGERDUTY_PACE = Pace(every=timedelta(milliseconds=500), burst=30)
"""About 120 events a minute are taken for a key."""
LONGEST_KEY, LONGEST_SUMMARY = 255, 1024
LONGEST_DETAIL = 1024
"""Ours: an event may have 512 KB."""
SEVERITIES = {"breached": "critical", "critical": "error", "warning": "warning"}
CLIENT = "SLA Tracker"
OVER = ("met", "breached", "cancelled", "none")
"""States after which a clock is over: breached is one that ended late."""


class PagerDuty:
    """One event for each clock's cycle that a notice tells of: they are alerts of their own there,
    each with what became of it since."""

    pace = PAGERDUTY_PACE

    def __init__(
        self,
        routing_key: str,
        *,
        client: httpx.AsyncClient,
        now: Callable[[], datetime],
        base_url: str = PAGERDUTY,
        public_url: str = "",
    ) -> None:
        self._routing_key = routing_key
        self._client = client
        self._now = now
        self._url = f"{base_url.rstrip('/')}/v2/enqueue"
        self._public_url = public_url.rstrip("/")

    async def deliver(self, message: Message) -> Outcome:
        """Send the events in order, and all of them again if one did not arrive: those that had
        are told by their key. One that is refused keeps none of the others back."""
        refused: Rejected | None = None
        for event in events(message.notices, self._public_url):
            outcome = await self._send(event)
            match outcome:
                case Retry() | Rejected(only_this=False):
                    return outcome
                case Rejected():
                    refused = refused or outcome
                case Delivered():
                    pass
        return refused or Delivered()

    async def _send(self, event: Mapping[str, Any]) -> Outcome:
        content = json.dumps({"routing_key": self._routing_key, **event}).encode()
        outcome = await post(
            self._client, self._url, content, {}, self._now, secret=self._routing_key
        )
        if isinstance(outcome, Rejected) and re.search("routing.key", outcome.reason, re.I):
            # It is who says it: no other event would be taken either.
            return Rejected(outcome.reason)
        return outcome


def events(notices: Sequence[Notice], public_url: str) -> Iterator[Mapping[str, Any]]:
    """What is to be sent, but for the routing key: for each clock's cycle what is so by now."""
    of_clock: dict[str, list[Notice]] = {}
    for notice in notices:
        alerts: dict[str, list[Any]] = {}
        for told in notice.body["alerts"]:
            alerts.setdefault(_key(notice, told), []).append(told)
        for key, mine in alerts.items():
            part = replace(notice, body={**notice.body, "alerts": mine})
            of_clock.setdefault(key, []).append(part)
    for key, parts in of_clock.items():
        (news,) = by_ticket(parts)
        action = _action(news, parts)
        if action is not None:
            about: Mapping[str, Any] = {}
            if action == "trigger":
                about = _alert(news, public_url)
            yield {"event_action": action, "dedup_key": key, **about}


def _key(notice: Notice, told: Mapping[str, Any]) -> str:
    return key_of(notice.ticket_id, str(told.get("clock")), told.get("cycle"))


def key_of(ticket: UUID, clock: str, cycle: object) -> str:
    """Of the alert there: the ticket, the clock, the cycle."""
    key = f"{ticket}:{clock}:{cycle}"
    if len(key) > LONGEST_KEY:
        key = f"{ticket}:{sha256(clock.encode()).hexdigest()}:{cycle}"
    return key


def _action(news: News, parts: Sequence[Notice]) -> Action | None:
    """None: nothing that an alert there could be told. A snooze is told as an acknowledgement, for
    that keeps it quiet; what is over by now pages nobody; a transition, and what is not known here,
    is an alert of the lowest severity."""
    kinds = {item.kind for item in news.items}
    if any(item.kind in RAISED and not item.meanwhile for item in news.items):
        return "trigger"
    if kinds & {*RAISED, "ended", "channel_well"} or any(
        item.told.get("after") in OVER for item in news.items
    ):
        return "resolve"
    if "retracted" in kinds and not _something_stands(parts):
        return "resolve"
    if kinds & {"acknowledged", "snoozed"}:
        return "acknowledge"
    return None if "retracted" in kinds else "trigger"


def _something_stands(parts: Sequence[Notice]) -> bool:
    """Whether anything else that was told is so, as of the last that withdrew something."""
    all_withdrawn = (
        [told for told in part.body["alerts"] if told["type"] == "retracted"] for part in parts
    )
    *_, withdrawn = filter(None, all_withdrawn)
    if any(told.get("stands") for told in withdrawn):
        return any(told.get("stands") == "some" for told in withdrawn)
    # Decided before withdrawals said so. With a level alone, what stands below it does so still.
    levels = all(str(told.get("milestone")).startswith("level:") for told in withdrawn)
    return levels and bool(withdrawn[0].get("escalation_level"))


def _alert(news: News, public_url: str) -> Mapping[str, Any]:
    body, first = news.notice.body, news.first
    worst = min(filter(_bears_severity, news.items), key=_badness, default=None)
    severity = None if worst is None else SEVERITIES.get(str(worst.told.get("severity")))
    title = SAID.title(news)
    summary = f"{SAID.headline(news)}: {title}" if title else SAID.headline(news)
    payload = {
        "summary": cut(summary, LONGEST_SUMMARY),
        "source": SAID.told(body, "source", 200) or CLIENT,
        "severity": severity or "info",
        "component": SAID.ticket(news, 200),
        "group": SAID.told(body, "team", 200) or None,
        "class": cut(str(first.told.get("clock")), 200),
        "timestamp": rfc3339(first.told["occurred_at"]) if first.told.get("occurred_at") else None,
        "custom_details": _details(news),
    }
    event: dict[str, Any] = {
        "client": CLIENT,
        "payload": {name: value for name, value in payload.items() if value is not None},
    }
    if public_url:
        link = {"href": address(news, public_url), "text": "The ticket and its clocks"}
        event |= {"client_url": f"{public_url}/", "links": [link]}
    return event


def _bears_severity(item: Item) -> bool:
    """A transition that somebody only asked to hear of is no alert. One with a milestone is told to
    those who had heard of that: the clock runs again, and what was told of it is so again."""
    of_an_alert = item.kind == "transition" and bool(item.told.get("milestone"))
    return item.kind in (*RAISED, *OF_A_CHANNEL) or of_an_alert


def _badness(item: Item) -> int:
    return item.badness


def _details(news: News) -> Mapping[str, str]:
    facts = {
        name: instant(said) if isinstance(said, int) else said for name, said in SAID.facts(news)
    }
    led_to_it = "; ".join([*SAID.steps(news), *SAID.reasons(news)])
    told = {"Title": SAID.title(news), **facts, "What happened": led_to_it}
    return {name: cut(said, LONGEST_DETAIL) for name, said in told.items() if said}


class PagerDutyOptions(Options):
    """Whose key, and where PagerDuty is: https://events.eu.pagerduty.com for accounts in the EU;
    and by what it says which incidents somebody has acknowledged there."""

    keeps_open: ClassVar[bool] = True
    routing_key_env: Variable
    base_url: Base = PAGERDUTY
    webhook_secret_env: Variable | None = None
    """What its webhooks are signed with."""
    api_token_env: Variable | None = None
    """Of its REST API, for reading: it says which alerts an incident is of."""
    api_url: Base = API

    @model_validator(mode="after")
    def _both_or_neither(self) -> "PagerDutyOptions":
        if self.webhook_secret_env is not None and self.api_token_env is None:
            raise ValueError(
                "needs api_token_env beside webhook_secret_env: only PagerDuty's REST API says"
                " which alert an incident is of"
            )
        if self.webhook_secret_env is None and self.api_token_env is not None:
            raise ValueError(
                "needs webhook_secret_env beside api_token_env: it is used for PagerDuty's"
                " webhooks alone"
            )
        return self

    def addresses(self, variables: Variables) -> Sequence[str]:
        return (self.base_url, *([self.api_url] if self.api_token_env is not None else []))

    def channel(self, tools: Tools) -> PagerDuty:
        key = tools.variables.text(self.routing_key_env)
        if not re.fullmatch("[A-Za-z0-9]{32}", key):
            raise tools.variables.unfit(
                self.routing_key_env, "is no integration key: those are 32 letters and digits"
            )
        return PagerDuty(
            key,
            client=tools.client,
            now=tools.now,
            base_url=self.base_url,
            public_url=tools.public_url,
        )
