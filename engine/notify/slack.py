"""Slack, by an incoming webhook."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import httpx

from engine.notify import slack_blocks
from engine.notify.message import Message, Outcome, Pace, Rejected
from engine.notify.options import Options, Tools, Variable
from engine.notify.post import post

SLACK_PACE = Pace(every=timedelta(seconds=1), burst=4, group_above=3)
"""What Slack allows a webhook: one message a second, and a few at once."""

OK = b"ok"
"""Slack's yes: a 200 with anything else, such as a sign-in page, is somebody else's."""


class Slack:
    """Posts Block Kit; a flood is one message with the worst ten and a count."""

    def __init__(
        self,
        url: str,
        *,
        client: httpx.AsyncClient,
        now: Callable[[], datetime],
        public_url: str = "",
        mention: str | None = None,
        pace: Pace = SLACK_PACE,
    ) -> None:
        """`public_url` is where people reach this service (empty: no links); `mention`, such as
        `<!here>`, goes with every alert, as it is."""
        self._url = url
        self._client = client
        self._now = now
        self._public_url = public_url.rstrip("/")
        self._mention = mention
        self._takes_metadata = True
        self.pace = pace

    async def deliver(self, message: Message) -> Outcome:
        """Post one message."""
        payload = slack_blocks.payload(
            message.notices, public_url=self._public_url, mention=self._mention
        )
        if not self._takes_metadata:
            del payload["metadata"]
        outcome = await self._post(payload)
        if isinstance(outcome, Rejected) and "metadata" in outcome.reason and "metadata" in payload:
            # Webhooks that belong to no app, and some look-alikes of Slack.
            self._takes_metadata = False
            del payload["metadata"]
            outcome = await self._post(payload)
        return outcome

    async def _post(self, payload: slack_blocks.Json) -> Outcome:
        content = json.dumps(payload, ensure_ascii=False).encode()
        return await post(self._client, self._url, content, {}, self._now, yes=OK)


class SlackOptions(Options):
    """Which Slack, and whom every alert mentions."""

    url_env: Variable
    mention: str | None = None

    def channel(self, tools: Tools) -> Slack:
        return Slack(
            tools.variables.address(self.url_env),
            client=tools.client,
            now=tools.now,
            public_url=tools.public_url,
            mention=self.mention,
            pace=replace(SLACK_PACE, group_wait=tools.group_wait),
        )
