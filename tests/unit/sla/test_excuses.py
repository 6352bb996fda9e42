"""Time that both sides agreed not to count: elapsed stands still, and deadlines move behind it."""

from typing import Any

import pytest

from engine.sla.calendar import ALWAYS, FAR_FUTURE
from engine.sla.conditions import Attributes, Match, condition
from engine.sla.excuses import Excepted, Excuse, Excuses, merged, spliced
from engine.sla.milestones import Crossing
from engine.sla.verdict import CycleView
from tests.support.timelines import (
    MINUTE,
    OFFICE,
    SECOND,
    Seen,
    at,
    excuse,
    policy,
    saw,
    see,
    shown,
    span,
)

FOUR_HOURS = policy({"resolution": "4h"})
LIVED = [saw("09:00", "waiting"), saw("09:30", "active"), saw("13:45", "done")]
OPEN = LIVED[:2]


def milestones(seen: Seen) -> dict[str, str | None]:
    """When each was crossed."""
    crossed: list[Crossing] = seen.fold.crossings()
    return {one.milestone: shown(one.at) for one in crossed}


def figures(cycle: CycleView) -> tuple[str, float, str | None]:
    return cycle.state, cycle.elapsed / SECOND, shown(cycle.missed_at)


def test_a_missed_resolution_is_met_with_an_hour_excused() -> None:
    before, after = (
        see(LIVED, FOUR_HOURS, "14:00", *excuses) for excuses in ([], [excuse(("10:00", "11:00"))])
    )
    assert figures(before.resolution) == ("breached", 17_100, "mon 13:00")
    assert milestones(before).keys() == {
        *("warning", "critical", "breached"),
        *("level:1", "level:2", "level:3"),
    }
    assert figures(after.resolution) == ("met", 13_500, None)
    assert milestones(before)["warning"] == "mon 12:24"
    assert milestones(after) == {"warning": "mon 13:24", "level:1": "mon 13:24"}


def test_it_is_kept_what_it_would_have_been_had_it_counted() -> None:
    cycle = see(LIVED, FOUR_HOURS, "14:00", excuse(("10:00", "11:00"))).resolution
    assert cycle.uncounted == 3_600 * SECOND
    assert cycle.unexcused == (at("13:00"), at("13:00") + 1)


def test_of_a_cycle_without_windows_nothing_else_is_kept() -> None:
    cycle = see(LIVED, FOUR_HOURS, "14:00").resolution
    assert (cycle.uncounted, cycle.unexcused) == (0, None)


def test_a_window_that_goes_on_leaves_no_deadline_until_it_is_ended() -> None:
    going_on = see(OPEN, FOUR_HOURS, "12:10", excuse(("12:00", None)))
    assert going_on.resolution.state == "running"
    assert going_on.resolution.due_at is None
    assert going_on.resolution.elapsed == 3 * 3_600 * SECOND
    assert going_on.verdict.due_at is None
    assert going_on.fold.counting()[0].stands_still
    assert not going_on.fold.counting()[0].foreseen()

    ended = see(OPEN, FOUR_HOURS, "14:00", excuse(("12:00", "14:00")))
    assert shown(ended.resolution.due_at) == "mon 15:00"
    assert not ended.fold.counting()[0].stands_still


def test_a_window_known_beforehand_counts_in_the_deadline_at_once() -> None:
    seen = see(LIVED[:1], FOUR_HOURS, "09:00", excuse(("12:00", "14:00")))
    assert shown(seen.resolution.due_at) == "mon 15:00"
    assert shown(seen.resolution.warning_at) == "mon 14:24"
    assert seen.resolution.unexcused == (at("13:00"), at("13:00") + 1)


def test_overlapping_and_touching_windows_count_once() -> None:
    excuses = [excuse(("10:00", "11:00"), ("10:30", "11:30")), excuse(("11:30", "12:00"))]
    assert see(OPEN, FOUR_HOURS, "12:00", *excuses).resolution.elapsed == 60 * MINUTE
    assert merged([(5, 7), (1, 2), (2, 3), (4, 4), (6, 9)]) == ((1, 3), (5, 9))


def test_of_one_clock_the_others_know_nothing() -> None:
    both = policy({"response": "2h", "resolution": "4h"})
    seen = see(LIVED[:1], both, "11:00", excuse(("10:00", "11:00"), clocks=["response"]))
    assert shown(seen.response.due_at) == "mon 12:00"
    assert shown(seen.resolution.due_at) == "mon 13:00"


def test_what_a_ticket_says_of_itself_within_the_window_decides() -> None:
    """It comes to the priority at 11:00, and leaves it at 12:00."""
    same = policy({"P1": {"resolution": "8h"}, "P2": {"resolution": "8h"}})
    lived = [
        saw("09:00", "active", priority="P2"),
        saw("11:00", priority="P1"),
        saw("12:00", priority="P2"),
    ]
    cycle = see(lived, same, "14:00", excuse(("10:00", "13:00"), priority="p1")).resolution
    assert cycle.elapsed == 4 * 60 * MINUTE
    assert shown(cycle.due_at) == "mon 18:00"


ASKED: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"team": "Payments"}, {"said": {"team": "billing"}}, {"said": {"team": "payments"}}),
    ({"team": [None]}, {"said": {"team": "billing"}}, {"said": {"team": None}}),
    ({"assigned": "yes"}, {}, {"assigned": True}),
    ({"organization": "*"}, {}, {"said": {"organization": "ACME"}}),
    ({"type": "incident"}, {"said": {"type": "question"}}, {"said": {"type": "incident"}}),
    ({"tags": ["outage"]}, {"said": {"tags": ["slow"]}}, {"said": {"tags": ["slow", "Outage"]}}),
    ({"fields.region": "emea"}, {}, {"said": {"extra": {"region": "EMEA"}}}),
]


@pytest.mark.parametrize(("match", "before", "after"), ASKED)
def test_a_ticket_that_comes_to_match_is_excused_from_then_on(
    match: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    lived = [saw("09:00", "active", **before), saw("11:00", **after)]
    under = excuse(("10:00", "12:00"), **match)
    assert see(lived, FOUR_HOURS, "13:00", under).resolution.elapsed == 3 * 60 * MINUTE


def test_nothing_is_excused_that_must_not_be() -> None:
    but = Match((), (condition("team", "payments"),))
    hour = Excuse(((at("10:00"), at("11:00")),), but)
    for team, hours in (("payments", 3), ("billing", 2)):
        lived = [saw("09:00", "active", said={"team": team})]
        assert see(lived, FOUR_HOURS, "12:00", hour).resolution.elapsed == hours * 60 * MINUTE


def test_the_windows_of_many_kinds_of_tickets_are_not_all_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.sla.excuses.MOST_KEPT", 2)
    some = Excuses(1, [excuse(("10:00", "11:00"), team="a"), excuse(("11:00", "12:00"), team="b")])
    for _ in range(2):
        found = [some.windows("resolution", Attributes("", "", team)) for team in ("a", "b", "c")]
        assert [len(one) for one in found] == [1, 1, 0]


def test_recomputed_with_another_target_it_stays_excused_as_it_was() -> None:
    counted_anew = {"resolution": {"on_change": "recompute"}}
    same = policy({"P1": {"resolution": "8h"}, "P2": {"resolution": "4h"}}, clocks=counted_anew)
    lived = [saw("09:00", "active", priority="P1"), saw("12:00", priority="P2")]
    cycle = see(lived, same, "14:00", excuse(("10:00", "13:00"), priority="P1")).resolution
    assert cycle.elapsed == 3 * 60 * MINUTE  # 09:00 to 10:00, and from 12:00 on
    assert cycle.uncounted == 2 * 60 * MINUTE


def test_restarted_it_counts_from_there() -> None:
    anew = {"resolution": {"on_change": "restart"}}
    two = policy({"P1": {"resolution": "2h"}, "P2": {"resolution": "3h"}}, clocks=anew)
    lived = [saw("09:00", "active", priority="P1"), saw("12:00", priority="P2")]
    cycle = see(lived, two, "14:30", excuse(("10:00", "11:00"))).resolution
    assert (cycle.elapsed, cycle.uncounted, cycle.unexcused) == (150 * MINUTE, 0, None)
    assert shown(cycle.due_at) == "mon 15:00"


@pytest.mark.parametrize(("target", "would_have_been"), [("3h", "mon 12:30"), ("5h", "mon 14:00")])
def test_another_target_is_judged_without_the_excuse_too(target: str, would_have_been: str) -> None:
    """Two hours and a half have counted by then, and another one is excused."""
    two = policy({"P1": {"resolution": "4h"}, "P2": {"resolution": target}})
    lived = [saw("09:00", "active", priority="P1"), saw("12:30", priority="P2")]
    cycle = see(lived, two, "12:30", excuse(("10:00", "11:00"))).resolution
    assert cycle.unexcused is not None
    assert shown(cycle.unexcused[0]) == would_have_been


def test_all_of_another_target_used_up_with_what_is_excused_is_no_miss() -> None:
    two = policy({"P1": {"resolution": "8h"}, "P2": {"resolution": "4h"}})
    lived = [saw("09:00", "active", priority="P1"), saw("13:00", "done", priority="P2")]
    cycle = see(lived, two, "14:00", excuse(("10:00", "11:00"))).resolution
    assert (cycle.state, cycle.elapsed, cycle.uncounted) == ("met", 180 * MINUTE, 60 * MINUTE)
    assert cycle.unexcused is None  # had it counted, it would be met all the same


def test_over_by_another_target_as_well_it_would_have_been_missed_when_it_would() -> None:
    two = policy({"P1": {"resolution": "3h"}, "P2": {"resolution": "200m"}})
    lived = [saw("09:00", "active", priority="P1"), saw("12:45", priority="P2")]
    cycle = see(lived, two, "12:50", excuse(("10:00", "11:00"))).resolution
    assert cycle.unexcused is not None
    assert (cycle.missed_at, shown(cycle.unexcused[0])) == (None, "mon 12:00")


def test_what_happens_as_all_would_be_used_up_hides_no_miss_that_would_have_been() -> None:
    lived = [saw("09:00", "waiting"), saw("13:00", "active"), saw("13:30", "done")]
    cycle = see(lived, FOUR_HOURS, "14:00", excuse(("10:00", "11:00"))).resolution
    assert cycle.unexcused is not None
    assert (cycle.state, shown(cycle.unexcused[0])) == ("met", "mon 13:00")


def test_a_breach_by_another_target_may_be_the_same_without_the_excuse() -> None:
    two = policy({"P1": {"resolution": "4h"}, "P2": {"resolution": "2h"}})
    lived = [saw("09:00", "active", priority="P1"), saw("12:30", priority="P2")]
    cycle = see(lived, two, "12:30", excuse(("10:00", "11:00"))).resolution
    assert (shown(cycle.missed_at), cycle.unexcused) == ("mon 12:30", None)


def test_what_would_have_been_missed_is_met_under_a_longer_target_after_all() -> None:
    two = policy({"P1": {"resolution": "1h"}, "P2": {"resolution": "8h"}})
    lived = [saw("09:00", "active", priority="P1"), saw("12:00", priority="P2")]
    cycle = see(lived, two, "12:00", excuse(("09:30", "11:45"))).resolution
    assert cycle.state == "running"
    assert cycle.unexcused == (at("17:00"), at("17:00") + 1)


def test_a_miss_that_a_longer_target_took_back_is_none_though_an_excuse_lies_elsewhere() -> None:
    two = policy({"P1": {"response": "1h"}, "P2": {"response": "8h"}})
    lived = [
        saw("09:00", "waiting", priority="P1"),
        saw("11:00", priority="P2"),
        saw("12:00", "active"),
    ]
    cycle = see(lived, two, "sat 09:00", excuse(("fri 09:00", "fri 12:00"))).response
    assert (cycle.state, cycle.uncounted, cycle.unexcused) == ("met", 0, None)


def test_a_miss_before_the_first_window_would_have_been_one_as_well() -> None:
    lived = [saw("09:00", "active", priority="P1"), saw("14:00", priority="P2")]
    same = policy({"P1": {"resolution": "4h"}, "P2": {"resolution": "4h"}})
    later = excuse(("14:30", "15:00"), priority="P2")
    cycle = see(lived, same, "16:00", later).resolution
    assert (shown(cycle.missed_at), cycle.uncounted) == ("mon 13:00", 30 * MINUTE)
    assert cycle.unexcused is None


def test_closed_hours_and_windows_are_left_out_once() -> None:
    office = policy({"resolution": "10h"}, calendar=OFFICE)
    seen = see([saw("09:00", "active")], office, "tue 09:00", excuse(("16:00", "tue 10:00")))
    assert seen.resolution.elapsed == 7 * 60 * MINUTE
    assert shown(seen.resolution.due_at) == "tue 13:00"
    assert seen.resolution.uncounted == 60 * MINUTE


def test_a_window_out_of_hours_changes_nothing() -> None:
    counting = Excepted(OFFICE, ((at("18:00"), at("20:00")),))
    assert shown(counting.first_after(at("17:30"))) == "tue 09:00"


def test_a_deadline_where_a_window_begins_is_missed_after_the_window() -> None:
    seen = see(OPEN, FOUR_HOURS, "13:30", excuse(("13:00", "14:00")))
    assert shown(seen.resolution.due_at) == "mon 13:00"
    assert seen.resolution.missed_at is None
    assert seen.resolution.overdue_from == at("14:00") + 1
    assert see([*OPEN, saw("14:00", "done")], FOUR_HOURS, "15:00", excuse(("13:00", "14:00"))) \
        .resolution.state == "met"  # fmt: skip


def test_a_pause_within_a_window_is_a_pause() -> None:
    lived = [*OPEN, saw("10:30", "paused"), saw("11:30", "active")]
    seen = see(lived, FOUR_HOURS, "10:45", excuse(("10:00", "11:00")))
    assert seen.resolution.state == "paused"
    assert seen.fold.counting()[0].stands_still
    assert see(lived, FOUR_HOURS, "12:00", excuse(("10:00", "11:00"))).resolution.elapsed == (
        90 * MINUTE
    )


def test_budgets_are_measured_by_the_calendar_without_excuses() -> None:
    days = policy({"resolution": "1bd"}, calendar=OFFICE)
    seen = see([saw("10:00", "active")], days, "10:00", excuse(("12:00", "13:00")))
    assert seen.resolution.target == 8 * 60 * MINUTE
    assert shown(seen.resolution.due_at) == "tue 11:00"


@pytest.mark.parametrize(
    ("target", "window", "due_at"),
    [
        ("1bd", ("tue 09:30", "tue 12:00"), "tue 12:30"),
        ("1bd", ("tue 10:00", "tue 12:00"), "tue 12:00"),
        ("1bd", ("mon 16:00", "tue 12:00"), "tue 14:00"),
        ("8h", ("tue 10:00", "tue 12:00"), "tue 10:00"),
        ("1bd-end", ("tue 17:00", "wed 10:00"), "tue 17:00"),
        ("1bd", ("tue 10:00", None), None),
    ],
)
def test_working_days_that_end_within_a_window_end_with_it(
    target: str, window: tuple[str, str | None], due_at: str | None
) -> None:
    days = policy({"resolution": target}, calendar=OFFICE)
    seen = see([saw("10:00", "active")], days, "10:00", excuse(window))
    assert shown(seen.resolution.due_at) == due_at


def test_a_window_that_goes_on_from_before_leaves_nothing() -> None:
    seen = see(LIVED, FOUR_HOURS, "14:00", excuse(("08:00", None)))
    assert figures(seen.resolution) == ("met", 0, None)
    assert Excepted(ALWAYS, ((at("08:00"), FAR_FUTURE),)).first_after(at("09:00")) == FAR_FUTURE


def test_a_clock_that_becomes_another_kind_stays_excused() -> None:
    first = policy({"vendor": "4h"}, clocks={"vendor": {"kind": "resolution"}})
    later = policy(
        {"vendor": "4h"},
        clocks={"vendor": {"kind": "update"}},
        version=2,
        accepted_at="09:30",
    )
    seen = see(LIVED[:1], [first, later], "12:00", excuse(("10:00", "11:00")))
    assert seen.cycle("vendor").elapsed == 2 * 60 * MINUTE


def test_windows_are_spliced_where_another_list_takes_over() -> None:
    before, after = ((0, 10), (20, 30)), ((5, 25),)
    assert spliced(before, after, 8) == ((0, 25),)
    assert spliced(before, before, 8) == before
    assert spliced((), after, 8) == ((8, 25),)


def test_excused_time_uses_no_pause_limit() -> None:
    limited = {"resolution": {"pauses_at_most": span("2h")}}
    eight = policy({"resolution": "8h"}, clocks=limited)
    lived = [saw("09:00", "active"), saw("10:00", "paused")]
    assert shown(see(lived, eight, "10:00").resolution.resumes_at) == "mon 12:00"
    excused = see(lived, eight, "10:00", excuse(("10:30", "11:30"))).resolution
    assert shown(excused.resumes_at) == "mon 13:00"
    after = see(lived, eight, "14:00", excuse(("10:30", "11:30"))).resolution
    assert (after.state, after.elapsed, shown(after.due_at)) == (
        *("running", 2 * 60 * MINUTE, "mon 20:00"),
    )


def test_all_levels_move_with_elapsed() -> None:
    rungs = {"P1": {1: "1h", 2: "50%", 3: "due-30m", 4: "due+30m"}}
    seen = see(
        OPEN, policy({"resolution": "4h"}, ladders=rungs), "16:00", excuse(("09:30", "10:30"))
    )
    levels = {name: at for name, at in milestones(seen).items() if name.startswith("level")}
    assert levels == {
        "level:1": "mon 11:00",
        "level:2": "mon 12:00",
        "level:3": "mon 13:30",
        "level:4": "mon 14:30",
    }
