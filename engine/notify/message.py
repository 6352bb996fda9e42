"""What is sent, and what became of it: the values that the courier and its channels exchange."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypedDict
from uuid import UUID

from engine.sla.instants import SECOND, micros

LATE = 60 * SECOND
"""After which what was left when it was decided is not told any more."""

Kind = Literal[
    "alert",
    "escalation",
    "retracted",
    "acknowledged",
    "snoozed",
    "ended",
    "transition",
    "reminder",
]
"""What one of a notice's alerts is. A newer release may know more: each is told in words all the
same, by `words.phrase`."""


class Meanwhile(TypedDict):
    """What has become of an alert's clock since."""

    state: str
    """met, breached (it ended late) or cancelled"""
    at: int
    """Microseconds since 1970."""


class Handled(TypedDict, total=False):
    """What people have done about a ticket. Instants are microseconds since 1970."""

    acknowledged_by: str
    acknowledged_until: int
    snoozed_until: int


@dataclass(frozen=True, slots=True)
class Notice:
    """One row of the outbox: what one channel is told of what happened to a ticket at once."""

    dedup_key: str
    """The same at every attempt, so that whoever receives it twice can tell."""
    ticket_id: UUID
    channel: str
    attempts: int
    """The present one included."""
    body: Mapping[str, Any]
    """The facts of the ticket when this happened, and `alerts`: what happened, the worst first.
    Instants are microseconds since 1970. Stored for months, so readers must do without any key that
    is younger than the row."""
    meanwhile: Mapping[str, Meanwhile] = field(default_factory=dict[str, Meanwhile])
    """By alert id: how it ended since, as far as is known at the time of sending."""
    handled: Handled = field(default_factory=Handled)
    """What holds then."""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """What those are called who have done something, by their keys, when it is sent."""
    late: bool = False
    """It is sent long after it was decided: attempts alone do not say so, for they are counted
    anew where it is sent after all."""


def as_sent(notice: Notice, now: datetime) -> Notice:
    """One that is sent now. What was muted has waited for something else, and tells how it is since
    then."""
    told = (one for one in notice.body["alerts"] if not one.get("muted"))
    decided = max((one.get("raised_at") or 0 for one in told), default=0)
    return replace(notice, late=bool(decided) and micros(now) - decided > LATE)


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is asked to deliver: one notice, or a flood of them in order of position."""

    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other side took it."""

    remember: Callable[[], Coroutine[Any, Any, None]] | None = field(default=None, compare=False)
    """What is to be kept of it. No part of the attempt: that cannot fail any more, however long
    this takes. It raises nothing."""


@dataclass(frozen=True, slots=True)
class Retry:
    """It may have arrived or not; to be tried again."""

    reason: str
    after: timedelta | None = None
    """The other side's own wish: nothing goes to this channel before."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The other side will never take it."""

    reason: str
    only_this: bool = False
    """It is what was said that is refused, not who says it or to whom: it might take another."""
    asked: bool = True
    """False: nobody was; that says nothing of the other side."""


Outcome = Delivered | Retry | Rejected


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice that was delivered, as the event log is told of it."""

    ticket_id: UUID
    alerts: Sequence[dict[str, str]]
    """Those that it told of: `type` and `alert_id`."""
    channel: str
    dedup_key: str
    delivered_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a channel may be spoken to, all couriers together."""

    every: timedelta
    """One message in this time, in the long run."""
    burst: int = 1
    """So many at once after a silence."""
    group_above: int | None = None
    """More notices than this that are ready together become one message; None: never."""
    group_wait: timedelta = timedelta(0)
    """At most one such message in this time: what comes meanwhile goes into the next."""


class Channel(Protocol):
    """A way to reach somebody. It says whether to try again; the courier says when."""

    @property
    def pace(self) -> Pace:
        """How fast it may be used."""
        ...

    async def deliver(self, message: Message) -> Outcome:
        """Try once; whatever the network does is an outcome, not an error."""
        ...
