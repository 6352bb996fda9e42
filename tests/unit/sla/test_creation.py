"""How a ticket begins, and what its statuses mean."""

import pytest

from engine.sla.policy import Phase
from engine.sla.statuses import BUILT_IN_STATUSES
from tests.support.timelines import HOUR, policy, saw, see, shown

PLAIN = policy({"response": "1h", "resolution": "4h", "update": "2h"})


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("open", "waiting"),
        ("New", "waiting"),
        ("REOPENED", "waiting"),
        ("in_progress", "active"),
        ("In Progress", "active"),
        ("in-progress", "active"),
        ("active", "active"),
        ("assigned", "active"),
        ("escalated", "active"),
        ("pending", "paused"),
        ("on hold", "paused"),
        ("waiting_on_customer", "paused"),
        ("Awaiting Vendor", "paused"),
        ("awaiting_evidence", "paused"),
        ("resolved", "done"),
        ("closed", "done"),
        ("cancelled", "cancelled"),
        ("canceled", "cancelled"),
        ("Duplicate", "cancelled"),
        ("spam", "cancelled"),
        ("triage", None),
    ],
)
def test_statuses_are_matched_without_case_spaces_and_hyphens(
    status: str, phase: Phase | None
) -> None:
    assert PLAIN.phase(status) == phase


def test_a_policy_overrides_and_extends_statuses_and_may_take_any() -> None:
    statuses: dict[str, Phase] = {**BUILT_IN_STATUSES, "pending": "active", "awaitingpo": "waiting"}
    own = policy({}, statuses=statuses, default_phase="active")
    assert own.phase("Pending") == "active"
    assert own.phase("awaiting PO") == "waiting"
    assert own.phase("awaiting parts") == "paused"
    assert own.phase("anything") == "active"


# Creation
CREATED_EARLIER = [saw("10:00", "waiting", created="09:00")]


def test_a_ticket_is_as_old_as_its_source_says() -> None:
    seen = see(CREATED_EARLIER, PLAIN, "10:30")
    assert shown(seen.response.started_at) == "mon 09:00"
    assert seen.resolution.elapsed == HOUR * 3 // 2


def test_without_created_at_a_ticket_begins_with_its_earliest_observation() -> None:
    seen = see([saw("10:00", "waiting"), saw("09:30", "waiting")], PLAIN, "12:00")
    assert shown(seen.resolution.started_at) == "mon 09:30"


def test_before_it_was_created_a_ticket_has_no_clocks() -> None:
    seen = see(CREATED_EARLIER, PLAIN, "08:59")
    assert seen.verdict.cycles == []
    assert shown(seen.fold.pending_at) == "mon 09:00"


@pytest.mark.parametrize("first", ["active", "paused", "done"])
def test_until_its_first_observation_a_ticket_waits(first: Phase) -> None:
    timeline = [saw("10:00", first, created="09:00")]
    before, after = see(timeline, PLAIN, "09:59"), see(timeline, PLAIN, "10:00")
    assert (before.fold.phase, before.resolution.state) == ("waiting", "running")
    assert before.response.state == "running"
    assert (after.fold.phase, after.response.state) == (first, "met")


def test_until_its_first_observation_a_ticket_has_that_ones_priority_and_tier() -> None:
    under = policy({"P1": {"resolution": "1h"}, "P2": {"resolution": "8h"}})
    seen = see(
        [
            saw("10:00", "waiting", priority="P2", tier="gold", created="09:00"),
            saw("10:01", priority="P1"),
        ],
        under,
        "09:30",
    )
    assert seen.resolution.target == 8 * HOUR


def test_of_the_observations_up_to_creation_the_last_sets_the_state_and_none_answers() -> None:
    timeline = [
        saw("08:00", "active", priority="P2"),
        saw("08:30", "done"),
        saw("09:00", "active", rev=0),
        saw("09:00", "waiting", rev=1, priority="P1", created="09:00"),
    ]
    seen = see(timeline, PLAIN, "09:30")
    assert (seen.fold.phase, seen.fold.priority) == ("waiting", "P1")
    assert [cycle.state for cycle in seen.verdict.cycles] == ["running"] * 3
    assert {shown(cycle.started_at) for cycle in seen.verdict.cycles} == {"mon 09:00"}


def test_observations_up_to_creation_that_are_silent_keep_what_was_said_before() -> None:
    timeline = [saw("08:00", "paused"), saw("08:30", created="09:00")]
    assert see(timeline, PLAIN, "09:30").resolution.state == "paused"


def test_created_in_an_answering_phase_a_ticket_is_answered_at_once() -> None:
    seen = see([saw("09:00", "active")], PLAIN, "12:00")
    assert (seen.response.state, seen.response.elapsed) == ("met", 0)


@pytest.mark.parametrize(
    ("phase", "states"),
    [
        ("done", {"response": "met", "resolution": "met"}),
        ("cancelled", {"response": "cancelled", "resolution": "cancelled"}),
    ],
)
def test_a_ticket_may_be_created_at_its_end(phase: Phase, states: dict[str, str]) -> None:
    seen = see([saw("09:00", phase)], PLAIN, "12:00")
    assert {cycle.clock: cycle.state for cycle in seen.verdict.cycles} == states
    assert {cycle.elapsed for cycle in seen.verdict.cycles} == {0}


def test_the_newest_observation_that_names_it_decides_when_a_ticket_was_created() -> None:
    timeline = [
        saw("10:00", "waiting", created="09:00"),
        saw("11:00", created="08:00"),
        saw("12:00"),
    ]
    assert shown(see(timeline, PLAIN, "10:30").resolution.started_at) == "mon 08:00"
