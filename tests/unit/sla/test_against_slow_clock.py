"""The clocks agree with an evaluator that counts minute by minute and shares no code with them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sla.policy import Policy
from tests.support import incidents
from tests.support.ruling import Ruled, match, ruled
from tests.support.slowly import EXCUSES, POLICIES, quickly, slowly
from tests.support.timeline_strategies import (
    KINDS,
    LONGEST,
    Story,
    calendars,
    durations,
    excuses,
    tickets,
    ticks,
)
from tests.support.timelines import DAY, MINUTE

WORDS: Mapping[str, list[str | None]] = {
    "priority": ["p1", "P2", "P9"],
    "team": ["Support", "billing", None, "*"],
    "assigned": ["yes", "no"],
    "type": ["incident", "Problem", None],
    "organization": ["acme", None, "*"],
    "tags": ["vip", "Outage", None],
    "fields.region": ["north", None, "*"],
}
sayings: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["incident", "problem"]),
        "organization": st.sampled_from(["Acme", "globex", None]),
        "tags": st.lists(st.sampled_from(["VIP", "outage", "other"]), unique=True),
        "extra": st.sampled_from([{"region": "north"}, {"region": "south"}]),
    },
)
minutes = st.integers(0, LONGEST // MINUTE).map(lambda count: count * MINUTE)


@given(tickets(instants=st.one_of(ticks, ticks, minutes), promised=durations))
def test_generated_tickets(ticket: Story) -> None:
    observations = [one._replace(tier="gold", own_dates=None) for one in ticket.observations]
    [under] = ticket.policies
    assert quickly(observations, under, ticket.end) == slowly(observations, under, ticket.end)


@given(tickets(instants=st.one_of(ticks, ticks, minutes), promised=durations), st.data())
def test_generated_tickets_and_excuses(ticket: Story, data: st.DataObject) -> None:
    observations = [one._replace(tier="gold", own_dates=None) for one in ticket.observations]
    [under] = ticket.policies
    some = excuses(start=observations[0].at, instants=st.one_of(ticks, minutes))
    excused = data.draw(st.lists(some, min_size=1, max_size=3))
    assert quickly(observations, under, ticket.end, excused) == slowly(
        observations, under, ticket.end, excuses=excused
    )


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    fields = draw(st.sets(st.sampled_from(sorted(WORDS)), max_size=2))
    return {
        name: draw(st.lists(st.sampled_from(WORDS[name]), min_size=1, max_size=2, unique=True))
        for name in sorted(fields)
    }


@st.composite
def some_rules(draw: st.DrawFn) -> list[Ruled]:
    promised = st.dictionaries(st.sampled_from([*map(str, KINDS)]), durations)
    by_priority = st.dictionaries(st.sampled_from(["P1", "P2", "any"]), promised, min_size=1)
    nobody = st.just(dict[str, Any]())
    return [
        Ruled(
            f"rule {number}",
            draw(conditions()),
            draw(st.one_of(nobody, nobody, conditions())),
            draw(by_priority),
            calendar=draw(calendars),
        )
        for number in range(draw(st.integers(1, 4)))
    ]


@given(
    tickets(instants=st.one_of(ticks, ticks, minutes), promised=durations), some_rules(), st.data()
)
def test_generated_tickets_rules_and_excuses_by_all_that_a_ticket_says(
    ticket: Story, rules: list[Ruled], data: st.DataObject
) -> None:
    observations = [
        one._replace(tier="gold", own_dates=None, said={**one.said, **data.draw(sayings)})
        for one in ticket.observations
    ]
    [plain] = ticket.policies
    under = ruled(plain, *rules)
    some = excuses(start=observations[0].at, instants=st.one_of(ticks, minutes))
    excused = [
        replace(data.draw(some), match=match(data.draw(conditions()), {}))
        for _ in range(data.draw(st.integers(0, 2)))
    ]
    assert quickly(observations, under, ticket.end, excused) == slowly(
        observations, under, ticket.end, excuses=excused
    )


@pytest.mark.parametrize("under", POLICIES.values(), ids=POLICIES.keys())
def test_real_tickets(under: Policy) -> None:
    tickets = incidents.tickets(every=1500)
    assert tickets
    for number, observations in tickets.items():
        end = observations[-1].at + DAY
        found = quickly(observations, under, end)
        assert found == slowly(observations, under, end), number
        assert found["resolution"] or under.rules, number
        excused = quickly(observations, under, end, EXCUSES)
        assert excused == slowly(observations, under, end, excuses=EXCUSES), number
