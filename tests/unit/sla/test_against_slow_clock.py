"""The clocks agree with an evaluator that counts minute by minute and shares no code with them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sla.calendar import Calendar
from engine.sla.policy import ClockKind
from engine.sla.rules import Validity
from tests.support import incidents
from tests.support.at_length import compare
from tests.support.ruling import Ruled, match, ruled
from tests.support.slowly import POLICIES, quickly, slowly
from tests.support.timeline_strategies import (
    KINDS,
    LONGEST,
    STARTS,
    Story,
    calendars,
    excuses,
    mostly,
    of_four,
    targets,
    tickets,
    ticks,
    working_days,
)
from tests.support.timelines import DAY, HOUR, MINUTE, excuse, in_order, policy, saw

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


@given(tickets(instants=st.one_of(ticks, ticks, minutes)))
def test_generated_tickets(ticket: Story) -> None:
    observations = [one._replace(tier="gold") for one in ticket.observations]
    [under] = ticket.policies
    assert quickly(observations, under, ticket.end) == slowly(observations, under, ticket.end)


@given(tickets(instants=st.one_of(ticks, ticks, minutes)), st.data())
def test_generated_tickets_and_excuses(ticket: Story, data: st.DataObject) -> None:
    observations = [one._replace(tier="gold") for one in ticket.observations]
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
def validities(draw: st.DrawFn, start: int) -> Validity:
    """Around a ticket's life, by its creation or by each instant."""
    edges = sorted(start - DAY + draw(st.one_of(ticks, minutes)) for _ in range(2))
    begins, ends = (None if draw(of_four) == 0 else edge for edge in edges)
    return Validity(begins, ends, draw(mostly))


@st.composite
def some_rules(draw: st.DrawFn, start: int) -> list[Ruled]:
    promised = st.dictionaries(st.sampled_from([*map(str, KINDS)]), targets)
    by_priority = st.dictionaries(st.sampled_from(["P1", "P2", "any"]), promised, min_size=1)
    nobody = st.just(dict[str, Any]())
    return [
        Ruled(
            f"rule {number}",
            draw(conditions()),
            draw(st.one_of(nobody, nobody, conditions())),
            draw(by_priority),
            calendar=draw(calendars),
            valid=draw(st.one_of(st.none(), validities(start))),
        )
        for number in range(draw(st.integers(1, 4)))
    ]


@given(tickets(instants=st.one_of(ticks, ticks, minutes)), st.data())
def test_generated_tickets_rules_and_excuses_by_all_that_a_ticket_says(
    ticket: Story, data: st.DataObject
) -> None:
    observations = [
        one._replace(tier="gold", said={**one.said, **data.draw(sayings)})
        for one in ticket.observations
    ]
    [plain] = ticket.policies
    start = observations[0].at
    under = ruled(plain, *data.draw(some_rules(start)))
    tier = data.draw(st.one_of(st.none(), st.none(), validities(start)))
    under = replace(under, tier_validity={} if tier is None else {"gold": tier})
    some = excuses(start=start, instants=st.one_of(ticks, minutes))
    excused = [
        replace(data.draw(some), match=match(data.draw(conditions()), {}))
        for _ in range(data.draw(st.integers(0, 2)))
    ]
    assert quickly(observations, under, ticket.end, excused) == slowly(
        observations, under, ticket.end, excuses=excused
    )


edges = st.integers(0, 4 * 48).map(lambda count: count * 30 * MINUTE)


@given(
    st.sampled_from(STARTS),
    st.lists(edges, min_size=2, max_size=3),
    working_days,
    calendars,
    st.one_of(st.none(), st.tuples(edges, edges)),
    st.one_of(st.none(), edges),
)
def test_deadlines_at_the_edges_of_hours_cut_offs_and_excuses(
    start: int,
    offsets: list[int],
    target: str,
    calendar: Calendar,
    excused: tuple[int, int] | None,
    own: int | None,
) -> None:
    begin, *others, now = sorted(start + each for each in offsets)
    under = policy({"resolution": target, "response": target}, calendar=calendar)
    dates: dict[ClockKind, int] = {} if own is None else {"resolution": start + own}
    timeline = [saw(begin, "waiting", own=dates), *(saw(each, "paused") for each in others)]
    observations = in_order([*timeline, *(saw(each + 6 * HOUR, "active") for each in others)])
    windows = []
    if excused is not None:
        windows = [excuse((start + min(excused), start + max(excused)))]
    assert quickly(observations, under, now, windows) == slowly(
        observations, under, now, excuses=windows
    )


@pytest.mark.parametrize("under", POLICIES)
def test_real_tickets(under: str) -> None:
    tickets = incidents.tickets(every=1500)
    assert tickets
    for ticket in tickets.items():
        assert compare(ticket, under)[2] == []
        assert compare(ticket, under, retold=True)[2] == []
