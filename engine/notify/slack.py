"""Slack: by an app's bot token, with threads, or by an incoming webhook."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

import httpx
from pydantic import BeforeValidator, Field, model_validator

from engine.notify import slack_blocks
from engine.notify.message import Channel, Delivered, Message, Outcome, Pace, Rejected
from engine.notify.options import Base, Options, Tools, Variable, Variables
from engine.notify.post import post
from engine.notify.slack_api import SLACK, SlackApi
from engine.notify.slack_blocks import Look
from engine.notify.slack_bot import SlackBot
from engine.notify.threads import Posted, Threads, taken

SLACK_PACE = Pace(every=timedelta(seconds=1), burst=4, group_above=3)
"""What Slack allows in a conversation: one message a second, and a few at once."""

OK = b"ok"
"""Slack's yes: a 200 with anything else, such as a sign-in page, is somebody else's."""


class Slack:
    """Posts Block Kit to a webhook; a flood is one message with the worst ten and a count. Each
    stands alone, and says what it follows."""

    def __init__(
        self,
        url: str,
        *,
        client: httpx.AsyncClient,
        now: Callable[[], datetime],
        threads: Threads,
        look: Look | None = None,
        pace: Pace = SLACK_PACE,
    ) -> None:
        self._url = url
        self._client = client
        self._now = now
        self._threads = threads
        self._look = look or Look()
        self._takes_metadata = True
        self.pace = pace

    async def deliver(self, message: Message) -> Outcome:
        """Post one message."""
        notice = message.notices[-1]
        if any(one.ticket_id != notice.ticket_id for one in message.notices):
            return await self._post(slack_blocks.payload(message.notices, self._look))
        thread = await self._threads.find(notice)
        before = thread.posted or thread.earlier
        about = [slack_blocks.follows(before.said, before.at)] if before else []
        outcome = await self._post(slack_blocks.payload(message.notices, self._look, about=about))
        if isinstance(outcome, Delivered):
            said = slack_blocks.said(message.notices)
            return taken(self._threads, thread.key, Posted("", "", said, self._now()), notice)
        return outcome

    async def _post(self, payload: slack_blocks.Json) -> Outcome:
        if not self._takes_metadata:
            del payload["metadata"]
        outcome = await self._send(payload)
        if isinstance(outcome, Rejected) and "metadata" in outcome.reason and "metadata" in payload:
            # Webhooks that belong to no app, and some look-alikes of Slack.
            self._takes_metadata = False
            del payload["metadata"]
            outcome = await self._send(payload)
        return outcome

    async def _send(self, payload: slack_blocks.Json) -> Outcome:
        content = json.dumps(payload, ensure_ascii=False).encode()
        return await post(self._client, self._url, content, {}, self._now, yes=OK)


def _conversation(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[CDG][A-Z0-9]{2,30}", value):
        raise ValueError(
            "must be the conversation's ID, such as C012AB3CD (in Slack: its name, at the very end)"
        )
    return value


class SlackOptions(Options):
    """Which Slack, by webhook or by bot's token and conversation; and whom every alert mentions."""

    tells_of_many = True
    url_env: Variable | None = None
    token_env: Variable | None = None
    conversation: Annotated[str | None, BeforeValidator(_conversation)] = Field(
        None, alias="channel"
    )
    base_url: Base = SLACK
    """Of the Web API; the token goes there."""
    mention: str | None = None
    actions: Literal["anyone", "people"] = "anyone"
    """Who may press its buttons: whoever sees them, or only the configuration's `people`."""

    @model_validator(mode="after")
    def _one_of_two(self) -> "SlackOptions":
        by_bot = (self.token_env, self.conversation)
        if self.url_env is not None and by_bot != (None, None):
            raise ValueError("takes url_env, or token_env and channel, not both")
        if self.url_env is None and None in by_bot:
            raise ValueError("needs url_env, or token_env and channel")
        return self

    def addresses(self, variables: Variables) -> Sequence[str]:
        return (self.base_url if self.url_env is None else variables.address(self.url_env),)

    def channel(self, tools: Tools) -> Channel:
        given, pace = tools.variables, replace(SLACK_PACE, group_wait=tools.group_wait)
        look = Look(
            public_url=tools.public_url.rstrip("/"),
            mention=self.mention,
            answers=tools.answers_slack,
            only_people=self.actions == "people",
            opens=self.token_env is not None or tools.answers_slack,
            links=tools.links,
        )
        if self.token_env is not None and self.conversation is not None:
            token = given.text(self.token_env)
            api = SlackApi(token, client=tools.client, now=tools.now, base_url=self.base_url)
            return SlackBot(
                api, self.conversation, now=tools.now, threads=tools.threads, look=look, pace=pace
            )
        return Slack(
            given.address(self.url_env or ""),
            client=tools.client,
            now=tools.now,
            threads=tools.threads,
            look=look,
            pace=pace,
        )
