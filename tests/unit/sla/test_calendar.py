"""Business calendars by example: edges, DST days, working days and what never comes."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from engine.sla.calendar import ALWAYS, DAY, FAR_FUTURE, Calendar
from tests.support.conformance import instant, rfc3339

MINUTE = 60_000_000
HOUR = 60 * MINUTE
ALL_DAYS = range(7)
WEEKDAYS = range(5)

OFFICE = Calendar(
    "office",
    "Europe/Berlin",
    {day: [(9 * 60, 12 * 60), (13 * 60, 17 * 60)] for day in WEEKDAYS},
    [date(2026, 1, 6)],
    {date(2026, 1, 10): [(10 * 60, 12 * 60)], date(2026, 4, 6): []},
)


def at(local: str, zone: str = "Europe/Berlin") -> int:
    aware = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    return instant(aware.isoformat())


def spans(calendar: Calendar, day: str) -> list[tuple[str, str]]:
    """The open spans of a local day as local times, for failures that can be read."""
    zone = ZoneInfo(calendar.timezone)
    start = at(f"{day}T00:00", calendar.timezone)
    end = at(f"{date.fromisoformat(day) + timedelta(days=1)}T00:00", calendar.timezone)

    def local(microseconds: int) -> str:
        return datetime.fromisoformat(rfc3339(microseconds)).astimezone(zone).strftime("%H:%M%z")

    found = calendar.open_intervals(start, end)
    return [(local(opening), local(closing)) for opening, closing in found]


def daily(zone: str, *hours: tuple[int, int]) -> Calendar:
    return Calendar("daily", zone, {day: hours for day in ALL_DAYS})


def test_a_budget_skips_lunch_and_the_night() -> None:
    assert OFFICE.deadline(at("2026-01-07T11:30"), HOUR) == at("2026-01-07T13:30")
    assert OFFICE.deadline(at("2026-01-07T16:30"), HOUR) == at("2026-01-08T09:30")


def test_a_deadline_on_closing_time_is_the_closing_time() -> None:
    assert OFFICE.deadline(at("2026-01-07T16:00"), HOUR) == at("2026-01-07T17:00")
    assert OFFICE.deadline(at("2026-01-07T11:00"), HOUR) == at("2026-01-07T12:00")


def test_a_budget_of_nothing_ends_where_it_starts_also_in_closed_hours() -> None:
    assert OFFICE.deadline(at("2026-01-07T20:00"), 0) == at("2026-01-07T20:00")


def test_time_counts_to_the_microsecond() -> None:
    start = at("2026-01-07T16:59:59.999999")
    assert OFFICE.deadline(start, 1) == at("2026-01-07T17:00")
    assert OFFICE.deadline(start, 2) == at("2026-01-08T09:00") + 1
    assert OFFICE.elapsed(start, at("2026-01-08T09:00") + 1) == 2


def test_a_holiday_is_closed_and_a_shift_replaces_a_dates_hours() -> None:
    assert spans(OFFICE, "2026-01-06") == []
    assert spans(OFFICE, "2026-01-10") == [("10:00+0100", "12:00+0100")]
    assert spans(OFFICE, "2026-04-06") == []


def test_a_shift_replaces_a_holidays_hours_too() -> None:
    day = date(2026, 12, 24)
    calendar = Calendar("x", "UTC", {3: [(540, 1020)]}, [day], {day: [(600, 660)]})
    assert spans(calendar, "2026-12-24") == [("10:00+0000", "11:00+0000")]


def test_holidays_may_be_a_function_of_the_year() -> None:
    calendar = Calendar(
        "x", "UTC", {day: [(540, 1020)] for day in ALL_DAYS}, lambda year: [date(year, 1, 1)]
    )
    assert spans(calendar, "2026-01-01") == []
    assert spans(calendar, "2027-01-01") == []
    assert spans(calendar, "2027-01-02") != []


def test_open_is_half_open() -> None:
    assert OFFICE.is_open(at("2026-01-07T09:00"))
    assert not OFFICE.is_open(at("2026-01-07T12:00"))
    assert not OFFICE.is_open(at("2026-01-07T12:00") + 1)
    assert not OFFICE.is_open(at("2026-01-07T08:59"))


def test_the_first_open_instant_is_now_or_the_next_opening() -> None:
    assert OFFICE.first_after(at("2026-01-07T10:00")) == at("2026-01-07T10:00")
    assert OFFICE.first_after(at("2026-01-07T12:00")) == at("2026-01-07T13:00")
    assert OFFICE.first_after(at("2026-12-31T17:00")) == at("2027-01-01T09:00")


def test_touching_hours_are_one_interval_over_midnight_and_new_year() -> None:
    calendar = daily("Europe/Berlin", (0, 720), (720, 1440))
    start, end = at("2025-12-30T00:00"), at("2026-01-02T00:00")
    assert calendar.open_intervals(start, end) == [(start, end)]


def test_intervals_are_clipped_to_the_question() -> None:
    start, end = at("2026-01-07T11:00"), at("2026-01-07T14:00")
    assert OFFICE.open_intervals(start, end) == [
        (start, at("2026-01-07T12:00")),
        (at("2026-01-07T13:00"), end),
    ]
    assert OFFICE.open_intervals(end, start) == []


def test_nothing_elapses_backwards() -> None:
    assert OFFICE.elapsed(at("2026-01-08T10:00"), at("2026-01-07T10:00")) == 0


def test_a_day_of_25_hours_has_25_hours_and_one_of_23_has_23() -> None:
    calendar = daily("Europe/Berlin", (0, 1440))
    assert calendar.elapsed(at("2026-10-25T00:00"), at("2026-10-26T00:00")) == 25 * HOUR
    assert calendar.elapsed(at("2026-03-29T00:00"), at("2026-03-30T00:00")) == 23 * HOUR


@pytest.mark.parametrize(
    ("zone", "day", "hours", "wanted"),
    [
        ("Europe/Berlin", "2026-03-29", (150, 240), [("03:30+0200", "04:00+0200")]),
        ("Europe/Berlin", "2026-03-29", (120, 180), []),
        ("Europe/Berlin", "2026-03-29", (150, 200), []),
        ("Europe/Berlin", "2026-03-29", (60, 150), [("01:00+0100", "03:30+0200")]),
        ("Europe/Berlin", "2026-10-25", (60, 150), [("01:00+0200", "02:30+0200")]),
        ("Europe/Berlin", "2026-10-25", (150, 240), [("02:30+0200", "04:00+0100")]),
        ("America/New_York", "2026-03-08", (150, 240), [("03:30-0400", "04:00-0400")]),
        ("Australia/Lord_Howe", "2026-10-04", (135, 180), [("02:45+1100", "03:00+1100")]),
        ("Africa/Casablanca", "2026-02-15", (120, 240), [("02:00+0100", "04:00+0000")]),
        ("America/Sao_Paulo", "2018-11-04", (0, 60), []),
        ("Pacific/Apia", "2011-12-30", (540, 1020), []),
    ],
)
def test_the_days_on_which_clocks_change(
    zone: str, day: str, hours: tuple[int, int], wanted: list[tuple[str, str]]
) -> None:
    assert spans(daily(zone, hours), day) == wanted


def test_hours_that_the_gap_pushes_into_each_other_count_once() -> None:
    calendar = daily("Europe/Berlin", (130, 170), (180, 240))
    start = at("2026-03-29T00:00")
    assert calendar.elapsed(start, start + DAY) == HOUR


def test_working_days_keep_the_time_of_day_and_skip_closed_dates() -> None:
    monday = at("2026-01-05T10:15")
    assert OFFICE.add_working_days(monday, 1, end_of_day=False) == at("2026-01-07T10:15")
    assert OFFICE.add_working_days(monday, 4, end_of_day=False) == at("2026-01-10T10:15")
    assert OFFICE.add_working_days(monday, 4, end_of_day=True) == at("2026-01-10T12:00")


def test_counting_working_days_begins_with_the_date_after_a_closed_start() -> None:
    sunday = at("2026-01-11T10:00")
    assert OFFICE.add_working_days(sunday, 1, end_of_day=True) == at("2026-01-12T17:00")


def test_a_working_day_whose_time_lies_in_the_gap_moves_forward() -> None:
    calendar = daily("Europe/Berlin", (0, 1440))
    saturday = at("2026-03-28T02:30")
    assert calendar.add_working_days(saturday, 1, end_of_day=False) == at("2026-03-29T03:30")


def test_a_date_that_a_zone_left_out_is_no_working_day() -> None:
    calendar = daily("Pacific/Apia", (540, 1020))
    start = at("2011-12-29T10:00", "Pacific/Apia")
    wanted = at("2011-12-31T10:00", "Pacific/Apia")
    assert calendar.add_working_days(start, 1, end_of_day=False) == wanted


def test_a_calendar_whose_openings_are_over_has_no_deadline() -> None:
    calendar = Calendar("fair", "UTC", {}, (), {date(2025, 5, 1): [(540, 600)]})
    assert calendar.deadline(instant("2025-05-01T09:00:00Z"), HOUR) == at("2025-05-01T10:00", "UTC")
    now = instant("2026-01-01T00:00:00Z")
    assert calendar.deadline(now, 1) == FAR_FUTURE
    assert calendar.first_after(now) == FAR_FUTURE
    assert calendar.add_working_days(now, 1, end_of_day=False) == FAR_FUTURE
    assert not calendar.is_open(now)


@pytest.mark.parametrize("calendar", [OFFICE, ALWAYS], ids=["hours", "24x7"])
def test_a_budget_that_outlasts_the_calendar_ends_in_the_far_future(calendar: Calendar) -> None:
    start = instant("2026-01-01T00:00:00Z")
    assert calendar.deadline(start, 10**24) == FAR_FUTURE
    assert calendar.add_working_days(start, 10**9, end_of_day=True) == FAR_FUTURE
    assert calendar.add_working_days(FAR_FUTURE, 1, end_of_day=False) == FAR_FUTURE
    assert calendar.elapsed(start, FAR_FUTURE) > 0


def test_instants_far_outside_the_known_years_are_closed() -> None:
    calendar = daily("Europe/Berlin", (540, 1020))
    assert not calendar.is_open(instant("3000-01-01T12:00:00Z"))
    assert not calendar.is_open(instant("1900-01-01T12:00:00Z"))
    assert calendar.elapsed(-(10**17), instant("1969-01-01T00:00:00Z")) == 0


def test_the_table_grows_in_both_directions_without_changing_its_answers() -> None:
    calendar = daily("Europe/Berlin", (540, 1020))
    first = calendar.deadline(at("2026-01-05T10:00"), HOUR)
    calendar.elapsed(at("1990-06-01T10:00"), at("1990-06-02T10:00"))
    calendar.elapsed(at("2050-06-01T10:00"), at("2050-06-02T10:00"))
    assert calendar.deadline(at("2026-01-05T10:00"), HOUR) == first
    assert calendar.elapsed(at("1990-06-01T10:00"), at("2050-06-01T10:00")) == 21915 * 8 * HOUR


def test_around_the_clock_every_instant_counts() -> None:
    start = instant("2026-03-29T00:00:00Z")
    assert ALWAYS.deadline(start, HOUR) == start + HOUR
    assert ALWAYS.deadline(start, -5) == start
    assert ALWAYS.elapsed(start, start + 7) == 7
    assert ALWAYS.elapsed(start + 7, start) == 0
    assert ALWAYS.first_after(start) == start
    assert ALWAYS.is_open(start)
    assert ALWAYS.open_intervals(start, start + 1) == [(start, start + 1)]
    assert ALWAYS.open_intervals(start, start) == []
    noon = start + DAY // 2
    assert ALWAYS.add_working_days(noon, 2, end_of_day=False) == noon + 2 * DAY
    assert ALWAYS.add_working_days(noon, 2, end_of_day=True) == start + 3 * DAY


def test_calendars_with_the_same_rules_are_equal() -> None:
    same = daily("Europe/Berlin", (540, 1020))
    assert same == daily("Europe/Berlin", (540, 1020))
    assert hash(same) == hash(daily("Europe/Berlin", (540, 1020)))
    assert same != daily("Europe/Berlin", (540, 1021))
    assert same != daily("Europe/Vienna", (540, 1020))
    assert same != "daily"
    assert "Europe/Berlin" in repr(same)


def test_an_unknown_zone_is_an_error() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        Calendar("x", "Europe/Atlantis", {})
