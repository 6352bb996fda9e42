"""A tier, a priority, a calendar or a policy that changes while clocks run."""

from typing import Any

import pytest

from engine.sla.escalation import level_at
from engine.sla.policy import Policy
from engine.sla.timeline import Observation
from engine.sla.verdict import CycleView
from tests.support.engines import named
from tests.support.timelines import HOUR, OFFICE, Seen, at, policy, saw, see, shown, span

TWO = {"P1": {"resolution": "4h"}, "P2": {"resolution": "8h"}}
LOW = saw("09:00", "waiting", priority="P2", tier="gold")
HIGH = saw("09:00", "waiting", priority="P1", tier="gold")


def under(on_change: str, targets: dict[str, Any] = TWO, **given: Any) -> Policy:
    return policy(targets, clocks={"resolution": {"on_change": on_change}}, **given)


def to(priority: str, when: str) -> Observation:
    return saw(when, priority=priority)


def brief(cycle: CycleView) -> tuple[str | None, str | None, str]:
    """Due, breached, severity."""
    return shown(cycle.due_at), shown(cycle.missed_at), cycle.severity


# Another target
@pytest.mark.parametrize(
    ("on_change", "elapsed", "due_at"),
    [
        ("carry", "3h", "mon 13:00"),
        ("restart", "1h", "mon 15:00"),
        ("recompute", "3h", "mon 13:00"),
    ],
)
def test_a_raised_priority_carries_restarts_or_recomputes(
    on_change: str, elapsed: str, due_at: str
) -> None:
    cycle = see([LOW, to("P1", "11:00")], under(on_change), "12:00").resolution
    assert (cycle.elapsed, shown(cycle.due_at)) == (span(elapsed), due_at)
    assert (cycle.number, shown(cycle.started_at)) == (1, "mon 09:00")


@pytest.mark.parametrize(
    ("on_change", "breached_at"),
    [("carry", "mon 15:00"), ("restart", None), ("recompute", "mon 13:00")],
)
def test_beyond_the_new_target_already_a_clock_is_breached_by_the_change(
    on_change: str, breached_at: str | None
) -> None:
    cycle = see([LOW, to("P1", "15:00")], under(on_change), "15:00").resolution
    assert shown(cycle.missed_at) == breached_at


def test_nobody_could_have_known_before_so_the_breach_is_due_at_the_change() -> None:
    seen = see([LOW, to("P1", "15:00")], under("carry"), "16:00")
    assert brief(seen.resolution) == ("mon 15:00", "mon 15:00", "breached")
    assert named(seen.fold.crossings())[-1] == ("level:3", "mon 15:00")


def test_so_it_is_while_the_clock_is_paused() -> None:
    timeline = [LOW, saw("14:00", "paused"), to("P1", "15:00")]
    seen = see(timeline, under("carry"), "16:00")
    cycle = seen.resolution
    assert (cycle.state, shown(cycle.missed_at), cycle.severity) == (
        "paused",
        "mon 15:00",
        "breached",
    )
    assert named(seen.fold.crossings()) == [("breached", "mon 15:00"), ("level:3", "mon 15:00")]


def test_at_the_new_target_exactly_it_is_due_at_the_change_and_not_breached() -> None:
    running = see([LOW, to("P1", "13:00")], under("carry"), "13:00").resolution
    assert brief(running) == ("mon 13:00", None, "critical")
    paused = [LOW, saw("13:00", "paused"), to("P1", "14:00"), saw("15:00", "active")]
    assert brief(see(paused, under("carry"), "14:30").resolution) == (None, None, "critical")
    assert brief(see(paused, under("carry"), "15:01").resolution) == (
        "mon 14:00",
        "mon 14:00",
        "breached",
    )


def test_an_overdue_clock_is_judged_by_its_new_target() -> None:
    before, after = "mon 13:00", "mon 17:00"
    timeline = [HIGH, to("P2", "15:00")]
    assert brief(see(timeline, under("carry"), "14:00").resolution) == (before, before, "breached")
    seen = see(timeline, under("carry"), "15:30")
    assert brief(seen.resolution) == (after, None, "compliant")
    assert [one.milestone for one in seen.fold.crossings()][-2:] == ["breached", "level:3"]


def test_overdue_under_both_targets_a_clock_was_breached_when_it_was() -> None:
    targets = {"P1": {"resolution": "4h"}, "P2": {"resolution": "5h"}}
    seen = see([HIGH, to("P2", "15:00")], under("carry", targets), "16:00")
    assert brief(seen.resolution) == ("mon 13:00", "mon 13:00", "breached")


def test_a_clock_overdue_by_the_old_target_may_be_due_this_very_instant_by_the_new() -> None:
    targets = {"P1": {"resolution": "4h"}, "P2": {"resolution": "5h"}}
    seen = see([HIGH, to("P2", "14:00")], under("carry", targets), "14:00")
    assert brief(seen.resolution) == ("mon 14:00", None, "critical")


def test_what_was_counted_before_each_of_two_restarts_was_no_pause() -> None:
    timeline = [LOW, to("P1", "11:00"), to("P2", "12:00")]
    cycle = see(timeline, under("restart"), "15:00").resolution
    assert (cycle.elapsed, cycle.paused, cycle.out_of_hours) == (3 * HOUR, 0, 0)


def test_pauses_are_always_kept() -> None:
    timeline = [LOW, saw("10:00", "paused"), saw("12:00", "active"), to("P1", "13:00")]
    for on_change, elapsed in (("carry", 2), ("recompute", 2), ("restart", 0)):
        cycle = see(timeline, under(on_change), "13:00").resolution
        assert cycle.elapsed == elapsed * HOUR
    still = [LOW, saw("10:00", "paused"), to("P1", "13:00")]
    assert see(still, under("restart"), "14:00").resolution.state == "paused"


def test_a_change_to_the_same_promise_changes_nothing() -> None:
    targets = {"P1": {"resolution": "4h"}, "P2": {"resolution": "4h"}}
    assert see([LOW, to("P1", "11:00")], under("restart", targets), "12:00").resolution.elapsed == (
        3 * HOUR
    )


# The observation that stops a clock
def test_the_observation_that_stops_a_clock_decides_its_target() -> None:
    seen = see([LOW, saw("15:00", "done", priority="P1")], under("carry"), "16:00")
    assert (seen.resolution.state, seen.resolution.target) == ("breached", 4 * HOUR)
    assert shown(seen.resolution.missed_at) == "mon 15:00"


@pytest.mark.parametrize("answer", [{"agent": "10:00"}, {"first": "10:00"}])
def test_so_does_the_one_that_answers_in_the_same_instant(answer: dict[str, Any]) -> None:
    targets = policy({"P1": {"response": "30m"}, "P2": {"response": "4h"}})
    raised = saw("10:00", priority="P1", **answer)
    response = see([LOW, raised], targets, "11:00").response
    assert (response.state, response.target) == ("breached", HOUR // 2)


def test_a_stopped_cycle_keeps_its_target() -> None:
    timeline = [LOW, saw("15:00", "done"), to("P1", "16:00")]
    seen = see(timeline, under("carry"), "17:00")
    assert (seen.resolution.state, seen.resolution.target) == ("met", 8 * HOUR)


def test_reopened_it_comes_under_the_priority_it_has_then() -> None:
    timeline = [LOW, saw("15:00", "done"), to("P1", "16:00"), saw("17:00", "waiting")]
    cycle = see(timeline, under("carry"), "17:30").resolution
    assert (cycle.target, shown(cycle.missed_at)) == (4 * HOUR, "mon 17:00")
    recomputed = see(timeline, under("recompute"), "17:30").resolution
    assert shown(recomputed.missed_at) == "mon 13:00"


# Targets that vanish and appear
NONE_FOR_P9 = {"P1": {"resolution": "4h", "response": "1h"}, "P2": {"resolution": "8h"}}


@pytest.mark.parametrize("on_change", ["carry", "restart", "recompute"])
def test_a_clock_whose_target_vanishes_is_cancelled_and_stays_listed(on_change: str) -> None:
    seen = see([HIGH, to("P9", "11:00")], under(on_change, NONE_FOR_P9), "15:00")
    cycle = seen.resolution
    assert (cycle.state, cycle.elapsed, cycle.target) == ("cancelled", 2 * HOUR, None)
    assert (shown(cycle.stopped_at), cycle.due_at) == ("mon 11:00", None)
    assert seen.verdict.state == "untracked"


def test_what_it_had_missed_it_has_missed() -> None:
    cycle = see([HIGH, to("P9", "14:00")], under("carry"), "15:00").resolution
    assert (cycle.state, shown(cycle.missed_at)) == ("cancelled", "mon 13:00")


@pytest.mark.parametrize(
    ("on_change", "elapsed"), [("carry", "3h"), ("recompute", "3h"), ("restart", "1h")]
)
def test_a_target_that_comes_back_finds_the_time_counted(on_change: str, elapsed: str) -> None:
    timeline = [HIGH, to("P9", "10:00"), to("P1", "11:00")]
    cycle = see(timeline, under(on_change), "12:00").resolution
    assert (cycle.state, cycle.stopped_at, cycle.elapsed) == ("running", None, span(elapsed))


def test_a_clock_whose_target_appears_later_starts_where_it_always_would_have() -> None:
    timeline = [saw("09:00", "waiting", priority="P9", tier="gold"), to("P1", "11:00")]
    then, now = see(timeline, under("carry"), "10:59"), see(timeline, under("carry"), "11:00")
    assert (then.verdict.cycles, then.verdict.state) == ([], "untracked")
    assert (shown(now.resolution.started_at), now.resolution.elapsed) == ("mon 09:00", 2 * HOUR)
    late = see([timeline[0], to("P1", "14:00")], under("carry"), "14:00").resolution
    assert shown(late.missed_at) == "mon 14:00"


def test_a_target_that_appears_after_the_stop_is_none() -> None:
    timeline = [
        saw("09:00", "waiting", priority="P9", tier="gold"),
        saw("10:00", "done"),
        to("P1", "11:00"),
    ]
    assert see(timeline, under("carry"), "12:00").verdict.cycles == []


def test_a_tier_changes_like_a_priority() -> None:
    timeline = [HIGH, saw("11:00", tier="tin"), saw("12:00", tier="Gold")]
    assert see(timeline, under("carry"), "11:30").resolution.state == "cancelled"
    assert see(timeline, under("carry"), "12:30").resolution.elapsed == 7 * HOUR // 2


# Another calendar
AT_NIGHT = [
    saw("15:00", "waiting", priority="P2", tier="gold"),
    to("P1", "19:00"),
]


@pytest.mark.parametrize(
    ("on_change", "elapsed", "due_at"),
    [
        ("carry", "2h", "mon 21:00"),
        ("restart", "0h", "mon 23:00"),
        ("recompute", "4h", "mon 19:00"),
    ],
)
def test_each_stretch_is_counted_by_the_calendar_then_in_force(
    on_change: str, elapsed: str, due_at: str
) -> None:
    calendars = under(on_change, calendars={"P2": OFFICE})
    cycle = see(AT_NIGHT, calendars, "19:00").resolution
    assert (cycle.elapsed, shown(cycle.due_at)) == (span(elapsed), due_at)


def test_working_days_are_counted_from_the_start_by_the_new_calendar_or_from_a_restart() -> None:
    targets = {"P1": {"resolution": "1bd"}, "P2": {"resolution": "8h"}}
    timeline = [saw("fri 15:00", "waiting", priority="P2", tier="gold"), to("P1", "fri 16:00")]
    carried = see(timeline, under("carry", targets, calendar=OFFICE), "fri 16:30").resolution
    anew = see(timeline, under("restart", targets, calendar=OFFICE), "fri 16:30").resolution
    assert shown(carried.due_at) == "2024-01-22T15:00:00+00:00"
    assert shown(anew.due_at) == "2024-01-22T16:00:00+00:00"


# Rearming
def milestones(seen: Seen) -> list[tuple[str, int, str | None]]:
    return [(one.milestone, one.ordinal, shown(one.at)) for one in seen.fold.crossings()]


def test_milestones_that_a_change_moves_into_the_future_are_crossed_anew() -> None:
    no_levels = under("carry", ladders={"P1": {}, "P2": {}})
    seen = see([HIGH, to("P2", "15:00")], no_levels, "tue 09:00")
    assert milestones(seen) == [
        ("warning", 0, "mon 12:24"),
        ("critical", 0, "mon 12:48"),
        ("breached", 0, "mon 13:00:00.000001"),
        ("warning", 1, "mon 15:48"),
        ("critical", 1, "mon 16:36"),
        ("breached", 1, "mon 17:00:00.000001"),
    ]


def test_milestones_that_stay_in_the_past_are_not() -> None:
    targets = {"P1": {"resolution": "4h"}, "P2": {"resolution": "245m"}}
    no_levels = {"P1": dict[int, str](), "P2": dict[int, str]()}
    for on_change in ("carry", "recompute"):
        under_both = under(on_change, targets, ladders=no_levels)
        seen = see([HIGH, to("P2", "12:59")], under_both, "13:04")
        assert milestones(seen) == [("warning", 0, "mon 12:24"), ("critical", 0, "mon 12:48")]


def test_a_restart_arms_everything_anew() -> None:
    no_levels = under("restart", ladders={"P1": {}, "P2": {}})
    seen = see([HIGH, to("P2", "15:00")], no_levels, "tue 09:00")
    assert milestones(seen)[3:] == [
        ("warning", 1, "mon 21:48"),
        ("critical", 1, "mon 22:36"),
        ("breached", 1, "mon 23:00:00.000001"),
    ]


def test_a_restart_leaves_no_level_of_another_ladder_behind() -> None:
    ladders: dict[str, dict[int, str]] = {"P1": {}, "P2": {4: "10m"}}
    seen = see([LOW, to("P1", "11:00")], under("restart", ladders=ladders), "11:30")
    assert level_at(seen.fold, at("11:30"), [], []) == 0


def test_recomputed_milestones_have_their_true_instants() -> None:
    no_levels = under("recompute", ladders={"P1": {}, "P2": {}})
    seen = see([LOW, to("P1", "15:00")], no_levels, "15:30")
    assert milestones(seen) == [
        ("warning", 0, "mon 12:24"),
        ("critical", 0, "mon 12:48"),
        ("breached", 0, "mon 13:00:00.000001"),
    ]
    assert at("13:00") == seen.resolution.missed_at
