"""The clocks agree with an evaluator that counts minute by minute and shares no code with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sla.policy import Policy
from tests.support import incidents
from tests.support.slowly import EXCUSES, POLICIES, quickly, slowly
from tests.support.timeline_strategies import (
    LONGEST,
    Story,
    durations,
    excuses,
    tickets,
    ticks,
)
from tests.support.timelines import DAY, MINUTE

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


@pytest.mark.parametrize("under", POLICIES.values(), ids=POLICIES.keys())
def test_real_tickets(under: Policy) -> None:
    tickets = incidents.tickets(every=1500)
    assert tickets
    for number, observations in tickets.items():
        end = observations[-1].at + DAY
        found = quickly(observations, under, end)
        assert found == slowly(observations, under, end), number
        assert found["resolution"], number
        excused = quickly(observations, under, end, EXCUSES)
        assert excused == slowly(observations, under, end, excuses=EXCUSES), number
