"""What a ticket and one of its clocks were at a point of the timeline, as sentences compare it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from engine.sla.budget import Budget
from engine.sla.calendar import Calendar
from engine.sla.cycle import Cycle
from engine.sla.excuses import Windows
from engine.sla.policy import ClockRules, Phase, Policy, Rung
from engine.sla.timeline import Fold
from engine.sla.verdict import CycleView, view

Update = tuple[int, int | None]
"""An observation by its instant and revision; no revision: one of that instant."""


class Standing(NamedTuple):
    """What a point of the timeline may change of a ticket."""

    policy: Policy
    tier: str
    priority: str
    phase: Phase
    status: str | None
    agent_reply: int | None
    customer_reply: int | None
    newest: tuple[int, int] | None
    """The newest observation."""
    resumed: Mapping[str, int]
    """By clock, when it last ran again by itself."""
    response_due_at: int | None
    """The ticket's own date."""
    resolution_due_at: int | None
    team: str | None
    assigned: bool
    rule: str
    """That the ticket falls under; empty: it is promised what its tier is."""
    promised_as: str
    """The tier by which something is promised to it; empty: a rule does, or nothing is."""

    @classmethod
    def of(cls, fold: Fold) -> "Standing":
        return cls(
            fold.policy,
            fold.tier,
            fold.priority,
            fold.phase,
            fold.status,
            fold.agent_reply,
            fold.customer_reply,
            fold.newest,
            dict(fold.resumed),
            fold.own_dates.get("response"),
            fold.own_dates.get("resolution"),
            fold.attributes.team,
            fold.attributes.assigned,
            fold.plan.rule,
            fold.plan.tier,
        )


Levels = Sequence[Rung] | Mapping[str, int]
"""The rungs of a ladder, or the default one: levels by kind of alert."""


class Milestones(NamedTuple):
    """What decides when a clock warns and escalates, and when it stands still."""

    levels: Levels | None
    """None: this clock climbs none."""
    warning: Fraction
    """Per cent of the target that remains."""
    critical: Fraction
    pauses_in: frozenset[Phase]
    pauses_at_most: int | None


@dataclass(slots=True)
class Known:
    """A cycle as it was when something last happened to it."""

    view: CycleView
    budget: Budget | None
    calendar: Calendar
    milestones: Milestones | None
    """None: without a target."""
    rules: ClockRules
    anchor: int
    """Where it counts from: its start, or the last change that restarted it."""
    windows: Windows
    """When its time does not count, by agreement."""
    since: int
    counted: Sequence[tuple[str, int, int]] = field(default=())
    """By calendars that have changed since then without moving the deadline."""

    @property
    def key(self) -> tuple[str, int, int]:
        """The clock, the number and the start of the cycle."""
        return self.view.clock, self.view.number, self.view.started_at

    @classmethod
    def of(cls, cycle: Cycle, at: int) -> "Known":
        shown, plan, policy, rules = view(cycle), cycle.plan, cycle.policy, cycle.rules
        budget = cycle.budget
        milestones = None
        if budget is not None and plan is not None and policy is not None:
            levels: Levels | None = policy.default_levels
            if plan.ladder is not None:
                levels = plan.ladder if rules.kind == "resolution" else None
            pauses = rules.pauses_in, rules.pauses_at_most
            milestones = Milestones(levels, policy.warning, policy.critical, *pauses)
        calendar, anchor, windows = cycle.calendar, cycle.anchor, cycle.windows
        return cls(shown, budget, calendar, milestones, rules, anchor, windows, at)


class Under(NamedTuple):
    """What a cycle was under at the point before; if it had ended, when it did. What its ticket
    said, or was promised, after that did not touch it."""

    ticket: Standing
    windows: Windows


class Happening(NamedTuple):
    """What a point of the timeline did to the ticket, and to one cycle of it."""

    before: Standing | None
    """None: the ticket was opened."""
    now: Standing
    at: int
    update: Update | None
    """The observation that says so; None: none does."""
    was: Known | None
    """None: the cycle begins."""
    cycle: Known | None
    """None: it is told of the ticket alone."""
    under: Under | None
    """None: the cycle begins, or it is told of the ticket alone."""
