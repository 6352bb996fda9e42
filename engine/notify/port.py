"""What the courier is told of, and what it asks of the table that holds what is to be sent."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from engine.notify.failing import Care, Turned
from engine.notify.message import Notice, Pace
from engine.notify.recorder import Unrecorded


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Why nothing can be sent to a channel."""

    reason: str
    wanted: bool = True
    """Somebody relies on it: its notices are dead, not merely skipped."""


class Outbox(Unrecorded, Protocol):
    """The table of what is to be sent. Instants are aware UTC.

    Each claim is leased to an errand of its own, `<owner>/<number>`. Leases of `owner` to errands
    that are not `under_way` do not count: they were given in answers that it never got. Those of
    others end by the outbox's own clock, as `now` may be ahead of theirs.
    """

    async def ready(
        self, *, owner: str, under_way: Collection[str], now: datetime
    ) -> Mapping[str, datetime]:
        """For every channel with something to send: from when on (possibly past) it may."""
        ...

    async def claim(
        self,
        channel: str,
        pace: Pace,
        *,
        errand: str,
        owner: str,
        under_way: Collection[str],
        now: datetime,
        lease: timedelta,
    ) -> Sequence[Notice]:
        """Lease the next message's notices, and with them the channel's next slot. Those of one
        ticket come in order: none before an earlier one that is still to be sent."""
        ...

    async def sent(self, keys: Sequence[str], at: datetime) -> None:
        """They were delivered, whoever holds their lease by now. Where nothing was for a minute,
        what was put off may go at once."""
        ...

    async def retry(self, again: Mapping[str, datetime], error: str, *, errand: str) -> None:
        """Give leased rows back, each to be taken from its instant on."""
        ...

    async def dead(self, keys: Sequence[str], error: str, *, errand: str) -> None:
        """Keep leased rows aside until somebody replays them."""
        ...

    async def split(self, parts: Sequence[Sequence[str]], error: str, *, errand: str) -> None:
        """Give leased rows back, to be taken at once: each part as a message of its own."""
        ...

    async def failed(self, channel: str, reason: str, at: datetime, *, surely: bool) -> None:
        """An attempt was not taken; `surely`: nothing else would have been either. What is `sent`
        afterwards makes up for it."""
        ...

    async def turn(self, care: Care, now: datetime) -> Sequence[Turned]:
        """The channels that have come to be dead or well since anybody asked, each once for all who
        ask; what is to be said of it has been put into the outbox."""
        ...

    async def hold(self, channel: str, until: datetime) -> None:
        """Let nothing go to this channel before `until`."""
        ...

    async def give_up(
        self, channel: str, grace: timedelta, reason: str, state: Literal["dead", "skipped"]
    ) -> int:
        """Put aside what could have gone to a channel for longer than `grace`, in which nobody has
        written to it; how many rows that were."""
        ...
