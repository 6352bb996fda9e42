"""A clock of which nothing was ever promised, and then something is: no hours were in force by
which it could have been counted, so it is counted from its beginning by those of the promise."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sla import stored_fold
from engine.sla.calendar import ALWAYS, Calendar
from engine.sla.excuses import Excuses
from engine.sla.policy import Phase, Policy
from engine.sla.timeline import Fold, Observation, fold
from engine.sla.verdict import CycleView
from tests.support.folds import again
from tests.support.policy_book import Book
from tests.support.ruling import Ruled, ruled, until
from tests.support.timeline_strategies import LONGEST, STARTS, calendars, phases, targets, ticks
from tests.support.timelines import (
    HOUR,
    MINUTE,
    OFFICE,
    WEEKDAYS,
    at,
    excuse,
    in_order,
    policy,
    saw,
    see,
    shown,
    span,
)

UNTIL_NOW = saw("09:00", "waiting", priority="P9", tier="gold")
"""Promised nothing."""
PROMISED = saw("tue 10:00", priority="P1")


def office(target: str = "12h", on_change: str = "carry", **given: Any) -> Policy:
    return policy(
        {"P1": {"resolution": target}, "P2": {"resolution": target}},
        calendars={"P1": OFFICE, "P2": OFFICE, **given.pop("calendars", {})},
        clocks={"resolution": {"on_change": on_change}},
        **given,
    )


def brief(cycle: CycleView) -> tuple[int, str | None, str | None]:
    """Elapsed, due, missed."""
    return cycle.elapsed, shown(cycle.due_at), shown(cycle.missed_at)


def test_a_friday_without_a_promise_is_no_breach_on_sunday_by_one_of_working_days() -> None:
    timeline = [
        saw("fri 15:00", "waiting", priority="P1", tier="a new one"),
        saw("sun 16:00", tier="gold"),
    ]
    seen = see(timeline, office("2bd"), "sun 18:00")
    assert brief(seen.resolution) == (2 * HOUR, "2024-01-23T15:00:00+00:00", None)
    assert seen.fold.crossings() == []


@pytest.mark.parametrize("on_change", ["carry", "recompute"])
def test_it_is_counted_by_the_calendar_of_its_first_promise(on_change: str) -> None:
    cycle = see([UNTIL_NOW, PROMISED], office(on_change=on_change), "tue 10:00").resolution
    assert brief(cycle) == (9 * HOUR, "tue 13:00", None)
    assert (cycle.paused, cycle.out_of_hours) == (0, 16 * HOUR)


def test_whatever_the_calendars_were_that_promised_nothing() -> None:
    weekend = office(calendars={"P9": WEEKDAYS})
    elsewhere = saw("14:00", priority="P7")
    for timeline in ([UNTIL_NOW, PROMISED], [UNTIL_NOW, elsewhere, PROMISED]):
        assert see(timeline, weekend, "tue 10:00").resolution.elapsed == 9 * HOUR


def test_a_promise_that_it_exceeds_is_breached_by_the_change_and_not_before() -> None:
    seen = see([UNTIL_NOW, PROMISED], office("4h"), "tue 10:00")
    assert brief(seen.resolution) == (9 * HOUR, "tue 10:00", "tue 10:00")
    assert {shown(one.at) for one in seen.fold.crossings()} == {"tue 10:00"}


def test_a_restart_begins_with_the_promise() -> None:
    cycle = see([UNTIL_NOW, PROMISED], office(on_change="restart"), "tue 11:00").resolution
    assert brief(cycle) == (HOUR, "wed 14:00", None)
    assert (cycle.paused, cycle.out_of_hours) == (0, 16 * HOUR)


def test_its_pauses_are_pauses() -> None:
    timeline = [UNTIL_NOW, saw("13:00", "paused"), saw("15:00", "waiting"), PROMISED]
    cycle = see(timeline, office(), "tue 10:00").resolution
    assert (cycle.elapsed, cycle.paused) == (7 * HOUR, 2 * HOUR)


def test_what_was_excused_is_excused() -> None:
    night = excuse(("mon 16:00", "tue 09:30"))
    cycle = see([UNTIL_NOW, PROMISED], office(), "tue 10:00", night).resolution
    assert (cycle.elapsed, cycle.uncounted) == (span("7h30m"), span("90m"))
    assert (cycle.excused, cycle.out_of_hours) == (span("90m"), 16 * HOUR)


def test_a_policy_that_promises_something_at_last_counts_it_so() -> None:
    before, after = policy({"P2": {"resolution": "8h"}}), office(version=2, accepted_at="tue 10:00")
    ticket = saw("09:00", "waiting", priority="P1", tier="gold")
    assert see([ticket], [before, after], "tue 10:00").resolution.elapsed == 9 * HOUR


def test_reopened_under_its_first_promise_it_is_counted_by_that() -> None:
    timeline = [UNTIL_NOW, saw("20:00", "done"), saw("21:00", priority="P1")]
    cycle = see([*timeline, saw("tue 10:00", "waiting")], office(), "tue 10:00").resolution
    assert (cycle.elapsed, cycle.paused) == (8 * HOUR, HOUR)


def test_once_it_was_promised_something_each_stretch_keeps_its_calendar() -> None:
    timeline = [saw("09:00", "waiting", priority="P1", tier="gold"), saw("16:00", priority="P9")]
    cycle = see([*timeline, saw("tue 10:00", priority="P2")], office("30h"), "tue 10:00").resolution
    assert cycle.elapsed == 7 * HOUR + 18 * HOUR


# From what is stored
def kept(under: Policy, *timeline: Observation, excuses: Excuses | None = None) -> Fold:
    """Loaded again after the last of them."""
    last = timeline[-1].at
    whole = fold(in_order(timeline), [under], last, excuses=excuses or Excuses(0))
    loaded = stored_fold.load(again(stored_fold.dump(whole)), Book([under]))
    if excuses:
        loaded.excuse(excuses, loaded.created_at)
    return loaded


def goes_on(after: Fold, one: Observation, under: Policy) -> bool:
    return after.follows(one, one.at, [under])


def test_a_stored_fold_needs_the_past_for_a_first_promise_by_another_calendar() -> None:
    assert not goes_on(kept(office(), UNTIL_NOW), PROMISED, office())
    assert not goes_on(
        kept(office(), UNTIL_NOW, saw("12:00", "done"), saw("13:00", priority="P1")),
        saw("14:00", "waiting"),
        office(),
    )


@pytest.mark.parametrize("over", ["done", "cancelled"])
def test_what_is_said_of_a_ticket_that_stays_over_needs_no_past(over: Phase) -> None:
    """However often it is said: its clocks go on only when it is opened again."""
    ended = kept(office(), UNTIL_NOW, saw("12:00", over), saw("13:00", priority="P1"))
    assert goes_on(ended, saw("14:00"), office())
    assert goes_on(ended, saw("14:00", over), office())
    assert not goes_on(ended, saw("14:00", "waiting"), office())


def test_not_for_one_by_the_calendar_that_it_has_been_counted_by() -> None:
    under = office(calendar=OFFICE)
    assert goes_on(kept(under, UNTIL_NOW), PROMISED, under)


def test_nor_while_nothing_is_promised() -> None:
    assert goes_on(kept(office(), UNTIL_NOW), saw("12:00", priority="P8"), office())
    elsewhere = saw("12:00", tier="a new one")
    under = office(calendar=OFFICE)
    assert goes_on(kept(under, UNTIL_NOW), elsewhere, under)


def test_nor_for_a_clock_that_has_ended_and_is_not_opened_again() -> None:
    answered = [UNTIL_NOW, saw("10:00", "active"), saw("11:00", priority="P1")]
    under = policy(
        {"P1": {"response": "1h"}, "P2": {"response": "1h"}},
        calendars={"P2": OFFICE},
        clocks={"response": {"answered_by": "reply_or_status"}},
    )
    assert goes_on(kept(under, *answered), saw("12:00", priority="P2"), under)


def test_it_does_where_it_has_been_under_another_calendar_meanwhile() -> None:
    """Also a fold that was stored when each stretch kept its own, whatever was promised."""
    under = office(calendars={"response": ALWAYS}, calendar=OFFICE)
    elsewhere = saw("12:00", tier="a new one")
    back = saw("13:00", tier="gold")
    assert not goes_on(kept(under, UNTIL_NOW, elsewhere, back), PROMISED, under)


def test_it_does_where_something_is_excused() -> None:
    """The promise may come with other excuses."""
    under, lunch = office(calendar=OFFICE), Excuses(1, [excuse(("12:00", "13:00"))])
    assert not goes_on(kept(under, UNTIL_NOW, excuses=lunch), PROMISED, under)


def test_it_does_for_a_date_of_the_tickets_own() -> None:
    by_date = saw("10:00", priority="P1", own={"response": "fri 12:00"})
    under = policy({"P1": {}}, calendars={"P1": OFFICE})
    assert not goes_on(kept(under, UNTIL_NOW), by_date, under)
    assert goes_on(kept(under, UNTIL_NOW), by_date._replace(own_dates=None), under)


def test_it_does_when_time_or_a_version_brings_the_promise() -> None:
    timed = ruled(
        policy({"P2": {"resolution": "8h"}}),
        Ruled(
            "from tuesday",
            targets={"any": {"resolution": "8h"}},
            calendar=OFFICE,
            valid=until("wed 09:00", start="tue 09:00"),
        ),
    )
    ticket = saw("09:00", "waiting", priority="P1", tier="gold")
    assert kept(timed, ticket).catch_up(at("tue 08:00"), [timed])
    assert not kept(timed, ticket).catch_up(at("tue 09:30"), [timed])
    before, after = policy({"P2": {"resolution": "8h"}}), office(version=2, accepted_at="tue 10:00")
    assert not kept(before, ticket).catch_up(at("tue 10:00"), [before, after])


# As if it always had been promised
moves = st.lists(st.tuples(ticks, phases), min_size=1, max_size=6, unique_by=lambda one: one[0])
windows = st.lists(st.tuples(ticks, ticks).map(sorted), max_size=2)


@given(
    st.sampled_from(STARTS),
    moves,
    ticks,
    st.tuples(calendars, calendars),
    targets,
    windows,
    st.sampled_from(["carry", "recompute"]),
)
def test_what_it_has_counted_is_what_it_would_have_counted_under_its_first_promise(
    start: int,
    changes: list[tuple[int, Phase]],
    promised: int,
    hours: tuple[Calendar, Calendar],
    target: str,
    excused: list[list[int]],
    on_change: str,
) -> None:
    """And so is when it is due, unless it was when the promise came."""
    before, after = hours
    under = policy(
        {"P1": {"resolution": target, "response": target}},
        calendars={"P1": after},
        calendar=before,
        clocks={name: {"on_change": on_change} for name in ("resolution", "response")},
    )
    clocks = {name: replace(rules, kind=name) for name, rules in under.clocks.items()}
    under = replace(under, clocks=clocks)
    agreed = [excuse((start + first, start + last)) for first, last in excused]
    always = [
        saw(start, "waiting", priority="P1", tier="gold"),
        *(saw(start + MINUTE + offset, phase) for offset, phase in changes),
    ]
    change = saw(start + promised, priority="P1", rev=1)
    late = [always[0]._replace(priority="P9"), *always[1:], change]
    end = start + LONGEST + HOUR
    once, from_the_start = (see(one, under, end, *agreed) for one in (late, [*always, change]))
    at_the_change = see([*always, change], under, change.at, *agreed)
    for cycle in once.verdict.cycles:
        other = from_the_start.cycle(cycle.clock, cycle.number)
        assert counted(cycle) == counted(other)
        had = [one for one in at_the_change.cycles(cycle.clock) if one.number == cycle.number]
        if not had or had[0].elapsed < (had[0].target or 0) or on_change == "recompute":
            assert brief(cycle) == brief(other)


def counted(cycle: CycleView) -> tuple[object, ...]:
    return (
        cycle.started_at,
        cycle.state if cycle.state in ("running", "paused") else "over",
        cycle.elapsed,
        cycle.target,
        cycle.uncounted,
        cycle.paused,
        cycle.excused,
        cycle.out_of_hours,
    )
