"""Reads what share of the promises has to be kept: `goals: {response: 95, resolution: 99.5}`."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from config.findings import Findings
from config.problems import KeyPath
from config.suggestion import suggestion

Goals = Mapping[str, float]
"""Clock name to per cent."""


def percent(value: object) -> float:
    """The value of a `<clock>: 95`; raises `ValueError` that says what to write."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100:
        return float(value)
    raise ValueError(
        f"{str(value)[:60]!r} is no goal: write per cent from 0 to 100, such as 95 or 99.5"
    )


def check(goals: Goals | None, clocks: Iterable[str], path: KeyPath, findings: Findings) -> None:
    """Refuses goals of clocks that there are not; `path` is that of the block around them."""
    known = tuple(clocks)
    for clock, goal in (goals or {}).items():
        here = (*path, "goals", clock)
        if clock not in known:
            findings.refuse(here, f"is no clock{suggestion(clock, known)}")
        elif 0 < goal <= 1:
            message = f"is {goal:g} per cent: write {goal * 100:g} if that share is meant"
            findings.warn(here, message)


def nearest(*blocks: Goals | None) -> Mapping[str, Fraction]:
    """The goals of a plan, from blocks that are nearer and nearer to it: of the file, of its tier
    or rule, of its priority. Each clock has that of the nearest block that names it."""
    return {clock: Fraction(str(goal)) for block in blocks for clock, goal in (block or {}).items()}
