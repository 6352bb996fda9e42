"""What the clocks say of a ticket, and what the evaluator that counts minute by minute says."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from engine.sla.budget import Budget
from engine.sla.conditions import Condition, Match
from engine.sla.excuses import Excuse
from engine.sla.policy import ClockRules, Plan, Policy
from engine.sla.rules import Validity
from engine.sla.timeline import Observation
from engine.sla.verdict import CycleView
from tests.support import made_up, slow_clock
from tests.support.ruling import ruled
from tests.support.slow_clock import About, Rules, Said
from tests.support.slow_cycle import Promise, nothing
from tests.support.slow_days import DAY, Allowed, Hours, Minutes, local
from tests.support.timeline_strategies import BERLIN, KINDS
from tests.support.timelines import HOUR, MINUTE, OFFICE, Targets, excuse, policy, see, shown

Facts = tuple[int, str | None, str, int, int | None, str | None, str | None]
"""Number, start, state, elapsed, target (in minutes), due, breached."""


def in_office(minute: int) -> bool:
    now = local("UTC", minute)
    return now.weekday() < 5 and 9 <= now.hour < 17


def in_berlin(minute: int) -> bool:
    now = local("Europe/Berlin", minute)
    clock = now.hour, now.minute
    match now.weekday():
        case 5:
            return False
        case 6:
            return True
        case 4:
            return (9, 0) <= clock < (16, 0)
        case _:
            return (9, 0) <= clock < (12, 30) or (13, 30) <= clock < (18, 0)


def minute_by_minute(is_open: Callable[[int], bool]) -> Minutes:
    """Asked once of each: looking up is faster than reckoning."""

    @lru_cache(maxsize=4096)
    def of_day(day: int) -> bytes:
        return bytes(map(is_open, range(day * DAY, (day + 1) * DAY)))

    def opened(first: int, end: int) -> bytes:
        whole = b"".join(map(of_day, range(first // DAY, end // DAY + 1)))
        return whole[first % DAY : first % DAY + end - first]

    return opened


def always(first: int, end: int) -> bytes:
    return b"\1" * (end - first)


HOURS: Mapping[str, Hours] = {
    "24x7": Hours(always, "UTC"),
    OFFICE.name: Hours(minute_by_minute(in_office), "UTC"),
    BERLIN.name: Hours(minute_by_minute(in_berlin), "Europe/Berlin"),
}


def in_minutes(instant: int | None) -> int | None:
    return None if instant is None else instant // MINUTE


def said(one: Observation) -> Said:
    return Said(
        one.at // MINUTE,
        one.revision,
        one.phase,
        one.priority,
        in_minutes(one.agent_reply),
        in_minutes(one.customer_reply),
        in_minutes(one.created_at),
        in_minutes(one.first_responded_at),
        tuple(at // MINUTE for at in one.withdrawn),
        one.said.get("team", slow_clock.UNSAID),
        one.assigned,
        about(one.said),
        {clock: in_minutes(own) for clock, own in (one.own_dates or {}).items()},
    )


def about(told: Mapping[str, Any]) -> About:
    """By the names that conditions use, but for the team."""
    found = {name: told[name] for name in ("type", "organization", "tags") if name in told}
    own = {f"fields.{name}": each for name, each in told.get("extra", {}).items() if each}
    return {**found, **own}


def same_rules(given: ClockRules) -> Rules:
    pauses_in = frozenset[str](given.pauses_in)
    return Rules(
        pauses_in,
        given.on_change,
        given.reopen,
        given.answered_by,
        given.after,
        in_minutes(given.pauses_at_most),
        frozenset[str](given.again),
    )


def holds(asked: Condition, about: About) -> bool:
    """One condition, as the documentation says it."""
    value = about.get(asked.field)
    if not value:
        return asked.nothing
    words = [value] if isinstance(value, str) else value
    return asked.anything or any(word.lower() in asked.words for word in words)


def matches(match: Match, about: About) -> bool:
    return all(holds(one, about) for one in match.when) and not any(
        holds(one, about) for one in match.unless
    )


def is_valid(given: Validity | None, created: int, now: int) -> bool:
    if given is None:
        return True
    asked = now if given.by_time else created
    begun = given.start is None or asked >= given.start // MINUTE
    return begun and (given.end is None or asked < given.end // MINUTE)


def chosen(under: Policy, about: About, created: int, now: int) -> Plan:
    """That of the first rule that matches, else of the tier."""
    priority = about["priority"].lower()
    for rule in under.rules:
        if is_valid(rule.valid, created, now) and matches(rule.match, about):
            named = under.rule_plans.get((rule.name, priority))
            return named or under.rule_plans[rule.name, ""]
    if not is_valid(under.tier_validity.get("gold"), created, now):
        return under.fallback
    return under.plans.get(("gold", priority)) or under.tier_fallbacks["gold"]


def edges(under: Policy) -> set[int]:
    """The minutes in which rules, or the tier, begin or end to hold."""
    every = [*(rule.valid for rule in under.rules), *under.tier_validity.values()]
    found = {edge for one in every if one is not None for edge in (one.start, one.end)}
    return {edge // MINUTE for edge in found if edge is not None}


def allowed(promised: Budget | None) -> Allowed | None:
    if promised is None:
        return None
    amount = promised.amount // (MINUTE if promised.unit == "time" else 1)
    return Allowed(promised.unit, amount, promised.minute, promised.cutoff)


def within(windows: Iterable[tuple[int, int]]) -> Minutes:
    """Which minutes lie in one of them."""

    def excused(first: int, end: int) -> bytes:
        found = bytearray(end - first)
        for start, until in windows:
            start, until = max(start, first), min(until, end)
            if start < until:
                found[start - first : until - first] = b"\1" * (until - start)
        return bytes(found)

    return excused


def slowly(
    observations: Sequence[Observation],
    under: Policy,
    as_of: int,
    excuses: Sequence[Excuse] = (),
) -> dict[str, list[Facts]]:
    """By the evaluator."""

    def excused(clock: str, about: About) -> Minutes:
        windows = [
            (start // MINUTE, end // MINUTE)
            for one in excuses
            if one.clocks is None or clock in one.clocks
            if matches(one.match, about)
            for start, end in one.windows
        ]
        return within(windows) if windows else nothing

    def target(plan: Plan, name: str, team: str | None) -> Allowed | None:
        own = plan.by_team.get(name, {})
        return allowed(own.get((team or "").lower(), plan.targets.get(name)))

    def promises(about: About, created: int, now: int) -> dict[str, Promise]:
        plan = chosen(under, about, created, now)
        return {
            name: Promise(
                target(plan, name, about["team"]),
                HOURS[plan.calendars[name].name if name in plan.calendars else "24x7"],
                plan.own_dates,
            )
            for name in KINDS
        }

    rules = {name: same_rules(under.clocks.get(name, ClockRules(name, name))) for name in KINDS}
    now = as_of // MINUTE
    found = slow_clock.walk(
        [said(one) for one in observations], rules, promises, now, excused, edges(under)
    )
    return {
        name: [
            (
                cycle.number,
                shown(cycle.started_at * MINUTE),
                cycle.state(),
                cycle.shown_elapsed(),
                cycle.target,
                _shown(cycle.due_at(now)),
                _shown(cycle.missed),
            )
            for cycle in found.get(name, [])
            if cycle.target is not None or cycle.vanished_with is not None
        ]
        for name in rules
    }


def _shown(minute: int | None) -> str | None:
    return None if minute is None else shown(minute * MINUTE)


def quickly(
    observations: Sequence[Observation],
    under: Policy,
    as_of: int,
    excuses: Sequence[Excuse] = (),
) -> dict[str, list[Facts]]:
    """By the clocks of the product."""
    seen = see(observations, under, as_of, *excuses)
    return {name: [facts(cycle) for cycle in seen.cycles(name)] for name in KINDS}


def facts(cycle: CycleView) -> Facts:
    return (
        cycle.number,
        shown(cycle.started_at),
        cycle.state,
        cycle.elapsed // MINUTE,
        in_minutes(cycle.target),
        shown(cycle.due_at),
        shown(cycle.missed_at),
    )


STINTS = {"Group 70": "8h", "group 24": "2h", "default": "24h"}
TARGETS: Mapping[str, Targets] = {
    "P0": {"response": "15m", "resolution": "4h", "update": "2h", "ownership": "2h"},
    "P1": {"response": "1h", "resolution": "8h", "update": "4h", "assignment": "1h"},
    "P2": {"response": "4h", "resolution": "24h", "update": "24h", "ownership": STINTS},
    "P3": {"resolution": "80h", "assignment": "4h", "ownership": STINTS},
}
DAYS: Mapping[str, Targets] = {
    "P0": {"response": "1bd@12:00", "resolution": "1bd", "ownership": "1bd-end"},
    "P1": {"response": "1bd-end cut-off 12:00", "resolution": "2bd cut-off 16:00", "update": "1bd"},
    "P2": {"response": "1bd", "resolution": "3bd@17:00 cut-off 09:00", "ownership": "1bd"},
    "P3": {"resolution": "5bd", "assignment": "1bd@02:30", "update": "2bd-end"},
}
AGAIN = frozenset({"unassigned", "team"})
DESK: Mapping[str, Any] = {
    "assignment": {"kind": "assignment", "again": AGAIN},
    "ownership": {"kind": "ownership", "pauses_in": ("paused",), "pauses_at_most": 4 * HOUR},
}
POLICIES = {
    "24x7": policy(TARGETS, clocks=DESK),
    "office": policy(
        TARGETS,
        calendar=OFFICE,
        calendars={"P1": BERLIN},
        clocks={
            "resolution": {"reopen": "new_cycle", "on_change": "recompute"},
            "update": {"pauses_in": (), "on_change": "restart"},
            **DESK,
        },
    ),
    "rules": ruled(
        policy(TARGETS, calendars={"P2": OFFICE}, clocks=DESK), *made_up.rules(60, BERLIN, OFFICE)
    ),
    "working days": policy(
        DAYS,
        calendar=OFFICE,
        calendars={"P1": BERLIN, "update": BERLIN},
        clocks={"response": {"on_change": "restart"}, **DESK},
    ),
}
"""For real tickets, which have no replies."""

EXCUSES = [
    excuse(
        ("2016-03-10T06:00:00Z", "2016-03-12T18:30:00Z"),
        ("2016-04-20T00:00:00Z", "2016-04-24T00:00:00Z"),
    ),
    excuse(("2016-02-29T09:10:00Z", "2016-03-04T11:50:00Z"), priority="P2"),
    excuse(("2016-03-01T00:00:00Z", "2016-04-08T00:00:00Z"), clocks=["response"], priority="P1"),
    *made_up.excuses(20),
]
"""Around the time of the real tickets."""
