"""Versions that are put into force afterwards, as if they had been accepted long ago."""

from datetime import date
from typing import Any

from engine.sla import stored_fold
from engine.sla.calendar import Calendar
from engine.sla.policy import Phase, Policy, succession
from engine.sla.timeline import Fold, fold
from tests.support.engines import named
from tests.support.folds import again
from tests.support.policy_book import Book
from tests.support.timelines import HOUR, at, in_order, policy, saw, see, shown

NINE_TO_FIVE = {day: [(9 * 60, 17 * 60)] for day in range(5)}
BERLIN = Calendar("berlin", "Europe/Berlin", NINE_TO_FIVE)
WITH_HOLIDAY = Calendar("berlin", "Europe/Berlin", NINE_TO_FIVE, [date(2024, 1, 22)])
"""The Monday after is one."""
FRIDAY = "2024-01-19T00:00:00+01:00"
LIVED = [
    saw("2024-01-19T09:00:00+01:00", "waiting", status="open"),
    saw("2024-01-22T10:00:00+01:00", "done", status="resolved"),
]
LATER = "2024-02-01T12:00:00Z"
OPEN = saw("09:00", "waiting", status="open")
FIRST = policy({"resolution": "8h"})


def repair(
    version: int, since: str, resolution: str = "4h", accepted_at: str = "fri 12:00", **given: Any
) -> Policy:
    promised = {"resolution": resolution}
    return policy(promised, version=version, accepted_at=accepted_at, since=at(since), **given)


def plain(version: int, accepted_at: str, resolution: str = "6h", **given: Any) -> Policy:
    return policy({"resolution": resolution}, version=version, accepted_at=accepted_at, **given)


# A holiday entered late
def test_a_stopped_cycle_is_judged_by_the_holiday_that_was_entered_late() -> None:
    first = policy({"resolution": "8h"}, calendar=BERLIN)
    missed = see(LIVED, first, LATER).resolution
    assert (missed.state, missed.elapsed) == ("breached", 9 * HOUR)
    assert shown(missed.missed_at) == "fri 16:00"

    repaired = repair(2, FRIDAY, "8h", "2024-02-01T00:00:00Z", calendar=WITH_HOLIDAY)
    met = see(LIVED, [first, repaired], LATER).resolution
    assert (met.state, met.elapsed, met.policy) == ("met", 8 * HOUR, 2)
    assert met.missed_at is None


def test_it_counts_also_at_instants_before_it_was_known() -> None:
    versions = [FIRST, repair(2, "10:00", "30m")]
    assert see([OPEN], versions, "09:59").resolution.policy == 1
    assert see([OPEN], versions, "10:00").resolution.policy == 2


def test_what_stopped_before_is_not_touched() -> None:
    timeline = [OPEN, saw("14:00", "done")]
    assert see(timeline, [FIRST, repair(2, "14:01")], "fri 13:00").resolution.policy == 1
    assert see(timeline, [FIRST, repair(2, "14:00")], "fri 13:00").resolution.state == "breached"


def test_a_target_typed_wrongly_makes_a_cycle_missed_at_its_true_instant() -> None:
    seen = see([OPEN, saw("14:00", "done")], [FIRST, repair(2, "00:00")], "fri 13:00")
    assert (seen.resolution.state, seen.resolution.target) == ("breached", 4 * HOUR)
    assert ("breached", "mon 13:00:00.000001") in named(seen.fold.crossings())


def test_a_change_in_the_life_of_a_cycle_counts_from_its_instant_on() -> None:
    restarts = repair(2, "11:00", clocks={"resolution": {"on_change": "restart"}})
    seen = see([OPEN, saw("14:30", "done")], [FIRST, restarts], "fri 13:00").resolution
    assert (seen.state, seen.elapsed, seen.target) == ("met", 7 * HOUR // 2, 4 * HOUR)


def test_it_may_go_back_to_before_the_first_version() -> None:
    first = plain(1, "09:30")
    seen = see(
        [OPEN, saw("14:00", "done")], [first, repair(2, "2023-01-01T00:00:00Z")], "fri 13:00"
    )
    assert (seen.resolution.state, seen.resolution.policy) == ("breached", 2)


def test_it_applies_whatever_it_says_of_new_tickets() -> None:
    for_new = repair(2, "00:00", apply_to="new_tickets")
    assert see([OPEN], [FIRST, for_new], "10:00").resolution.policy == 2


def test_observations_since_then_get_its_map_of_statuses() -> None:
    waits: dict[str, Phase] = {**FIRST.statuses, "vendor": "paused"}
    maps = policy({"resolution": "8h"}, statuses={**FIRST.statuses, "vendor": "active"})
    timeline = [OPEN, saw("10:00", "active", status="vendor"), saw("15:00", "done")]
    repaired = repair(2, "09:30", "8h", statuses=waits)
    assert see(timeline, maps, "fri 13:00").resolution.elapsed == 6 * HOUR
    assert see(timeline, [maps, repaired], "fri 13:00").resolution.elapsed == HOUR
    for since in ("10:30", "14:30"):
        repaired = repair(2, since, "8h", statuses=waits)
        counted = see(timeline, [maps, repaired], "fri 13:00").resolution.elapsed
        assert counted == at(since) - at("09:00")


# Several
def test_at_each_instant_the_highest_that_has_begun_is_in_force() -> None:
    v1, v2 = FIRST, plain(2, "10:00")
    v3 = repair(3, "11:00", accepted_at="12:00")
    v4 = repair(4, "10:30", accepted_at="13:00")
    v5 = plain(5, "14:00")
    v6 = repair(6, "14:00", accepted_at="15:00")
    assert succession([v1, v2, v3]) == [v1, v2, v3]
    assert succession([v1, v2, v3, v4]) == [v1, v2, v4]
    assert succession([v1, v2, v3, v4, v5]) == [v1, v2, v4, v5]
    assert succession([v1, v2, v3, v4, v5, v6]) == [v1, v2, v4, v6]
    assert succession([v5, v6]) == [v5, v6]
    everything = repair(7, "2020-01-01T00:00:00Z", accepted_at="16:00")
    assert succession([v1, v2, v3, v4, v5, v6, everything]) == [v1, everything]


def test_a_repair_of_a_repair_counts_in_its_place() -> None:
    timeline = [OPEN, saw("14:00", "done")]
    wrong, right = repair(2, "00:00", "1h"), repair(3, "00:00", "5h", "fri 13:00")
    assert see(timeline, [FIRST, wrong], "sat 00:00").resolution.state == "breached"
    assert see(timeline, [FIRST, wrong, right], "sat 00:00").resolution.state == "met"


def test_of_two_the_later_counts_from_its_own_instant_on() -> None:
    versions = [FIRST, repair(2, "00:00", "1h"), repair(3, "12:00", "5h", "fri 13:00")]
    early = see([OPEN, saw("11:00", "done")], versions, "sat 00:00").resolution
    late = see([saw("12:00", "waiting"), saw("16:00", "done")], versions, "sat 00:00").resolution
    assert (early.policy, early.state) == (2, "breached")
    assert (late.policy, late.state) == (3, "met")


def test_a_plain_version_after_a_repair_touches_nothing_that_has_stopped() -> None:
    versions = [FIRST, repair(2, "00:00"), plain(3, "fri 13:00", "1h")]
    timeline = [OPEN, saw("12:00", "done")]
    assert see(timeline, versions, "sat 00:00").resolution.policy == 2
    assert see([OPEN], versions, "sat 00:00").resolution.policy == 3


# A fold that was stored
def stored(*timeline: Any, under: list[Policy], as_of: str) -> Fold:
    kept = stored_fold.dump(fold(in_order(timeline), under, at(as_of)))
    return stored_fold.load(again(kept), Book(under))


def test_only_a_refold_brings_a_ticket_under_a_repair() -> None:
    for since in ("00:00", "09:00", "11:00"):
        versions = [FIRST, repair(2, since, accepted_at="10:30")]
        kept = stored(OPEN, under=[FIRST], as_of="10:00")
        assert not kept.catch_up(at("12:00"), versions)
        assert not kept.follows(saw("12:00", "done"), at("12:00"), versions)


def test_once_it_stands_under_one_it_goes_on_without_a_refold() -> None:
    versions = [FIRST, repair(2, "00:00", accepted_at="10:30"), plain(3, "11:00")]
    kept = stored(OPEN, under=versions[:2], as_of="10:45")
    one = saw("12:00", "done")
    assert kept.follows(one, at("12:00"), versions)
    kept.follow(one, at("12:00"), versions)
    whole = fold(in_order([OPEN, one]), versions, at("12:00"))
    assert stored_fold.dump(kept) == stored_fold.dump(whole)
    late = stored(OPEN, under=versions[:2], as_of="10:45")
    assert late.catch_up(at("12:00"), versions)
    assert late.policy.version == 3
