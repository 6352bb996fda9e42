"""Microsoft Teams, by the webhook of a Workflow."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import httpx

from engine.notify.links import Links, none
from engine.notify.message import Message, Outcome, Pace
from engine.notify.options import Options, Tools, Variable, Variables
from engine.notify.post import post
from engine.notify.teams_card import message as card

TEAMS_PACE = Pace(every=timedelta(milliseconds=250), burst=4, group_above=3)
"""Above four a second Teams throttles; the flow that posts them comes on top."""


class Teams:
    """Posts an Adaptive Card; a flood is one with the worst ten and a count.

    The answer, 202, says that the flow has been started: what becomes of it there, its owner sees.
    """

    def __init__(
        self,
        url: str,
        *,
        client: httpx.AsyncClient,
        now: Callable[[], datetime],
        public_url: str = "",
        links: Links | None = None,
        pace: Pace = TEAMS_PACE,
    ) -> None:
        """`public_url` is where people reach this service; empty: no links. By `links` they
        answer."""
        self._url = url
        self._client = client
        self._now = now
        self._public_url = public_url.rstrip("/")
        self._answers = links.to() if links else none
        self.pace = pace

    async def deliver(self, message: Message) -> Outcome:
        """Post one message."""
        content = card(message.notices, self._public_url, self._answers)
        return await post(self._client, self._url, content, {}, self._now)


class TeamsOptions(Options):
    """Which flow: the address that Teams shows for "When a Teams webhook request is received"."""

    tells_of_many = True
    url_env: Variable

    def addresses(self, variables: Variables) -> Sequence[str]:
        return (variables.address(self.url_env),)

    def channel(self, tools: Tools) -> Teams:
        return Teams(
            tools.variables.address(self.url_env),
            client=tools.client,
            now=tools.now,
            public_url=tools.public_url,
            links=tools.links,
            pace=replace(TEAMS_PACE, group_wait=tools.group_wait),
        )
