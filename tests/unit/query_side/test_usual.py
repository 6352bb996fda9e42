"""What is usually done in an hour or a day."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from query_side.usual import Done, Slot, Step, same_before, slot_of, slots, usual

AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
BERLIN = "Europe/Berlin"


def test_hours_and_days_follow_each_other_without_gaps_and_none_is_cut_off() -> None:
    hours = slots("hour", AT, AT + 3 * HOUR, "UTC")
    assert [one.begins.hour for one in hours] == [9, 10, 11]
    assert all(one.ends == following.begins for one, following in pairwise(hours))
    assert slots("hour", AT, AT + timedelta(minutes=29), "UTC") == []
    assert [one.begins.day for one in slots("day", AT, AT + timedelta(days=3), "UTC")] == [5, 6, 7]


@pytest.mark.parametrize(
    ("zone", "minute"), [("UTC", 0), (BERLIN, 0), ("Asia/Kolkata", 30), ("Asia/Kathmandu", 15)]
)
def test_an_hour_begins_when_the_clocks_of_the_zone_say_so(zone: str, minute: int) -> None:
    assert slot_of("hour", AT, zone).begins.minute == minute


def test_no_hour_is_lost_or_counted_twice_where_clocks_are_put() -> None:
    for before in (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)):
        found = slots("hour", before, before + 4 * HOUR, BERLIN)
        assert [one.begins - before for one in found] == [number * HOUR for number in range(4)]
    [short, *_] = slots(
        "day", datetime(2026, 3, 29, 5, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), BERLIN
    )
    assert short.ends - short.begins == 23 * HOUR


@pytest.mark.parametrize("step", ["hour", "day"])
def test_the_same_time_of_the_last_weeks_has_ended_and_is_by_the_local_clock(step: Step) -> None:
    at = datetime(2026, 4, 2, 8, tzinfo=UTC)  # Berlin put its clocks forward on 29 March
    ahead = slot_of(step, at + timedelta(days=9), BERLIN)
    before = same_before(step, ahead, at, BERLIN, 3)
    assert all(one.ends <= at for one in before)
    local = [one.begins.astimezone(ZoneInfo(BERLIN)) for one in (ahead, *before)]
    assert len({(one.weekday(), one.hour) for one in local}) == 1
    days = [(local[0].date() - one.date()).days for one in local[1:]]
    assert days == [14, 21, 28]


def test_what_is_usual_is_the_mean_over_the_weeks_and_of_the_rest_of_this_hour_a_part() -> None:
    def ago(weeks: int) -> datetime:
        return datetime(2026, 1, 5, 9, tzinfo=UTC) - timedelta(weeks=weeks)

    done: Done = {ago(1): {"Billing": 4, None: 1}, ago(2): {"Billing": 2}, ago(5): {"Billing": 90}}
    now = Slot(ago(0), ago(0) + HOUR)
    before = same_before("hour", now, AT, "UTC", 4)
    assert usual(now, before, AT, 4, done) == {"Billing": 0.75, None: 0.125}
    assert usual(now, before[:0], AT, 0, done) == {}
    assert usual(now, before[:2], ago(0), 2, done) == {"Billing": 3.0, None: 0.5}
