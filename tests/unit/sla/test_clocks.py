"""What starts, pauses and stops each of the four clocks, and what begins anew."""

from typing import Any

import pytest

from engine.sla.policy import Phase
from engine.sla.timeline import Observation
from engine.sla.verdict import CycleView
from tests.support.timelines import HOUR, MINUTE, policy, saw, see, shown, span

TARGETS = {"response": "1h", "resolution": "4h", "next_response": "30m", "update": "2h"}
PLAIN = policy(TARGETS)
OPEN = saw("09:00", "waiting")


def cycles(
    clock: str, timeline: list[Observation], as_of: str = "18:00", **clocks: Any
) -> list[tuple[str | None, str | None, str]]:
    """Start, stop and state of every cycle of a clock."""
    under = policy(TARGETS, clocks={clock: clocks})
    return [brief(cycle) for cycle in see(timeline, under, as_of).cycles(clock)]


def brief(cycle: CycleView) -> tuple[str | None, str | None, str]:
    return shown(cycle.started_at), shown(cycle.stopped_at), cycle.state


# Response
@pytest.mark.parametrize(
    ("then", "stopped_at"),
    [
        ([saw("09:10", agent="09:05")], "mon 09:05"),
        ([saw("09:10", "active")], "mon 09:10"),
        ([saw("09:10", "paused")], "mon 09:10"),
        ([saw("09:10", "done")], "mon 09:10"),
        ([saw("09:10", "active", agent="09:05")], "mon 09:05"),
        ([saw("09:04", "active"), saw("09:10", agent="09:05")], "mon 09:04"),
        ([saw("09:10", "waiting")], None),
        ([saw("09:10", customer="09:05")], None),
        ([saw("09:10", "active", first="09:02")], "mon 09:02"),
    ],
)
def test_the_first_answer_stops_the_response(
    then: list[Observation], stopped_at: str | None
) -> None:
    assert cycles("response", [OPEN, *then], "09:30") == [
        ("mon 09:00", stopped_at, "met" if stopped_at else "running")
    ]


@pytest.mark.parametrize("phase", ["active", "paused", "done"])
def test_where_only_a_reply_answers_a_status_does_not(phase: Phase) -> None:
    timeline = [OPEN, saw("09:10", phase), saw("09:50", "active", agent="09:40")]
    [response] = cycles("response", timeline, answered_by="reply")
    assert response == ("mon 09:00", "mon 09:40", "met")


def test_a_response_is_met_or_breached_once_and_for_all() -> None:
    timeline = [OPEN, saw("11:00", "done"), saw("12:00", "waiting"), saw("13:00", "active")]
    assert cycles("response", timeline) == [("mon 09:00", "mon 11:00", "breached")]


def test_a_response_is_not_paused_unless_the_configuration_says_so() -> None:
    timeline = [
        OPEN,
        saw("09:10", "paused"),
        saw("09:40", "waiting"),
        saw("10:20", agent="10:20"),
    ]
    by_default = policy({"response": "1h"}, clocks={"response": {"answered_by": "reply"}})
    pausing = policy(
        {"response": "1h"}, clocks={"response": {"answered_by": "reply", "pauses_in": ("paused",)}}
    )
    assert see(timeline, by_default, "11:00").response.elapsed == 80 * MINUTE
    assert see(timeline, pausing, "11:00").response.elapsed == 50 * MINUTE


# Resolution
@pytest.mark.parametrize(
    ("then", "elapsed", "state"),
    [
        ([saw("10:00", "done")], "1h", "met"),
        ([saw("10:00", "active"), saw("12:00", "done")], "3h", "met"),
        ([saw("10:00", "paused"), saw("12:00", "done")], "1h", "met"),
        ([saw("10:00", "paused"), saw("12:00", "active"), saw("16:00", "done")], "5h", "breached"),
        ([saw("10:00", "done"), saw("12:00", "done")], "1h", "met"),
        ([saw("12:59:59", "done")], "3h59m59s", "met"),
        ([saw("13:00", "done")], "4h", "met"),
        ([saw("13:00:01", "done")], "4h1s", "breached"),
    ],
)
def test_a_resolution_runs_but_in_paused_and_ends_with_done(
    then: list[Observation], elapsed: str, state: str
) -> None:
    cycle = see([OPEN, *then], PLAIN, "18:00").resolution
    assert (cycle.elapsed, cycle.state) == (span(elapsed), state)


@pytest.mark.parametrize(
    ("pauses_in", "elapsed"),
    [((), "4h"), (("paused",), "3h"), (("waiting", "paused"), "2h"), (("active",), "2h")],
)
def test_any_phases_may_pause_a_clock(pauses_in: tuple[Phase, ...], elapsed: str) -> None:
    timeline = [OPEN, saw("10:00", "active"), saw("12:00", "paused"), saw("13:00", "done")]
    under = policy({"resolution": "4h"}, clocks={"resolution": {"pauses_in": pauses_in}})
    assert see(timeline, under, "18:00").resolution.elapsed == span(elapsed)


def test_resolved_and_then_closed_changes_nothing() -> None:
    timeline = [OPEN, saw("10:00", "done"), saw("tue 10:00", "done")]
    assert cycles("resolution", timeline, "wed 10:00") == [("mon 09:00", "mon 10:00", "met")]


# Next response
ANSWERED = [OPEN, saw("09:10", "active", agent="09:10")]


def test_a_wait_lasts_from_the_oldest_unanswered_customer_reply_to_the_next_agent_reply() -> None:
    timeline = [
        *ANSWERED,
        saw("10:00", customer="10:00"),
        saw("10:10", customer="10:10"),
        saw("10:20", agent="10:20"),
        saw("11:00", customer="11:00"),
        saw("11:40", agent="11:40"),
        saw("12:00", agent="12:00"),
        saw("17:45", customer="17:45"),
    ]
    assert cycles("next_response", timeline) == [
        ("mon 10:00", "mon 10:20", "met"),
        ("mon 11:00", "mon 11:40", "breached"),
        ("mon 17:45", None, "running"),
    ]


BEFORE_THE_ANSWER = [
    OPEN,
    saw("09:05", customer="09:05"),
    saw("09:15", customer="09:15"),
    saw("09:30", agent="09:30"),
]


def test_before_the_first_response_there_is_no_wait_for_the_next() -> None:
    assert cycles("next_response", BEFORE_THE_ANSWER) == []


def test_unless_any_customer_reply_counts() -> None:
    found = cycles("next_response", BEFORE_THE_ANSWER, after="creation")
    assert found == [("mon 09:05", "mon 09:30", "met")]


def test_a_first_response_by_status_is_one() -> None:
    timeline = [OPEN, saw("09:10", "active"), saw("10:00", customer="10:00")]
    assert cycles("next_response", timeline, "10:10") == [("mon 10:00", None, "running")]


def test_a_status_that_does_not_answer_begins_no_waits() -> None:
    under = policy(TARGETS, clocks={"response": {"answered_by": "reply"}})
    timeline = [OPEN, saw("09:10", "active"), saw("10:00", customer="10:00")]
    assert see(timeline, under, "10:10").cycles("next_response") == []


@pytest.mark.parametrize("answer", [{"agent": "10:00"}, {"first": "10:00"}])
def test_what_the_customer_wrote_when_the_first_response_came_is_answered_by_it(
    answer: dict[str, Any],
) -> None:
    timeline = [OPEN, saw("10:00", customer="10:00", **answer)]
    assert cycles("next_response", timeline) == []


def test_a_wait_is_not_paused_unless_the_configuration_says_so() -> None:
    timeline = [*ANSWERED, saw("10:00", "paused", customer="10:00"), saw("10:10", "active")]
    assert see(timeline, PLAIN, "10:15").next_response.elapsed == 15 * MINUTE
    under = policy(TARGETS, clocks={"next_response": {"pauses_in": ("paused",)}})
    assert see(timeline, under, "10:15").next_response.elapsed == 5 * MINUTE


# Update
def test_an_update_is_due_after_creation_and_after_every_agent_reply() -> None:
    timeline = [OPEN, saw("10:00", agent="10:00"), saw("12:30", agent="12:30")]
    assert cycles("update", timeline, "13:00") == [
        ("mon 09:00", "mon 10:00", "met"),
        ("mon 10:00", "mon 12:30", "breached"),
        ("mon 12:30", None, "running"),
    ]


def test_an_update_is_paused_with_the_ticket() -> None:
    timeline = [OPEN, saw("10:00", "paused"), saw("15:00", "active")]
    then, now = see(timeline, PLAIN, "12:00").update, see(timeline, PLAIN, "15:30").update
    assert (then.state, then.due_at, then.elapsed) == ("paused", None, HOUR)
    assert (now.state, shown(now.due_at)) == ("running", "mon 16:00")


def test_a_reply_on_a_paused_ticket_begins_a_paused_update() -> None:
    timeline = [OPEN, saw("10:00", "paused"), saw("11:00", agent="11:00")]
    assert cycles("update", timeline, "12:00") == [
        ("mon 09:00", "mon 11:00", "met"),
        ("mon 11:00", None, "paused"),
    ]


def test_a_reply_together_with_done_leaves_no_update_behind() -> None:
    timeline = [OPEN, saw("10:00", "done", agent="10:00")]
    assert cycles("update", timeline, "12:00") == [("mon 09:00", "mon 10:00", "met")]


# Which clocks there are
def test_a_clock_is_there_only_if_tier_and_priority_have_a_target_for_it() -> None:
    under = policy({"P1": {"response": "1h"}, "P2": {"resolution": "4h"}})
    one = see([saw("09:00", "waiting", priority="P1", tier="gold")], under, "09:30")
    two = see([saw("09:00", "waiting", priority="P2", tier="gold")], under, "09:30")
    assert [cycle.clock for cycle in one.verdict.cycles] == ["response"]
    assert [cycle.clock for cycle in two.verdict.cycles] == ["resolution"]


def test_the_same_kind_may_be_counted_by_several_clocks() -> None:
    vendor = {"kind": "resolution", "pauses_in": ("active",)}
    under = policy({"resolution": "4h", "vendor": "2h"}, clocks={"vendor": vendor})
    timeline = [OPEN, saw("10:00", "active"), saw("13:30", "waiting"), saw("14:00", "done")]
    seen = see(timeline, under, "18:00")
    assert (seen.resolution.state, seen.cycle("vendor").state) == ("breached", "met")
    assert seen.cycle("vendor").elapsed == 90 * MINUTE


# The ticket
@pytest.mark.parametrize(
    ("timeline", "as_of", "state"),
    [
        ([OPEN], "09:30", "compliant"),
        ([OPEN], "09:51", "warning"),
        ([OPEN], "09:57", "critical"),
        ([OPEN], "10:00", "critical"),
        ([OPEN], "10:01", "breached"),
        ([OPEN, saw("09:30", "done")], "12:00", "compliant"),
        ([OPEN, saw("10:01", "active")], "10:30", "compliant"),
        ([OPEN, saw("10:01", "done")], "12:00", "breached"),
        ([OPEN, saw("09:30", "cancelled")], "12:00", "untracked"),
        ([OPEN, saw("12:30", "paused")], "tue 12:00", "warning"),
    ],
)
def test_a_ticket_is_as_bad_as_the_worst_of_its_open_clocks(
    timeline: list[Observation], as_of: str, state: str
) -> None:
    under = policy({"response": "1h", "resolution": "4h"})
    assert see(timeline, under, as_of).verdict.state == state


def test_a_ticket_says_from_when_on_it_will_be_worse() -> None:
    verdict = see([OPEN], policy({"response": "1h", "resolution": "4h"}), "09:30").verdict
    assert shown(verdict.warning_at) == "mon 09:51"
    assert shown(verdict.critical_at) == "mon 09:57"
    assert shown(verdict.breached_at) == "mon 10:00:00.000001"
    assert shown(verdict.due_at) == "mon 10:00"


def test_with_nothing_promised_a_ticket_is_untracked() -> None:
    verdict = see([OPEN], policy({}), "09:30").verdict
    assert (verdict.state, verdict.cycles) == ("untracked", [])
