"""The channels as the courier gets them: those that can be written to, and why others cannot."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from config.addresses import NoAddress, Variables
from config.loading import Loaded
from engine.notify.channel_types import CHANNEL_TYPES
from engine.notify.courier import Courier
from engine.notify.failing import Care
from engine.notify.links import Links
from engine.notify.message import Channel
from engine.notify.options import Tools
from engine.notify.people import Person
from engine.notify.port import Unreachable
from engine.notify.threads import Apart, Threads

logger = logging.getLogger(__name__)

NOBODY = "it has no `to`, and nobody who is told has an `email`"


@dataclass(frozen=True, slots=True)
class Channels:
    """By name: every channel of every version is in one of the two."""

    reachable: Mapping[str, Channel] = field(default_factory=dict[str, Channel])
    unreachable: Mapping[str, Unreachable] = field(default_factory=dict[str, Unreachable])
    care: Care | None = None
    """For those that something is sent to."""


@dataclass(frozen=True, slots=True)
class ChannelBuilder:
    """What all channels are built with; `environment` holds their addresses and secrets."""

    environment: Mapping[str, str]
    client: httpx.AsyncClient
    now: Callable[[], datetime]
    public_url: str
    threads: Threads = field(default_factory=Apart)
    answers_slack: bool = False
    links: Links | None = None

    def build(self, versions: Sequence[Loaded]) -> Channels:
        """Those of all versions: tickets keep the routes of their own, and a retraction goes where
        the alert went, so that a channel that a newer version has dropped is still written to."""
        if not versions:
            return Channels()
        newest = versions[-1]
        known = {channel.name: channel for each in versions for channel in each.channels}
        wanted = {channel.name for channel in newest.channels if channel.wanted}
        tools = Tools(
            Variables(self.environment),
            self.client,
            self.now,
            self.public_url,
            timedelta(seconds=newest.group_wait_seconds),
            self.threads,
            self.answers_slack,
            self.links,
        )
        reachable: dict[str, Channel] = {}
        unreachable: dict[str, Unreachable] = {}
        for name, channel in known.items():
            options = CHANNEL_TYPES[channel.type].model_validate(channel.options)
            try:
                reachable[name] = options.channel(tools)
            except NoAddress as error:
                unreachable[name] = Unreachable(str(error), wanted=name in wanted)
        dead_after = timedelta(microseconds=newest.dead_after)
        care = Care(frozenset(wanted), newest.fallback, dead_after)
        return Channels(reachable, unreachable, care)

    def lacking(
        self, versions: Sequence[Loaded], named: Mapping[str, Collection[str]]
    ) -> Mapping[str, Unreachable]:
        """Why nothing would arrive at a channel, by name, where its message would name these
        people, by key."""
        found = dict(self.build(versions).unreachable)
        for newest in versions[-1:]:
            written = {one.key for one in newest.people if one.email}
            for name in (one.name for one in newest.channels if one.to_people_alone):
                if name in named and written.isdisjoint(named[name]):
                    found.setdefault(name, Unreachable(NOBODY))
        return found


def take(courier: Courier, built: Channels, newest: Loaded | None) -> None:
    """The courier goes on with these, and the log says what cannot be written to."""
    say(courier.unreachable, built.unreachable)
    courier.channels, courier.unreachable = built.reachable, built.unreachable
    courier.people, courier.care = people(newest), built.care


def people(loaded: Loaded | None) -> Mapping[str, Person]:
    """By key, as channels address them."""
    return {
        one.key: Person(key=one.key, name=one.name, email=one.email, slack=one.slack)
        for one in (loaded.people if loaded else ())
    }


def say(before: Mapping[str, Unreachable], after: Mapping[str, Unreachable]) -> None:
    """Log what cannot be written to, once."""
    for name, why in after.items():
        if before.get(name) != why:
            level = logging.WARNING if why.wanted else logging.INFO
            about = {"channel": name, "reason": why.reason}
            logger.log(level, "nothing can be sent to a channel", extra=about)
