"""Other hours in mid-flight: what is promised up to an instant is still due then."""

import pytest

from engine.sla.calendar import ALWAYS, Calendar
from engine.sla.stored_fold import dump, load
from engine.sla.timeline import fold
from tests.support.policy_book import Book
from tests.support.timelines import (
    HOUR,
    OFFICE,
    in_order,
    policy,
    saw,
    see,
    shown,
    span,
)

LONG = Calendar("long", "UTC", {day: [(8 * 60, 20 * 60)] for day in range(5)})
OPENED = [saw("mon 09:00", "waiting", priority="P1", tier="gold")]


@pytest.mark.parametrize("before", [ALWAYS, LONG, OFFICE])
@pytest.mark.parametrize("after", [ALWAYS, LONG, OFFICE])
@pytest.mark.parametrize("target", ["2bd", "2bd-end", "1bd@12:00"])
def test_working_days_end_where_both_versions_say(
    before: Calendar, after: Calendar, target: str
) -> None:
    """Hours alone change: nothing is missed by that, and nothing is due later."""
    versions = [
        policy({"resolution": target}, calendar=before),
        policy({"resolution": target}, calendar=after, version=2, accepted_at="tue 11:00"),
    ]
    closing = {"24x7": "thu 00:00", "long": "wed 20:00", "office": "wed 17:00"}
    ends = {"2bd": "wed 09:00", "2bd-end": closing[after.name], "1bd@12:00": "tue 12:00"}
    cycle = see(OPENED, versions, "tue 11:30").resolution
    assert (cycle.missed_at, shown(cycle.due_at)) == (None, ends[target])


def test_hours_that_become_shorter_breach_nothing_that_is_not_due() -> None:
    versions = [
        policy({"resolution": "2bd"}),
        policy({"resolution": "2bd"}, calendar=OFFICE, version=2, accepted_at="tue 12:00"),
    ]
    cycle = see(OPENED, versions, "tue 12:30").resolution
    assert (cycle.missed_at, shown(cycle.due_at)) == (None, "wed 09:00")
    # 27 hours round the clock, then those of the office up to Tuesday's closing.
    assert cycle.target == span("27h") + span("5h")


@pytest.mark.parametrize(
    ("first", "then"),
    [("P1", "P3"), ("P3", "P1")],  # round the clock and the office
)
def test_the_tickets_own_date_stays_the_deadline(first: str, then: str) -> None:
    promises = policy(
        {"P1": {"resolution": "8h"}, "P3": {"resolution": "40h"}}, calendars={"P3": OFFICE}
    )
    timeline = [
        saw("mon 09:00", "waiting", priority=first, tier="gold", own={"resolution": "fri 17:00"}),
        saw("wed 12:00", priority=then),
    ]
    cycle = see(timeline, promises, "wed 12:30").resolution
    assert (cycle.missed_at, shown(cycle.due_at)) == (None, "fri 17:00")


def test_a_pause_extends_it_as_before() -> None:
    versions = [
        policy({"resolution": "2bd"}),
        policy({"resolution": "2bd"}, calendar=OFFICE, version=2, accepted_at="tue 12:00"),
    ]
    timeline = [*OPENED, saw("mon 10:00", "paused"), saw("mon 12:00", "active")]
    assert shown(see(timeline, versions, "tue 13:00").resolution.due_at) == "wed 11:00"


def test_what_is_over_by_both_stays_overdue() -> None:
    versions = [
        policy({"resolution": "1bd"}),
        policy({"resolution": "1bd"}, calendar=OFFICE, version=2, accepted_at="wed 12:00"),
    ]
    timeline = [*OPENED, saw("mon 10:00", "paused"), saw("tue 06:00", "active")]
    cycle = see(timeline, versions, "wed 12:30").resolution
    assert (cycle.target, shown(cycle.missed_at)) == (span("24h"), "wed 05:00")


@pytest.mark.parametrize(
    ("on_change", "due_at"), [("restart", "thu 12:00"), ("recompute", "wed 09:00")]
)
def test_counted_anew_it_is_measured_anew(on_change: str, due_at: str) -> None:
    clocks = {"resolution": {"on_change": on_change}}
    versions = [
        policy({"resolution": "2bd"}, clocks=clocks),
        policy(
            {"resolution": "2bd"},
            calendar=OFFICE,
            version=2,
            accepted_at="tue 12:00",
            clocks=clocks,
        ),
    ]
    cycle = see(OPENED, versions, "tue 12:30").resolution
    assert (cycle.target, shown(cycle.due_at)) == (span("16h"), due_at)


def test_a_stored_fold_knows_no_hours_of_before_and_is_folded_anew() -> None:
    versions = [
        policy({"resolution": "2bd"}),
        policy({"resolution": "2bd"}, calendar=OFFICE, version=2, accepted_at="tue 12:00"),
    ]
    kept = fold(in_order(OPENED), versions[:1], OPENED[0].at)
    taken_up = load(dump(kept), Book(versions))
    assert not taken_up.catch_up(OPENED[0].at + 30 * HOUR, versions)
    hours = [
        policy({"resolution": "8h"}),
        policy({"resolution": "8h"}, calendar=OFFICE, version=2, accepted_at="tue 12:00"),
    ]
    kept = fold(in_order(OPENED), hours[:1], OPENED[0].at)
    assert load(dump(kept), Book(hours)).catch_up(OPENED[0].at + 30 * HOUR, hours)
