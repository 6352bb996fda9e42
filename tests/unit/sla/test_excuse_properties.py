"""What holds of excused time whatever a ticket has been through."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from engine.sla.calendar import ALWAYS, FAR_FUTURE, Calendar
from engine.sla.excuses import Excepted, Excuse, merged
from engine.sla.verdict import CycleView
from tests.support.thoroughly import thoroughly
from tests.support.timeline_strategies import (
    LONGEST,
    Story,
    exact,
    excuses,
    tickets,
    ticks,
    with_limit,
)
from tests.support.timeline_strategies import calendars as some_calendar
from tests.support.timelines import DAY, at, excuse, see

START = at("2024-01-15T00:00:00Z")
instants = st.one_of(ticks, exact)
windows = st.lists(st.tuples(instants, instants), max_size=6).map(
    lambda edges: merged((START + min(edge), START + max(edge)) for edge in edges)
)

Cycles = Mapping[tuple[str, int, int], CycleView]


def cycles(ticket: Story, given: Sequence[Excuse] = ()) -> Cycles:
    seen = see(ticket.observations, ticket.policies, ticket.end, *given)
    return {(one.clock, one.number, one.started_at): one for one in seen.verdict.cycles}


def drawn(data: st.DataObject, ticket: Story) -> list[Excuse]:
    some = excuses(start=ticket.observations[0].at, instants=instants)
    return data.draw(st.lists(some, min_size=1, max_size=3))


@thoroughly
@given(tickets(instants=instants), st.data())
def test_what_counts_and_what_is_excused_is_what_would_have_counted(
    ticket: Story, data: st.DataObject
) -> None:
    """But for a pause that ends by itself: it ends later by what is excused of it."""
    ticket = with_limit(ticket, None)
    without, excused = cycles(ticket), cycles(ticket, drawn(data, ticket))
    assert excused.keys() == without.keys()
    for key, cycle in excused.items():
        if cycle.target is not None:
            assert cycle.elapsed + cycle.uncounted == without[key].elapsed
        assert (cycle.target, cycle.stopped_at) == (without[key].target, without[key].stopped_at)


@thoroughly
@given(tickets(instants=instants), st.data())
def test_what_would_have_been_had_it_counted_is_what_is_without_it(
    ticket: Story, data: st.DataObject
) -> None:
    ticket = with_limit(ticket, None)
    without, excused = cycles(ticket), cycles(ticket, drawn(data, ticket))
    for key, cycle in excused.items():
        if cycle.state == "cancelled":
            continue
        _, overdue_from = cycle.unexcused or (None, cycle.overdue_from)
        assert overdue_from == without[key].overdue_from


@thoroughly
@given(tickets(instants=instants), st.data())
def test_an_excuse_more_never_raises_elapsed_and_makes_no_met_cycle_breached(
    ticket: Story, data: st.DataObject
) -> None:
    given = drawn(data, ticket)
    fewer, more = cycles(ticket, given[1:]), cycles(ticket, given)
    for key, cycle in more.items():
        assert cycle.elapsed <= fewer[key].elapsed
        if fewer[key].missed_at is None:
            assert cycle.missed_at is None
        if cycle.due_at is not None:
            assert cycle.due_at >= (fewer[key].due_at or FAR_FUTURE)


@thoroughly
@given(tickets(instants=instants), st.booleans())
def test_an_excuse_that_covers_a_cycle_leaves_nothing_of_it(ticket: Story, goes_on: bool) -> None:
    first = min(one.at for one in ticket.observations) - LONGEST
    whole = excuse((first, None if goes_on else ticket.end + DAY))
    for cycle in cycles(ticket, [whole]).values():
        assert cycle.elapsed == 0
        assert cycle.missed_at is None


@thoroughly
@given(tickets(instants=instants), st.data())
def test_the_order_of_excuses_does_not_matter(ticket: Story, data: st.DataObject) -> None:
    given = drawn(data, ticket)
    shuffled = data.draw(st.permutations(given))
    assert cycles(ticket, given) == cycles(ticket, shuffled)


@thoroughly
@given(some_calendar, windows, instants, st.integers(0, LONGEST))
def test_deadline_and_elapsed_are_inverse_around_windows(
    calendar: Calendar, closed: tuple[tuple[int, int], ...], offset: int, budget: int
) -> None:
    counting, start = Excepted(calendar, closed), START + offset
    end = counting.deadline(start, budget)
    assert end < FAR_FUTURE
    assert counting.elapsed(start, end) == budget
    assert budget == 0 or counting.elapsed(start, end - 1) == budget - 1
    after = counting.first_after(end)
    assert counting.is_open(after)
    assert counting.elapsed(end, after) == 0
    assert counting.elapsed(start, end) + counting.excused(start, end) == (
        calendar.elapsed(start, end)
    )


@thoroughly
@given(windows, st.lists(instants, min_size=2, max_size=2))
def test_a_window_is_closed_from_its_first_instant_to_before_its_last(
    closed: tuple[tuple[int, int], ...], offsets: list[int]
) -> None:
    counting = Excepted(ALWAYS, closed)
    for start, end in closed:
        assert not counting.is_open(start)
        assert not counting.is_open(end - 1)
        assert counting.is_open(end)
        assert counting.is_open(start - 1)
        assert counting.first_after(start) == end
    first, last = sorted(START + offset for offset in offsets)
    assert counting.elapsed(first, last) >= 0
