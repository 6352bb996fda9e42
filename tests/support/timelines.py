"""Timelines and policies in a few words, for the tests of the clocks.

Times are written `09:30` or `tue 09:30:15` and lie in the week of Monday 2024-01-15, UTC;
whole RFC 3339 times do as well. Durations are written `4h`, `1h30m`, `45s`; targets also `2bd`,
`2bd-end`, `1bd@12:00`, each of them with a ` cut-off 16:00`.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from engine.sla.budget import Budget
from engine.sla.calendar import ALWAYS, EPOCH, FAR_FUTURE, Calendar
from engine.sla.conditions import NOTHING, Match, condition
from engine.sla.excuses import NOTHING_EXCUSED, Excuse, Excuses, merged
from engine.sla.policy import (
    ClockKind,
    ClockRules,
    Phase,
    Plan,
    Policy,
    Rung,
)
from engine.sla.statuses import BUILT_IN_STATUSES
from engine.sla.timeline import Fold, Observation, fold
from engine.sla.verdict import CycleView, Verdict, verdict

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONDAY = (datetime(2024, 1, 15, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)

_UNITS = {"us": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}

OFFICE = Calendar("office", "UTC", {day: [(9 * 60, 17 * 60)] for day in range(5)})
"""09:00 to 17:00 on weekdays, UTC."""

WEEKDAYS = Calendar("weekdays", "UTC", {day: [(0, 24 * 60)] for day in range(5)})
"""Monday to Friday round the clock, UTC."""


def at(when: str | int) -> int:
    """An instant, in microseconds."""
    if isinstance(when, int):
        return when
    if "T" in when:
        return (datetime.fromisoformat(when) - EPOCH) // timedelta(microseconds=1)
    *day, clock = when.split()
    parts = [int(part) for part in clock.split(":")]
    seconds = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    return MONDAY + (DAYS.index(day[0]) * DAY if day else 0) + seconds * SECOND


def shown(instant: int | None) -> str | None:
    """The opposite of `at`, for failures that can be read."""
    if instant is None:
        return None
    days, rest = divmod(instant - MONDAY, DAY)
    if not 0 <= days < 7:
        return (EPOCH + timedelta(microseconds=instant)).isoformat()
    time = (EPOCH + timedelta(microseconds=rest)).strftime("%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{DAYS[days]} {time.removesuffix(':00')}"


def span(duration: str | int) -> int:
    """A duration, in microseconds."""
    if isinstance(duration, int):
        return duration
    sign = -1 if duration.startswith("-") else 1
    found = re.findall(r"(\d+)(us|s|m|h|d)", duration)
    return sign * sum(int(number) * _UNITS[unit] for number, unit in found)


def budget(target: str | Budget) -> Budget:
    if isinstance(target, Budget):
        return target
    days = re.fullmatch(r"((\d+)bd(-end|@\d\d:\d\d)?)(?: cut-off (\d\d:\d\d))?", target)
    if days is None:
        return Budget("time", span(target), target)
    text, count, ends, cutoff = days.groups()
    minute = 0
    unit = "working_days" if ends is None else "end_of_working_day"
    if ends is not None and ends != "-end":
        unit, minute = "time_of_working_day", span(_clock(ends[1:])) // MINUTE
    after = None if cutoff is None else span(_clock(cutoff)) // MINUTE
    return Budget(unit, int(count), text, minute, after)


def _clock(time: str) -> str:
    return "{}h{}m".format(*time.split(":"))


def ladder(rungs: Mapping[int, str]) -> tuple[Rung, ...]:
    """Rungs written `10m` (elapsed), `80%` or `due-60m`, by level."""
    made: list[Rung] = []
    for level, text in rungs.items():
        if text.endswith("%"):
            made.append(Rung(level, "percent", Fraction(text[:-1])))
        elif text.startswith("due"):
            made.append(Rung(level, "from_deadline", Fraction(span(text[3:]))))
        else:
            made.append(Rung(level, "elapsed", Fraction(span(text))))
    return tuple(sorted(made, key=lambda rung: rung.level))


CLOCKS: Mapping[str, Mapping[str, Any]] = {
    "response": {"kind": "response"},
    "resolution": {"kind": "resolution", "pauses_in": ("paused",)},
    "next_response": {"kind": "next_response"},
    "update": {"kind": "update", "pauses_in": ("paused",)},
}
"""The four clocks and what the configuration says about them by default."""


def rules(
    name: str, kind: ClockKind, *, pauses_in: Collection[Phase] = (), **given: Any
) -> ClockRules:
    return ClockRules(name, kind, frozenset(pauses_in), **given)


Target = str | Budget
UNSAID = "?"
"""In place of a team that is not named."""
Targets = Mapping[str, Target | Mapping[str, Target]]
"""By clock; of an ownership clock perhaps by team."""


def policy(
    targets: Mapping[str, Targets] | Targets,
    *,
    calendar: Calendar = ALWAYS,
    calendars: Mapping[str, Calendar] | None = None,
    ladders: Mapping[str, Mapping[int, str]] | None = None,
    clocks: Mapping[str, Mapping[str, Any]] | None = None,
    version: int = 1,
    accepted_at: str | int = 0,
    statuses: Mapping[str, Phase] = BUILT_IN_STATUSES,
    default_phase: Phase | None = None,
    apply_to: Any = "open_tickets",
    own_dates: bool = True,
    **given: Any,
) -> Policy:
    """A policy for tier `gold`: targets by priority, or those of `P1` alone.

    `calendars` are by clock, or by priority, and override `calendar`; `ladders` are by priority;
    `clocks` override the defaults of `CLOCKS`, and add others; the rest is as in `Policy`.
    """
    by_priority: dict[str, Targets] = {}
    for key, value in targets.items():
        if isinstance(value, Mapping):
            by_priority[key] = value
        else:
            by_priority.setdefault("P1", {})
            by_priority["P1"] = {**by_priority["P1"], key: value}
    said = {**CLOCKS, **(clocks or {})}
    known = {name: rules(name, **{**CLOCKS.get(name, {}), **each}) for name, each in said.items()}
    own = calendars or {}

    def plan(priority: str, promised: Targets) -> Plan:
        of_priority = own.get(priority, calendar)
        rungs = (ladders or {}).get(priority)
        return Plan(
            {
                name: budget(target)
                for name, given in promised.items()
                if (target := given.get("default") if isinstance(given, Mapping) else given)
            },
            {name: own.get(name, of_priority) for name in known},
            None if rungs is None else ladder(rungs),
            tier="gold",
            priority=priority.casefold(),
            own_dates=own_dates,
            by_team={
                name: {team.casefold(): budget(target) for team, target in given.items()}
                for name, given in promised.items()
                if isinstance(given, Mapping)
            },
        )

    nothing = {name: own.get(name, calendar) for name in known}
    return Policy(
        version=version,
        accepted_at=at(accepted_at),
        apply_to=apply_to,
        plans={
            ("gold", name.casefold()): plan(name, promised)
            for name, promised in by_priority.items()
        },
        tier_fallbacks={"gold": Plan({}, nothing, tier="gold", own_dates=own_dates)},
        fallback=Plan({}, dict.fromkeys(known, ALWAYS), own_dates=own_dates),
        statuses=statuses,
        default_phase=default_phase,
        clocks=known,
        **given,
    )


def saw(
    when: str | int,
    phase: Phase | None = None,
    *,
    rev: int = 0,
    priority: str | None = None,
    tier: str | None = None,
    agent: str | int | None = None,
    customer: str | int | None = None,
    created: str | int | None = None,
    first: str | int | None = None,
    status: str | None = None,
    withdrawn: Sequence[str | int] = (),
    assigned: bool | None = None,
    team: str | None = UNSAID,
    said: Mapping[str, Any] = NOTHING,
    own: Mapping[ClockKind, str | int | None] | None = None,
) -> Observation:
    """One observation; `agent` and `customer` are instants of replies. Without `status` no policy
    can map the phase otherwise. `said` is what else it says, as it is received, `own` the ticket's
    own deadlines."""

    def instant(text: str | int | None) -> int | None:
        return None if text is None else at(text)

    return Observation(
        at(when),
        rev,
        phase,
        priority,
        tier,
        agent_reply=instant(agent),
        customer_reply=instant(customer),
        created_at=instant(created),
        first_responded_at=instant(first),
        status=status,
        withdrawn=tuple(map(at, withdrawn)),
        assigned=assigned,
        said=said if team == UNSAID else {**said, "team": team},
        own_dates=None if own is None else {kind: instant(each) for kind, each in own.items()},
    )


def in_order(observations: Sequence[Observation]) -> list[Observation]:
    """Sorted as the fold wants them; of tier `gold` and priority `P1` unless some say otherwise."""
    ordered = sorted(observations, key=lambda one: (one.at, one.revision))
    first = ordered[0]
    if all(one.priority is None for one in ordered):
        first = first._replace(priority="P1")
    if all(one.tier is None for one in ordered):
        first = first._replace(tier="gold")
    return [first, *ordered[1:]]


@dataclass
class Seen:
    """A fold counted to an instant, and what it says."""

    fold: Fold
    verdict: Verdict

    def cycles(self, clock: str) -> list[CycleView]:
        return [cycle for cycle in self.verdict.cycles if cycle.clock == clock]

    def cycle(self, clock: str, number: int | None = None) -> CycleView:
        """One cycle of a clock by its number, the newest without."""
        found = self.cycles(clock)
        if number is None:
            return found[-1]
        return next(cycle for cycle in found if cycle.number == number)

    @property
    def response(self) -> CycleView:
        return self.cycle("response")

    @property
    def resolution(self) -> CycleView:
        return self.cycle("resolution")

    @property
    def next_response(self) -> CycleView:
        return self.cycle("next_response")

    @property
    def update(self) -> CycleView:
        return self.cycle("update")


def excuse(
    *windows: tuple[str | int, str | int | None],
    clocks: Collection[str] | None = None,
    **match: object,
) -> Excuse:
    """Windows that do not count, of tickets that say this of themselves; until None: going on."""
    return Excuse(
        merged((at(start), FAR_FUTURE if end is None else at(end)) for start, end in windows),
        Match(tuple(condition(name, value) for name, value in match.items())),
        None if clocks is None else frozenset(clocks),
    )


def see(
    observations: Sequence[Observation],
    under: Policy | Sequence[Policy],
    as_of: str | int,
    *excuses: Excuse,
) -> Seen:
    """What is true at `as_of`."""
    policies = [under] if isinstance(under, Policy) else under
    excused = Excuses(1, excuses) if excuses else NOTHING_EXCUSED
    result = fold(in_order(observations), policies, at(as_of), excuses=excused)
    result.count_to(at(as_of))
    return Seen(result, verdict(result))
