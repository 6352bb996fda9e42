"""A ticket is a timeline of observations: what each says, from when on, and who says it last."""

import pytest

from engine.sla.policy import Phase
from engine.sla.timeline import fold
from engine.sla.verdict import verdict
from tests.support.timelines import HOUR, at, in_order, policy, saw, see, shown, span

PLAIN = policy({"response": "1h", "resolution": "4h", "next_response": "30m", "update": "2h"})


# Attributes
def test_an_attribute_keeps_the_value_it_had_before_in_event_time() -> None:
    under = policy({"P1": {"resolution": "4h"}, "P2": {"resolution": "8h"}})
    timeline = [
        saw("09:00", "waiting", priority="P2", tier="gold"),
        saw("10:00", "paused"),
        saw("11:00", priority="P1"),
    ]
    then, now = see(timeline, under, "10:30"), see(timeline, under, "11:30")
    assert (then.fold.phase, then.resolution.target) == ("paused", 8 * HOUR)
    assert (now.fold.phase, now.resolution.target) == ("paused", 4 * HOUR)


def test_an_attribute_that_none_named_before_has_the_value_of_the_earliest_that_does() -> None:
    timeline = [
        saw("09:00", priority=None),
        saw("10:00", "active", priority="P1", tier="gold", created="08:00"),
        saw("11:00", "paused", priority="P2", tier="tin"),
    ]
    seen = see(timeline, PLAIN, "09:30")
    assert (seen.fold.priority, seen.fold.tier, seen.fold.phase) == ("P1", "gold", "active")
    assert shown(seen.response.stopped_at) == "mon 09:00"


def test_the_same_holds_for_what_was_observed_up_to_creation() -> None:
    timeline = [saw("09:00"), saw("10:00", "paused", priority="P1", tier="gold")]
    assert see(timeline, PLAIN, "09:30").fold.phase == "paused"


def test_tiers_and_priorities_are_matched_without_case() -> None:
    seen = see([saw("09:00", "waiting", priority="p1", tier="GOLD")], PLAIN, "09:30")
    assert seen.resolution.target == 4 * HOUR


# Order
def test_still_open_at_two_decides_when_pending_since_one_arrives_late() -> None:
    timeline = [saw("09:00", "waiting"), saw("14:00", "waiting")]
    late = [*timeline, saw("13:00", "paused")]
    assert see(timeline, PLAIN, "15:00").resolution.elapsed == 6 * HOUR
    assert see(late, PLAIN, "15:00").resolution.elapsed == 5 * HOUR


@pytest.mark.parametrize(
    ("during", "resolution", "response"),
    [
        ("done", ("running", 3 * HOUR, "mon 10:00"), "met"),
        ("active", ("running", 3 * HOUR, None), "met"),
        ("paused", ("running", 3 * HOUR, None), "met"),
        ("cancelled", ("running", 3 * HOUR, None), "running"),
    ],
)
def test_states_of_no_length_answer_and_stop_and_reopen(
    during: Phase, resolution: tuple[str, int, str | None], response: str
) -> None:
    timeline = [saw("09:00", "waiting"), saw("10:00", during), saw("10:00", "waiting", rev=1)]
    seen = see(timeline, PLAIN, "12:00")
    cycle = seen.resolution
    assert (cycle.state, cycle.elapsed, shown(cycle.first_stopped_at)) == resolution
    assert seen.response.state == response


def test_the_higher_revision_of_an_instant_has_the_last_word() -> None:
    timeline = [saw("09:00", "waiting"), saw("10:00", "paused"), saw("10:00", "active", rev=7)]
    assert see(timeline, PLAIN, "11:00").resolution.state == "running"


# Replies
def test_replies_count_at_their_own_instants() -> None:
    timeline = [
        saw("09:00", "waiting"),
        saw("12:00", agent="09:20", customer="09:40"),
        saw("12:30", agent="10:00"),
    ]
    seen = see(timeline, PLAIN, "13:00")
    assert shown(seen.response.stopped_at) == "mon 09:20"
    wait = seen.next_response
    assert (shown(wait.started_at), shown(wait.stopped_at)) == ("mon 09:40", "mon 10:00")
    assert [shown(cycle.started_at) for cycle in seen.cycles("update")] == [
        "mon 09:00",
        "mon 09:20",
        "mon 10:00",
    ]


def test_a_reply_that_is_named_again_is_one_reply() -> None:
    timeline = [
        saw("09:00", "waiting"),
        *(saw(f"{hour}:00", agent="09:20", customer="09:40") for hour in (10, 11, 12)),
    ]
    seen = see(timeline, PLAIN, "13:00")
    assert (len(seen.cycles("update")), len(seen.cycles("next_response"))) == (2, 1)


def test_every_reply_counts_whichever_observation_named_it() -> None:
    timeline = [saw("09:00", "waiting"), saw("11:00", agent="10:30"), saw("12:00", agent="10:00")]
    starts = [shown(cycle.started_at) for cycle in see(timeline, PLAIN, "13:00").cycles("update")]
    assert starts == ["mon 09:00", "mon 10:00", "mon 10:30"]


def test_replies_before_creation_count_at_creation() -> None:
    seen = see([saw("09:00", "waiting", agent="08:00")], PLAIN, "10:00")
    assert (seen.response.state, seen.response.elapsed) == ("met", 0)


@pytest.mark.parametrize("agent", ["09:40", "09:41"])
def test_an_agent_reply_at_or_after_a_customer_reply_answers_it(agent: str) -> None:
    timeline = [
        saw("09:00", "active"),
        saw("10:00", customer="09:40"),
        saw("10:01", agent=agent),
    ]
    assert see(timeline, PLAIN, "11:00").next_response.state == "met"


def test_an_earlier_agent_reply_does_not_answer() -> None:
    timeline = [saw("09:00", "active"), saw("10:00", customer="09:40", agent="09:39")]
    assert see(timeline, PLAIN, "11:00").next_response.state == "running"


# First responses
def test_what_the_source_gives_as_first_response_wins_over_replies_and_statuses() -> None:
    timeline = [
        saw("09:00", "active", agent="09:10"),
        saw("11:00", first="09:45"),
    ]
    assert shown(see(timeline, PLAIN, "11:00").response.stopped_at) == "mon 09:45"


def test_the_newest_observation_that_names_the_first_response_decides_whatever_the_instant() -> (
    None
):
    timeline = [
        saw("09:00", "waiting", first="09:15"),
        saw("11:00", first="10:30"),
        saw("12:00"),
    ]
    then, now = see(timeline, PLAIN, "10:00"), see(timeline, PLAIN, "12:00")
    assert (then.response.state, shown(then.response.due_at)) == ("running", "mon 10:00")
    assert shown(then.fold.pending_at) == "mon 10:30"
    assert (now.response.state, shown(now.response.missed_at)) == ("breached", "mon 10:00")


def test_a_first_response_before_creation_counts_at_creation() -> None:
    seen = see([saw("09:00", "waiting", first="08:00")], PLAIN, "10:00")
    assert (seen.response.state, seen.response.elapsed) == ("met", 0)


# Instants
TIMELINE = [
    saw("09:00", "waiting"),
    saw("10:00", "paused", agent="09:30"),
    saw("12:00", "waiting", agent="11:30"),
    saw("18:00", "done"),
]


@pytest.mark.parametrize(
    ("as_of", "state", "elapsed", "due_at", "pending_at"),
    [
        ("09:00", "running", "0h", "mon 13:00", "mon 09:30"),
        ("09:59:59", "running", "59m59s", "mon 13:00", "mon 10:00"),
        ("10:00", "paused", "1h", None, "mon 11:30"),
        ("11:59", "paused", "1h", None, "mon 12:00"),
        ("12:00", "running", "1h", "mon 15:00", "mon 18:00"),
        ("15:00", "running", "4h", "mon 15:00", "mon 18:00"),
        ("17:59", "running", "6h59m", "mon 15:00", "mon 18:00"),
        ("18:00", "breached", "7h", None, None),
        ("fri 18:00", "breached", "7h", None, None),
    ],
)
def test_as_of_asks_what_was_true_then_by_all_that_is_known(
    as_of: str, state: str, elapsed: str, due_at: str | None, pending_at: str | None
) -> None:
    seen = see(TIMELINE, PLAIN, as_of)
    cycle = seen.resolution
    assert (cycle.state, shown(cycle.due_at)) == (state, due_at)
    assert cycle.elapsed == span(elapsed)
    assert shown(seen.fold.pending_at) == pending_at


def test_a_fold_can_be_watched_as_it_is_made() -> None:
    phases: list[tuple[str | None, Phase]] = []
    policies = [PLAIN, policy({}, version=2, accepted_at="11:00")]
    watched = in_order(TIMELINE)
    fold(watched, policies, at("12:00"), lambda made: phases.append((shown(made.at), made.phase)))
    assert phases == [
        ("mon 09:00", "waiting"),
        ("mon 09:30", "waiting"),
        ("mon 10:00", "paused"),
        ("mon 11:00", "paused"),
        ("mon 11:30", "paused"),
        ("mon 12:00", "waiting"),
    ]


def test_time_never_runs_backwards() -> None:
    counted = see(TIMELINE, PLAIN, "17:00")
    before = verdict(counted.fold)
    counted.fold.count_to(at("13:00"))
    assert verdict(counted.fold) == before


def test_as_of_in_the_future_asks_what_is_true_if_nothing_else_happens() -> None:
    seen = see([saw("09:00", "waiting")], PLAIN, "fri 09:00")
    assert (seen.verdict.state, seen.resolution.elapsed) == ("breached", 96 * HOUR)


def test_an_observation_of_the_future_takes_effect_at_its_own_instant() -> None:
    timeline = [
        saw("09:00", "waiting", priority="P1"),
        saw("tue 09:00", "done", priority="P9", agent="tue 08:00"),
    ]
    seen = see(timeline, PLAIN, "10:00")
    assert (seen.fold.phase, seen.fold.priority, seen.fold.newest) == (
        "waiting",
        "P1",
        (at("09:00"), 0),
    )
    assert shown(seen.fold.pending_at) == "tue 08:00"


@pytest.mark.parametrize(("priority", "tier"), [("P7", "gold"), ("P1", "pewter"), ("P7", "pewter")])
def test_unknown_tiers_and_priorities_have_no_targets_and_are_no_error(
    priority: str, tier: str
) -> None:
    timeline = [saw("09:00", "waiting", priority=priority, tier=tier)]
    assert see(timeline, PLAIN, "10:00").verdict.state == "untracked"
