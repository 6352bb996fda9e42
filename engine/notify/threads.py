"""Which message a ticket's later ones belong to: what channels ask of the table that knows.

The key of a thread is the channel, the ticket, and the cycle of its resolution clock.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from engine.notify.message import Channel, Delivered, Notice, Rejected, Retry

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ThreadKey:
    """Of which messages belong together."""

    channel: str
    ticket_id: UUID
    cycle: int


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that the other side took."""

    place: str
    """Where it stands, such as a conversation."""
    message_id: str
    """By the other side, of the one that opened the thread; empty: it gives none."""
    said: str
    """What the newest one said, in a few words."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Thread:
    """What a new notice belongs to."""

    key: ThreadKey
    posted: Posted | None
    """Before it, in the same cycle."""
    earlier: Posted | None
    """Where nothing was: of the cycle before."""


@dataclass(frozen=True, slots=True)
class First:
    """The message that opened a thread, and what its ticket is like by now."""

    key: ThreadKey
    place: str
    message_id: str
    shown: str
    """What it shows, as its channel has put it."""
    notice: Notice
    """That it was made of."""
    ticket: Mapping[str, Any]
    """As the read tables have it: `state`, `warning_at`, `critical_at`, `breached_at`, `due_at`,
    `level`, `status`, `phase`, `assigned_to`, `acknowledged_at`, `acknowledged_by`,
    `acknowledged_until`, `snoozed_until`; and of the thread's cycle `cycle_state`,
    `cycle_started_at` and `cycle_stopped_at`, None where it is not known."""
    position: int
    """Up to which event that is."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The first message says so now."""

    what: str
    over: bool
    """Nothing more will come of it, unless the ticket is opened again."""
    asked: bool
    """The other side was asked to change it."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The first message is not there any more."""


Changed = Shown | Gone | Retry | Rejected


class Threads(Protocol):
    """The table of what belongs together. Instants are aware UTC."""

    async def find(self, notice: Notice) -> Thread:
        """What a notice belongs to."""
        ...

    async def keep(self, key: ThreadKey, posted: Posted, notice: Notice, shown: str) -> None:
        """Another message has been taken. The one that opens a thread is kept as such, with its
        notice and what it shows; of later ones what they said."""
        ...

    async def forget(self, key: ThreadKey, message_id: str) -> None:
        """This first message is not there any more: the next one opens the thread anew."""
        ...

    async def changed(
        self, channels: Collection[str], now: datetime, *, lease: timedelta, most: int
    ) -> Sequence[First]:
        """Lease first messages whose tickets have changed since: at most `most`, and no more than
        may be asked for within a minute."""
        ...

    async def shown(self, first: First, shown: Shown, *, at: datetime, again: datetime) -> None:
        """It shows that now; it is not to be changed again before `again`."""
        ...

    async def put_off(self, first: First, until: datetime) -> None:
        """None of its channel's is to be changed before `until`; then it may be."""
        ...

    async def prune(self, before: datetime) -> int:
        """Forget threads whose cycles were over before that, and of which nothing is to be sent any
        more; how many those were."""
        ...


class Apart:
    """No such table: each message stands alone."""

    async def find(self, notice: Notice) -> Thread:
        return Thread(ThreadKey(notice.channel, notice.ticket_id, 1), None, None)

    async def keep(self, key: ThreadKey, posted: Posted, notice: Notice, shown: str) -> None:
        pass

    async def forget(self, key: ThreadKey, message_id: str) -> None:
        pass

    async def changed(
        self, channels: Collection[str], now: datetime, *, lease: timedelta, most: int
    ) -> Sequence[First]:
        return []

    async def shown(self, first: First, shown: Shown, *, at: datetime, again: datetime) -> None:
        pass

    async def put_off(self, first: First, until: datetime) -> None:
        pass

    async def prune(self, before: datetime) -> int:
        return 0


@runtime_checkable
class KeepsFirst(Channel, Protocol):
    """A channel that can change what it has posted."""

    async def show(self, first: First) -> "Changed":
        """Have the first message say what is so by now; nothing is sent if it says so already."""
        ...


def taken(
    threads: Threads, key: ThreadKey, posted: Posted, notice: Notice, shown: str = ""
) -> Delivered:
    """That a message was, and what is to be remembered of it. What goes wrong with that does not
    have it sent again."""

    async def remember() -> None:
        try:
            await threads.keep(key, posted, notice, shown)
        except Exception:  # whatever it is: the message has been taken
            about = {"channel": key.channel, "ticket_id": str(key.ticket_id)}
            logger.exception("a message is not known as that of its thread", extra=about)

    return Delivered(remember)
