"""Windows that recur, each occurrence a window of its own."""

from datetime import datetime

import pytest

from command_side.recurring import NoRule, occurrences
from engine.sla.instants import rfc3339

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
    ],
)
def test_what_is_no_rule_is_refused(rule: str, member: str, wrong: str) -> None:
    with pytest.raises(NoRule, match=wrong) as refused:
        found("2026-01-05T00:00:00Z", "2026-01-05T01:00:00Z", rule)
    assert refused.value.member == member


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "../etc/passwd", ""])
def test_a_zone_that_nobody_knows_is_refused(zone: str) -> None:
    with pytest.raises(NoRule, match="no time zone") as refused:
        found("2026-01-05T00:00:00Z", "2026-01-05T01:00:00Z", "FREQ=DAILY;COUNT=1", zone)
    assert refused.value.member == "time_zone"
