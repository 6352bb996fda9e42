"""A channel that has taken nothing for long is dead: who reads another one is told, and told again
when it is well."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID, uuid5

from engine.notify.plain_text import duration, instant
from engine.sla.instants import micros

CHANNELS: Final = UUID("a9dcb6d5-3f0c-4a5e-8a53-1f4a7c0b6d11")
"""The namespace of what stands for a channel's failure where a ticket does for a notice: messages
about one are kept together, and those about the next begin anew."""
LOOK = timedelta(seconds=5)
"""Between looks at whether one has turned."""


@dataclass(frozen=True, slots=True)
class Care:
    """Which channels are looked after, and how."""

    channels: frozenset[str]
    """Those that something is sent to; of others, nobody cares whether they are well."""
    fallback: tuple[str, ...]
    """Those that are told when one is dead, as long as they are not so themselves."""
    dead_after: timedelta


@dataclass(frozen=True, slots=True)
class Turned:
    """A channel that is dead now, or well again."""

    channel: str
    now: Literal["dead", "well"]
    since: datetime
    """When the first attempt failed after which none was taken."""
    reason: str
    """What the newest one failed with; of one that is well, empty."""
    told: tuple[str, ...]
    """Where that is said: of one that is well, where it was said that it is dead."""

    @property
    def occasion(self) -> str:
        """Which of its failures it is."""
        return f"channel:{self.channel}:{micros(self.since)}"

    def key(self, channel: str) -> str:
        """Of what is said of it there."""
        return f"{self.occasion}:{self.now}:{channel}"


def letters(turned: Turned, at: datetime, position: int) -> Iterator[dict[str, Any]]:
    """The rows of the outbox that say so. Each has the form of a notice, the channel in the
    ticket's place, so that every type of channel can tell it."""
    occasion = turned.occasion
    stands_for = uuid5(CHANNELS, occasion)
    kind = f"channel_{turned.now}"
    body = {
        "position": position,
        "ticket_id": str(stands_for),
        "source": "sla-tracker",
        "external_id": turned.channel,
        "priority": "",
        "customer_tier": "",
        "status": "",
        "title": None,
        "assigned_to": None,
        "alerts": [
            {
                "type": kind,
                "alert_id": occasion,
                "clock": "channel",
                "cycle": 1,
                "generation": 0,
                "milestone": turned.now,
                "severity": "critical" if turned.now == "dead" else None,
                "escalation_level": 0,
                "occurred_at": micros(at),
                "raised_at": micros(at),
                "reason": _sentence(turned, at),
            }
        ],
    }
    for channel in turned.told:
        yield {
            "dedup_key": turned.key(channel),
            "position": position,
            "ticket_id": stands_for,
            "alert_id": occasion,
            "kind": kind,
            "channel": channel,
            "body": body,
            "next_attempt_at": at,
        }


def _sentence(turned: Turned, at: datetime) -> str:
    since = instant(micros(turned.since))
    if turned.now == "well":
        lasted = duration((at - turned.since).total_seconds())
        return (
            f"It had taken nothing since {since}, for {lasted}. What was given up meanwhile is"
            f" sent by `sla outbox replay --channel {turned.channel}`."
        )
    return f"It has taken nothing since {since}: {turned.reason}. `sla outbox status` says more."
