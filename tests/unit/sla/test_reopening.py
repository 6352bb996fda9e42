"""Tickets that are done or cancelled, and come back."""

from typing import Any

import pytest

from engine.sla import stored_fold
from engine.sla.policy import Phase
from engine.sla.timeline import Observation, fold
from engine.sla.verdict import verdict
from tests.support.policy_book import Book
from tests.support.timelines import (
    HOUR,
    MINUTE,
    OFFICE,
    at,
    excuse,
    in_order,
    policy,
    saw,
    see,
    shown,
    span,
)

TARGETS = {"response": "1h", "resolution": "4h", "next_response": "30m", "update": "2h"}
PLAIN = policy(TARGETS)
ANEW = policy(TARGETS, clocks={"resolution": {"reopen": "new_cycle"}})
BY_REPLY: dict[str, Any] = {"response": {"answered_by": "reply"}}
OPEN = saw("09:00", "waiting")
DONE = saw("10:00", "done")
AGAIN = saw("12:00", "waiting")


def test_a_resumed_resolution_goes_on_where_it_stopped() -> None:
    done, again = see([OPEN, DONE, AGAIN], PLAIN, "11:00"), see([OPEN, DONE, AGAIN], PLAIN, "13:00")
    assert (done.resolution.state, shown(done.resolution.stopped_at)) == ("met", "mon 10:00")
    cycle = again.resolution
    assert (cycle.number, cycle.state, cycle.stopped_at) == (1, "running", None)
    assert shown(cycle.first_stopped_at) == "mon 10:00"
    assert cycle.elapsed == 2 * HOUR
    assert shown(cycle.due_at) == "mon 15:00"


@pytest.mark.parametrize(
    ("second", "state", "elapsed"),
    [("15:00", "met", "4h"), ("15:01", "breached", "4h1m")],
)
def test_at_the_second_stop_elapsed_is_the_sum(second: str, state: str, elapsed: str) -> None:
    cycle = see([OPEN, DONE, AGAIN, saw(second, "done")], PLAIN, "18:00").resolution
    assert (cycle.state, cycle.elapsed) == (state, span(elapsed))
    assert (shown(cycle.first_stopped_at), shown(cycle.stopped_at)) == (
        "mon 10:00",
        f"mon {second}",
    )


def test_a_reopen_withdraws_the_verdict_but_not_the_time() -> None:
    timeline = [OPEN, saw("14:00", "done"), saw("15:00", "active")]
    then, now = see(timeline, PLAIN, "14:30").resolution, see(timeline, PLAIN, "15:30").resolution
    assert then.state == "breached"
    assert (now.state, now.severity, shown(now.due_at)) == ("running", "breached", "mon 13:00")
    assert shown(now.missed_at) == "mon 13:00"


def test_a_new_cycle_begins_at_the_reopen_with_the_full_target() -> None:
    seen = see([OPEN, saw("14:00", "done"), saw("15:00", "waiting")], ANEW, "16:00")
    first, second = seen.cycles("resolution")
    assert (first.number, first.state, first.elapsed) == (1, "breached", 5 * HOUR)
    assert (second.number, second.state, second.elapsed) == (2, "running", HOUR)
    assert (shown(second.started_at), shown(second.due_at)) == ("mon 15:00", "mon 19:00")


def test_reopened_into_a_pause_a_clock_waits() -> None:
    for under, elapsed in ((PLAIN, HOUR), (ANEW, 0)):
        cycle = see([OPEN, DONE, saw("12:00", "paused")], under, "13:00").resolution
        assert (cycle.state, cycle.elapsed) == ("paused", elapsed)


def test_an_ended_ticket_is_judged_by_all_its_cycles() -> None:
    breached = [OPEN, saw("14:00", "done"), saw("15:00", "waiting")]
    assert see(breached, ANEW, "16:00").verdict.state == "compliant"
    assert see([*breached, saw("16:00", "done")], ANEW, "17:00").verdict.state == "breached"


# Held responses
HELD = [OPEN, saw("09:20", "done"), saw("12:00", "waiting")]


def test_in_done_an_unanswered_response_is_held_and_resumes_on_reopen() -> None:
    under = policy(TARGETS, clocks=BY_REPLY)
    held, again = see(HELD, under, "11:00").response, see(HELD, under, "12:10").response
    assert (held.state, held.due_at, held.elapsed) == ("paused", None, 20 * MINUTE)
    assert (again.state, shown(again.due_at)) == ("running", "mon 12:40")


def test_a_held_response_can_be_answered() -> None:
    under = policy(TARGETS, clocks=BY_REPLY)
    cycle = see([*HELD[:2], saw("11:00", agent="11:00")], under, "11:30").response
    assert (cycle.state, cycle.elapsed) == ("met", 20 * MINUTE)


# Waits and updates
@pytest.mark.parametrize("phase", ["done", "cancelled"])
def test_open_waits_and_updates_end_cancelled(phase: Phase) -> None:
    timeline = [OPEN, saw("09:10", agent="09:10"), saw("10:00", customer="10:00")]
    seen = see([*timeline, saw("10:10", phase)], PLAIN, "12:00")
    wait, update = seen.next_response, seen.update
    assert (wait.state, shown(wait.stopped_at), wait.elapsed) == (
        "cancelled",
        "mon 10:10",
        10 * MINUTE,
    )
    assert (update.state, update.elapsed) == ("cancelled", HOUR)


WAITS = [OPEN, saw("09:10", agent="09:10"), saw("10:00", customer="10:00")]


def test_a_wait_that_was_overdue_when_the_ticket_was_done_is_missed() -> None:
    seen = see([*WAITS, saw("11:00", "done")], PLAIN, "12:00")
    wait = seen.next_response
    assert (wait.state, shown(wait.missed_at)) == ("breached", "mon 10:30")
    assert (shown(wait.stopped_at), wait.elapsed, seen.verdict.state) == (
        "mon 11:00",
        HOUR,
        "breached",
    )


@pytest.mark.parametrize(("done", "state"), [("10:30", "cancelled"), ("10:30:01", "breached")])
def test_at_its_deadline_it_was_not_overdue(done: str, state: str) -> None:
    seen = see([*WAITS, saw(done, "done")], PLAIN, "12:00")
    assert (seen.next_response.state, seen.verdict.state) == (
        state,
        "compliant" if state == "cancelled" else state,
    )


def test_what_was_missed_and_then_cancelled_is_no_miss_of_the_ticket() -> None:
    spam = [*WAITS, saw("11:00", "cancelled"), saw("11:30", "done")]
    seen = see(spam, PLAIN, "12:00")
    assert (seen.next_response.state, shown(seen.next_response.missed_at)) == (
        "cancelled",
        "mon 10:30",
    )
    assert (seen.resolution.state, seen.verdict.state) == ("met", "compliant")


@pytest.mark.parametrize("kept_at", ["11:00", "11:30", "12:30"])
def test_a_stored_fold_knows_of_what_was_cancelled_as_the_whole_does(kept_at: str) -> None:
    """A wait that was missed and cancelled, one that was missed, and one after it."""
    more = [
        saw("11:20", "waiting"),
        saw("11:21", customer="11:21"),
        saw("12:00", "done" if kept_at == "12:30" else "cancelled"),
        saw("13:00", "waiting", customer="13:00"),
        saw("13:10", "done"),
    ]
    timeline = [*WAITS, saw("11:00", "cancelled"), *more]
    known = [one for one in timeline if one.at <= at(kept_at)]
    stored = stored_fold.dump(fold(in_order(known), [PLAIN], at(kept_at)))
    followed = stored_fold.load(stored, Book([PLAIN]))
    for one in timeline[len(known) :]:
        assert followed.follows(one, one.at, [PLAIN])
        followed.follow(one, one.at, [PLAIN])
    whole = fold(in_order(timeline), [PLAIN], at("13:10"))

    assert verdict(followed).state == verdict(whole).state
    assert verdict(whole).state == ("breached" if kept_at == "12:30" else "compliant")
    assert stored_fold.dump(followed) == stored_fold.dump(whole)


def test_a_target_that_was_missed_and_withdrawn_is_no_miss_of_the_ticket() -> None:
    two = policy({"P1": {"resolution": "4h", "response": "2h"}, "P2": {"response": "2h"}})
    timeline = [OPEN, saw("10:00", agent="10:00"), saw("14:00", priority="P2")]
    timeline[0] = OPEN._replace(priority="P1")
    seen = see([*timeline, saw("15:00", "done")], two, "16:00")
    assert (seen.resolution.state, shown(seen.resolution.missed_at)) == ("cancelled", "mon 13:00")
    assert seen.verdict.state == "compliant"


@pytest.mark.parametrize("phase", ["done", "cancelled"])
def test_a_reopen_begins_an_update(phase: Phase) -> None:
    timeline = [OPEN, saw("10:00", phase), AGAIN]
    starts = [shown(cycle.started_at) for cycle in see(timeline, PLAIN, "13:00").cycles("update")]
    assert starts == ["mon 09:00", "mon 12:00"]


def test_a_reply_to_a_ticket_that_is_done_begins_no_update() -> None:
    timeline = [OPEN, DONE, saw("11:00", agent="11:00")]
    assert [cycle.state for cycle in see(timeline, PLAIN, "13:00").cycles("update")] == [
        "cancelled"
    ]


WROTE_WHEN_DONE = [
    OPEN,
    saw("09:10", "active"),
    saw("10:00", "done"),
    saw("11:00", customer="11:00"),
]


def test_a_customer_who_writes_to_a_ticket_that_is_done_waits_from_the_reopen() -> None:
    assert see(WROTE_WHEN_DONE, PLAIN, "11:30").cycles("next_response") == []
    wait = see([*WROTE_WHEN_DONE, AGAIN], PLAIN, "12:10").next_response
    assert (shown(wait.started_at), wait.state, wait.elapsed) == (
        "mon 12:00",
        "running",
        10 * MINUTE,
    )


def test_a_customer_who_reopens_by_writing_waits_from_then() -> None:
    timeline = [*WROTE_WHEN_DONE[:3], saw("11:00", "waiting", customer="11:00")]
    assert shown(see(timeline, PLAIN, "12:00").next_response.started_at) == "mon 11:00"


def test_unless_the_answer_came_before_the_reopen() -> None:
    timeline = [*WROTE_WHEN_DONE, saw("11:30", agent="11:30"), AGAIN]
    assert see(timeline, PLAIN, "13:00").cycles("next_response") == []


def test_closed_hours_after_the_end_were_no_pause_though_other_time_is_excused_by_then() -> None:
    under = policy({"P1": TARGETS, "P2": TARGETS}, calendar=OFFICE)
    timeline = [saw("09:00", "waiting", priority="P1"), DONE, saw("11:00", priority="P2")]
    timeline.append(saw("tue 12:00", "waiting"))
    agreed = excuse(("tue 09:00", "tue 10:00"), priority="P2")
    cycle = see(timeline, under, "tue 13:00", agreed).resolution
    assert (cycle.elapsed, cycle.excused, cycle.out_of_hours) == (2 * HOUR, HOUR, 16 * HOUR)
    assert cycle.paused == 9 * HOUR  # from Monday's end on, and two hours of Tuesday


def test_what_is_excused_after_the_end_is_none_of_its_time_however_often_that_changes() -> None:
    under = policy({"P1": TARGETS, "P2": TARGETS})
    turns = [saw("11:00", priority="P2"), saw("13:00", priority="P1"), saw("14:00", priority="P2")]
    timeline = [saw("09:00", "waiting", priority="P1"), DONE, *turns]
    agreed = excuse(("11:00", "12:00"), ("15:00", "16:00"), priority="P2")
    cycle = see(timeline, under, "17:00", agreed).resolution
    assert (cycle.elapsed, cycle.excused, cycle.paused) == (HOUR, 0, 0)


# Cancelled
def test_cancelled_clocks_keep_what_they_counted() -> None:
    timeline = [OPEN, saw("14:00", "cancelled")]
    seen = see(timeline, PLAIN, "18:00")
    resolution = seen.resolution
    assert (resolution.state, resolution.elapsed) == ("cancelled", 5 * HOUR)
    assert (resolution.due_at, shown(resolution.missed_at)) == (None, "mon 13:00")
    assert (seen.response.state, shown(seen.response.missed_at)) == ("cancelled", "mon 10:00")
    assert seen.verdict.state == "untracked"
    assert seen.verdict.due_at is None


def test_leaving_cancelled_is_a_reopen() -> None:
    timeline = [OPEN, saw("10:00", "cancelled"), AGAIN]
    seen = see(timeline, PLAIN, "13:00")
    assert (seen.resolution.number, seen.resolution.elapsed) == (1, 2 * HOUR)
    assert shown(seen.resolution.due_at) == "mon 15:00"
    assert see(timeline, ANEW, "13:00").resolution.number == 2
    assert (seen.response.state, seen.response.elapsed) == ("running", 2 * HOUR)


def test_answered_while_it_was_cancelled_a_ticket_needs_no_response_any_more() -> None:
    timeline = [OPEN, saw("09:30", "cancelled"), saw("11:00", agent="11:00"), AGAIN]
    response = see(timeline, PLAIN, "18:00").response
    assert (response.state, response.elapsed) == ("cancelled", 30 * MINUTE)


def test_from_done_to_cancelled_nothing_runs_again() -> None:
    under = policy(TARGETS, clocks=BY_REPLY)
    timeline = [OPEN, DONE, saw("11:00", "cancelled")]
    seen = see(timeline, under, "12:00")
    assert {cycle.clock: cycle.state for cycle in seen.verdict.cycles} == {
        "response": "cancelled",
        "resolution": "met",
        "update": "cancelled",
    }
    again = see([*timeline, AGAIN], under, "13:00")
    assert (again.resolution.state, again.resolution.elapsed) == ("running", 2 * HOUR)


def test_from_cancelled_to_done_the_resolution_stops() -> None:
    timeline = [OPEN, saw("10:00", "cancelled"), saw("11:00", "done")]
    seen = see(timeline, PLAIN, "12:00")
    assert (seen.resolution.state, seen.resolution.elapsed) == ("met", HOUR)
    assert shown(seen.resolution.stopped_at) == "mon 11:00"
    assert seen.response.state == "met"
    assert [cycle.state for cycle in seen.cycles("update")] == ["cancelled"]


def test_a_ticket_may_be_reopened_any_number_of_times() -> None:
    timeline: list[Observation] = [OPEN]
    for hour in range(10, 16):
        timeline.append(saw(f"{hour}:00", "done" if hour % 2 == 0 else "waiting"))
    resumed, anew = see(timeline, PLAIN, "16:00"), see(timeline, ANEW, "16:00")
    assert resumed.resolution.elapsed == 4 * HOUR
    assert [cycle.elapsed for cycle in anew.cycles("resolution")] == [HOUR] * 4
