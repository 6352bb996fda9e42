"""Deadlines that a ticket brings along."""

import pytest

from engine.sla import stored_fold
from engine.sla.policy import ClockKind
from engine.sla.timeline import Observation, fold
from tests.support.engines import Engine, told
from tests.support.policy_book import Book
from tests.support.timelines import HOUR, OFFICE, at, in_order, policy, saw, see, shown

FOUR = policy({"resolution": "4h", "response": "1h"})
SIX_PM: dict[ClockKind, str | None] = {"resolution": "18:00"}
NONE: dict[ClockKind, str | None] = {"resolution": None}
OPEN = saw("09:00", "waiting", own=SIX_PM)
WITHOUT = saw("09:00", "waiting")


def test_the_date_is_the_deadline_and_the_target_the_time_from_the_start_to_it() -> None:
    cycle = see([OPEN], FOUR, "09:00").resolution
    assert (shown(cycle.due_at), cycle.target) == ("mon 18:00", 9 * HOUR)
    assert (shown(cycle.own_date), cycle.own_date_ignored) == ("mon 18:00", None)


def test_null_withdraws_it_and_the_target_of_the_rule_is_back() -> None:
    seen = see([OPEN, saw("12:00", own=NONE)], FOUR, "12:00")
    assert (shown(seen.resolution.due_at), seen.resolution.own_date) == ("mon 13:00", None)
    never = see([WITHOUT, saw("12:00", own=NONE)], FOUR, "12:00").resolution
    assert shown(never.due_at) == "mon 13:00"


def test_an_observation_that_does_not_name_it_leaves_it() -> None:
    timeline = [OPEN, saw("12:00", "active"), saw("12:30", own={"response": None})]
    assert shown(see(timeline, FOUR, "13:00").resolution.due_at) == "mon 18:00"


def test_it_is_of_its_kind_only() -> None:
    clocks = {"vendor": {"kind": "resolution"}}
    under = policy({"resolution": "4h", "vendor": "2h", "response": "1h"}, clocks=clocks)
    seen = see([saw("09:00", "waiting", own={**SIX_PM, "response": "09:30"})], under, "09:00")
    due = {cycle.clock: shown(cycle.due_at) for cycle in seen.verdict.cycles}
    assert due == {"response": "mon 09:30", "resolution": "mon 18:00", "vendor": "mon 18:00"}


@pytest.mark.parametrize("priority", ["P9", None])
def test_it_counts_also_where_the_rule_has_no_target(priority: str | None) -> None:
    under = policy({"response": "1h"})
    seen = see([OPEN._replace(priority=priority)], under, "09:00")
    assert shown(seen.resolution.due_at) == "mon 18:00"
    assert seen.verdict.state == "compliant"
    other = see([OPEN._replace(tier="tin")], under, "18:01")
    assert (shown(other.resolution.missed_at), other.verdict.state) == ("mon 18:00", "breached")
    gone = see([OPEN, saw("12:00", own=NONE)], under, "13:00").resolution
    assert (gone.state, shown(gone.stopped_at)) == ("cancelled", "mon 12:00")


def test_it_counts_for_nothing_where_the_policy_ignores_it() -> None:
    ignoring = policy({"resolution": "4h"}, own_dates=False)
    cycle = see([OPEN], ignoring, "09:00").resolution
    assert (shown(cycle.due_at), cycle.own_date, cycle.own_date_ignored) == (
        "mon 13:00",
        None,
        None,
    )
    nothing = see([OPEN], policy({"response": "1h"}, own_dates=False), "09:00")
    assert nothing.cycles("resolution") == []


def test_a_version_that_ignores_it_moves_the_deadline_back() -> None:
    ignoring = policy({"resolution": "4h"}, version=2, accepted_at="10:00", own_dates=False)
    assert shown(see([OPEN], [FOUR, ignoring], "11:00").resolution.due_at) == "mon 13:00"
    taking = policy({"resolution": "4h"}, version=3, accepted_at="11:00")
    assert shown(see([OPEN], [FOUR, ignoring, taking], "12:00").resolution.due_at) == "mon 18:00"


def test_a_version_without_the_clock_promises_nothing() -> None:
    clocks = {"vendor": {"kind": "resolution"}}
    first = policy({"vendor": "2h"}, clocks=clocks)
    second = policy({"resolution": "4h"}, version=2, accepted_at="10:00")
    vendor = see([OPEN], [first, second], "11:00").cycle("vendor")
    assert (vendor.state, vendor.own_date) == ("cancelled", None)


# Its edges
@pytest.mark.parametrize("own", ["08:00", "09:00"])
def test_one_that_is_not_after_the_start_is_ignored_and_that_is_said(own: str) -> None:
    cycle = see([saw("09:00", "waiting", own={"resolution": own})], FOUR, "09:00").resolution
    assert (shown(cycle.due_at), cycle.own_date) == ("mon 13:00", None)
    assert shown(cycle.own_date_ignored) == f"mon {own}"


def test_it_is_ignored_for_that_cycle_only() -> None:
    anew = policy({"resolution": "4h"}, clocks={"resolution": {"reopen": "new_cycle"}})
    timeline = [OPEN, saw("10:00", "done"), saw("19:00", "waiting")]
    seen = see(timeline, anew, "20:00")
    first, second = seen.cycles("resolution")
    assert (first.state, shown(first.own_date)) == ("met", "mon 18:00")
    assert (shown(second.due_at), shown(second.own_date_ignored)) == ("mon 23:00", "mon 18:00")


def test_a_date_in_the_past_but_after_the_start_is_missed_at_once() -> None:
    seen = see([WITHOUT, saw("12:00", own={"resolution": "11:00"})], FOUR, "12:01")
    assert (seen.resolution.target, shown(seen.resolution.missed_at)) == (2 * HOUR, "mon 12:00")


def test_pauses_extend_it() -> None:
    timeline = [OPEN, saw("10:00", "paused"), saw("11:30", "active")]
    paused, again = see(timeline, FOUR, "11:00").resolution, see(timeline, FOUR, "12:00").resolution
    assert (paused.due_at, paused.target) == (None, 9 * HOUR)
    assert shown(again.due_at) == "mon 19:30"


@pytest.mark.parametrize(
    ("own", "target"), [("18:30", 8), ("17:00", 8), ("tue 09:00", 8), ("tue 08:00", 8)]
)
def test_in_closed_hours_the_given_instant_is_shown(own: str, target: int) -> None:
    under = policy({"resolution": "2h"}, calendar=OFFICE)
    timeline = [saw("09:00", "waiting", own={"resolution": own})]
    for as_of in ("09:00", "17:00", "20:00", "tue 09:00"):
        cycle = see(timeline, under, as_of).resolution
        assert (shown(cycle.due_at), cycle.target) == (shown(at(own)), target * HOUR)
    missed = see(timeline, under, "tue 10:00").resolution
    assert (shown(missed.missed_at), missed.severity) == (shown(at(own)), "breached")
    assert shown(missed.overdue_from) == "tue 09:00.000001".replace("00.", "00:00.")


def test_a_date_before_anything_has_counted_leaves_nothing() -> None:
    under = policy({"resolution": "2h"}, calendar=OFFICE)
    timeline = [saw("sat 10:00", "waiting", own={"resolution": "sun 12:00"})]
    cycle = see(timeline, under, "sat 11:00").resolution
    assert (cycle.target, shown(cycle.due_at), cycle.severity) == (0, "sun 12:00", "critical")


# A change of it
@pytest.mark.parametrize(
    ("on_change", "due_at", "elapsed"),
    [("carry", "mon 20:00", 3), ("restart", "mon 20:00", 0), ("recompute", "mon 20:00", 3)],
)
def test_a_change_of_it_is_a_change_in_mid_flight(
    on_change: str, due_at: str, elapsed: int
) -> None:
    under = policy({"resolution": "4h"}, clocks={"resolution": {"on_change": on_change}})
    seen = see([OPEN, saw("12:00", own={"resolution": "20:00"})], under, "12:00")
    assert (shown(seen.resolution.due_at), seen.resolution.elapsed) == (due_at, elapsed * HOUR)


def test_alerts_that_were_raised_are_armed_again() -> None:
    timeline = [OPEN, saw("17:50", own={"resolution": "20:00"}, priority="P1", tier="gold")]
    engine = Engine([timeline[0]._replace(priority="P1", tier="gold"), timeline[1]], [FOUR])
    raised = [one for one in told(engine.run("09:00", "21:00")) if one[0] == "breached"]
    assert raised[-1] == ("breached", "mon 20:00:00.000001", None)


def test_the_observation_that_stops_a_clock_decides_with_its_own_date() -> None:
    stopped = [WITHOUT, saw("15:00", "done", own=SIX_PM)]
    assert see(stopped, FOUR, "16:00").resolution.state == "met"
    in_time = [WITHOUT, saw("12:00", "done", own={"resolution": "11:00"})]
    assert see(in_time, FOUR, "16:00").resolution.state == "breached"
    answered = [WITHOUT, saw("10:30", agent="10:30", own={"response": "11:00"})]
    assert see(answered, FOUR, "12:00").response.state == "met"
    moved = [WITHOUT, saw("09:50", "waiting", own={"response": "11:00"}), saw("10:30", "active")]
    assert see(moved, FOUR, "12:00").response.state == "met"


def test_a_stopped_cycle_keeps_its_date_until_it_goes_on() -> None:
    timeline = [OPEN, saw("10:00", "done"), saw("11:00", own={"resolution": "20:00"})]
    assert shown(see(timeline, FOUR, "12:00").resolution.own_date) == "mon 18:00"
    again = see([*timeline, saw("13:00", "waiting")], FOUR, "13:00").resolution
    assert (shown(again.own_date), shown(again.due_at)) == ("mon 20:00", "mon 23:00")


# From the creation on
def test_from_the_creation_on_the_dates_of_the_first_observation_count() -> None:
    first = saw("10:00", "active", created="08:00", own=SIX_PM)
    early = see([first, saw("11:00", own={"resolution": "20:00"})], FOUR, "09:00").resolution
    assert (shown(early.due_at), early.target) == ("mon 18:00", 10 * HOUR)
    later = see(
        [saw("10:00", "active", created="08:00"), saw("11:00", own=SIX_PM)], FOUR, "09:00"
    ).resolution
    assert (shown(later.due_at), later.own_date) == ("mon 12:00", None)


def test_up_to_the_creation_the_last_that_is_said_counts() -> None:
    timeline = [
        saw("07:00", "waiting", own={"resolution": "20:00"}),
        saw("08:00", own=SIX_PM, created="08:30"),
    ]
    assert shown(see(timeline, FOUR, "09:00").resolution.due_at) == "mon 18:00"
    withdrawn = [*timeline, saw("08:30", own=NONE)]
    assert shown(see(withdrawn, FOUR, "09:00").resolution.due_at) == "mon 12:30"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(saw("12:00", own=NONE), id="withdrawn"),
        pytest.param(saw("12:00", own={"resolution": "20:00"}), id="moved"),
        pytest.param(saw("12:00", "done"), id="done"),
        pytest.param(saw("12:00", priority="P9"), id="another priority"),
    ],
)
@pytest.mark.parametrize("kept_at", ["09:00", "11:30"])
def test_a_stored_fold_goes_on_as_the_whole_does(more: Observation, kept_at: str) -> None:
    timeline = [OPEN._replace(priority="P1"), saw("11:00", "active")]
    known = [one for one in timeline if one.at <= at(kept_at)]
    followed = stored_fold.load(
        stored_fold.dump(fold(in_order(known), [FOUR], at(kept_at))), Book([FOUR])
    )
    for one in [*timeline[len(known) :], more, saw("13:00", "waiting")]:
        assert followed.follows(one, one.at, [FOUR])
        followed.follow(one, one.at, [FOUR])
    whole = fold(in_order([*timeline, more, saw("13:00", "waiting")]), [FOUR], at("13:00"))
    assert stored_fold.dump(followed) == stored_fold.dump(whole)


def test_a_change_that_is_counted_from_the_beginning_needs_the_whole() -> None:
    under = policy({"resolution": "4h"}, clocks={"resolution": {"on_change": "recompute"}})
    kept = fold(in_order([OPEN]), [under], at("10:00"))
    assert not kept.follows(saw("12:00", own=NONE), at("12:00"), [under])
    assert kept.follows(saw("12:00", own=SIX_PM), at("12:00"), [under])
