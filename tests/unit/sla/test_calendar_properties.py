"""What holds for every calendar, instant and budget, on the days when clocks change too."""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from engine.sla.calendar import ALWAYS, DAY, EPOCH, FAR_FUTURE, Calendar

MINUTE = 60_000_000
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Sao_Paulo",
)
CHANGES = (
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 3, 8),
    date(2026, 11, 1),
    date(2026, 2, 15),
    date(2026, 3, 22),
    date(2026, 4, 5),
    date(2026, 10, 4),
    date(2018, 11, 4),
    date(2026, 12, 31),
)


def microseconds(aware: datetime) -> int:
    return (aware - EPOCH) // timedelta(microseconds=1)


def midnight(day: date) -> int:
    """Midnight UTC."""
    return microseconds(datetime.combine(day, time(), UTC))


@st.composite
def hours(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """Up to three disjoint spans of a day, `24:00` included, sometimes touching."""
    edges = draw(st.lists(st.integers(0, 96), min_size=2, max_size=6))
    ordered = sorted(edge * 15 for edge in edges)
    pairs = zip(ordered[::2], ordered[1::2], strict=False)
    return tuple(pair for pair in pairs if pair[0] < pair[1])


@st.composite
def around_changes(draw: st.DrawFn) -> int:
    return midnight(draw(st.sampled_from(CHANGES))) + draw(st.integers(-3 * DAY, 3 * DAY))


near_changes = around_changes()
dates = st.one_of(
    st.sampled_from(CHANGES),
    st.dates(date(2025, 12, 1), date(2027, 2, 1)),
)
calendars = st.builds(
    Calendar,
    st.just("drawn"),
    st.sampled_from(ZONES),
    st.dictionaries(st.integers(0, 6), hours(), min_size=1),
    st.sets(dates, max_size=4),
    st.dictionaries(dates, hours(), max_size=4),
).filter(lambda calendar: bool(calendar.weekly))
any_calendar = st.one_of(calendars, st.just(ALWAYS))
budgets = st.one_of(st.integers(0, 40 * DAY), st.integers(0, 2 * DAY).map(lambda n: n // DAY * DAY))


@given(any_calendar, near_changes, budgets)
def test_deadline_and_elapsed_are_inverse(calendar: Calendar, start: int, budget: int) -> None:
    end = calendar.deadline(start, budget)
    assert end < FAR_FUTURE
    assert calendar.elapsed(start, end) == budget


@given(any_calendar, near_changes, st.integers(1, 40 * DAY))
def test_a_deadline_is_the_earliest_instant(calendar: Calendar, start: int, budget: int) -> None:
    end = calendar.deadline(start, budget)
    assert calendar.elapsed(start, end - 1) == budget - 1


@given(any_calendar, st.lists(near_changes, min_size=3, max_size=3))
def test_elapsed_time_adds_up(calendar: Calendar, instants: list[int]) -> None:
    first, middle, last = sorted(instants)
    whole = calendar.elapsed(first, last)
    assert calendar.elapsed(first, middle) + calendar.elapsed(middle, last) == whole
    assert 0 <= whole <= last - first


@given(any_calendar, near_changes, budgets, budgets)
def test_budgets_add_up(calendar: Calendar, start: int, one: int, other: int) -> None:
    in_steps = calendar.deadline(calendar.deadline(start, one), other)
    if other:
        assert in_steps == calendar.deadline(start, one + other)


@given(any_calendar, near_changes, near_changes, budgets, budgets)
def test_later_starts_and_larger_budgets_never_end_earlier(
    calendar: Calendar, one: int, other: int, smaller: int, larger: int
) -> None:
    early, late = sorted((one, other))
    assert calendar.deadline(early, smaller) <= calendar.deadline(late, smaller)
    smaller, larger = sorted((smaller, larger))
    assert calendar.deadline(early, smaller) <= calendar.deadline(early, larger)


@given(any_calendar, near_changes, st.integers(0, 20 * DAY))
def test_open_intervals_are_what_elapsed_counts(calendar: Calendar, start: int, span: int) -> None:
    found = calendar.open_intervals(start, start + span)
    assert sum(end - opening for opening, end in found) == calendar.elapsed(start, start + span)
    edges = [edge for interval in found for edge in interval]
    assert edges == sorted(set(edges))


@given(any_calendar, near_changes)
def test_the_first_open_instant_is_open_and_nothing_counts_before_it(
    calendar: Calendar, instant: int
) -> None:
    first = calendar.first_after(instant)
    assert first >= instant
    assert calendar.is_open(first)
    assert calendar.elapsed(instant, first) == 0
    assert calendar.elapsed(first, first + 1) == 1
    assert calendar.is_open(instant) == (first == instant)


@given(any_calendar, near_changes, st.integers(1, 10), st.booleans())
def test_working_days_lie_ahead_and_rise(
    calendar: Calendar, start: int, days: int, end_of_day: bool
) -> None:
    sooner = calendar.add_working_days(start, days, end_of_day=end_of_day)
    later = calendar.add_working_days(start, days + 1, end_of_day=end_of_day)
    assert start < sooner < later


@given(calendars, near_changes, st.integers(1, 10))
def test_the_end_of_a_working_day_is_a_closing_time(
    calendar: Calendar, start: int, days: int
) -> None:
    end = calendar.add_working_days(start, days, end_of_day=True)
    assert calendar.elapsed(end - 1, end) == 1


@given(st.data(), st.sampled_from(["UTC", "Asia/Kolkata"]), near_changes, budgets)
def test_whole_weeks_shift_deadlines_equally_where_clocks_never_change(
    data: st.DataObject, zone: str, start: int, budget: int
) -> None:
    weekly = data.draw(st.dictionaries(st.integers(0, 6), hours(), min_size=1))
    calendar = Calendar("weekly", zone, weekly)
    if calendar.weekly:
        week = 7 * DAY * data.draw(st.integers(1, 60))
        assert calendar.deadline(start + week, budget) == calendar.deadline(start, budget) + week


@given(calendars, near_changes, st.integers(0, 4 * DAY), st.integers(0, 2 * 1440))
def test_the_calendar_agrees_with_a_model_that_walks_minute_by_minute(
    calendar: Calendar, start: int, span: int, budget: int
) -> None:
    minute = start // MINUTE * MINUTE
    walked = open_minutes(calendar, minute, minute + span // MINUTE * MINUTE)
    assert calendar.elapsed(minute, minute + span // MINUTE * MINUTE) == len(walked) * MINUTE
    if 0 < budget <= len(walked):
        assert calendar.deadline(minute, budget * MINUTE) == walked[budget - 1] + MINUTE


def open_minutes(calendar: Calendar, start: int, end: int) -> list[int]:
    """Minute by minute: the minutes that lie between the edges of some day's hours.

    The edges are found without zoneinfo's reading of gaps and folds: by scanning the minutes of
    two days for those that show the wall time, and for a gap taking the offset before it.
    """
    zone = ZoneInfo(calendar.timezone)
    first = (EPOCH + timedelta(microseconds=start)).date() - timedelta(days=2)
    last = (EPOCH + timedelta(microseconds=end)).date() + timedelta(days=2)
    walls = wall_times(zone, first, last)
    holidays = calendar.holidays if not callable(calendar.holidays) else frozenset[date]()
    spans: list[tuple[int, int]] = []
    day = first + timedelta(days=1)
    while day < last:
        hours = calendar.shifts.get(day)
        if hours is None:
            hours = () if day in holidays else calendar.weekly.get(day.weekday(), ())
        spans += [(edge(walls, day, opening), edge(walls, day, end)) for opening, end in hours]
        day += timedelta(days=1)
    return [
        minute
        for minute in range(start, end, MINUTE)
        if any(opening <= minute < closing for opening, closing in spans)
    ]


def wall_times(zone: ZoneInfo, first: date, last: date) -> list[tuple[int, int]]:
    """Each instant at which the wall clock jumps, with the wall time minus UTC after it."""
    start = midnight(first) - DAY
    end = midnight(last) + DAY
    jumps: list[tuple[int, int]] = []
    for instant in range(start, end, 15 * MINUTE):
        local = (EPOCH + timedelta(microseconds=instant)).astimezone(zone)
        offset = microseconds(local.replace(tzinfo=UTC)) - instant
        if not jumps or jumps[-1][1] != offset:
            jumps.append((instant, offset))
    return jumps


def edge(jumps: list[tuple[int, int]], day: date, minute: int) -> int:
    """The instant of a wall time: the first that shows it, else by the offset before the gap."""
    wall = midnight(day) + minute * MINUTE
    begins = [instant for instant, _ in jumps]
    for instant, offset in jumps:
        candidate = wall - offset
        if instant <= candidate and jumps[bisect_right(begins, candidate) - 1][1] == offset:
            return candidate
    before = [offset for instant, offset in jumps if instant + offset <= wall][-1]
    return wall - before
