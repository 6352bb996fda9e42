"""What happens to a ticket, as stored for ever; see `base` for what that means."""

from hashlib import sha1
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, UUID, SafeUUID

import msgspec

from command_side.deciding.events.base import Body, Instant, Moments, Part, Span, Unreadable, event
from command_side.deciding.events.facts import Facts
from command_side.deciding.events.notices import (
    AlertTold,
    KeptBack,
    Notice,
    Repeats,
    Tell,
    ToldAfterAll,
)
from engine.sla.policy import Phase

_new_uuid = UUID.__new__
_set = object.__setattr__
_VERSION_AND_VARIANT = 0xF000 << 64 | 0xC000 << 48
_VERSION_5 = 0x5000 << 64 | 0x8000 << 48
_BEGUN = sha1(NAMESPACE_URL.bytes + b"sla-tracker:", usedforsecurity=False)


def ticket_id(source: str, external_id: str) -> UUID:
    """The id of a source's ticket: any node derives the same one.

    `uuid5(NAMESPACE_URL, "sla-tracker:" source, unit separator, external id)`, whose beginning is
    hashed only once.
    """
    digest = _BEGUN.copy()
    digest.update(f"{source}\x1f{external_id}".encode())
    number = int.from_bytes(digest.digest()[:16], "big")
    # What UUID(int=..., version=5) does, at a third of its time.
    found = _new_uuid(UUID)
    _set(found, "int", number & ~_VERSION_AND_VARIANT | _VERSION_5)
    _set(found, "is_safe", SafeUUID.unknown)
    return found


class Personal(Part, frozen=True, kw_only=True):
    """What an event says of people; stored apart, so that it can be erased."""

    given: dict[str, Any] | None = None
    """Of an observation: title, description, names, as received."""
    current: dict[str, Any] | None = None
    """Where the event has `current`: the same, as folded."""
    title: str | None = None
    assigned_to: str | None = None
    salt: bytes | None = None
    """Of a ticket's opening: by which the contents of its observations are hashed."""
    had: tuple[tuple[str, int, str], ...] = ()
    """Of the cycles among its facts who had the ticket when each was decided, by clock and number;
    of those that are not named nobody."""
    by: str | None = None
    through: str | None = None
    """What was shown by whoever gave the command: "token:" and its name; "proxy": that it was `by`,
    a proxy has sworn; "cli": the database itself. None: nobody was asked."""
    note: str | None = None
    reason: str | None = None


_PERSONAL = msgspec.json.Decoder(Personal)


def read_personal(json: bytes | None) -> Personal:
    """Of nothing, or what has been erased: nothing. Raises Unreadable."""
    if json is None:
        return Personal()
    try:
        return _PERSONAL.decode(json)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Unreadable(f"the personal part: {error}") from error


class Observation(Body, frozen=True, kw_only=True):
    """What a source says of a ticket, and what follows."""

    given: dict[str, Any]
    """Attributes as received, but for instants and personal ones."""
    facts: Facts
    policy: int
    revision: int = 0
    phase: Phase | None = None
    """Of the status it names, as mapped when recorded; None: it names none."""
    moments: Moments | None = None
    """The instants among the attributes."""
    assigned: bool | None = None
    """Whether somebody is assigned; None: it says nothing of it. Who it is, is personal."""
    late: bool = False
    current: dict[str, Any] | None = None
    """Late ones only: the folded attributes after it."""


class Milestone(Body, frozen=True, kw_only=True):
    """Something that a clock came to, raised or withdrawn."""

    alert_id: str
    source: str
    external_id: str
    clock: str
    cycle: int
    cycle_started_at: Instant
    generation: int
    """How often the milestone had been raised before."""
    ordinal: int
    """Which crossing of this milestone in the cycle's timeline, from 0."""
    raised_at: Instant
    escalation_level: int
    """Of the ticket, once everything raised or withdrawn with it is counted."""
    priority: str
    customer_tier: str
    status: str
    policy: int
    to: tuple[str, ...] = ()
    """Channels by the routes of the policy, empty when suppressed; of a withdrawal, those who had
    been told."""
    notices: tuple[Notice, ...] = ()
    rule: str | None = None
    """By which the cycle is judged; None: by the tier."""
    team: str | None = None
    """That has the ticket; of an ownership clock, whose stint it is."""
    organization: str | None = None


class Ticket:
    """One ticket of one source, as a timeline of observations and their consequences."""

    @event
    class Opened(Observation, frozen=True, kw_only=True):
        """The first observation of a ticket to arrive."""

        TOPIC: ClassVar[str] = "ticket.opened.v1"
        source: str
        external_id: str

    @event
    class Observed(Observation, frozen=True, kw_only=True):
        """Any later observation, in order or late."""

        TOPIC: ClassVar[str] = "ticket.observed.v1"

    @event
    class Conflicted(Body, frozen=True, kw_only=True):
        """Other content under a key already taken: kept to be read, never applied."""

        TOPIC: ClassVar[str] = "ticket.conflicted.v1"
        given: dict[str, Any]
        revision: int = 0
        moments: Moments | None = None

    @event
    class AlertRaised(Milestone, frozen=True, kw_only=True):
        """A clock's warning, critical or breached milestone; it occurred at its instant."""

        TOPIC: ClassVar[str] = "ticket.alert_raised.v1"
        severity: str
        """warning | critical | breached"""
        remaining: Span
        """When raised."""
        due_at: Instant | None = None
        suppressed: str | None = None
        """inhibited | backfill | snoozed | silenced | acknowledged"""
        tell: Tell | None = None
        repeats: tuple[Repeats, ...] = ()
        silenced_by: tuple[UUID, ...] = ()
        """The silences that kept it quiet."""

    @event
    class Escalated(Milestone, frozen=True, kw_only=True):
        """A rung of the escalation ladder; it occurred at its instant."""

        TOPIC: ClassVar[str] = "ticket.escalated.v1"
        level: int
        level_name: str
        severity: str
        """Of the clock when raised."""
        remaining: Span
        due_at: Instant | None = None
        suppressed: str | None = None
        tell: Tell | None = None
        repeats: tuple[Repeats, ...] = ()
        silenced_by: tuple[UUID, ...] = ()

    @event
    class Retracted(Milestone, frozen=True, kw_only=True):
        """A raised milestone that, by what is known now, has not happened."""

        TOPIC: ClassVar[str] = "ticket.retracted.v1"
        milestone: str
        """warning | critical | breached | level:N"""
        reason: str
        suppressed: str | None = None
        """As what it withdraws was: streams tell no withdrawal of what they have not told."""
        because: str | None = None
        """excused: it would have happened, had the excused time counted; repaired: under the
        versions of the configuration before one that counts since an earlier time."""

    @event
    class Unmuted(Body, frozen=True, kw_only=True):
        """A snooze or a silence is over, and what it muted is still so: now it is told."""

        TOPIC: ClassVar[str] = "ticket.unmuted.v1"
        source: str
        external_id: str
        alerts: tuple[ToldAfterAll, ...]
        escalation_level: int
        priority: str
        customer_tier: str
        status: str
        policy: int
        notices: tuple[Notice, ...] = ()
        rule: str | None = None
        """Of the ticket, as are the others; None: it is promised what its tier is."""
        team: str | None = None
        organization: str | None = None

    @event
    class Informed(Body, frozen=True, kw_only=True):
        """Those who had been told of something are told what has become of it, or are reminded;
        or somebody asked to be told what a clock turns to. Who did it is personal."""

        TOPIC: ClassVar[str] = "ticket.informed.v1"
        source: str
        external_id: str
        priority: str
        customer_tier: str
        status: str
        policy: int
        notices: tuple[Notice, ...]
        rule: str | None = None
        team: str | None = None
        organization: str | None = None

    @event
    class NotReminded(Body, frozen=True, kw_only=True):
        """Reminders were due, and kept back by a snooze or a silence, or come to an end although
        the clock goes on and nobody has taken the ticket on."""

        TOPIC: ClassVar[str] = "ticket.not_reminded.v1"
        reminders: tuple[KeptBack, ...]

    @event
    class Acknowledged(Body, frozen=True, kw_only=True):
        """Someone took it on: escalation holds until `until` or the first breach."""

        TOPIC: ClassVar[str] = "ticket.acknowledged.v1"
        until: Instant
        level: int
        priority: str
        customer_tier: str
        external_id: str
        of: tuple[tuple[str, int], ...] = ()
        """The clocks and numbers of the cycles that were open, and not acknowledged before."""

    @event
    class Snoozed(Body, frozen=True, kw_only=True):
        """Nothing about this ticket is sent before `until`; it is recorded all the same."""

        TOPIC: ClassVar[str] = "ticket.snoozed.v1"
        until: Instant

    @event
    class Retargeted(Body, frozen=True, kw_only=True):
        """A new policy version moved this open ticket's clocks, or put it into another phase; or it
        counts since a time before its acceptance, and concerns this ticket, open or not."""

        TOPIC: ClassVar[str] = "ticket.retargeted.v1"
        previous_policy: int
        """As the newest facts before these name it. What came in between moved nothing, or is part
        of this."""
        policy: int
        facts: Facts

    @event
    class Excused(Body, frozen=True, kw_only=True):
        """What is agreed not to count has changed, and concerns this ticket, open or not."""

        TOPIC: ClassVar[str] = "ticket.excused.v1"
        previous_excuses: int
        """The newest change that still left the ticket as it was."""
        facts: Facts

    @event
    class Moved(Body, frozen=True, kw_only=True):
        """Time alone changed what is in force: something known beforehand took effect, or a clock
        ran again by itself."""

        TOPIC: ClassVar[str] = "ticket.moved.v1"
        policy: int
        facts: Facts
        current: dict[str, Any] | None = None
        """The folded attributes from there on."""
        resumed: tuple[str, ...] = ()
        """The clocks whose pauses have lasted as long as they may."""

    @event
    class Delivered(Body, frozen=True, kw_only=True):
        """A channel took a message about this ticket."""

        TOPIC: ClassVar[str] = "ticket.delivered.v1"
        alerts: tuple[AlertTold, ...]
        channel: str
        dedup_key: str
        delivered_at: Instant
        attempts: int


Raised = Ticket.AlertRaised | Ticket.Escalated
"""What is recorded of a milestone that is raised."""
DECISIONS = (Observation, Ticket.Retargeted, Ticket.Excused, Ticket.Moved)
"""What says how the clocks stand: each has facts."""
