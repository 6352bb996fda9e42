"""The Ticket aggregate: its events, as stored for ever.

Stored names are contracts: a field may be added with a default, none renamed; anything else
is a new topic. Instants inside `facts` are RFC 3339 strings; see `Facts` for what they mean.
"""

from datetime import datetime
from hashlib import sha1
from typing import Any, TypedDict, dataclass_transform
from uuid import NAMESPACE_URL, UUID

from eventsourcing.domain import AggregateCreated, AggregateEvent, BaseAggregate

_BEGUN = sha1(NAMESPACE_URL.bytes + b"sla-tracker:", usedforsecurity=False)


def ticket_id(source: str, external_id: str) -> UUID:
    """The id of a source's ticket: any node derives the same one.

    `uuid5(NAMESPACE_URL, "sla-tracker:" source, unit separator, external id)`, whose beginning is
    hashed only once.
    """
    digest = _BEGUN.copy()
    digest.update(f"{source}\x1f{external_id}".encode())
    return UUID(int=int.from_bytes(digest.digest()[:16], "big"), version=5)


class CycleFacts(TypedDict):
    """One cycle of one clock as decided; enough to show it at any later instant."""

    clock: str
    cycle: int
    state: str  # running | paused | met | breached | cancelled
    severity: str  # at counted_at
    calendar: str
    policy: int
    started_at: str
    stopped_at: str | None
    first_stopped_at: str | None
    target_seconds: float | None
    elapsed_seconds: float  # up to counted_at
    counted_at: str
    due_at: str | None  # null while paused or stopped
    warning_at: str | None  # reached, or will be if nothing changes
    critical_at: str | None
    breached_at: str | None  # the deadline, once missed (or: will be, if nothing changes)
    overdue_from: str | None  # first instant at which elapsed exceeds the target


class Facts(TypedDict):
    """A ticket's decided state after an event; projectors copy it, none computes it again.

    They are of two instants. `at` is that of the newest thing that has taken effect; `state` and
    the cycles are counted up to there, and their instants say how they go on if nothing happens.
    `level` is the one reached when the event was recorded: of a ticket that is heard of long after
    it was opened the state may be compliant and the level that of a breach.
    """

    at: str  # of the newest thing that has taken effect: mostly the observation
    status: str
    phase: str
    priority: str
    customer_tier: str
    created_at: str
    newest_at: str  # updated_at of the newest observation that has taken effect
    observations: int  # stored so far, late ones included
    late: int
    policy: int
    state: str  # at `at`: compliant | warning | critical | breached | untracked
    warning_at: str | None  # from when on the ticket's worst severity is at least this,
    critical_at: str | None  # if nothing else happens; null: not foreseeable
    breached_at: str | None  # exact: the first instant *after* the deadline
    due_at: str | None  # the earliest deadline of its running clocks
    level: int  # escalation level when recorded, 0 when none
    cycles: list[CycleFacts]  # those that this event changed, or all of them:
    all_cycles: bool  # true: `cycles` replaces whatever was known


class Told(TypedDict):
    """One thing that a notice tells of."""

    type: str  # alert | escalation | retracted
    alert_id: str
    clock: str
    cycle: int
    generation: int
    milestone: str  # warning | critical | breached | level:N
    severity: str | None  # of the clock when raised; null: a level withdrawn
    escalation_level: int  # of an escalation the level itself, else the ticket's
    level_name: str | None
    occurred_at: datetime
    raised_at: datetime
    due_at: datetime | None
    remaining_seconds: float | None  # when told
    reason: str | None  # why it was withdrawn
    muted: str | None  # snoozed | silenced: until now


class Notice(TypedDict):
    """What one tick found, as one message to each of these channels.

    The last event of an append carries its notices: they tell of events before it, too."""

    to: list[str]
    alerts: list[Told]  # the worst first


class ToldAfterAll(TypedDict):
    """An alert that is told after all, and whom."""

    clock: str
    milestone: str
    alert_id: str
    type: str  # alert | escalation
    to: list[str]


@dataclass_transform(kw_only_default=True, frozen_default=True)
class _Dataclass(AggregateEvent):
    """Tells type checkers what the library does: every event class becomes a dataclass."""


class Ticket(BaseAggregate[UUID]):
    """One ticket of one source, as a timeline of observations and their consequences."""

    TOPIC = "ticket"

    class Event(_Dataclass):
        """Base of every ticket event; `timestamp` is `occurred_at`, the source's time."""

        originator_id: UUID
        originator_version: int
        timestamp: datetime

    class Opened(Event, AggregateCreated):
        """The first observation of a ticket to arrive."""

        TOPIC = "ticket.opened.v1"
        originator_topic: str
        source: str
        external_id: str
        revision: int
        phase: str | None
        policy: int
        given: dict[str, Any]  # attributes as received, but for personal ones
        personal: dict[str, Any]  # {"given": {...}, "current": {...} when late}
        facts: Facts
        late: bool = False
        current: dict[str, Any] | None = None

    class Observed(Event):
        """Any later observation, in order or late."""

        TOPIC = "ticket.observed.v1"
        revision: int
        phase: str | None  # of the status it names, as mapped when recorded; null: it names none
        policy: int
        given: dict[str, Any]
        personal: dict[str, Any]
        late: bool
        current: dict[str, Any] | None  # late ones only: the folded attributes after it
        facts: Facts

    class Conflicted(Event):
        """Other content under a key already taken: kept to be read, never applied."""

        TOPIC = "ticket.conflicted.v1"
        updated_at: datetime
        revision: int
        given: dict[str, Any]
        personal: dict[str, Any]

    class AlertRaised(Event):
        """A clock's warning, critical or breached milestone; `timestamp` is its instant."""

        TOPIC = "ticket.alert_raised.v1"
        alert_id: str
        source: str
        external_id: str
        clock: str
        cycle: int
        cycle_started_at: datetime
        severity: str  # warning | critical | breached
        generation: int
        ordinal: int  # which crossing of this milestone in the cycle's timeline, from 0
        due_at: datetime | None
        remaining_seconds: float  # when raised
        raised_at: datetime
        escalation_level: int  # of the ticket, once everything raised with it is counted
        priority: str
        customer_tier: str
        status: str
        policy: int
        suppressed: str | None  # inhibited | backfill | snoozed | silenced | acknowledged
        to: list[str]  # channels by the routes of the policy; empty when suppressed
        personal: dict[str, Any]  # {"title", "assigned_to"}
        notices: list[Notice] | None = None

    class Escalated(Event):
        """A rung of the escalation ladder; `timestamp` is its instant."""

        TOPIC = "ticket.escalated.v1"
        alert_id: str
        source: str
        external_id: str
        clock: str
        cycle: int
        cycle_started_at: datetime
        level: int
        level_name: str
        escalation_level: int  # of the ticket, once everything raised with it is counted
        severity: str  # of the clock when raised
        generation: int
        ordinal: int
        due_at: datetime | None
        remaining_seconds: float
        raised_at: datetime
        priority: str
        customer_tier: str
        status: str
        policy: int
        suppressed: str | None
        to: list[str]
        personal: dict[str, Any]
        notices: list[Notice] | None = None

    class Retracted(Event):
        """A raised milestone that, by what is known now, has not happened."""

        TOPIC = "ticket.retracted.v1"
        alert_id: str  # of the milestone withdrawn
        source: str
        external_id: str
        clock: str
        cycle: int
        cycle_started_at: datetime
        milestone: str  # warning | critical | breached | level:N
        generation: int
        ordinal: int
        raised_at: datetime  # when it was raised
        escalation_level: int  # of the ticket from now on
        priority: str
        customer_tier: str
        status: str
        policy: int
        reason: str
        to: list[str]  # those who had been told; empty when it had been suppressed
        personal: dict[str, Any]
        notices: list[Notice] | None = None

    class Unmuted(Event):
        """A snooze or a silence is over, and what it muted is still so: now it is told."""

        TOPIC = "ticket.unmuted.v1"
        source: str
        external_id: str
        alerts: list[ToldAfterAll]
        escalation_level: int
        priority: str
        customer_tier: str
        status: str
        policy: int
        personal: dict[str, Any]
        notices: list[Notice] | None = None

    class Acknowledged(Event):
        """Someone took it on: escalation holds until `until` or the first breach."""

        TOPIC = "ticket.acknowledged.v1"
        until: datetime
        level: int
        priority: str
        customer_tier: str
        external_id: str
        personal: dict[str, Any]  # {"by", "note", "title"}

    class Snoozed(Event):
        """Nothing about this ticket is sent before `until`; it is recorded all the same."""

        TOPIC = "ticket.snoozed.v1"
        until: datetime
        personal: dict[str, Any]  # {"by", "reason"}

    class Retargeted(Event):
        """A new policy version moved this open ticket's clocks, or put it into another phase."""

        TOPIC = "ticket.retargeted.v1"
        previous_policy: int
        policy: int
        facts: Facts

    class Moved(Event):
        """Time alone changed what is in force: something known beforehand took effect."""

        TOPIC = "ticket.moved.v1"
        policy: int
        facts: Facts
        personal: dict[str, Any]  # {"current": {...}}
        current: dict[str, Any] | None = None  # the folded attributes from there on

    class Delivered(Event):
        """A channel took a message about this ticket."""

        TOPIC = "ticket.delivered.v1"
        alerts: list[dict[str, str]]  # those that it told of: {"type", "alert_id"}
        channel: str
        dedup_key: str
        delivered_at: datetime
        attempts: int
