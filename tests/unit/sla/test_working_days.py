"""Targets in working days: where they end, and from when on they count."""

from datetime import date

import pytest

from engine.sla import stored_fold
from engine.sla.calendar import Calendar
from engine.sla.policy import Policy
from engine.sla.timeline import fold
from tests.support.engines import Engine, told
from tests.support.policy_book import Book
from tests.support.timelines import HOUR, OFFICE, at, in_order, policy, saw, see, shown

ONE_DAY = policy({"resolution": "1bd"}, calendar=OFFICE)
FRIDAY = saw("fri 09:00", "waiting")
MONDAY_AT_NINE = "2024-01-22T09:00:00+00:00"


# Where elapsed stands still
@pytest.mark.parametrize(
    ("target", "start", "due_at"),
    [
        ("1bd", "fri 09:00", MONDAY_AT_NINE),
        ("1bd", "mon 17:00", "wed 09:00"),
        ("1bd", "mon 20:00", "wed 09:00"),
        ("1bd", "mon 07:00", "tue 09:00"),
        ("1bd", "sat 07:00", MONDAY_AT_NINE),
        ("2bd", "mon 09:00", "wed 09:00"),
        ("1bd", "mon 10:00", "tue 10:00"),
        ("1bd-end", "mon 09:00", "tue 17:00"),
        ("8h", "mon 09:00", "mon 17:00"),
    ],
)
def test_working_days_that_end_in_closed_hours_end_with_the_opening(
    target: str, start: str, due_at: str
) -> None:
    under = policy({"resolution": target}, calendar=OFFICE)
    assert shown(see([saw(start, "waiting")], under, start).resolution.due_at) == due_at


@pytest.mark.parametrize("as_of", ["fri 16:59", "fri 17:00", "sat 12:00", MONDAY_AT_NINE])
def test_the_deadline_is_the_opening_before_during_and_after_the_standstill(as_of: str) -> None:
    cycle = see([FRIDAY], ONE_DAY, as_of).resolution
    assert (shown(cycle.due_at), cycle.missed_at) == (MONDAY_AT_NINE, None)
    assert (cycle.target, shown(cycle.breached_at)) == (8 * HOUR, MONDAY_AT_NINE)


def test_what_is_missed_is_the_opening() -> None:
    cycle = see([FRIDAY], ONE_DAY, "2024-01-22T10:00:00Z").resolution
    assert (shown(cycle.due_at), shown(cycle.missed_at)) == (MONDAY_AT_NINE, MONDAY_AT_NINE)
    assert shown(cycle.overdue_from) == "2024-01-22T09:00:00.000001+00:00"
    paused = see([FRIDAY, saw("2024-01-22T10:00:00Z", "paused")], ONE_DAY, "2024-01-22T11:00:00Z")
    assert shown(paused.resolution.missed_at) == MONDAY_AT_NINE


def test_alerts_are_due_with_the_opening() -> None:
    engine = Engine([FRIDAY._replace(priority="P1", tier="gold")], [ONE_DAY])
    raised = engine.run("fri 09:00", "2024-01-22T12:00:00Z")
    assert {shown(one.crossing.due_at) for one in raised} == {MONDAY_AT_NINE}
    assert ("warning", "fri 15:48", None) in told(raised)


@pytest.mark.parametrize(
    ("stop", "state", "missed_at"),
    [
        ("fri 17:00", "met", None),
        (MONDAY_AT_NINE, "met", None),
        ("2024-01-22T09:00:01Z", "breached", MONDAY_AT_NINE),
    ],
)
def test_what_is_met_and_what_is_breached_is_as_before(
    stop: str, state: str, missed_at: str | None
) -> None:
    cycle = see([FRIDAY, saw(stop, "done")], ONE_DAY, "2024-01-23T00:00:00Z").resolution
    assert (cycle.state, shown(cycle.missed_at)) == (state, missed_at)


def test_a_pause_in_open_hours_is_no_such_standstill() -> None:
    paused = [saw("10:00", "waiting"), saw("tue 10:00", "paused"), saw("tue 12:00", "active")]
    assert shown(see(paused, ONE_DAY, "tue 12:00").resolution.due_at) == "tue 10:00"
    assert shown(see(paused, ONE_DAY, "tue 12:01").resolution.missed_at) == "tue 10:00"


def test_a_pause_that_moves_the_end_to_the_closing_moves_it_to_the_opening() -> None:
    paused = [saw("10:00", "waiting"), saw("11:00", "paused"), saw("tue 10:00", "active")]
    assert shown(see(paused, ONE_DAY, "tue 12:00").resolution.due_at) == "wed 09:00"


def test_a_pause_within_the_closed_hours_leaves_the_opening() -> None:
    paused = [FRIDAY, saw("fri 20:00", "paused"), saw("2024-01-22T12:00:00Z", "active")]
    now = see(paused, ONE_DAY, "2024-01-22T12:00:00Z").resolution
    assert (shown(now.due_at), now.severity) == (MONDAY_AT_NINE, "critical")
    assert shown(see(paused, ONE_DAY, "2024-01-22T13:00:00Z").resolution.missed_at) == (
        MONDAY_AT_NINE
    )


@pytest.mark.parametrize("paused_at", ["sat 07:00", "sat 07:01"])
def test_where_nothing_counts_before_the_end_a_pause_from_the_start_leaves_the_opening(
    paused_at: str,
) -> None:
    again = saw("2024-01-22T12:00:00Z", "active")
    timeline = [saw("sat 07:00", "waiting"), saw(paused_at, "paused", rev=1), again]
    timeline[0] = timeline[0]._replace(created_at=at("sat 07:00"))
    now = see(timeline, ONE_DAY, "2024-01-22T12:00:00Z").resolution
    assert (now.target, shown(now.due_at)) == (0, MONDAY_AT_NINE)
    missed = see(timeline, ONE_DAY, "2024-01-22T13:00:00Z").resolution
    assert shown(missed.missed_at) == MONDAY_AT_NINE


def test_so_does_one_that_the_change_to_it_finds() -> None:
    again = saw("2024-01-22T12:00:00Z", "active")
    anew = {"resolution": {"on_change": "recompute"}}
    hours = policy({"resolution": "8h"}, calendar=OFFICE, clocks=anew)
    days = policy(
        {"resolution": "1bd"}, version=2, accepted_at="sun 12:00", calendar=OFFICE, clocks=anew
    )
    seen = see([saw("sat 07:00", "paused"), again], [hours, days], "2024-01-22T12:00:00Z")
    assert shown(seen.resolution.due_at) == MONDAY_AT_NINE


# Changes while it stands still
def changed(target: str, *, holiday: bool = False, when: str = "sat 12:00") -> Policy:
    days = {date(2024, 1, 22): ()} if holiday else {}
    calendar = Calendar("office", "UTC", OFFICE.weekly, (), days)
    return policy({"resolution": target}, version=2, accepted_at=when, calendar=calendar)


@pytest.mark.parametrize(
    ("second", "due_at"),
    [
        pytest.param(changed("1bd", holiday=True), "2024-01-23T09:00:00+00:00", id="a holiday"),
        pytest.param(changed("8h"), "fri 17:00", id="the same in hours"),
        pytest.param(changed("4h"), "sat 12:00", id="less: missed at the change"),
        pytest.param(changed("2bd"), "2024-01-23T09:00:00+00:00", id="more"),
    ],
)
def test_what_changes_while_elapsed_stands_still_is_judged_by_the_new_promise(
    second: Policy, due_at: str
) -> None:
    seen = see([FRIDAY], [ONE_DAY, second], "sun 12:00")
    assert shown(seen.resolution.due_at) == due_at


def test_fewer_working_days_than_have_passed_are_missed_at_the_change_and_not_as_they_open() -> (
    None
):
    longer = policy({"resolution": "3bd"}, calendar=OFFICE)
    timeline = [saw("wed 09:00", "waiting")]
    cycle = see(timeline, [longer, changed("1bd", when="fri 20:00")], "sat 12:00").resolution
    assert (shown(cycle.due_at), shown(cycle.missed_at)) == ("fri 20:00", "fri 20:00")


def test_hours_that_become_working_days_while_elapsed_stands_still_end_with_the_opening() -> None:
    hours = policy({"resolution": "8h"}, calendar=OFFICE)
    seen = see([FRIDAY], [hours, changed("1bd")], "sun 12:00")
    assert shown(seen.resolution.due_at) == MONDAY_AT_NINE


def test_a_deadline_that_was_missed_stays_that_of_the_promise_that_was_in_force() -> None:
    later = changed("4h", when="2024-01-22T12:00:00Z")
    none = policy({}, version=2, accepted_at="2024-01-22T12:00:00Z", calendar=OFFICE)
    for second in (later, none):
        seen = see([FRIDAY], [ONE_DAY, second], "2024-01-22T13:00:00Z")
        assert shown(seen.resolution.missed_at) == MONDAY_AT_NINE


@pytest.mark.parametrize("stored_at", ["fri 12:00", "fri 17:00", "sat 12:00", MONDAY_AT_NINE])
def test_a_stored_fold_goes_on_as_the_whole_does(stored_at: str) -> None:
    versions = [ONE_DAY, changed("1bd", holiday=True, when="2024-01-22T10:00:00Z")]
    more = saw("2024-01-24T12:00:00Z", "active")
    kept = stored_fold.dump(fold(in_order([FRIDAY]), versions[:1], at(stored_at)))
    followed = stored_fold.load(kept, Book(versions))
    followed.follow(more, at("2024-01-24T12:00:00Z"), versions)

    whole = fold(in_order([FRIDAY, more]), versions, at("2024-01-24T12:00:00Z"))

    assert stored_fold.dump(followed) == stored_fold.dump(whole)
