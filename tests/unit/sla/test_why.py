"""Which rule decides about a ticket, what each one before it lacks, and what follows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from engine.sla.conditions import Failure
from engine.sla.policy import ClockKind, Policy
from engine.sla.timeline import Observation, fold
from engine.sla.why import Nothing, Promise, Why, why
from tests.support.ruling import Ruled, ruled, until
from tests.support.timelines import OFFICE, at, in_order, policy, saw

TIERS = policy({"P1": {"resolution": "4h", "response": "1h"}, "P2": {"resolution": "8h"}, "P3": {}})
OUTAGE = Ruled(
    "Payments outage",
    {"team": "payments", "tags": "outage"},
    {"source": "sandbox"},
    {"P1": {"resolution": "1h"}, "P2": {"response": "15m"}},
)
SANDBOX = Ruled("Sandbox", {"source": "sandbox"}, on_purpose=True)
RULES = ruled(TIERS, OUTAGE, SANDBOX)
SAID = {"team": "Payments", "tags": ["Outage"]}


def found(
    timeline: Sequence[Observation], under: Policy = RULES, when: str = "10:00", source: str = "web"
) -> Why:
    folded = fold(in_order(list(timeline)), [under], at(when), source=source)
    folded.count_to(at(when))
    return why(folded, at(when))


def promises(told: Sequence[Promise]) -> dict[str, str]:
    return {one.clock: one.budget.text for one in told}


def ended(told: Why) -> list[tuple[str, str | None, str]]:
    return [
        (one.clock, None if one.budget is None else one.budget.text, one.calendar.name)
        for one in told.ended
    ]


def passed(told: Why) -> list[tuple[str, str]]:
    """Each rule that was tried before, and the field that it failed by."""
    return [
        (one.rule.name, one.failure.condition.field if isinstance(one.failure, Failure) else "")
        for one in told.passed
    ]


def test_the_rule_that_decides_is_the_last_that_is_tried() -> None:
    told = found([saw("09:00", "waiting", said=SAID)])
    assert (told.passed, told.rule) == ([], RULES.rules[0])
    assert (promises(told.promises), told.nothing) == ({"resolution": "1h"}, None)


def test_of_each_rule_before_it_the_first_condition_that_fails_is_found() -> None:
    told = found([saw("09:00", "waiting", said={"team": "payments"})], source="sandbox")
    assert passed(told) == [("Payments outage", "tags")]
    assert told.rule is RULES.rules[1]
    assert told.nothing == Nothing("on_purpose")


def test_behind_all_rules_the_tier_decides() -> None:
    told = found([saw("09:00", "waiting")])
    assert passed(told) == [("Payments outage", "team"), ("Sandbox", "source")]
    assert told.rule is None
    assert promises(told.promises) == {"response": "1h", "resolution": "4h"}


def test_a_rule_that_is_not_valid_is_told_with_its_dates() -> None:
    under = ruled(TIERS, replace(OUTAGE, valid=until("09:30")))
    timeline = [saw("09:00", "waiting", said=SAID)]
    assert found(timeline, under, "09:29").passed == []
    assert [one.failure for one in found(timeline, under, "09:30").passed] == [until("09:30")]


def test_what_is_said_at_that_instant_decides() -> None:
    timeline = [saw("09:00", "waiting"), saw("09:30", said=SAID)]
    assert found(timeline, when="09:29").rule is None
    assert found(timeline, when="09:30").rule is RULES.rules[0]


def test_where_the_priority_has_no_target_those_that_have_are_named() -> None:
    told = found([saw("09:00", "waiting", priority="P3", said=SAID)])
    assert (told.rule, told.nothing) == (RULES.rules[0], Nothing("priority", ("p1", "p2")))
    told = found([saw("09:00", "waiting", priority="P3")])
    assert (told.rule, told.nothing) == (None, Nothing("priority", ("p1", "p2")))


def test_an_unknown_tier_is_told_with_those_that_are_known() -> None:
    assert found([saw("09:00", "waiting", tier="bronze")]).nothing == Nothing("tier", ("gold",))


def test_so_is_one_that_is_not_valid() -> None:
    ended = until("09:30", by_time=False)
    under = replace(TIERS, tier_validity={"gold": ended})
    assert found([saw("09:00", "waiting")], under).nothing is None
    assert found([saw("09:30", "waiting")], under).nothing == Nothing("validity", validity=ended)


@pytest.mark.parametrize(
    ("team", "target", "nothing"),
    [
        ("payments", "4h", None),
        ("billing", None, Nothing("team")),
        (None, None, Nothing("team")),
    ],
)
def test_targets_by_team_are_those_of_the_team_that_has_it(
    team: str | None, target: str | None, nothing: Nothing | None
) -> None:
    clocks = {"team": {"kind": "ownership"}}
    under = policy({"P1": {"team": {"payments": "4h"}}}, clocks=clocks)
    told = found([saw("09:00", "waiting", team=team)], under)
    assert (promises(told.promises).get("team"), told.nothing) == (target, nothing)


def test_a_date_of_the_ticket_s_own_is_promised_also_where_there_is_no_target() -> None:
    own: Mapping[ClockKind, str] = {"resolution": "17:00"}
    told = found([saw("09:00", "waiting", priority="P3", own=own)])
    assert [(one.clock, one.budget.unit) for one in told.promises] == [("resolution", "own_date")]
    assert told.nothing == Nothing("priority", ("p1", "p2"))
    beside = found([saw("09:00", "waiting", priority="P2", own=own)])
    assert (len(beside.promises), beside.nothing) == (1, None)


def test_a_clock_that_ended_under_another_promise_is_named_besides() -> None:
    opened = saw("09:00", "waiting", priority="P1")
    timeline = [opened, saw("09:10", "active"), saw("09:30", priority="P2")]
    told = found(timeline)
    assert promises(told.promises) == {"resolution": "8h"}
    assert ended(told) == [("response", "1h", "24x7")]
    assert ended(found([*timeline[:2], saw("09:30", assigned=True)])) == []


def test_so_is_one_that_ended_by_another_calendar() -> None:
    night = Ruled("Night", {"team": "night"}, targets={"any": {"response": "1h"}}, calendar=OFFICE)
    timeline = [saw("09:00", "waiting"), saw("09:10", "active"), saw("09:30", team="night")]
    assert ended(found(timeline, ruled(TIERS, night))) == [("response", "1h", "24x7")]


def test_so_is_one_that_ended_without_a_promise() -> None:
    timeline = [saw("09:00", "waiting", priority="P3"), saw("09:10", "active")]
    assert ended(found(timeline)) == []
    told = found([*timeline, saw("09:30", priority="P1")])
    assert ended(told) == [("response", None, "24x7")]


def test_so_is_one_whose_promise_was_taken_back() -> None:
    timeline = [saw("09:00", "waiting", priority="P2"), saw("09:30", priority="P3")]
    told = found(timeline)
    assert (told.withdrawn, told.ended) == (["resolution"], [])
    assert found(timeline[:1]).withdrawn == []


def test_a_clock_that_has_not_begun_is_promised_all_the_same() -> None:
    told = found([saw("09:00", "waiting")], policy({"P1": {"next_response": "30m"}}))
    assert promises(told.promises) == {"next_response": "30m"}
