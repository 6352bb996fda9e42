"""What a head keeps of a fold, and which observations a fold can be continued by."""

from typing import Any

import pytest

from engine.sla import stored_fold
from engine.sla.excuses import Excuses
from engine.sla.policy import Policy
from engine.sla.timeline import Fold, Observation, fold
from engine.sla.verdict import verdict
from tests.support.folds import again, encoded
from tests.support.policy_book import Book
from tests.support.timelines import OFFICE, at, excuse, in_order, policy, saw, see

TARGETS = {"response": "1h", "resolution": "4h", "next_response": "30m", "update": "2h"}
PLAIN = policy({"P1": TARGETS, "P2": TARGETS})
OPEN = saw("09:00", "waiting", priority="P1", tier="gold")


def folded(*timeline: Observation, under: Policy = PLAIN, as_of: str = "12:00") -> Fold:
    return fold(in_order([OPEN, *timeline]), [under], at(as_of))


def through_json(kept: Fold, *policies: Policy) -> Fold:
    return stored_fold.load(again(stored_fold.dump(kept)), Book(policies))


# Storing
BUSY = [
    saw("09:10", "active", agent="09:10"),
    saw("09:20", customer="09:20"),
    saw("10:00", "done"),
    saw("11:00", "waiting"),
]


def test_a_stored_fold_reads_like_the_one_it_was_made_from() -> None:
    kept = folded(*BUSY)
    loaded = through_json(kept, PLAIN)
    for each in (kept, loaded):
        each.count_to(at("18:00"))
    newest = [clock.cycle for clock in kept.clocks.values() if clock.cycle is not None]
    assert verdict(loaded) == verdict(kept, newest)


@pytest.mark.parametrize(("first", "then"), [("P2", "P1"), ("P1", "P2")])
def test_what_was_excused_before_a_change_is_not_by_what_the_ticket_says_now(
    first: str, then: str
) -> None:
    """The window is over when the ticket comes to match, or matches no more."""
    excuses = Excuses(1, [excuse(("10:00", "11:00"), priority="p1")])
    lived = [saw("09:00", "active", priority=first, tier="gold"), saw("12:00", priority=then)]
    kept = fold(in_order(lived), [PLAIN], at("13:00"), excuses=excuses)
    loaded = through_json(kept, PLAIN)
    loaded.excuse(excuses, loaded.created_at)
    for each in (kept, loaded):
        each.count_to(at("18:00"))
    for one, other in zip(verdict(loaded).cycles, verdict(kept).cycles, strict=True):
        assert (one.excused, one.paused) == (other.excused, other.paused)
        if one.clock == "resolution":
            assert one.excused == (at("11:00") - at("10:00") if first == "P1" else 0)


def test_a_stored_fold_shares_nothing_with_the_one_it_was_made_from() -> None:
    kept = folded(*BUSY)
    stored = stored_fold.dump(kept)
    before = encoded(stored)
    kept.count_to(at("18:00"))
    stored_fold.load(stored, Book([PLAIN])).count_to(at("18:00"))
    assert encoded(stored) == before


def test_what_earlier_cycles_leave_behind_is_kept() -> None:
    anew = policy({"resolution": "1h"}, clocks={"resolution": {"reopen": "new_cycle"}})
    timeline = [saw("11:00", "done"), saw("11:30", "waiting"), saw("11:40", "done")]
    loaded = through_json(folded(*timeline, under=anew), anew)
    assert (verdict(loaded).state, loaded.clocks["resolution"].count) == ("breached", 2)
    assert [cycle.number for cycle in loaded.cycles()] == [2]


def test_what_was_promised_once_is_remembered() -> None:
    anew = policy({"resolution": "4h"}, clocks={"resolution": {"reopen": "new_cycle"}})
    timeline = [saw("10:00", "done"), saw("11:00", "waiting", priority="P9")]
    kept = folded(*timeline, under=anew)
    assert verdict(kept).state == verdict(through_json(kept, anew)).state == "compliant"


def test_a_breach_is_remembered_when_its_clock_is_promised_to_nobody_any_more() -> None:
    """The promise had gone before the second cycle ended, and the third never had one."""
    targets = {"P2": {"resolution": "8h"}}
    promised = policy({"P1": {"update": "1h"}, **targets})
    without = policy(targets, version=2, accepted_at="11:30")
    timeline = [
        saw("10:30", agent="10:30"),
        saw("11:10", priority="P2"),
        saw("11:20", agent="11:20"),
    ]
    kept = fold(in_order([OPEN, *timeline]), [promised, without], at("11:30"))
    loaded = through_json(kept, promised, without)
    for each in (kept, loaded):
        each.follow(saw("12:00", "done"), at("12:00"), [promised, without])
        assert verdict(each).state == "breached"


def test_a_stored_fold_stays_bounded() -> None:
    replies = [saw(f"09:{minute}", agent=f"09:{minute}") for minute in range(10, 60)]
    few, many = stored_fold.dump(folded(*replies[:3])), stored_fold.dump(folded(*replies))
    assert abs(len(encoded(many)) - len(encoded(few))) < 20


def test_a_customer_who_waits_for_the_reopen_is_kept() -> None:
    loaded = through_json(
        folded(saw("10:00", "done", agent="09:30"), saw("11:00", customer="11:00")), PLAIN
    )
    again = saw("12:30", "waiting")
    assert loaded.follows(again, at("12:30"), [PLAIN])
    loaded.follow(again, at("12:30"), [PLAIN])
    waits = loaded.clocks["next_response"].cycle
    assert waits is not None
    assert waits.started_at == at("12:30")


def test_clocks_that_nobody_is_promised_any_more_are_kept() -> None:
    vendor: dict[str, Any] = {"vendor": {"kind": "resolution"}}
    with_it = policy({**TARGETS, "vendor": "1h"}, clocks=vendor)
    without = policy({"resolution": "4h"}, version=2, accepted_at="11:00")
    kept = fold(in_order([OPEN, saw("09:30", "done")]), [with_it, without], at("12:00"))
    loaded = through_json(kept, with_it, without)
    assert loaded.clocks.keys() == {"resolution", "response", "update", "vendor"}
    assert stored_fold.dump(loaded) == stored_fold.dump(kept)


def test_a_wait_for_the_reopen_outlives_its_clock() -> None:
    without = policy({"resolution": "4h"}, version=2, accepted_at="11:30")
    timeline = [OPEN, saw("10:00", "done"), saw("11:00", customer="11:00")]
    kept = fold(in_order(timeline), [PLAIN, without], at("12:00"))
    assert stored_fold.dump(through_json(kept, PLAIN, without)) == stored_fold.dump(kept)


def test_a_fold_of_an_unknown_policy_version_cannot_be_loaded() -> None:
    with pytest.raises(LookupError):
        through_json(folded(), policy({}, version=2))


# Continuing
KNOWN = folded(saw("10:00", "active", agent="09:40", customer="09:30"))
NOW = "12:00"


@pytest.mark.parametrize(
    "one",
    [
        saw("11:00"),
        saw("12:00", "done"),
        saw("10:00", "paused", rev=1),
        saw("11:00", agent="09:40", customer="09:30"),
        saw("11:00", agent="10:30"),
        saw("11:00", agent="11:30"),
        saw("11:00", created="09:00"),
        saw("11:00", priority="P2", tier="tin"),
    ],
)
def test_what_only_adds_to_the_end_follows(one: Observation) -> None:
    assert KNOWN.follows(one, at(NOW), [PLAIN])


def test_replies_and_observations_happen_in_their_order_on_the_way() -> None:
    one = saw("11:00", "paused", priority="P2", agent="10:30", customer="11:00")
    going_on = through_json(KNOWN, PLAIN)
    going_on.follow(one, at(NOW), [PLAIN])
    whole = folded(saw("10:00", "active", agent="09:40", customer="09:30"), one)
    assert stored_fold.dump(going_on) == stored_fold.dump(whole)
    assert going_on.clocks["update"].count == 3


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(saw("09:30"), id="late"),
        pytest.param(saw("10:00"), id="the same key"),
        pytest.param(saw("12:01"), id="in the future"),
        pytest.param(saw("11:00", created="08:00"), id="created at another time"),
        pytest.param(saw("11:00", first="09:20"), id="answered at another time"),
        pytest.param(saw("11:00", agent="09:50"), id="a reply in the past"),
        pytest.param(saw("11:00", customer="10:00"), id="a reply at the last instant"),
        pytest.param(saw("11:00", agent="12:30"), id="a reply in the future"),
    ],
)
def test_what_changes_the_past_or_the_future_does_not_follow(one: Observation) -> None:
    assert not KNOWN.follows(one, at(NOW), [PLAIN])


def test_at_creation_nothing_follows() -> None:
    assert not folded().follows(saw("09:00", "active", rev=1), at(NOW), [PLAIN])


def test_a_fold_that_knows_a_future_is_not_followed() -> None:
    assert not folded(saw("18:00", "done")).follows(saw("11:00"), at(NOW), [PLAIN])
    unborn = fold([OPEN._replace(created_at=at("18:00"))], [PLAIN], at(NOW))
    assert not unborn.follows(saw("11:00"), at(NOW), [PLAIN])


@pytest.mark.parametrize(
    ("accepted_at", "on_change", "follows"),
    [
        ("11:30", "carry", True),
        ("10:30", "carry", True),
        ("10:00", "carry", False),
        ("11:30", "recompute", False),
        ("12:00", "recompute", False),
        ("12:30", "recompute", True),
    ],
)
def test_a_version_accepted_since_is_applied_on_the_way_if_it_can_be(
    accepted_at: str, on_change: str, follows: bool
) -> None:
    second = policy(
        TARGETS,
        version=2,
        accepted_at=accepted_at,
        clocks={"resolution": {"on_change": on_change}},
    )
    assert KNOWN.follows(saw("11:00"), at(NOW), [PLAIN, second]) == follows


@pytest.mark.parametrize(
    ("timeline", "one", "follows"),
    [
        ([], saw("11:00", "active"), True),
        ([], saw("11:00", priority="P2"), False),
        ([saw("10:00", "done")], saw("11:00", "active"), False),
    ],
)
def test_what_recomputes_needs_the_past(
    timeline: list[Observation], one: Observation, follows: bool
) -> None:
    under = policy(
        {"P1": TARGETS, "P2": TARGETS}, clocks={"resolution": {"on_change": "recompute"}}
    )
    assert folded(*timeline, under=under).follows(one, at(NOW), [under]) == follows


@pytest.mark.parametrize("named", [{"agent": "10:00"}, {"customer": "10:00"}, {"first": "10:00"}])
def test_what_is_said_at_the_instant_of_an_answer_comes_before_it(named: dict[str, Any]) -> None:
    kept = folded(saw("09:50", **named), as_of="10:00")
    terms = saw("10:00", priority="P2")
    assert not kept.follows(terms, at("10:00"), [PLAIN])
    assert kept.follows(saw("10:01", priority="P2"), at("10:01"), [PLAIN])

    kept = folded(saw("10:00", **named), as_of="10:00")
    assert kept.follows(terms._replace(revision=1), at("10:00"), [PLAIN])


def test_a_clock_that_came_while_the_ticket_was_done_is_counted_from_its_start() -> None:
    second = policy(
        {**TARGETS, "vendor": "2h"},
        version=2,
        accepted_at="11:00",
        clocks={"vendor": {"kind": "resolution"}},
    )
    versions = [PLAIN, second]
    timeline = [OPEN, saw("10:30", "done"), saw("11:30", "done", rev=1)]
    again = saw("12:00", "active")
    kept = through_json(fold(in_order(timeline), versions, at("11:30")), *versions)
    assert not kept.follows(again, at("12:00"), versions)
    whole = fold(in_order([*timeline, again]), versions, at("12:00"))
    vendor = whole.clocks["vendor"].cycle
    assert vendor is not None
    assert vendor.due_at() == at("12:30")
    assert whole.follows(saw("12:10", "paused"), at("12:10"), versions)


def test_a_cycle_that_was_told_of_and_never_lasted_is_forgotten() -> None:
    stored = through_json(folded(saw("10:00", agent="10:00")), PLAIN)
    done = saw("10:00", "done", rev=1)
    assert stored.follows(done, at(NOW), [PLAIN])
    stored.follow(done, at(NOW), [PLAIN])
    assert stored.clocks["update"].forgotten
    assert not stored.clocks["resolution"].forgotten
    update = through_json(stored, PLAIN).clocks["update"]
    assert (update.count, update.cycle) == (1, None)


def test_what_is_foreseen_is_foreseen_anew_after_a_change_in_the_same_instant() -> None:
    targets = {"P1": {"resolution": "12h"}, "P2": {"resolution": "12h"}}
    under = policy(targets, calendars={"P2": OFFICE})
    kept = folded(saw("15:00", "active"), under=under, as_of="15:00")
    before = verdict(kept).warning_at
    one = saw("15:00", rev=1, priority="P2")
    kept.follow(one, at("15:00"), [under])
    whole = see([OPEN, saw("15:00", "active"), one], under, "15:00").verdict
    assert before is not None
    assert verdict(kept).warning_at == whole.warning_at != before


def test_a_wait_that_began_after_its_promise_had_gone_is_not_kept() -> None:
    """Whether everything was folded or a stored fold went on; whoever promises it again refolds."""
    without = policy({"resolution": "4h"}, version=2, accepted_at="10:00")
    again = policy(TARGETS, version=3, accepted_at="12:00")
    answered = saw("09:30", "active", agent="09:30")
    wrote = saw("11:00", customer="11:00")
    going_on = through_json(fold(in_order([OPEN, answered]), [PLAIN], at("09:30")), PLAIN, without)
    assert going_on.follows(wrote, at("11:00"), [PLAIN, without])
    going_on.follow(wrote, at("11:00"), [PLAIN, without])
    whole = fold(in_order([OPEN, answered, wrote]), [PLAIN, without], at("11:00"))

    assert stored_fold.dump(going_on) == stored_fold.dump(whole)

    # The stored fold comes under `without` before the customer writes.
    under_it = fold(in_order([OPEN, answered]), [PLAIN, without], at("10:30"))
    later = through_json(under_it, PLAIN, without)
    later.follow(wrote, at("11:00"), [PLAIN, without])
    assert stored_fold.dump(later) == stored_fold.dump(whole)
    assert not later.catch_up(at("12:00"), [PLAIN, without, again])
    refolded = fold(in_order([OPEN, answered, wrote]), [PLAIN, without, again], at("12:00"))
    assert refolded.clocks["next_response"].cycles()[0].started_at == at("11:00")


def test_a_clock_whose_promise_had_gone_before_its_newest_cycle_began_is_not_kept() -> None:
    """Of the cycle before, which was cancelled in time, a stored fold knows nothing."""
    promised = policy({"update": "30m"})
    without = policy({}, version=2, accepted_at="09:20")
    answered, more = saw("09:20", agent="09:20"), saw("11:00")
    known = [promised, without]
    kept = fold(in_order([OPEN, answered]), known, at("09:20"))
    going_on = through_json(kept, *known)
    assert going_on.follows(more, at("11:00"), known)
    going_on.follow(more, at("11:00"), known)

    whole = fold(in_order([OPEN, answered, more]), known, at("11:00"))

    assert whole.clocks["update"].ended[0].vanished is not None
    assert stored_fold.dump(going_on) == stored_fold.dump(whole)
