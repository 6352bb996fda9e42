"""What happens to who is on call: each change of what a calendar says."""

from typing import ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from command_side.deciding.events.base import Body, Instant, Part, event

ON_CALL: UUID = uuid5(NAMESPACE_URL, "sla-tracker:on-call")
"""Every event of this stream is a version of what one rotation's calendars say."""


class OnCallShift(Part, frozen=True, kw_only=True):
    """Somebody is on call; `end` is the first instant that is not part of it."""

    person: str
    """Key in the configuration: whose that is, is personal, and not in here."""
    start: Instant
    end: Instant
    level: int = 0
    """From this escalation level on."""


@event
class CalendarsRead(Body, frozen=True, kw_only=True):
    """The calendars of a rotation say something else than before, or were read further."""

    TOPIC: ClassVar[str] = "on_call.calendars_read.v1"
    rotation: str
    since: Instant
    """From when on this is known; before that, an earlier version counts."""
    until: Instant
    """As far as they were read."""
    shifts: tuple[OnCallShift, ...]
    overrides: tuple[OnCallShift, ...] = ()
