"""Deadlines and what lies on their edges: closing times, pauses, milestones, working days."""

from fractions import Fraction

import pytest

from engine.sla.calendar import ALWAYS, Calendar
from engine.sla.timeline import Observation
from tests.support.timelines import (
    HOUR,
    MINUTE,
    OFFICE,
    WEEKDAYS,
    at,
    policy,
    saw,
    see,
    shown,
    span,
)

OPEN = saw("09:00", "waiting")
EIGHT = policy({"resolution": "8h"}, calendar=OFFICE)
FOUR = policy({"resolution": "4h"})


# Exactly on closing time
@pytest.mark.parametrize(
    ("as_of", "severity", "elapsed", "missed_at"),
    [
        ("16:59:59", "critical", "7h59m59s", None),
        ("17:00", "critical", "8h", None),
        ("23:00", "critical", "8h", None),
        ("tue 09:00", "critical", "8h", None),
        ("tue 09:00:01", "breached", "8h1s", "mon 17:00"),
    ],
)
def test_a_deadline_on_closing_time_is_the_closing_time(
    as_of: str, severity: str, elapsed: str, missed_at: str | None
) -> None:
    cycle = see([OPEN], EIGHT, as_of).resolution
    assert (cycle.state, cycle.severity, cycle.elapsed) == ("running", severity, span(elapsed))
    assert (shown(cycle.due_at), shown(cycle.missed_at)) == ("mon 17:00", missed_at)
    assert shown(cycle.breached_at) == "mon 17:00"
    assert shown(cycle.overdue_from) == "tue 09:00:00.000001"


@pytest.mark.parametrize(
    ("stop", "state", "missed_at"),
    [
        ("17:00", "met", None),
        ("22:00", "met", None),
        ("tue 09:00", "met", None),
        ("tue 09:01", "breached", "mon 17:00"),
    ],
)
def test_a_stop_while_elapsed_stands_still_at_the_target_is_met(
    stop: str, state: str, missed_at: str | None
) -> None:
    cycle = see([OPEN, saw(stop, "done")], EIGHT, "wed 09:00").resolution
    assert (cycle.state, shown(cycle.missed_at)) == (state, missed_at)
    assert shown(cycle.breached_at) == missed_at


PAUSED_AT_THE_TARGET = [OPEN, saw("13:00", "paused"), saw("15:00", "active")]


@pytest.mark.parametrize(
    ("as_of", "state", "severity", "missed_at"),
    [
        ("13:00", "paused", "critical", None),
        ("14:59", "paused", "critical", None),
        ("15:00", "running", "critical", None),
        ("15:01", "running", "breached", "mon 13:00"),
    ],
)
def test_a_pause_at_the_target_is_no_breach_until_it_ends(
    as_of: str, state: str, severity: str, missed_at: str | None
) -> None:
    cycle = see(PAUSED_AT_THE_TARGET, FOUR, as_of).resolution
    assert (cycle.state, cycle.severity, shown(cycle.missed_at)) == (state, severity, missed_at)


def test_a_stop_out_of_a_pause_at_the_target_is_met() -> None:
    timeline = [OPEN, saw("13:00", "paused"), saw("15:00", "done")]
    cycle = see(timeline, FOUR, "18:00").resolution
    assert (cycle.state, cycle.elapsed, cycle.breached_at) == ("met", 4 * HOUR, None)


# Paused, overdue, ended
def test_a_paused_clock_has_no_deadline_but_its_remaining_budget() -> None:
    cycle = see([OPEN, saw("10:00", "paused")], FOUR, "12:00").resolution
    assert (cycle.due_at, cycle.warning_at, cycle.breached_at, cycle.overdue_from) == (None,) * 4
    assert cycle.target is not None
    assert cycle.target - cycle.elapsed == 3 * HOUR


def test_an_overdue_clock_keeps_its_past_deadline_and_runs_on() -> None:
    cycle = see([OPEN], FOUR, "15:00").resolution
    assert (cycle.state, cycle.severity, shown(cycle.due_at)) == (
        "running",
        "breached",
        "mon 13:00",
    )
    assert cycle.target is not None
    assert cycle.target - cycle.elapsed == -2 * HOUR


def test_an_overdue_clock_that_pauses_stays_breached() -> None:
    cycle = see([OPEN, saw("14:00", "paused")], FOUR, "15:00").resolution
    assert (cycle.state, cycle.severity, cycle.due_at) == ("paused", "breached", None)
    assert shown(cycle.missed_at) == "mon 13:00"


def test_a_stopped_clock_has_no_deadline() -> None:
    assert see([OPEN, saw("10:00", "done")], FOUR, "12:00").resolution.due_at is None


def test_pauses_in_closed_hours_cost_nothing() -> None:
    timeline = [OPEN, saw("18:00", "paused"), saw("tue 08:00", "active")]
    under = policy({"resolution": "12h"}, calendar=OFFICE)
    assert shown(see(timeline, under, "tue 09:00").resolution.due_at) == "tue 13:00"


# Warning and critical
@pytest.mark.parametrize(
    ("as_of", "severity"),
    [
        ("09:00", "compliant"),
        ("12:23:59", "compliant"),
        ("12:24", "warning"),
        ("12:47:59", "warning"),
        ("12:48", "critical"),
        ("13:00", "critical"),
        ("13:00:01", "breached"),
    ],
)
def test_a_clock_warns_when_that_much_of_its_target_remains(as_of: str, severity: str) -> None:
    cycle = see([OPEN], FOUR, as_of).resolution
    assert cycle.severity == severity
    assert (shown(cycle.warning_at), shown(cycle.critical_at)) == ("mon 12:24", "mon 12:48")


def test_a_breach_is_just_after_the_deadline() -> None:
    deadline = at("13:00")
    assert see([OPEN], FOUR, deadline).resolution.severity == "critical"
    overdue = see([OPEN], FOUR, deadline + 1).resolution
    assert (overdue.severity, shown(overdue.missed_at)) == ("breached", "mon 13:00")


@pytest.mark.parametrize(("as_of", "severity"), [("12:30", "warning"), ("fri 12:00", "warning")])
def test_a_paused_clock_keeps_its_severity(as_of: str, severity: str) -> None:
    cycle = see([OPEN, saw("12:30", "paused")], FOUR, as_of).resolution
    assert (cycle.state, cycle.severity) == ("paused", severity)


def test_a_share_that_is_no_whole_number_of_microseconds_is_reached_not_before() -> None:
    third = policy({"resolution": "1us"}, warning=Fraction(100, 3), critical=Fraction(1))
    cycle = see([OPEN], third, "09:00").resolution
    assert (shown(cycle.warning_at), cycle.severity) == ("mon 09:00:00.000001", "compliant")
    odd = policy({"resolution": "7us"}, warning=Fraction(50), critical=Fraction(1))
    assert see([OPEN], odd, "09:00").resolution.warning_at == at("09:00") + 4


# Working days
HOURS_OF_TWO_DAYS = Calendar("two", "UTC", {0: [(540, 1020)], 1: [(540, 660)], 3: [(540, 1020)]})


@pytest.mark.parametrize(
    ("calendar", "target", "start", "due_at"),
    [
        (OFFICE, "1bd", "10:00", "tue 10:00"),
        (OFFICE, "2bd", "10:00", "wed 10:00"),
        (OFFICE, "2bd", "fri 10:00", "2024-01-23T10:00:00+00:00"),
        (OFFICE, "1bd", "fri 16:59", "2024-01-22T16:59:00+00:00"),
        (OFFICE, "1bd", "sat 10:00", "2024-01-22T10:00:00+00:00"),
        (OFFICE, "1bd-end", "10:00", "tue 17:00"),
        (OFFICE, "2bd-end", "thu 20:00", "2024-01-22T17:00:00+00:00"),
        (HOURS_OF_TWO_DAYS, "1bd", "10:00", "tue 10:00"),
        (HOURS_OF_TWO_DAYS, "1bd", "15:00", "thu 09:00"),
        (HOURS_OF_TWO_DAYS, "2bd", "15:00", "thu 15:00"),
        (ALWAYS, "1bd", "sat 10:00", "sun 10:00"),
        (ALWAYS, "1bd-end", "10:00", "wed 00:00"),
    ],
)
def test_a_working_day_budget_counts_dates_with_any_opening(
    calendar: Calendar, target: str, start: str, due_at: str
) -> None:
    under = policy({"resolution": target}, calendar=calendar)
    assert shown(see([saw(start, "waiting")], under, start).resolution.due_at) == due_at


def test_a_working_day_budget_is_fixed_at_the_start_so_that_pauses_extend_it() -> None:
    under = policy({"resolution": "1bd"}, calendar=OFFICE)
    timeline = [saw("10:00", "waiting"), saw("14:00", "paused"), saw("16:00", "active")]
    cycle = see(timeline, under, "16:00").resolution
    assert (cycle.target, shown(cycle.due_at)) == (8 * HOUR, "tue 12:00")


def test_every_cycle_has_its_own_working_days() -> None:
    under = policy(
        {"resolution": "1bd"}, calendar=OFFICE, clocks={"resolution": {"reopen": "new_cycle"}}
    )
    timeline = [saw("10:00", "waiting"), saw("11:00", "done"), saw("fri 15:00", "waiting")]
    cycle = see(timeline, under, "fri 16:00").resolution
    assert shown(cycle.due_at) == "2024-01-22T15:00:00+00:00"


# Calendars
def test_a_calendar_may_be_set_for_a_priority_or_for_one_clock() -> None:
    under = policy(
        {
            "P1": {"response": "20h", "resolution": "20h"},
            "P2": {"response": "20h", "resolution": "20h"},
        },
        calendars={"P2": OFFICE, "resolution": WEEKDAYS},
    )

    def due(timeline: list[Observation]) -> list[str | None]:
        return [shown(cycle.due_at) for cycle in see(timeline, under, "fri 18:00").verdict.cycles]

    one = [saw("fri 16:00", "waiting", priority="P1", tier="gold")]
    two = [saw("fri 16:00", "waiting", priority="P2", tier="gold")]
    assert due(one) == ["sat 12:00", "2024-01-22T12:00:00+00:00"]
    assert due(two) == ["2024-01-24T12:00:00+00:00", "2024-01-22T12:00:00+00:00"]


def test_a_clock_that_starts_in_closed_hours_counts_from_the_opening() -> None:
    timeline = [saw("07:00", "waiting")]
    under = policy({"resolution": "1h"}, calendar=OFFICE)
    cycle = see(timeline, under, "09:30").resolution
    assert (shown(cycle.started_at), cycle.elapsed) == ("mon 07:00", 30 * MINUTE)
    assert shown(cycle.due_at) == "mon 10:00"
