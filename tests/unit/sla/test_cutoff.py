"""Working days of what comes after the cut-off, and those that end at a time of day."""

import pytest

from engine.sla.calendar import ALWAYS, FAR_FUTURE, Calendar
from engine.sla.policy import Policy
from tests.support.timelines import HOUR, OFFICE, at, policy, saw, see, shown

NEXT = "2024-01-22T"
BERLIN = Calendar("berlin", "Europe/Berlin", OFFICE.weekly)
NIGHTS = Calendar("nights", "Europe/Berlin", {6: [(0, 24 * 60)], 0: [(0, 24 * 60)]})


def under(target: str, calendar: Calendar = OFFICE) -> Policy:
    return policy({"resolution": target}, calendar=calendar)


def due(target: str, start: str, calendar: Calendar = OFFICE) -> str | None:
    seen = see([saw(start, "waiting")], under(target, calendar), start)
    return shown(seen.resolution.due_at)


@pytest.mark.parametrize(
    ("start", "due_at"),
    [
        ("thu 15:59", "fri 17:00"),
        ("thu 16:00", "fri 17:00"),
        ("2024-01-18T16:00:00.000001Z", NEXT + "17:00:00+00:00"),
        ("thu 16:01", NEXT + "17:00:00+00:00"),
        ("thu 07:00", "fri 17:00"),
        ("fri 16:01", "2024-01-23T17:00:00+00:00"),
        ("sat 07:00", "2024-01-23T17:00:00+00:00"),
        ("sun 20:00", "2024-01-23T17:00:00+00:00"),
    ],
)
def test_a_start_after_the_cut_off_counts_as_the_next_opening(start: str, due_at: str) -> None:
    assert due("1bd-end cut-off 16:00", start) == due_at


@pytest.mark.parametrize(
    ("target", "start", "due_at"),
    [
        ("1bd cut-off 16:00", "thu 15:30", "fri 15:30"),
        ("1bd cut-off 16:00", "thu 16:30", NEXT + "09:00:00+00:00"),
        ("2bd cut-off 16:00", "tue 16:30", "fri 09:00"),
        ("1bd@12:00 cut-off 16:00", "thu 16:30", NEXT + "12:00:00+00:00"),
        ("8h", "thu 16:30", "fri 16:30"),
    ],
)
def test_it_bears_on_every_target_in_working_days(target: str, start: str, due_at: str) -> None:
    assert due(target, start) == due_at


def test_the_cut_off_is_local_time_of_the_calendar() -> None:
    assert due("1bd-end cut-off 16:00", "thu 15:00", BERLIN) == "fri 16:00"
    assert due("1bd-end cut-off 16:00", "thu 15:01", BERLIN) == NEXT + "16:00:00+00:00"


def test_round_the_clock_the_next_day_opens_at_midnight() -> None:
    assert due("1bd cut-off 16:00", "thu 16:00", ALWAYS) == "fri 16:00"
    assert due("1bd cut-off 16:00", "thu 16:01", ALWAYS) == "sat 00:00"
    assert due("1bd@12:00 cut-off 16:00", "thu 16:01", ALWAYS) == "sat 12:00"
    assert due("1bd-end", "thu 16:01", ALWAYS) == "sat 00:00"


def test_a_cut_off_that_summer_time_leaves_out_is_later_by_the_gap() -> None:
    gap = Calendar("gap", "Europe/Berlin", {6: [(0, 24 * 60)]})
    cutoff = 2 * 60 + 30
    in_time, after = at("2024-03-31T01:30:00Z"), at("2024-03-31T01:30:01Z")
    assert gap.counted_from(in_time, cutoff) == in_time
    assert gap.counted_from(after, cutoff) == at("2024-04-06T22:00:00Z")


def test_of_two_equal_times_of_a_day_the_first_is_the_cut_off() -> None:
    cutoff = 2 * 60 + 30
    first = at("2024-10-27T00:30:00Z")
    assert NIGHTS.counted_from(first, cutoff) == first
    assert NIGHTS.counted_from(first + HOUR, cutoff) == at("2024-10-27T23:00:00Z")


def test_where_nothing_opens_any_more_there_is_no_deadline() -> None:
    fair = Calendar("fair", "UTC", {}, (), {})
    assert fair.counted_from(at("09:00"), 60) == FAR_FUTURE
    assert fair.counted_from(FAR_FUTURE, 60) == FAR_FUTURE


# At a time of day
@pytest.mark.parametrize(
    ("target", "start", "due_at"),
    [
        ("1bd@12:00", "thu 10:00", "fri 12:00"),
        ("2bd@12:00", "thu 10:00", NEXT + "12:00:00+00:00"),
        ("1bd@12:00", "sat 10:00", NEXT + "12:00:00+00:00"),
        ("1bd@17:00", "thu 10:00", "fri 17:00"),
        ("1bd@18:30", "thu 10:00", "fri 18:30"),
        ("1bd@08:00", "thu 10:00", "fri 08:00"),
        ("1bd@24:00", "thu 10:00", "sat 00:00"),
        ("1bd@08:00", "sat 10:00", NEXT + "08:00:00+00:00"),
    ],
)
def test_working_days_may_end_at_a_time_of_day(target: str, start: str, due_at: str) -> None:
    assert due(target, start) == due_at


def test_a_time_of_day_in_closed_hours_is_missed_with_the_opening() -> None:
    promised = under("1bd@18:30")
    closed = see([saw("thu 10:00", "waiting")], promised, "fri 23:00").resolution
    assert (closed.severity, closed.missed_at, closed.elapsed) == ("critical", None, 15 * HOUR)
    missed = see([saw("thu 10:00", "waiting")], promised, NEXT + "10:00:00Z").resolution
    assert (shown(missed.missed_at), missed.severity) == ("fri 18:30", "breached")


def test_pauses_extend_it_like_any_other() -> None:
    timeline = [saw("thu 10:00", "waiting"), saw("thu 11:00", "paused"), saw("thu 13:00", "active")]
    assert shown(see(timeline, under("1bd@12:00"), "thu 13:00").resolution.due_at) == "fri 14:00"
    assert shown(see(timeline, under("1bd@18:30"), "thu 13:00").resolution.due_at) == (
        NEXT + "11:00:00+00:00"
    )


def test_a_restart_counts_both_from_the_change() -> None:
    restart = {"resolution": {"on_change": "restart"}}
    targets = {
        "P1": {"resolution": "1bd@12:00 cut-off 16:00"},
        "P2": {"resolution": "1bd"},
    }
    promised = policy(targets, calendar=OFFICE, clocks=restart)
    timeline = [saw("tue 10:00", "waiting", priority="P2"), saw("wed 16:30", priority="P1")]
    assert shown(see(timeline, promised, "wed 17:00").resolution.due_at) == "fri 12:00"
