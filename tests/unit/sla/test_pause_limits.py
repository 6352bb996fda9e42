"""`pauses_at_most`: a clock that has been paused for as long as it may be runs again by itself."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from msgspec import structs

from engine.sla import stored_fold
from engine.sla.calendar import FAR_FUTURE, Calendar
from engine.sla.escalation import upcoming
from engine.sla.policy import Policy
from engine.sla.timeline import Fold, Observation, fold
from engine.sla.verdict import CycleView
from tests.support.folds import again
from tests.support.policy_book import Book
from tests.support.timeline_strategies import LONGEST, Story, exact, tickets, ticks, with_limit
from tests.support.timelines import (
    DAY,
    HOUR,
    OFFICE,
    Seen,
    at,
    excuse,
    in_order,
    policy,
    saw,
    see,
    shown,
    span,
)

OPEN = saw("09:00", "waiting", priority="P1", tier="gold")
PENDING = saw("10:00", "paused")
NINE_TO_FIVE = Calendar("every day", "UTC", {day: [(9 * 60, 17 * 60)] for day in range(7)})


def limited(limit: str = "2h", targets: Any = None, **given: Any) -> Policy:
    rules = {"pauses_at_most": span(limit), **given.pop("rules", {})}
    return policy(targets or {"resolution": "8h"}, clocks={"resolution": rules}, **given)


def folded(*timeline: Observation, under: Policy, as_of: str) -> Fold:
    return fold(in_order([OPEN, *timeline]), [under], at(as_of))


def brief(cycle: CycleView) -> tuple[str, int, str | None, str | None]:
    """State, elapsed, due and when it runs again."""
    return cycle.state, cycle.elapsed, shown(cycle.due_at), shown(cycle.resumes_at)


def test_after_two_hours_of_pause_it_runs_again() -> None:
    under = limited()
    assert brief(see([OPEN, PENDING], under, "11:00").resolution) == (
        "paused",
        span("1h"),
        None,
        "mon 12:00",
    )
    for instant, elapsed in (("12:00", "1h"), ("13:30", "2h30m")):
        cycle = see([OPEN, PENDING], under, instant).resolution
        assert brief(cycle) == ("running", span(elapsed), "mon 19:00", None)


def test_the_limit_is_of_the_time_of_the_clock() -> None:
    cycle = see([OPEN, PENDING], limited(calendar=NINE_TO_FIVE), "13:00").resolution
    assert brief(cycle) == ("running", span("2h"), "tue 11:00", None)
    late = see([OPEN, saw("16:00", "paused")], limited(calendar=NINE_TO_FIVE), "20:00").resolution
    assert brief(late) == ("paused", span("7h"), None, "tue 10:00")


def test_all_pauses_of_a_cycle_count_together() -> None:
    timeline = [OPEN, PENDING, saw("11:00", "active"), saw("12:00", "paused")]
    assert shown(see(timeline, limited(), "12:30").resolution.resumes_at) == "mon 13:00"


def test_used_up_it_is_not_paused_again() -> None:
    timeline = [OPEN, PENDING, saw("13:00", "active"), saw("14:00", "paused")]
    assert brief(see(timeline, limited(), "15:00").resolution) == (
        "running",
        span("4h"),
        "mon 19:00",
        None,
    )


def test_milestones_follow_the_end_of_the_pauses() -> None:
    now = see([OPEN, PENDING], limited(), "11:00")
    assert shown(now.verdict.warning_at) == "mon 17:48"
    assert shown(now.verdict.breached_at) == "mon 19:00:00.000001"
    assert shown(now.resolution.breached_at) == "mon 19:00"
    assert (now.verdict.due_at, shown(now.verdict.resumes_at)) == (None, "mon 12:00")


def test_a_deadline_that_was_reached_when_it_was_paused_is_missed_when_it_runs() -> None:
    cycle = see([OPEN, saw("17:00", "paused")], limited(), "18:00").resolution
    assert (shown(cycle.breached_at), cycle.missed_at) == ("mon 17:00", None)
    assert shown(cycle.overdue_from) == "mon 19:00:00.000001"


def test_the_engine_is_to_wake_when_it_runs_again() -> None:
    paused = folded(PENDING, under=limited(), as_of="10:30")
    assert min(upcoming(paused, (), (), ())) == at("12:00")
    ran = folded(PENDING, under=limited(), as_of="12:00")
    assert (ran.at, ran.resumed) == (at("12:00"), {"resolution": at("12:00")})
    assert min(upcoming(ran, (), (), ())) == at("17:48")


@pytest.mark.parametrize("phase", ["done", "cancelled"])
def test_time_that_is_done_or_cancelled_does_not_count(phase: Any) -> None:
    timeline = [OPEN, PENDING, saw("11:00", phase), saw("20:00", "paused")]
    under = limited(rules={"pauses_in": ("paused", "done", "cancelled")})
    assert see(timeline, under, "15:00").resolution.resumes_at is None
    assert brief(see(timeline, under, "20:30").resolution) == (
        "paused",
        span("1h"),
        None,
        "mon 21:00",
    )


def test_while_it_is_held_an_unanswered_response_does_not_run_again() -> None:
    under = policy(
        {"response": "8h"},
        clocks={
            "response": {
                "pauses_in": ("paused",),
                "pauses_at_most": span("2h"),
                "answered_by": "reply",
            }
        },
    )
    timeline = [OPEN, PENDING, saw("11:00", "done"), saw("20:00", "paused")]
    assert brief(see(timeline, under, "19:00").response) == ("paused", span("1h"), None, None)
    assert shown(see(timeline, under, "20:00").response.resumes_at) == "mon 21:00"


def test_a_restart_keeps_the_sum_of_pauses() -> None:
    targets = {"P1": {"resolution": "8h"}, "P2": {"resolution": "4h"}}
    under = limited(targets=targets, rules={"on_change": "restart"})
    timeline = [OPEN, PENDING, saw("11:00", priority="P2")]
    assert brief(see(timeline, under, "11:30").resolution) == ("paused", 0, None, "mon 12:00")
    assert shown(see(timeline, under, "13:00").resolution.due_at) == "mon 16:00"


def test_a_new_cycle_begins_with_no_pauses() -> None:
    under = limited(rules={"reopen": "new_cycle"})
    timeline = [OPEN, PENDING, saw("13:00", "done"), saw("14:00", "paused")]
    assert shown(see(timeline, under, "14:30").resolution.resumes_at) == "mon 16:00"


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("30m", ("running", "mon 18:00", None)),  # an hour of pause, then it ran
        ("4h", ("paused", None, "mon 14:00")),
    ],
)
def test_a_version_with_another_limit_finds_the_pauses_so_far(
    limit: str, expected: tuple[str, str | None, str | None]
) -> None:
    versions = [limited("8h"), limited(limit, version=2, accepted_at="11:00")]
    cycle = see([OPEN, PENDING], versions, "11:30").resolution
    assert (cycle.state, shown(cycle.due_at), shown(cycle.resumes_at)) == expected


def test_a_version_that_allows_more_pauses_it_again() -> None:
    versions = [limited("2h"), limited("3h", version=2, accepted_at="13:00")]
    cycle = see([OPEN, PENDING], versions, "13:30").resolution
    assert brief(cycle) == ("paused", span("2h"), None, "mon 14:00")


def test_a_stored_fold_keeps_the_sum_and_goes_on_from_there() -> None:
    under = limited()
    timeline = [PENDING, saw("11:00", "active"), saw("12:00", "paused")]
    kept = stored_fold.dump(folded(*timeline, under=under, as_of="12:00"))
    loaded = stored_fold.load(again(kept), Book([under]))
    assert loaded.catch_up(at("14:00"), [under])
    assert (loaded.at, loaded.resumed) == (at("13:00"), {"resolution": at("13:00")})
    whole = folded(*timeline, under=under, as_of="14:00")
    assert stored_fold.dump(loaded) == stored_fold.dump(whole)


def test_what_is_older_than_the_end_of_the_pauses_needs_the_past() -> None:
    ran = folded(PENDING, under=limited(), as_of="13:00")
    assert not ran.follows(saw("11:00", "active"), at("13:00"), [limited()])
    assert ran.follows(saw("12:00", "active"), at("13:00"), [limited()])


def test_two_clocks_run_again_each_at_its_time() -> None:
    rules = {"pauses_at_most": span("1h"), "pauses_in": ("paused",)}
    under = policy(
        {"resolution": "8h", "vendor": "8h", "other": "8h"},
        clocks={
            "resolution": {"pauses_at_most": span("2h")},
            "vendor": {"kind": "resolution", **rules},
            "other": {"kind": "resolution", **rules},
        },
    )
    ran = folded(PENDING, under=under, as_of="20:00")
    assert ran.resumed == {"resolution": at("12:00"), "vendor": at("11:00"), "other": at("11:00")}


# Properties
def without_pauses(story: Story) -> Story:
    [under] = with_limit(story, None).policies
    clocks = {
        name: replace(rules, pauses_in=frozenset[Any]()) for name, rules in under.clocks.items()
    }
    return Story(story.arrivals, [replace(under, clocks=clocks)], story.end)


def seen(story: Story, end: int | None = None) -> Seen:
    return see(story.observations, story.policies, story.end if end is None else end)


def decided(story: Story) -> list[CycleView]:
    """But for what lies ahead of a paused clock."""
    return [
        structs.replace(one, warning_at=None, critical_at=None, breached_at=None, overdue_from=None)
        if one.state == "paused"
        else one
        for one in seen(story).verdict.cycles
    ]


@given(tickets())
def test_a_limit_longer_than_any_pause_changes_nothing(story: Story) -> None:
    longer = decided(with_limit(story, 2 * LONGEST + DAY))
    assert [structs.replace(one, resumes_at=None) for one in longer] == decided(
        with_limit(story, None)
    )


@given(tickets())
def test_a_limit_of_nothing_is_no_pause_at_all(story: Story) -> None:
    one, other = seen(with_limit(story, 0)), seen(without_pauses(story))
    assert one.verdict == other.verdict
    assert one.fold.crossings() == other.fold.crossings()
    assert one.fold.at == other.fold.at
    changes = [[cycle.changes for cycle in each.fold.cycles()] for each in (one, other)]
    assert changes[0] == changes[1]


@given(tickets(instants=exact))
def test_no_cycle_is_paused_for_longer_than_it_may_be(story: Story) -> None:
    story = with_limit(story, 3 * HOUR)
    for cycle in seen(story).fold.cycles():
        assert cycle.paused <= 3 * HOUR
        again = cycle.resumes_at
        if again is not None:
            left = 3 * HOUR - cycle.paused
            assert cycle.calendar.elapsed(cycle.since, again) == left > 0
            later = seen(story, max(story.end, again) + LONGEST)
            assert all(one.paused <= 3 * HOUR for one in later.fold.cycles())


@given(tickets(instants=ticks))
def test_a_lower_limit_never_leaves_more_time(story: Story) -> None:
    """Of clocks whose elapsed time nothing but time changes."""
    less, more = (seen(with_limit(story, limit)).fold.cycles() for limit in (HOUR, 5 * HOUR))
    for one, other in zip(less, more, strict=True):
        if one.rules.on_change == "carry" and one.vanished is None and other.vanished is None:
            assert one.elapsed >= other.elapsed


def test_an_office_that_is_closed_pauses_nothing() -> None:
    saturday = saw("fri 17:00", "paused")
    cycle = see([OPEN, saturday], limited("2h", calendar=OFFICE), "sat 12:00").resolution
    assert cycle.state == "paused"
    assert cycle.resumes_at is not None
    assert OFFICE.elapsed(at("fri 17:00"), cycle.resumes_at) == span("2h")


def test_excused_time_uses_nothing_of_the_limit() -> None:
    lunch = excuse(("10:30", "11:30"))
    cycle = see([OPEN, PENDING], limited(), "12:30", lunch).resolution
    assert brief(cycle) == ("paused", span("1h"), None, "mon 13:00")


def test_with_an_excuse_of_unknown_end_it_does_not_run_again_yet() -> None:
    going_on = excuse(("11:00", FAR_FUTURE))
    cycle = see([OPEN, PENDING], limited(), "18:00", going_on).resolution
    assert brief(cycle) == ("paused", span("1h"), None, None)
    assert cycle.unexcused is None


def test_had_the_excuse_counted_a_pause_would_end_by_itself_too() -> None:
    past = excuse(("09:00", "09:30"))
    cycle = see([OPEN, PENDING], limited(), "11:00", past).resolution
    assert shown(cycle.breached_at) == "mon 19:30"
    assert cycle.unexcused is not None
    assert shown(cycle.unexcused[0]) == "mon 19:00"
