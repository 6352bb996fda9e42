"""Policies that map a status to another phase than the one before them."""

from typing import Any

import pytest

from engine.sla import stored_fold
from engine.sla.policy import Phase, Policy
from engine.sla.statuses import BUILT_IN_STATUSES, NEWEST, built_in_statuses
from engine.sla.timeline import Fold, Observation, fold
from tests.support.policy_book import Book
from tests.support.timelines import HOUR, at, in_order, policy, saw, see, shown

OPEN = saw("09:00", "waiting", status="open")
ON_ICE = saw("10:00", "paused", status="On Ice")


def mapping(
    on_ice: Phase | None, version: int = 1, accepted_at: str = "00:00", **given: Any
) -> Policy:
    statuses = dict(BUILT_IN_STATUSES)
    if on_ice is not None:
        statuses["onice"] = on_ice
    targets = {"response": "1h", "resolution": "4h"}
    return policy(targets, version=version, accepted_at=accepted_at, statuses=statuses, **given)


PAUSED = mapping("paused")


def test_a_status_that_was_mapped_wrongly_is_in_its_new_phase_from_the_correction_on() -> None:
    versions = [PAUSED, mapping("active", 2, "12:00")]

    before = see([OPEN, ON_ICE], versions, "11:59")
    after = see([OPEN, ON_ICE], versions, "16:00")

    assert (before.fold.phase, before.resolution.state) == ("paused", "paused")
    assert (after.fold.phase, after.resolution.state) == ("active", "running")
    assert after.resolution.elapsed == 5 * HOUR
    assert shown(after.resolution.missed_at) == "mon 15:00"
    assert after.fold.rephased_by == 2


def test_what_the_new_phase_does_happens_at_the_acceptance_by_the_new_promise() -> None:
    untouched = mapping("waiting")
    answered = see([OPEN, ON_ICE], [untouched, mapping("active", 2, "12:00")], "13:00")
    assert (answered.response.stopped_at, answered.response.policy) == (at("12:00"), 2)
    done = see([OPEN, ON_ICE], [untouched, mapping("done", 2, "12:00")], "13:00")
    assert (done.resolution.stopped_at, done.resolution.policy) == (at("12:00"), 2)
    gone = see([OPEN, ON_ICE], [untouched, mapping("cancelled", 2, "12:00")], "13:00")
    assert (gone.resolution.state, gone.verdict.state) == ("cancelled", "untracked")


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(mapping(None, 2, "12:00"), id="no longer mapped"),
        pytest.param(mapping("active", 2, "12:00", apply_to="new_tickets"), id="for new tickets"),
        pytest.param(mapping("paused", 2, "12:00"), id="mapped as before"),
    ],
)
def test_otherwise_the_phase_is_kept(second: Policy) -> None:
    seen = see([OPEN, ON_ICE], [PAUSED, second], "16:00")

    assert (seen.fold.phase, seen.resolution.elapsed) == ("paused", HOUR)
    assert seen.fold.rephased_by == 0


def test_what_is_over_is_not_taken_up_again() -> None:
    versions = [mapping("done"), mapping("active", 2, "12:00")]
    done = saw("10:00", "done", status="on_ice")

    assert see([OPEN, done], versions, "16:00").resolution.state == "met"
    named_again = saw("14:00", "active", status="on ice")
    again = see([OPEN, done, named_again], versions, "16:00")
    assert (again.resolution.state, again.resolution.elapsed) == ("running", 3 * HOUR)


def test_a_version_that_knows_more_statuses_corrects_those_that_were_taken_for_another() -> None:
    """Each goes on with the statuses that were built in when it was accepted."""
    known = [built_in_statuses(number) for number in (1, NEWEST)]
    targets = {"resolution": "4h"}
    before, after = (
        policy(targets, version=n, accepted_at=at, statuses=each, default_phase="active")
        for n, at, each in zip((1, 2), ("00:00", "12:00"), known, strict=True)
    )
    solved = saw("10:00", "active", status="Solved")

    assert see([OPEN, solved], [before, after], "11:59").fold.phase == "active"
    seen = see([OPEN, solved], [before, after], "13:00")
    assert (seen.resolution.state, shown(seen.resolution.stopped_at)) == ("met", "mon 12:00")
    assert (seen.fold.phase, seen.fold.rephased_by) == ("done", 2)
    only_before = see([OPEN, solved], [before], "13:00")
    assert only_before.resolution.state == "running"


def test_late_news_of_before_are_read_as_they_would_have_been_in_time() -> None:
    versions = [PAUSED, mapping("active", 2, "12:00")]
    recorded_late = ON_ICE._replace(phase="active")

    late = see([OPEN, recorded_late], versions, "16:00")

    assert late.verdict == see([OPEN, ON_ICE], versions, "16:00").verdict


def test_news_ahead_of_their_time_are_read_by_the_version_in_force_by_then() -> None:
    versions = [PAUSED, mapping("active", 2, "12:00")]
    ahead = ON_ICE._replace(at=at("13:00"))

    assert see([OPEN, ahead], versions, "14:00").fold.phase == "active"


def test_a_status_that_its_version_did_not_know_keeps_the_phase_that_let_it_in() -> None:
    versions = [mapping(None), mapping("active", 2, "12:00", apply_to="new_tickets")]

    seen = see([OPEN, ON_ICE._replace(at=at("13:00"), phase="active")], versions, "14:00")

    assert (seen.fold.policy.version, seen.fold.phase) == (1, "active")


def test_the_state_at_creation_is_by_the_version_under_which_the_ticket_begins() -> None:
    versions = [PAUSED, mapping("active", 2, "12:00")]
    created_later = ON_ICE._replace(created_at=at("13:00"))

    seen = see([created_later], versions, "14:00")

    assert (seen.fold.policy.version, seen.resolution.state) == (2, "running")
    first_named_later = see(
        [saw("09:00"), saw("14:00", "paused", status="on ice")], versions, "11:00"
    )
    assert first_named_later.fold.phase == "paused"


@pytest.mark.parametrize(
    "one", [saw("13:00", priority="P1"), saw("13:00", "waiting", status="open")]
)
def test_a_stored_fold_goes_on_as_the_whole_does(one: Observation) -> None:
    versions = [PAUSED, mapping("active", 2, "12:00")]
    kept = stored_fold.dump(fold(in_order([OPEN, ON_ICE]), [PAUSED], at("11:00")))

    caught_up = stored_fold.load(kept, Book(versions))
    assert caught_up.catch_up(at("12:30"), versions)
    followed = stored_fold.load(kept, Book(versions))
    followed.follow(one, at("13:00"), versions)

    def whole(*timeline: Observation, as_of: str) -> Fold:
        return fold(in_order([OPEN, ON_ICE, *timeline]), versions, at(as_of))

    assert stored_fold.dump(caught_up) == stored_fold.dump(whole(as_of="12:30"))
    assert stored_fold.dump(followed) == stored_fold.dump(whole(one, as_of="13:00"))
    assert caught_up.rephased_by == followed.rephased_by == 2
