"""Policies that are accepted while tickets are open: which apply to what, and from when on."""

from typing import Any

import pytest

from engine.sla import stored_fold
from engine.sla.policy import ClockKind, Policy
from engine.sla.stored_fold import StoredFold
from engine.sla.timeline import fold
from tests.support.engines import named
from tests.support.policy_book import Book
from tests.support.timelines import HOUR, MINUTE, OFFICE, at, in_order, policy, saw, see, shown

OPEN = saw("09:00", "waiting")
FIRST = policy({"resolution": "8h", "response": "1h"})


def later(
    version: int, accepted_at: str, targets: dict[str, Any] | None = None, **given: Any
) -> Policy:
    promised = {"resolution": "4h", "response": "1h"} if targets is None else targets
    return policy(promised, version=version, accepted_at=accepted_at, **given)


def test_a_version_applies_from_its_acceptance_to_what_is_open_then() -> None:
    versions = [FIRST, later(2, "11:00")]
    before, after = see([OPEN], versions, "10:59"), see([OPEN], versions, "11:00")
    assert (before.resolution.policy, before.resolution.target) == (1, 8 * HOUR)
    assert (after.resolution.policy, after.resolution.target) == (2, 4 * HOUR)
    assert after.resolution.elapsed == 2 * HOUR


def test_stopped_cycles_are_never_touched() -> None:
    timeline = [OPEN, saw("10:30", "active")]
    seen = see(timeline, [FIRST, later(2, "11:00")], "12:00")
    assert (seen.response.policy, seen.resolution.policy) == (1, 2)
    done = see([*timeline, saw("10:45", "done")], [FIRST, later(2, "11:00")], "12:00")
    assert (done.resolution.policy, done.resolution.target) == (1, 8 * HOUR)


def test_reopened_they_come_under_what_is_in_force_then() -> None:
    timeline = [OPEN, saw("10:00", "done"), saw("12:00", "waiting")]
    paused_only_by_done = later(2, "11:00", clocks={"resolution": {"pauses_in": ()}})
    seen = see([*timeline, saw("13:00", "paused")], [FIRST, paused_only_by_done], "14:00")
    assert (seen.resolution.policy, seen.resolution.target) == (2, 4 * HOUR)
    assert (seen.resolution.state, seen.resolution.elapsed) == ("running", 3 * HOUR)


def test_a_version_for_new_tickets_applies_to_no_ticket_that_is_there() -> None:
    for_new = later(2, "11:00", apply_to="new_tickets")
    for_all = later(3, "13:00")
    assert see([OPEN], [FIRST, for_new], "12:00").resolution.policy == 1
    assert see([OPEN], [FIRST, for_new, for_all], "14:00").resolution.policy == 3
    assert see([OPEN], [for_new, for_all], "12:00").resolution.policy == 2


def test_a_ticket_begins_under_its_first_version_for_all_its_past() -> None:
    seen = see([saw("10:00", "done", created="09:00")], [later(7, "fri 09:00")], "fri 10:00")
    assert (seen.resolution.policy, seen.resolution.target) == (7, 4 * HOUR)


def test_a_version_accepted_before_a_future_ticket_is_created_is_its_first() -> None:
    timeline = [saw("tue 09:00", "active", created="tue 09:00")]
    seen = see(timeline, [FIRST, later(2, "11:00")], "tue 10:00")
    assert {cycle.policy for cycle in seen.verdict.cycles} == {2}
    assert seen.fold.policy.version == 2


def test_a_version_may_take_the_target_away_and_another_give_it_back() -> None:
    versions = [FIRST, later(2, "11:00", {}), later(3, "12:00")]
    assert see([OPEN], versions, "11:30").resolution.state == "cancelled"
    seen = see([OPEN], versions, "12:30")
    assert (seen.resolution.state, seen.resolution.elapsed) == ("running", 7 * HOUR // 2)


def test_a_version_with_other_thresholds_moves_milestones_only() -> None:
    versions = [FIRST, later(2, "11:00", {"resolution": "8h", "response": "1h"}, warning=80)]
    seen = see([OPEN], versions, "11:30")
    assert ("warning", "mon 11:00") in named(seen.fold.crossings())
    assert (seen.resolution.severity, shown(seen.resolution.due_at)) == ("warning", "mon 17:00")


def test_a_version_may_change_what_pauses_a_clock() -> None:
    runs_on = later(2, "11:00", {"resolution": "8h"}, clocks={"resolution": {"pauses_in": ()}})
    timeline = [OPEN, saw("10:00", "paused")]
    assert see(timeline, [FIRST, runs_on], "10:59").resolution.state == "paused"
    cycle = see(timeline, [FIRST, runs_on], "12:00").resolution
    assert (cycle.state, cycle.elapsed) == ("running", 2 * HOUR)


@pytest.mark.parametrize(
    ("on_change", "elapsed"), [("carry", 7 * HOUR), ("restart", 0), ("recompute", 5 * HOUR)]
)
def test_a_version_may_change_the_calendar(on_change: str, elapsed: int) -> None:
    in_office = later(
        2,
        "19:00",
        {"resolution": "80h"},
        calendar=OFFICE,
        clocks={"resolution": {"on_change": on_change}},
    )
    cycle = see([saw("12:00", "waiting")], [FIRST, in_office], "20:00").resolution
    assert (cycle.elapsed, cycle.calendar) == (elapsed, "office")


# Clocks that only some versions know
VENDOR = {"vendor": {"kind": "resolution", "pauses_in": ("active",)}}
TARGETS = {"resolution": "8h", "response": "1h"}
WITH: dict[str, Any] = {
    "targets": {**TARGETS, "vendor": "5h"},
    "clocks": VENDOR,
    "calendar": OFFICE,
}


def test_a_clock_that_a_version_adds_starts_where_it_always_would_have() -> None:
    versions = [FIRST, later(2, "18:00", **WITH)]
    assert see([OPEN], versions, "17:00").cycles("vendor") == []
    assert see([OPEN], versions, "18:00").cycle("vendor").elapsed == 8 * HOUR
    vendor = see([OPEN, saw("10:00", "active"), saw("12:00", "waiting")], versions, "19:00")
    cycle = vendor.cycle("vendor")
    assert (shown(cycle.started_at), cycle.elapsed) == ("mon 09:00", 6 * HOUR)
    assert shown(cycle.missed_at) == "mon 16:00"


def test_a_clock_that_a_version_takes_away_is_cancelled_and_stays_listed() -> None:
    versions = [later(1, "00:00", **WITH), later(2, "12:00", TARGETS)]
    timeline = [OPEN, saw("13:00", "active"), saw("14:00", "done"), saw("15:00", "waiting")]
    for as_of in ("12:00", "13:30", "14:30", "15:30"):
        cycle = see(timeline, versions, as_of).cycle("vendor")
        assert (cycle.state, cycle.elapsed) == ("cancelled", 3 * HOUR)


def test_a_clock_that_comes_back_was_counted_by_its_calendar_all_the_time() -> None:
    versions = [later(1, "00:00", **WITH), later(2, "12:00", TARGETS), later(3, "20:00", **WITH)]
    cycle = see([OPEN], versions, "20:00").cycle("vendor")
    assert (cycle.state, cycle.elapsed) == ("running", 8 * HOUR)


def test_a_clock_of_later_versions_does_not_change_what_answered_before() -> None:
    picky: dict[str, Any] = {"promise": {"kind": "response", "answered_by": "reply"}}
    second = later(2, "12:00", {**TARGETS, "next_response": "1h", "promise": "9h"}, clocks=picky)
    timeline = [OPEN, saw("09:30", "active"), saw("10:00", customer="10:00")]
    seen = see(timeline, [FIRST, second], "12:30")
    assert seen.response.elapsed == 30 * MINUTE
    assert seen.cycle("next_response").state == "running"
    assert seen.cycle("promise").state == "running"


KINDS: list[ClockKind] = ["response", "resolution", "next_response", "update"]
CHANGED = saw("09:30", "active", agent="09:30", customer="09:20")


def of_kind(kind: ClockKind, version: int, accepted_at: str) -> Policy:
    clocks: dict[str, Any] = {"vendor": {"kind": kind}}
    return later(version, accepted_at, {"vendor": "5h"}, clocks=clocks)


@pytest.mark.parametrize("then", KINDS)
@pytest.mark.parametrize("now", KINDS)
@pytest.mark.parametrize("accepted_at", ["09:10", "10:30", "12:30", "14:30"])
def test_a_clock_may_change_its_kind_and_keeps_its_cycles(
    then: ClockKind, now: ClockKind, accepted_at: str
) -> None:
    versions = [of_kind(then, 1, "00:00"), of_kind(now, 2, accepted_at)]
    timeline = [
        OPEN,
        CHANGED,
        saw("10:00", "done"),
        saw("11:00", customer="11:00"),
        saw("12:00", "waiting"),
        saw("13:00", "cancelled", agent="13:00"),
        saw("14:00", "done"),
        saw("15:00", "paused", customer="15:00"),
    ]
    kept: StoredFold | None = None
    for number, one in enumerate(timeline, 1):
        whole = fold(in_order(timeline[:number]), versions, one.at)
        if kept:
            loaded = stored_fold.load(kept, Book(versions))
            if loaded.follows(one, one.at, versions):
                loaded.follow(one, one.at, versions)
                if not any(clock.forgotten for clock in loaded.clocks.values()):
                    assert stored_fold.dump(loaded) == stored_fold.dump(whole)
        kept = stored_fold.dump(whole)
    seen = see(timeline, versions, "16:00")
    assert {cycle.policy for cycle in seen.cycles("vendor")} <= {1, 2}


def test_a_held_response_may_become_a_resolution_that_begins_anew() -> None:
    held: dict[str, Any] = {"vendor": {"kind": "response", "answered_by": "reply"}}
    anew: dict[str, Any] = {"vendor": {"kind": "resolution", "reopen": "new_cycle"}}
    versions = [
        later(1, "00:00", {"vendor": "5h"}, clocks=held),
        later(2, "11:00", {"vendor": "5h"}, clocks=anew),
    ]
    seen = see([OPEN, saw("10:00", "done"), saw("12:00", "waiting")], versions, "13:00")
    assert (seen.cycle("vendor").number, seen.cycle("vendor").elapsed) == (1, 2 * HOUR)


# Catching up
def test_a_fold_catches_up_with_versions_accepted_since() -> None:
    versions = [FIRST, later(2, "11:00"), later(3, "12:00", apply_to="new_tickets")]
    caught = fold(in_order([OPEN]), versions[:1], at("10:00"))
    assert caught.catch_up(at("10:30"), versions)
    assert caught.policy.version == 1
    assert caught.catch_up(at("12:30"), versions)
    assert caught.policy.version == 2
    caught.count_to(at("13:00"))
    whole = see([OPEN], versions, "13:00").fold
    assert caught.crossings() == whole.crossings()


@pytest.mark.parametrize(
    ("version", "as_of"),
    [
        (later(2, "11:00", clocks={"resolution": {"on_change": "recompute"}}), "10:00"),
        (later(2, "11:00", **WITH), "10:00"),
        (later(2, "08:00"), "10:00"),
    ],
)
def test_only_a_refold_can_apply_what_changes_the_past(version: Policy, as_of: str) -> None:
    caught = fold(in_order([OPEN]), [FIRST], at(as_of))
    assert not caught.catch_up(at("12:00"), [FIRST, version])


def test_with_a_known_future_only_a_refold_will_do() -> None:
    waiting = fold(in_order([OPEN, saw("18:00", "done")]), [FIRST], at("10:00"))
    assert not waiting.catch_up(at("12:00"), [FIRST, later(2, "11:00")])
