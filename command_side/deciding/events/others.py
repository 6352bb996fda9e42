"""What happens beside the tickets: silences, versions of the configuration, a clock set back, and
what is kept no longer."""

from typing import Any, ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from command_side.deciding.events.base import Body, Instant, Part, event

CLOCK: UUID = uuid5(NAMESPACE_URL, "sla-tracker:clock")
LOG: UUID = uuid5(NAMESPACE_URL, "sla-tracker:log")
SILENCES: UUID = uuid5(NAMESPACE_URL, "sla-tracker:silences")
POLICIES: UUID = uuid5(NAMESPACE_URL, "sla-tracker:policies")
POLICIES_APPLIED: UUID = uuid5(NAMESPACE_URL, "sla-tracker:policies-applied")
EXCUSES: UUID = uuid5(NAMESPACE_URL, "sla-tracker:excuses")
"""Every event of this stream changes the list; its version is the number of the change."""
EXCUSES_APPLIED: UUID = uuid5(NAMESPACE_URL, "sla-tracker:excuses-applied")
RETENTION: UUID = uuid5(NAMESPACE_URL, "sla-tracker:retention")


class SilentWindow(Part, frozen=True, kw_only=True):
    """Time in which nobody is told, half-open."""

    start: Instant
    until: Instant


@event
class SilenceCreated(Body, frozen=True, kw_only=True):
    """Alerts that match are recorded, and nobody is told; who made it is personal."""

    TOPIC: ClassVar[str] = "silence.created.v1"
    silence_id: UUID
    matchers: dict[str, tuple[str | None, ...]]
    """By field what it may be; None: nothing."""
    until: Instant
    """The end of all of it."""
    reason: str
    windows: tuple[SilentWindow, ...] = ()
    """Each occurrence of those that recur; none: from now on."""
    rrule: str | None = None
    """By which they recur, in `time_zone`."""
    time_zone: str | None = None


@event
class SilenceEnded(Body, frozen=True, kw_only=True):
    """Somebody ended it before its time."""

    TOPIC: ClassVar[str] = "silence.ended.v1"
    silence_id: UUID
    ended_at: Instant


@event
class ClockSetBack(Body, frozen=True, kw_only=True):
    """The clock had been ahead: from here on times are true again."""

    TOPIC: ClassVar[str] = "clock.set_back.v1"
    was: Instant
    """When the newest event before was recorded."""
    set_to: Instant
    tickets: int
    """Those that are looked at again."""


@event
class LogRestored(Body, frozen=True, kw_only=True):
    """What had come after the event before is lost: the database was restored to an earlier point.
    No position after that one is given again, and this event's own is far beyond them."""

    TOPIC: ClassVar[str] = "log.restored.v1"
    after: int
    """The position of the event before; 0: there is none."""
    until: Instant
    """What happened by then may have been told, by messages of which nothing is known any more."""


@event
class PolicyAccepted(Body, frozen=True, kw_only=True):
    """A version of the configuration came into force."""

    TOPIC: ClassVar[str] = "policy.accepted.v1"
    version: int
    content: str
    hash: str
    author: str
    accepted_at: Instant
    apply_to: str
    warning: float
    """With `critical`, the fractions that held for a file without its own."""
    critical: float
    built_in: int = 1
    """The list of built-in statuses that it extends."""
    since: Instant | None = None
    """Long before: it is in force as if it had been accepted then. None: from now on."""
    reason: str = ""
    """Why somebody applied it by command; empty: a file was saved."""


@event
class PolicyApplied(Body, frozen=True, kw_only=True):
    """Every ticket that it may concern stands under this version or a later one."""

    TOPIC: ClassVar[str] = "policy.applied.v1"
    version: int
    retargeted: int
    """Tickets that it moved."""


class ExcusedWindow(Part, frozen=True, kw_only=True):
    """Time that does not count, half-open."""

    start: Instant
    until: Instant | None = None
    """None: going on."""


@event
class ExcuseGranted(Body, frozen=True, kw_only=True):
    """Time was agreed not to count, for tickets that match; who granted it is personal."""

    TOPIC: ClassVar[str] = "excuse.granted.v1"
    excuse_id: UUID
    windows: tuple[ExcusedWindow, ...]
    """Each occurrence of those that recur."""
    match: dict[str, Any]
    """As it was written; empty: everything."""
    reason: str
    unless: dict[str, Any] | None = None
    clocks: tuple[str, ...] | None = None
    """None: all."""
    rrule: str | None = None
    """By which the windows recur, in `time_zone`."""
    time_zone: str | None = None


@event
class ExcuseEnded(Body, frozen=True, kw_only=True):
    """From an instant on time counts again."""

    TOPIC: ClassVar[str] = "excuse.ended.v1"
    excuse_id: UUID
    ended_at: Instant


@event
class ExcuseWithdrawn(Body, frozen=True, kw_only=True):
    """It shall be as if it had never been granted."""

    TOPIC: ClassVar[str] = "excuse.withdrawn.v1"
    excuse_id: UUID
    reason: str


@event
class ExcusesApplied(Body, frozen=True, kw_only=True):
    """Every ticket that this change of the list concerns stands under it or a later one."""

    TOPIC: ClassVar[str] = "excuses.applied.v1"
    number: int
    moved: int
    """Tickets that it moved."""


@event
class RetentionApplied(Body, frozen=True, kw_only=True):
    """Rows that nothing needs any more were dropped, as configured; no event ever is."""

    TOPIC: ClassVar[str] = "retention.applied.v1"
    what: str
    """As the configuration calls it."""
    source: str | None
    """Of which source; None: of all."""
    before: Instant
    """What was older could go."""
    count: int
    first: Instant
    """With `last`, the times of the oldest and the newest of them."""
    last: Instant
