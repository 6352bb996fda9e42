"""The clocks of the desk itself: until somebody has the ticket, and as long as a team has it."""

from typing import Any

import pytest

from engine.sla import stored_fold
from engine.sla.policy import Policy
from engine.sla.timeline import Observation, fold
from engine.sla.verdict import CycleView
from tests.support.folds import again
from tests.support.policy_book import Book
from tests.support.timelines import Seen, at, in_order, policy, saw, see, shown, span

OWN = {"kind": "assignment"}
TEAM = {"kind": "ownership", "pauses_in": ("paused",)}


def owning(*asked: str, **targets: Any) -> Policy:
    clock = {**OWN, "again": frozenset(asked)}
    return policy(targets or {"own": "30m"}, clocks={"own": clock})


def stints(target: Any = "2h", **given: Any) -> Policy:
    return policy({"P1": {"team": target}}, clocks={"team": {**TEAM, **given}})


def opened(**said: Any) -> Observation:
    return saw("09:00", "waiting", priority="P1", tier="gold", **said)


def brief(seen: Seen, clock: str) -> list[tuple[Any, ...]]:
    """Of each cycle its start, state, elapsed, and when it was breached."""

    def of(cycle: CycleView) -> tuple[Any, ...]:
        missed = shown(cycle.missed_at)
        return shown(cycle.started_at), cycle.state, cycle.elapsed // span("1s"), missed

    return [of(cycle) for cycle in seen.cycles(clock)]


# Assignment
ASSIGNED = saw("09:20", assigned=True)
LOST = saw("10:00", assigned=False)


def test_it_is_met_when_somebody_is_assigned() -> None:
    seen = see([opened(), ASSIGNED, LOST], owning(), "12:00")
    assert brief(seen, "own") == [("mon 09:00", "met", 1200, None)]


def test_again_whenever_the_assignee_is_lost() -> None:
    seen = see(
        [opened(), ASSIGNED, LOST, saw("10:45", assigned=True)], owning("unassigned"), "12:00"
    )
    assert brief(seen, "own") == [
        ("mon 09:00", "met", 1200, None),
        ("mon 10:00", "breached", 2700, "mon 10:30"),
    ]


def test_again_whenever_it_comes_to_another_team_without_an_assignee() -> None:
    timeline = [
        opened(team="support"),
        saw("09:20", assigned=True),
        saw("10:00", team="billing", assigned=False),
        saw("10:10", team="Billing"),
        saw("10:20", assigned=True, team="payments"),
        saw("11:00", assigned=False),
    ]
    assert brief(see(timeline, owning("team"), "12:00"), "own") == [
        ("mon 09:00", "met", 1200, None),
        ("mon 10:00", "met", 1200, None),
    ]


def test_a_cycle_that_is_open_goes_on() -> None:
    timeline = [opened(team="support"), saw("09:10", team="billing"), saw("09:20", team=None)]
    assert brief(see(timeline, owning("team", "unassigned"), "09:25"), "own") == [
        ("mon 09:00", "running", 1500, None)
    ]


def test_before_the_first_observation_nobody_is_assigned() -> None:
    first = saw("09:20", "active", priority="P1", tier="gold", created="09:00", assigned=True)
    assert brief(see([first], owning(), "12:00"), "own") == [("mon 09:00", "met", 1200, None)]


def test_whoever_is_assigned_from_the_start_never_waited() -> None:
    seen = see([opened(assigned=True)], owning(), "12:00")
    assert brief(seen, "own") == [("mon 09:00", "met", 0, None)]


def test_done_holds_it() -> None:
    timeline = [opened(), saw("09:10", "done"), saw("11:00", "active"), saw("11:15", assigned=True)]
    seen = see(timeline, owning(), "10:00")
    assert brief(seen, "own") == [("mon 09:00", "paused", 600, None)]
    assert brief(see(timeline, owning(), "12:00"), "own") == [("mon 09:00", "met", 1500, None)]


def test_an_assignee_lost_while_done_starts_it_at_the_reopen() -> None:
    timeline = [opened(), ASSIGNED, saw("09:30", "done"), LOST, saw("11:00", "active")]
    assert brief(see(timeline, owning("unassigned"), "11:10"), "own") == [
        ("mon 09:00", "met", 1200, None),
        ("mon 11:00", "running", 600, None),
    ]
    found = [*timeline[:-1], saw("10:30", assigned=True), timeline[-1]]
    assert len(see(found, owning("unassigned"), "11:10").cycles("own")) == 1


def test_what_was_lost_while_done_outlives_the_head() -> None:
    under = owning("unassigned")
    timeline = [opened(), ASSIGNED, saw("09:30", "done"), LOST]
    kept = stored_fold.dump(fold(in_order(timeline), [under], at("10:00")))
    loaded = stored_fold.load(again(kept), Book([under]))
    reopened = saw("11:00", "active")
    assert loaded.follows(reopened, at("11:00"), [under])
    loaded.follow(reopened, at("11:00"), [under])
    cycle = loaded.clocks["own"].cycle
    assert cycle is not None
    assert (cycle.number, cycle.started_at) == (2, at("11:00"))


def test_a_cancelled_ticket_waits_for_nobody_until_it_is_none_any_more() -> None:
    timeline = [opened(), saw("09:10", "cancelled"), saw("11:00", "active")]
    assert brief(see(timeline, owning(), "10:00"), "own") == [("mon 09:00", "cancelled", 600, None)]
    assert brief(see(timeline, owning(), "11:10"), "own") == [("mon 09:00", "running", 1200, None)]
    taken = [*timeline[:2], saw("10:00", assigned=True), timeline[2]]
    assert brief(see(taken, owning(), "12:00"), "own") == [("mon 09:00", "met", 600, None)]
    spam = saw("09:00", "cancelled", priority="P1", tier="gold", assigned=True)
    assert brief(see([spam], owning(), "10:00"), "own") == [("mon 09:00", "cancelled", 0, None)]


def test_the_observation_that_assigns_decides_the_target() -> None:
    under = policy({"P1": {"own": "30m"}, "P2": {"own": "10m"}}, clocks={"own": OWN})
    seen = see([opened(), saw("09:20", assigned=True, priority="P2")], under, "12:00")
    assert brief(seen, "own")[0][1:] == ("breached", 1200, "mon 09:20")


def test_it_never_pauses_unless_it_is_so_configured() -> None:
    timeline = [opened(), saw("09:10", "paused")]
    assert see(timeline, owning(), "09:20").cycle("own").state == "running"
    pausing = policy({"own": "30m"}, clocks={"own": {**OWN, "pauses_in": ("paused",)}})
    assert see(timeline, pausing, "09:20").cycle("own").state == "paused"


# Ownership
SUPPORT = opened(team="support")
BILLING = saw("10:30", team="billing")
BACK = saw("12:00", team="support")
DONE = saw("15:00", "done")


def test_every_stint_of_a_team_is_a_cycle() -> None:
    seen = see([SUPPORT, BILLING, BACK, DONE], stints(), "18:00")
    assert brief(seen, "team") == [
        ("mon 09:00", "met", 5400, None),
        ("mon 10:30", "met", 5400, None),
        ("mon 12:00", "breached", 10800, "mon 14:00"),
    ]
    assert [cycle.team for cycle in seen.cycles("team")] == ["support", "billing", "support"]


def test_it_is_paused_like_a_resolution() -> None:
    pending = [saw("12:30", "paused"), saw("13:30", "active")]
    seen = see([SUPPORT, BILLING, BACK, *pending, DONE], stints(), "18:00")
    assert brief(seen, "team")[2] == ("mon 12:00", "met", 7200, None)


def test_each_team_may_have_a_target_of_its_own() -> None:
    targets = {"Billing": "1h", "default": "8h"}
    seen = see([SUPPORT, BILLING, BACK], stints(targets), "13:00")
    assert [cycle.target for cycle in seen.cycles("team")] == [span("8h"), span("1h"), span("8h")]
    assert brief(seen, "team")[1][1] == "breached"
    only = see([SUPPORT, BILLING, BACK], stints({"billing": "1h"}), "13:00")
    assert [cycle.team for cycle in only.cycles("team")] == ["billing"]


def test_the_observation_that_moves_it_on_does_not_retarget_the_stint_that_it_ends() -> None:
    targets = {"P1": {"team": "2h"}, "P2": {"team": "1h"}}
    under = policy(targets, clocks={"team": TEAM})
    seen = see([SUPPORT, saw("10:30", team="billing", priority="P2")], under, "11:00")
    assert [(cycle.state, cycle.target) for cycle in seen.cycles("team")] == [
        ("met", span("2h")),
        ("running", span("1h")),
    ]


def test_teams_are_the_same_without_regard_to_case() -> None:
    seen = see([SUPPORT, saw("10:00", team="SUPPORT")], stints(), "10:30")
    assert brief(seen, "team") == [("mon 09:00", "running", 5400, None)]


def test_a_team_that_is_cleared_has_it_no_more() -> None:
    seen = see([SUPPORT, saw("10:00", team=None)], stints(), "12:00")
    assert brief(seen, "team") == [("mon 09:00", "met", 3600, None)]


def test_a_ticket_without_a_team_has_none() -> None:
    assert see([opened()], stints(), "12:00").cycles("team") == []


@pytest.mark.parametrize("phase", ["done", "cancelled"])
def test_none_starts_while_it_is_done_or_cancelled(phase: Any) -> None:
    timeline = [SUPPORT, saw("10:00", phase), saw("11:00", team="billing")]
    assert len(see(timeline, stints(), "12:00").cycles("team")) == 1
    reopened = see([*timeline, saw("12:00", "active")], stints(), "12:30")
    cycle = reopened.cycle("team")
    assert (cycle.number, cycle.team, shown(cycle.started_at)) == (2, "billing", "mon 12:00")


def test_what_is_cancelled_ends_the_stint_that_way() -> None:
    seen = see([SUPPORT, saw("10:00", "cancelled")], stints(), "12:00")
    assert brief(seen, "team") == [("mon 09:00", "cancelled", 3600, None)]


@pytest.mark.parametrize("phase", ["done", "cancelled"])
def test_a_stint_that_never_lasted_never_was(phase: Any) -> None:
    timeline = [SUPPORT, saw("10:00", team="billing"), saw("10:00", phase, rev=1)]
    assert [cycle.team for cycle in see(timeline, stints(), "12:00").cycles("team")] == ["support"]
    passed_on = [SUPPORT, saw("10:00", team="billing"), saw("10:00", team="payments", rev=1)]
    seen = see(passed_on, stints(), "12:00")
    assert [cycle.team for cycle in seen.cycles("team")] == ["support", "payments"]


def test_from_creation_on_the_team_of_the_first_observation_has_it() -> None:
    first = saw("09:30", "active", priority="P1", tier="gold", created="09:00", team="support")
    assert brief(see([first], stints(), "10:00"), "team") == [("mon 09:00", "running", 3600, None)]


def test_a_stored_fold_keeps_whose_stint_it_is() -> None:
    under = stints({"support": "1h", "default": "8h"})
    kept = stored_fold.dump(fold(in_order([SUPPORT, BILLING, BACK]), [under], at("12:00")))
    loaded = stored_fold.load(again(kept), Book([under]))
    cycle = loaded.clocks["team"].cycle
    assert cycle is not None
    assert (cycle.team, cycle.target, cycle.due_at()) == ("support", span("1h"), at("13:00"))
    same = saw("12:30", team="Support", assigned=True)
    loaded.follow(same, at("12:30"), [under])
    whole = fold(in_order([SUPPORT, BILLING, BACK, same]), [under], at("12:30"))
    assert stored_fold.dump(loaded) == stored_fold.dump(whole)
