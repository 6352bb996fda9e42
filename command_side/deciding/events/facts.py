"""What events say of a ticket and its clocks as decided, as stored for ever; see `base`."""

from command_side.deciding.events.base import Instant, Part, Span
from engine.sla.policy import Phase


class CycleFacts(Part, frozen=True, kw_only=True):
    """One cycle of one clock as decided; enough to show it at any later instant."""

    clock: str
    cycle: int
    state: str
    """running | paused | met | breached | cancelled"""
    severity: str
    """At `counted_at`."""
    calendar: str
    policy: int
    started_at: Instant
    counted_at: Instant
    elapsed: Span
    """Up to `counted_at`."""
    target: Span | None = None
    stopped_at: Instant | None = None
    first_stopped_at: Instant | None = None
    due_at: Instant | None = None
    """None while paused or stopped."""
    warning_at: Instant | None = None
    """Reached, or will be if nothing changes."""
    critical_at: Instant | None = None
    breached_at: Instant | None = None
    """The deadline, once missed (or: will be, if nothing changes)."""
    overdue_from: Instant | None = None
    """First instant at which elapsed exceeds the target."""
    resumes_at: Instant | None = None
    """When it runs again by itself, where its pauses may last no longer."""
    stood_at: Instant | None = None
    """When it was breached, else when it ended: what follows, and `policy`, are as they stood then;
    None: they are as they are now."""
    team: str | None = None
    """Who had the ticket; of an ownership clock, whose stint it is."""
    rule: str | None = None
    """By which it is judged; None: by the tier."""
    customer_tier: str | None = None
    """By which it is judged, as by `priority`; None: by that of the facts around it,"""
    priority: str | None = None
    """the ticket's, from which a cycle that has been decided may differ."""
    organization: str | None = None
    type: str | None = None
    """The ticket's at `stood_at`; None also where the cycle is undecided."""
    paused: Span = 0
    """Of the working time up to its end, or to `counted_at`: in which it was paused, or over before
    it was reopened, and which is not excused;"""
    excused: Span = 0
    """what is excused of it, paused or not;"""
    out_of_hours: Span = 0
    """and all other time, in which its calendar was closed."""
    acknowledged_at: Instant | None = None
    """When somebody first took the ticket on while it was open."""
    uncounted: Span = 0
    """What `elapsed` leaves out because it is excused."""
    breached_at_unexcused: Instant | None = None
    """`breached_at` and `overdue_from` as they would be if it counted, where they differ;"""
    overdue_from_unexcused: Instant | None = None
    """a cycle that has stopped is judged by `elapsed` and `uncounted` together."""
    own_date: Instant | None = None
    """The ticket's own, from which its target comes; None: it comes from the rule."""


class Facts(Part, frozen=True, kw_only=True):
    """A ticket's decided state after an event; projectors copy it, none computes it again.

    They are of two instants. `at` is that of the newest thing that has taken effect; `state` and
    the cycles are counted up to there, and their instants say how they go on if nothing happens.
    `level` is the one reached when the event was recorded: of a ticket that is heard of long after
    it was opened the state may be compliant and the level that of a breach.
    """

    at: Instant
    """Of the newest thing that has taken effect: mostly the observation."""
    status: str
    phase: Phase
    priority: str
    customer_tier: str
    created_at: Instant
    newest_at: Instant
    """`updated_at` of the newest observation that has taken effect."""
    observations: int
    """Stored so far, late ones included."""
    policy: int
    state: str
    """At `at`: compliant | warning | critical | breached | untracked."""
    late: int = 0
    warning_at: Instant | None = None
    """From when on the ticket's worst severity is at least this,"""
    critical_at: Instant | None = None
    """if nothing else happens; None: not foreseeable."""
    breached_at: Instant | None = None
    """Exact: the first instant *after* the deadline."""
    due_at: Instant | None = None
    """The earliest deadline of its running clocks."""
    resumes_at: Instant | None = None
    """When the first of its paused clocks runs again by itself."""
    level: int = 0
    """Escalation level when recorded, 0 when none."""
    cycles: tuple[CycleFacts, ...] = ()
    """Those that this event changed, whole, or all of them:"""
    all_cycles: bool = False
    """true: `cycles` replaces whatever was known."""
    excuses: int = 0
    """The change of what is excused under which the ticket stands; 0: nothing ever was."""
    rule: str | None = None
    """The rule that the ticket falls under; None: it is promised what its tier is."""
    on_purpose: bool = False
    """That nothing is promised is said in so many words."""
    left: bool = False
    """Telling those who follow its clocks of this was left to the tick that came at once."""
