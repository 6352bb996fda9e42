"""The milestones of a clock: which there are, how much elapsed time each takes, and one crossed.

Instants and durations are integer microseconds.
"""

from functools import lru_cache
from math import floor
from typing import NamedTuple

from engine.sla.policy import ClockKind, Plan, Policy

DEADLINE = "deadline"
"""A milestone nobody is told about: the instant at which elapsed reaches the target, and once that
was missed the deadline."""


class Threshold(NamedTuple):
    """A milestone and the elapsed time that crosses it."""

    milestone: str
    elapsed: int
    strict: bool
    """Crossed by exceeding it (a breach), not by reaching it."""


class Crossing(NamedTuple):
    """A milestone that a cycle has crossed."""

    clock: str
    cycle: int
    started_at: int
    milestone: str
    ordinal: int
    """Counts the times that a change of target moved the milestone ahead again."""
    at: int
    due_at: int | None
    """The deadline then in force; null when not foreseeable (paused)."""
    remaining: int


def level_milestone(level: int) -> str:
    return f"level:{level}"


@lru_cache(maxsize=1024)
def level_of(milestone: str) -> int:
    """The level of a level milestone; 0 for the others."""
    return int(milestone[6:]) if milestone.startswith("level:") else 0


@lru_cache(maxsize=4096)
def thresholds(policy: Policy, plan: Plan, kind: ClockKind, target: int) -> tuple[Threshold, ...]:
    """Every milestone of a clock of this kind with this target, lowest first."""
    by_alert = {
        "warning": Threshold("warning", target - floor(target * policy.warning / 100), False),
        "critical": Threshold("critical", target - floor(target * policy.critical / 100), False),
        DEADLINE: Threshold(DEADLINE, target, False),
        "breached": Threshold("breached", target, True),
    }
    levels: dict[int, Threshold] = {}
    if plan.ladder is None:
        for alert in ("breached", "critical", "warning"):
            if (level := policy.default_levels.get(alert, 0)) > 0:
                levels[level] = by_alert[alert]._replace(milestone=level_milestone(level))
    elif kind == "resolution":
        for rung in plan.ladder:
            after = rung.reached_after(target)
            levels[rung.level] = Threshold(level_milestone(rung.level), after, False)
    found = [*by_alert.values(), *(levels[level] for level in sorted(levels))]
    return tuple(sorted(found, key=lambda threshold: (threshold.elapsed, threshold.strict)))
