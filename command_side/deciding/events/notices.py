"""Whom an event has told what: the parts that several events of a ticket share."""

from uuid import UUID

from command_side.deciding.events.base import Instant, Part, Span

Tell = dict[str, tuple[str, ...]]
"""Whom else but usually what becomes of an alert is told: by `ended`, `withdrawn` and
`acknowledged`, the channels; usually the first two go to all who were told of it, the third to
nobody."""


class Repeats(Part, frozen=True, kw_only=True):
    """A route by which somebody is reminded of an alert for as long as it is so."""

    route: str
    """Its name."""
    to: tuple[str, ...]
    until: str
    """acknowledged | ended"""
    every: Span
    at_most: int | None = None
    """Of them; None: as long as it lasts."""


class KeptBack(Part, frozen=True, kw_only=True):
    """Somebody who was to be reminded of an alert is not."""

    alert_id: str
    route: str
    because: str
    """snoozed | silenced; unrouted: the route repeats no more; changed: it is so no more."""
    silenced_by: tuple[UUID, ...] = ()
    """The silences that kept it quiet."""

    @property
    def goes_on(self) -> bool:
        """It was only this one."""
        return self.because in ("snoozed", "silenced")


class Told(Part, frozen=True, kw_only=True):
    """One thing that a notice tells of: an alert, or what has become of one.

    What follows an alert that was told has its `alert_id`, clock, cycle, milestone and severity.
    """

    type: str
    """alert | escalation | retracted; of one that was told acknowledged | snoozed | ended |
    reminder; transition: what a clock has turned to, which follows no alert."""
    alert_id: str
    clock: str
    cycle: int
    generation: int
    milestone: str
    """warning | critical | breached | level:N; empty: of a transition"""
    escalation_level: int
    """Of an escalation the level itself, else the ticket's."""
    occurred_at: Instant
    """When that was: also when it was acknowledged or snoozed, ended, turned; of a reminder when
    what it repeats was."""
    raised_at: Instant
    severity: str | None = None
    """Of the clock when raised; None: a level withdrawn."""
    level_name: str | None = None
    due_at: Instant | None = None
    remaining: Span | None = None
    """When told."""
    reason: str | None = None
    """Why it was withdrawn."""
    muted: str | None = None
    """snoozed | silenced: until now."""
    because: str | None = None
    """Why it was withdrawn, in a word for programs: as in `Ticket.Retracted`."""
    state: str | None = None
    """Of what has ended: met | breached (it ended late) | cancelled."""
    until: Instant | None = None
    """Acknowledged or snoozed until then."""
    before: str | None = None
    """Of a transition: running | paused | met | breached | cancelled | none, as is `after`."""
    after: str | None = None
    count: int = 0
    """Of a reminder, the how many-eth it is, from 1."""
    route: str | None = None
    """Of a reminder, by whose repetition."""
    calendar: str | None = None
    """By whose hours the remaining time counts; None: round the clock, or nothing remains."""
    stands: str | None = None
    """Of a withdrawal, whether anything else of its cycle that had been told there still is so:
    some | none."""


class OnCall(Part, frozen=True, kw_only=True):
    """A rotation that was asked who is on call."""

    rotation: str
    version: int
    """Of what its calendars said: the number of an event in the stream of all of them; 0: they had
    never been read."""
    fallback: bool = False
    """Nobody was."""
    stale: bool = False
    """The calendars could not be read for about a day."""


class Gather(Part, frozen=True, kw_only=True):
    """Notices to a channel that are to be one message with others that come within a while."""

    key: str
    """Of those that belong together."""
    wait: Span


class Notice(Part, frozen=True, kw_only=True):
    """What one append tells each of these channels alike: one row of the outbox for each.

    The last event of an append carries its notices: they tell of events before it, too."""

    to: tuple[str, ...]
    alerts: tuple[Told, ...]
    """The worst first."""
    people: tuple[str, ...] = ()
    """Who is meant, by their keys in the configuration."""
    on_call: tuple[OnCall, ...] = ()
    """By which rotations."""
    gather: Gather | None = None
    """None: it goes at once, in a message of its own."""


class ToldAfterAll(Part, frozen=True, kw_only=True):
    """An alert that is told after all, and whom."""

    clock: str
    milestone: str
    alert_id: str
    type: str
    """alert | escalation"""
    to: tuple[str, ...]
    tell: Tell | None = None
    repeats: tuple[Repeats, ...] = ()


class AlertTold(Part, frozen=True, kw_only=True):
    """An alert, or its withdrawal, that a message told of."""

    type: str
    alert_id: str
