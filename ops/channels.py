"""The channels as the courier gets them: those that can be written to, and why others cannot."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import httpx

from config.addresses import NoAddress, place
from config.routing import Channel as Configured
from config.versions import PolicyBook
from engine.notify.message import Channel
from engine.notify.port import Unreachable
from engine.notify.slack import SLACK_PACE, Slack
from engine.notify.webhook import Webhook

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Channels:
    """By name: every channel of every version is in one of the two."""

    reachable: Mapping[str, Channel] = field(default_factory=dict[str, Channel])
    unreachable: Mapping[str, Unreachable] = field(default_factory=dict[str, Unreachable])


@dataclass(frozen=True, slots=True)
class ChannelBuilder:
    """What all channels are built with; `environment` holds their addresses and secrets."""

    environment: Mapping[str, str]
    client: httpx.AsyncClient
    now: Callable[[], datetime]
    public_url: str

    def build(self, book: PolicyBook) -> Channels:
        """Those of all versions: tickets keep the routes of their own, and a retraction goes where
        the alert went, so that a channel that a newer version has dropped is still written to."""
        newest = book.newest
        if newest is None:
            return Channels()
        known = {channel.name: channel for each in book.history() for channel in each.channels}
        wanted = {channel.name for channel in newest.channels if channel.wanted}
        group_wait = timedelta(seconds=newest.group_wait_seconds)
        reachable: dict[str, Channel] = {}
        unreachable: dict[str, Unreachable] = {}
        for name, channel in known.items():
            try:
                reachable[name] = self._channel(channel, group_wait)
            except NoAddress as error:
                unreachable[name] = Unreachable(str(error), wanted=name in wanted)
        return Channels(reachable, unreachable)

    def _channel(self, channel: Configured, group_wait: timedelta) -> Channel:
        found = place(channel, self.environment)
        if channel.type == "webhook":
            return Webhook(found.url, client=self.client, now=self.now, secret=found.secret)
        return Slack(
            found.url,
            client=self.client,
            now=self.now,
            public_url=self.public_url,
            mention=channel.mention,
            pace=replace(SLACK_PACE, group_wait=group_wait),
        )


def say(before: Mapping[str, Unreachable], after: Mapping[str, Unreachable]) -> None:
    """Log what cannot be written to, once."""
    for name, why in after.items():
        if before.get(name) != why:
            level = logging.WARNING if why.wanted else logging.INFO
            about = {"channel": name, "reason": why.reason}
            logger.log(level, "nothing can be sent to a channel", extra=about)
