"""An item as the ticket sees it: what it says, under which key, and a hash to compare by."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import msgspec

from command_side.deciding.as_json import canonical
from engine.sla.instants import parsed, rfc3339
from engine.sla.policy import ClockKind, Phase
from engine.sla.timeline import Observation

PERSONAL: Final = ("title", "description", "assigned_to", "updated_by")
PLAIN: Final = ("priority", "customer_tier", "status", "type")
NULLABLE: Final = ("team", "organization", "tags")
"""Plain ones that null clears."""
REQUIRED_FIRST: Final = ("priority", "customer_tier", "status")
"""What a ticket always has: the first observation to arrive names it."""
OWN_DATES: Final[Mapping[str, ClockKind]] = {
    "response_due_at": "response",
    "resolution_due_at": "resolution",
}
"""The ticket's own deadlines, and for which clocks. Null withdraws one, and is no absence."""
MOMENTS: Final = (
    "created_at",
    "first_responded_at",
    "last_agent_reply_at",
    "last_customer_reply_at",
    "automatic_reply_at",
    *OWN_DATES,
)
WITHDRAWN: Final = "withdrawn_replies"
"""In order, as RFC 3339 in UTC."""
ASSIGNED: Final = "assigned_to"
CLEARABLE: Final = frozenset({"description", "assigned_to", *NULLABLE, *OWN_DATES})
"""Attributes that null clears; elsewhere null says nothing."""

UNSALTED: Final = bytes(16)
"""In place of a content's hash once the ticket's salt is erased: a hash without salt would give the
content away to whoever guesses it, and nothing is compared with it any more."""


class ObservedItem(msgspec.Struct):
    """One item, read."""

    ticket_id: UUID
    source: str
    external_id: str
    named_at: int | None
    """`updated_at` as the item names it, in microseconds."""
    revision: int
    given: dict[str, Any]
    personal: dict[str, Any]
    moments: dict[str, int]
    ignored: Sequence[str] = ()
    """Members that nothing reads."""
    emptied: Sequence[str] = ()
    """Members that were sent as an empty text, and say what null does."""

    def content_hash(self, at: int, salt: bytes | None) -> bytes:
        """Of everything it says, after parsing; nulls count as absent, but for those that withdraw
        a date.

        `salt` is the ticket's own: once it is erased, nobody can guess the content."""
        if salt is None:
            return UNSALTED
        said: dict[str, Any] = {**self.given, **self.personal, **self.moments}
        if None in said.values():
            said = {
                name: value
                for name, value in said.items()
                if value is not None or name in OWN_DATES
            }
        if self.emptied:  # which they were always told from
            said |= dict.fromkeys(self.emptied, "")
        return blake2b(canonical([at, self.revision, said]), key=salt, digest_size=16).digest()

    def observation(self, at: int, phase: Phase | None) -> Observation:
        return observation(
            at, self.revision, phase, self.given, self.moments, assigns(self.personal)
        )


def assigns(personal: Mapping[str, Any]) -> bool | None:
    """Whether it says that somebody is assigned; None: it says nothing of it."""
    return bool(personal["assigned_to"]) if "assigned_to" in personal else None


def observation(
    at: int,
    revision: int,
    phase: Phase | None,
    given: Mapping[str, Any],
    moments: Mapping[str, int],
    assigned: bool | None,
) -> Observation:
    """What the clocks hear of it."""
    return Observation(
        at,
        revision,
        phase,
        given.get("priority"),
        given.get("customer_tier"),
        moments.get("last_agent_reply_at"),
        moments.get("last_customer_reply_at"),
        moments.get("created_at"),
        moments.get("first_responded_at"),
        given.get("status"),
        assigned,
        given,
        _withdrawn(given, moments),
        _own_dates(given, moments),
    )


def withdrawn(instants: Iterable[int]) -> list[str]:
    """Each once, as an observation gives them."""
    return [rfc3339(at) for at in sorted(set(instants))]


def _withdrawn(given: Mapping[str, Any], moments: Mapping[str, int]) -> tuple[int, ...]:
    """Instants of replies that were none: corrected, or known to be automatic from the start."""
    automatic = moments.get("automatic_reply_at")
    if WITHDRAWN not in given:
        return () if automatic is None else (automatic,)
    found = [parsed(at) for at in given[WITHDRAWN]]
    return tuple(found if automatic is None else [*found, automatic])


def _own_dates(
    given: Mapping[str, Any], moments: Mapping[str, int]
) -> Mapping[ClockKind, int | None] | None:
    if OWN_DATES.keys().isdisjoint(moments) and OWN_DATES.keys().isdisjoint(given):
        return None
    return {
        kind: moments.get(name)
        for name, kind in OWN_DATES.items()
        if name in moments or name in given
    }


def without_moments(attributes: dict[str, Any]) -> dict[str, Any]:
    """What an event keeps of the attributes as folded."""
    return {name: value for name, value in attributes.items() if name not in MOMENTS}
