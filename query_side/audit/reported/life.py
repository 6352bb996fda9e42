"""A ticket's life as its stream tells it: what is needed to fold it, and to name what it said."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from command_side.deciding.events import DECISIONS, Observation, Ticket
from command_side.event_store import Recorded
from engine.sla import timeline
from engine.sla.instants import micros
from query_side.audit.heard import heard


class Said(NamedTuple):
    """What a ticket says of itself after an observation, of that which no clock hears."""

    title: str | None = None
    status: str = ""
    type: str | None = None
    assigned_to: str | None = None


@dataclass(slots=True)
class Life:
    """One ticket's, in microseconds."""

    ticket: UUID
    opened: Ticket.Opened
    keys: Sequence[tuple[int, int]]
    """Instant and revision of every observation, in order."""
    observations: Sequence[timeline.Observation]
    said: Sequence[Said]
    """After each of them."""
    acknowledged: Sequence[int]
    excuses: int
    """The change of what is excused under which it stands."""
    policy: int
    """The version of the configuration by which it was decided last: newer ones that move nothing
    of it are no news, and nobody has written them down."""

    def said_at(self, at: int) -> Said:
        """Before the first observation it is what that says, but that nobody is assigned."""
        place = bisect_right(self.keys, (at, 1 << 62))
        return self.said[place - 1] if place else self.said[0]._replace(assigned_to=None)

    def first_acknowledged(self, since: int, before: int) -> int | None:
        """Between two instants, the first included."""
        return next((at for at in self.acknowledged if since <= at < before), None)


@dataclass(slots=True)
class _Read:
    key: tuple[int, int]
    observation: timeline.Observation = field(compare=False)
    given: dict[str, Any]
    personal: dict[str, Any]


def life(stream: Sequence[Recorded]) -> Life | None:
    """Of the events of `heard.TOPICS`; None for a stream of another kind, or none. Raises
    Unreadable."""
    opened = stream[0].body if stream else None
    if not isinstance(opened, Ticket.Opened):
        return None
    read: list[_Read] = []
    acknowledged: list[int] = []
    excuses, policy = 0, opened.policy
    for event in stream:
        body = event.body
        if isinstance(body, DECISIONS):
            excuses, policy = body.facts.excuses, body.facts.policy
        elif isinstance(body, Ticket.Acknowledged):
            acknowledged.append(micros(event.occurred_at))
        if isinstance(body, Observation):
            one, personal = heard(event, body), event.personal.given or {}
            read.append(_Read((one.at, one.revision), one, body.given, personal))
    read.sort(key=lambda one: one.key)
    return Life(
        stream[0].ticket_id,
        opened,
        [one.key for one in read],
        [one.observation for one in read],
        _said(read),
        sorted(acknowledged),
        excuses,
        policy,
    )


def _said(read: Sequence[_Read]) -> list[Said]:
    status = next((one.given["status"] for one in read if one.given.get("status")), "")
    found, now = list[Said](), Said(status=status)
    for one in read:
        given, personal = one.given, one.personal
        now = Said(
            personal.get("title") or now.title,
            given.get("status") or now.status,
            given.get("type") or now.type,
            (personal.get("assigned_to") or None)
            if one.observation.assigned is not None
            else now.assigned_to,
        )
        found.append(now)
    return found
