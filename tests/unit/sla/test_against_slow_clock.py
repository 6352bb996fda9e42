"""The clocks agree with an evaluator that counts minute by minute and shares no code with them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sla.policy import ClockRules, Policy
from engine.sla.timeline import Observation
from engine.sla.verdict import CycleView
from tests.support import incidents, slow_clock
from tests.support.slow_clock import Rules, Said
from tests.support.slow_cycle import Open, Promise
from tests.support.timeline_strategies import (
    BERLIN,
    KINDS,
    LONGEST,
    Story,
    durations,
    tickets,
    ticks,
)
from tests.support.timelines import DAY, MINUTE, OFFICE, policy, see, shown

Facts = tuple[int, str | None, str, int, int | None, str | None, str | None]
"""Number, start, state, elapsed, target (in minutes), due, breached."""


@cache
def local(zone: str, minute: int) -> datetime:
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    return instant.astimezone(ZoneInfo(zone))


def in_office(minute: int) -> bool:
    now = local("UTC", minute)
    return now.weekday() < 5 and 9 <= now.hour < 17


def in_berlin(minute: int) -> bool:
    now = local("Europe/Berlin", minute)
    clock = now.strftime("%H:%M")
    match now.weekday():
        case 5:
            return False
        case 6:
            return True
        case 4:
            return "09:00" <= clock < "16:00"
        case _:
            return "09:00" <= clock < "12:30" or "13:30" <= clock < "18:00"


OPEN: Mapping[str, Open] = {
    "24x7": lambda minute: True,
    OFFICE.name: in_office,
    BERLIN.name: in_berlin,
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
    )


def same_rules(given: ClockRules) -> Rules:
    pauses_in = frozenset[str](given.pauses_in)
    return Rules(pauses_in, given.on_change, given.reopen, given.answered_by, given.after)


def slowly(
    observations: Sequence[Observation], under: Policy, as_of: int
) -> dict[str, list[Facts]]:
    def promises(priority: str) -> dict[str, Promise]:
        plan = under.plan("gold", priority)
        return {
            name: Promise(
                plan.targets[name].amount // MINUTE if name in plan.targets else None,
                OPEN[plan.calendars[name].name],
            )
            for name in KINDS
        }

    rules = {name: same_rules(under.clocks[name]) for name in KINDS}
    now = as_of // MINUTE
    found = slow_clock.walk([said(one) for one in observations], rules, promises, now)
    return {
        name: [
            (
                cycle.number,
                shown(cycle.started_at * MINUTE),
                cycle.state(),
                cycle.shown_elapsed(),
                cycle.target,
                _shown(cycle.due_at(now)),
                _shown(cycle.breached_at()),
            )
            for cycle in found.get(name, [])
            if cycle.target is not None or cycle.vanished_with is not None
        ]
        for name in rules
    }


def _shown(minute: int | None) -> str | None:
    return None if minute is None else shown(minute * MINUTE)


def quickly(
    observations: Sequence[Observation], under: Policy, as_of: int
) -> dict[str, list[Facts]]:
    seen = see(observations, under, as_of)
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


minutes = st.integers(0, LONGEST // MINUTE).map(lambda count: count * MINUTE)


@given(tickets(instants=st.one_of(ticks, ticks, minutes), promised=durations))
def test_generated_tickets(ticket: Story) -> None:
    observations = [one._replace(tier="gold") for one in ticket.observations]
    [under] = ticket.policies
    assert quickly(observations, under, ticket.end) == slowly(observations, under, ticket.end)


TARGETS = {
    "P0": {"response": "15m", "resolution": "4h", "update": "2h"},
    "P1": {"response": "1h", "resolution": "8h", "update": "4h"},
    "P2": {"response": "4h", "resolution": "24h", "update": "24h"},
    "P3": {"resolution": "80h"},
}
POLICIES = [
    policy(TARGETS),
    policy(
        TARGETS,
        calendar=OFFICE,
        calendars={"P1": BERLIN},
        clocks={
            "resolution": {"reopen": "new_cycle", "on_change": "recompute"},
            "update": {"pauses_in": (), "on_change": "restart"},
        },
    ),
]


@pytest.mark.parametrize("under", POLICIES, ids=["24x7", "office"])
def test_real_tickets(under: Policy) -> None:
    tickets = incidents.tickets(every=1500)
    assert tickets
    for number, observations in tickets.items():
        end = observations[-1].at + DAY
        found = quickly(observations, under, end)
        assert found == slowly(observations, under, end), number
        assert found["resolution"], number
