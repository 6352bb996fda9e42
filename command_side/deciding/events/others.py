"""What happens beside the tickets: silences, versions of the configuration, a clock set back."""

from typing import ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from command_side.deciding.events.base import Body, Instant, event

CLOCK: UUID = uuid5(NAMESPACE_URL, "sla-tracker:clock")
SILENCES: UUID = uuid5(NAMESPACE_URL, "sla-tracker:silences")
POLICIES: UUID = uuid5(NAMESPACE_URL, "sla-tracker:policies")
POLICIES_APPLIED: UUID = uuid5(NAMESPACE_URL, "sla-tracker:policies-applied")


@event
class SilenceCreated(Body, frozen=True, kw_only=True):
    """Alerts that match are recorded, and nobody is told; who made it is personal."""

    TOPIC: ClassVar[str] = "silence.created.v1"
    silence_id: UUID
    matchers: dict[str, tuple[str, ...]]
    until: Instant
    reason: str


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


@event
class PolicyApplied(Body, frozen=True, kw_only=True):
    """Every open ticket stands under this version or a later one."""

    TOPIC: ClassVar[str] = "policy.applied.v1"
    version: int
    retargeted: int
    """Tickets that it moved."""
