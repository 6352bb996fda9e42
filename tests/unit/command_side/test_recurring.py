"""Windows that recur, each occurrence a window of its own."""

from collections.abc import Mapping
from datetime import MAXYEAR, UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from command_side import recurring
from command_side.recurring import LAST, NoRule, occurrences
from engine.sla.instants import micros, rfc3339

BERLIN = "Europe/Berlin"


def found(start: str, end: str, rule: str, zone: str = BERLIN, most: int = 100) -> list[str]:
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    windows = occurrences(first, last, rule, zone, most=most)
    return [f"{rfc3339(begin)} {rfc3339(until)}" for begin, until in windows]


def test_each_week_at_the_same_local_time_across_a_change_of_the_clocks() -> None:
    assert found("2026-03-22T02:00:00Z", "2026-03-22T04:00:00Z", "FREQ=WEEKLY;COUNT=3") == [
        "2026-03-22T02:00:00Z 2026-03-22T04:00:00Z",
        "2026-03-29T01:00:00Z 2026-03-29T03:00:00Z",
        "2026-04-05T01:00:00Z 2026-04-05T03:00:00Z",
    ]


def test_in_the_gap_it_moves_forward_and_twice_it_is_the_first() -> None:
    assert found("2026-03-28T01:30:00Z", "2026-03-28T01:40:00Z", "FREQ=DAILY;COUNT=2")[1] == (
        "2026-03-29T01:30:00Z 2026-03-29T01:40:00Z"  # 02:30 does not exist: 03:30
    )
    assert found("2026-10-24T00:30:00Z", "2026-10-24T00:40:00Z", "FREQ=DAILY;COUNT=2")[1] == (
        "2026-10-25T00:30:00Z 2026-10-25T00:40:00Z"
    )


@pytest.mark.parametrize("end", ["20260107", "20260107T030000", "20260107T020000Z"])
def test_an_end_may_be_a_date_a_local_time_or_an_instant(end: str) -> None:
    rule = f"RRULE:FREQ=DAILY;UNTIL={end}"
    assert len(found("2026-01-05T02:00:00Z", "2026-01-05T03:00:00Z", rule)) == 3


def test_occurrences_that_overlap_are_one_window() -> None:
    assert found("2026-01-05T00:00:00Z", "2026-01-06T12:00:00Z", "FREQ=DAILY;COUNT=3") == [
        "2026-01-05T00:00:00Z 2026-01-08T12:00:00Z"
    ]


@pytest.mark.parametrize(
    ("rule", "member", "wrong"),
    [
        ("every sunday", "rrule", "is no rule"),
        ("FREQ=WEEKLY;COUNT=2\nFREQ=DAILY;COUNT=2", "rrule", "is no rule"),
        ("FREQ=SECONDLY;COUNT=2", "rrule", "its FREQ is one of"),
        ("FREQ=WEEKLY", "rrule", "needs an end"),
        ("FREQ=WEEKLY;COUNT=x", "rrule", "is no rule"),
        ("FREQ=WEEKLY;COUNT=2;BYDAY=XX", "rrule", "cannot be read"),
        ("FREQ=WEEKLY;COUNT=0", "rrule", "never happens"),
        ("FREQ=DAILY;COUNT=101", "rrule", "more than 100 windows"),
        ("FREQ=YEARLY;COUNT=80", "rrule", "beyond 2100"),
        ("FREQ=WEEKLY;INTERVAL=0;COUNT=3", "rrule", "INTERVAL is 1 or more"),
        ("FREQ=DAILY;INTERVAL=-1;COUNT=3", "rrule", "INTERVAL is 1 or more"),
        ("FREQ=DAILY;INTERVAL=0;BYDAY=TU;COUNT=1", "rrule", "INTERVAL is 1 or more"),
        ("FREQ=YEARLY;BYEASTER=1000;COUNT=1", "rrule", "cannot be read"),
        ("FREQ=YEARLY;BYEASTER=1;COUNT=1", "rrule", "there is no BYEASTER in RFC 5545"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1", "rrule", "never happens"),
        ("FREQ=YEARLY;INTERVAL=500;COUNT=2", "rrule", "beyond 2100"),
        ("FREQ=YEARLY;INTERVAL=50;UNTIL=99991231T235959Z", "rrule", "beyond 2100"),
        ("FREQ=DAILY;UNTIL=20261301", "rrule", "cannot be read"),
        ("FREQ=DAILY;UNTIL=TODAY", "rrule", "cannot be read"),
    ],
)
def test_what_is_no_rule_is_refused(rule: str, member: str, wrong: str) -> None:
    with pytest.raises(NoRule, match=wrong) as refused:
        found("2026-01-05T00:00:00Z", "2026-01-05T01:00:00Z", rule)
    assert refused.value.member == member


def test_what_never_happens_is_looked_for_in_a_few_centuries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[datetime] = []

    def read(rule: str, dtstart: datetime) -> Any:
        asked.append(dtstart)
        return rrulestr(rule, dtstart=dtstart)

    monkeypatch.setattr(recurring, "rrulestr", read)
    with pytest.raises(NoRule, match="never happens"):
        found("2026-01-05T00:00:00Z", "2026-01-05T01:00:00Z", "FREQ=YEARLY;BYYEARDAY=400;COUNT=1")
    assert [MAXYEAR - one.year < 400 for one in asked] == [True]


parts = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])},
    optional={
        "INTERVAL": st.integers(1, 5),
        "BYMONTH": st.integers(1, 12),
        "BYDAY": st.sampled_from(["MO", "SA,SU", "TU,TH"]),
        "BYHOUR": st.integers(0, 23),
        "BYMINUTE": st.sampled_from([0, 30]),
    },
)
ends = st.sampled_from(["COUNT=3", "COUNT=20", "UNTIL=20280229", "UNTIL=20270328T010000Z"])


@given(st.integers(0, 3 * 365 * 24), parts, ends)
def test_it_recurs_as_the_library_says(hour: int, parts: Mapping[str, object], end: str) -> None:
    assume(parts["FREQ"] != "MONTHLY" or not {"INTERVAL", "BYMONTH"} <= parts.keys())  # never
    start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    said = [f"{name}={value}" for name, value in parts.items()]
    instant = {"UNTIL=20280229": "UNTIL=20280229T225959Z"}.get(end, end)
    asked = rrulestr(";".join([*said, instant]), dtstart=start.astimezone(ZoneInfo(BERLIN)))
    expected = [micros(one.astimezone(UTC)) for one in islice(asked, 2_000)]
    rule, until = ";".join([*said, end]), start + timedelta(minutes=1)
    if expected and expected[-1] + 60_000_000 <= micros(LAST):
        windows = occurrences(start, until, rule, BERLIN, most=2_000)
        assert [begin for begin, _ in windows] == expected
    else:
        with pytest.raises(NoRule, match="beyond" if expected else "never"):
            occurrences(start, until, rule, BERLIN, most=2_000)


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "../etc/passwd", ""])
def test_a_zone_that_nobody_knows_is_refused(zone: str) -> None:
    with pytest.raises(NoRule, match="no time zone") as refused:
        found("2026-01-05T00:00:00Z", "2026-01-05T01:00:00Z", "FREQ=DAILY;COUNT=1", zone)
    assert refused.value.member == "time_zone"
