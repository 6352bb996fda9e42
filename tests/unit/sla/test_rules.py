"""Which promise a ticket falls under, by what it says about itself at each instant."""

from dataclasses import replace
from typing import Any

import pytest

from engine.sla import escalation, stored_fold
from engine.sla.conditions import Attributes
from engine.sla.policy import Policy
from engine.sla.rules import Rule, Rules, Validity
from engine.sla.timeline import Fold, Observation, fold
from tests.support.folds import again
from tests.support.policy_book import Book
from tests.support.ruling import Ruled, match, ruled, until
from tests.support.timelines import HOUR, OFFICE, at, in_order, policy, saw, see, shown

TIERS = policy({"P1": {"resolution": "4h"}, "P2": {"resolution": "8h"}})
OUTAGE = Ruled(
    "Payments outage",
    {"team": "payments", "tags": ["outage"]},
    {"source": "sandbox"},
    {"P1": {"resolution": "1h"}, "any": {"resolution": "2h", "response": "15m"}},
)
SANDBOX = Ruled("Sandbox", {"source": "sandbox"}, on_purpose=True)
RULES = ruled(TIERS, OUTAGE, SANDBOX)
SAID = {"team": "Payments", "tags": ["Outage"]}


def target(timeline: list[Observation], under: Policy = RULES, when: str = "09:30") -> int | None:
    found = [one for one in see(timeline, under, when).cycles("resolution")]
    return found[-1].target if found else None


def promised(
    under: Policy = RULES,
    *,
    tier: str = "gold",
    priority: str = "P1",
    when: str = "09:00",
    **said: Any,
) -> str:
    others = {"source": "default", "tags": (), **said.pop("others", {})}
    attributes = Attributes(tier, priority, others=others, **said)
    plan = under.promised(attributes, at("09:00"), at(when))
    return plan.rule or plan.tier or "nothing"


def test_the_first_rule_that_matches_decides() -> None:
    one = Ruled("one", {"team": ["a", "b"]}, targets={"any": {"resolution": "1h"}})
    two = Ruled("two", {"team": "b"}, targets={"any": {"resolution": "2h"}})
    assert promised(ruled(TIERS, one, two), team="B") == "one"
    assert promised(ruled(TIERS, two, one), team="B") == "two"


def test_tiers_come_behind_all_rules() -> None:
    assert promised(team="payments", others={"tags": ("outage",)}) == "Payments outage"
    assert promised(team="payments") == "gold"
    assert promised(tier="bronze") == "nothing"


def test_what_unless_says_keeps_a_rule_from_matching() -> None:
    outage = {"tags": ("outage",), "source": "sandbox"}
    assert promised(team="payments", others=outage) == "Sandbox"


def test_any_is_for_every_priority_that_is_not_named() -> None:
    said = saw("09:00", "waiting", said=SAID)
    assert target([said]) == 1 * HOUR
    assert target([said._replace(priority="P9")]) == 2 * HOUR


def test_a_rule_without_entry_for_the_priority_promises_nothing_and_does_not_fall_through() -> None:
    only = Ruled("only", {"team": "payments"}, targets={"P7": {"resolution": "1h"}})
    assert target([saw("09:00", "waiting", said=SAID)], ruled(TIERS, only)) is None


def test_a_rule_may_promise_nothing_on_purpose() -> None:
    found = fold(in_order([saw("09:00", "waiting")]), [RULES], at("10:00"), source="Sandbox")
    assert found.cycles() == []
    assert found.plan.on_purpose


def test_a_rule_inherits_nothing_from_the_tier() -> None:
    tiers = policy({"P1": {"resolution": "4h"}}, calendar=OFFICE, ladders={"P1": {1: "10m"}})
    plan = ruled(tiers, OUTAGE).rule_plans["Payments outage", "p1"]
    assert "response" not in plan.targets
    assert plan.calendars["resolution"].name == "24x7"
    assert plan.ladder is None


def test_a_change_that_leads_to_another_rule_is_a_change_in_mid_flight() -> None:
    timeline = [saw("09:00", "waiting", said=SAID), saw("09:30", said={"team": "billing"})]
    assert target(timeline, when="09:20") == 1 * HOUR
    seen = see(timeline, RULES, "09:40")
    assert (seen.resolution.target, seen.resolution.elapsed) == (4 * HOUR, 40 * HOUR // 60)
    restarting = ruled(
        policy({"P1": {"resolution": "4h"}}, clocks={"resolution": {"on_change": "restart"}}),
        OUTAGE,
    )
    assert see(timeline, restarting, "09:40").resolution.elapsed == HOUR // 6


def test_equal_target_and_calendar_are_no_change() -> None:
    clocks = {"resolution": {"on_change": "restart"}}
    same = Ruled("same", {"team": "billing"}, targets={"any": {"resolution": "4h"}})
    under = ruled(policy({"P1": {"resolution": "4h"}}, clocks=clocks), same)
    timeline = [saw("09:00", "waiting"), saw("09:30", said={"team": "billing"})]
    seen = see(timeline, under, "10:00")
    assert seen.resolution.elapsed == HOUR
    assert seen.fold.plan.rule == "same"


def test_the_observation_that_stops_a_clock_decides_by_all_that_it_says() -> None:
    timeline = [
        saw("09:00", "waiting"),
        saw("11:00", "done", said={"team": "payments", "tags": ["outage"]}),
    ]
    assert see(timeline, RULES, "12:00").resolution.state == "breached"


def test_the_order_of_arrival_does_not_matter() -> None:
    first = saw("09:00", "waiting", priority="P1", tier="gold")
    late, last = saw("09:20", said=SAID), saw("09:40", said={"tags": None})
    continued = fold([first, last], [RULES], at("10:00"))
    assert not continued.follows(late, at("10:00"), [RULES])
    whole = fold([first, late, last], [RULES], at("10:00"))
    assert whole.plan is RULES.plan("gold", "p1")
    stepwise = fold([first], [RULES], at("09:10"))
    for one in (late, last):
        stepwise = stored_fold.load(again(stored_fold.dump(stepwise)), Book([RULES]))
        assert stepwise.follows(one, one.at, [RULES])
        stepwise.follow(one, one.at, [RULES])
    assert stored_fold.dump(stepwise) == stored_fold.dump(
        fold([first, late, last], [RULES], last.at)
    )


def test_a_change_of_rule_that_is_recomputed_takes_the_whole_timeline() -> None:
    clocks = {"resolution": {"on_change": "recompute"}}
    under = ruled(policy({"P1": {"resolution": "4h"}}, clocks=clocks), OUTAGE)
    folded = fold(in_order([saw("09:00", "waiting")]), [under], at("09:10"))
    assert not folded.follows(saw("09:20", said=SAID), at("09:20"), [under])
    assert folded.follows(saw("09:20", said={"team": "billing"}), at("09:20"), [under])


def test_a_cycle_that_has_ended_keeps_its_rule() -> None:
    timeline = [saw("09:00", "waiting", said=SAID, priority="P9"), saw("09:30", "done")]
    kept = stored_fold.dump(fold(in_order(timeline), [RULES], at("10:00")))
    loaded = stored_fold.load(again(kept), Book([RULES]))
    assert stored_fold.dump(loaded) == kept
    cycle = loaded.clocks["resolution"].cycle
    assert cycle is not None
    assert cycle.plan is RULES.rule_plans["Payments outage", ""]


# Contracts begin and end
def valid(validity: Validity) -> Policy:
    return ruled(TIERS, replace(OUTAGE, valid=validity))


def test_a_contract_is_for_tickets_created_while_it_holds() -> None:
    under = valid(until("10:00", start="09:00", by_time=False))
    timeline = [saw("09:00", "waiting", said=SAID)]
    assert target(timeline, under, "11:00") == HOUR
    assert target([timeline[0]._replace(created_at=at("08:59"))], under, "11:00") == 4 * HOUR
    assert target([saw("10:00", "waiting", said=SAID)], under, "11:00") == 4 * HOUR
    assert under.edges == ()


def test_or_at_each_instant() -> None:
    under = valid(until("10:00", start="09:30"))
    timeline = [saw("09:00", "waiting", said=SAID)]
    found = [target(timeline, under, when) for when in ("09:29", "09:30", "09:59", "10:00")]
    assert found == [4 * HOUR, HOUR, HOUR, 4 * HOUR]
    assert under.edges == (at("09:30"), at("10:00"))


def test_an_edge_comes_before_the_observation_of_its_instant() -> None:
    under = valid(until("11:00"))
    timeline = [saw("09:00", "waiting", said=SAID), saw("11:00", "done")]
    assert see(timeline, under, "12:00").resolution.target == 4 * HOUR


def test_a_stored_fold_passes_edges_as_a_whole_one_does() -> None:
    under = valid(until("10:00", start="09:30"))
    first, last = saw("09:00", "waiting", priority="P1", tier="gold", said=SAID), saw("10:30")

    def stored(instant: str, *timeline: Observation) -> Fold:
        kept = stored_fold.dump(fold(timeline, [under], at(instant)))
        return stored_fold.load(again(kept), Book([under]))

    continued = stored("09:10", first)
    assert escalation.upcoming(continued, (), (), ()).count(at("09:30")) == 1
    assert continued.follows(last, at("10:30"), [under])
    continued.follow(last, at("10:30"), [under])
    whole = fold([first, last], [under], at("10:30"))
    assert stored_fold.dump(continued) == stored_fold.dump(whole)
    woken = stored("09:30", first)
    assert woken.plan.rule == "Payments outage"
    assert woken.catch_up(at("10:00"), [under])
    assert shown(woken.another_rule_at) == "mon 10:00"
    assert stored_fold.dump(woken) == stored_fold.dump(fold([first], [under], at("10:00")))


def test_an_edge_that_changes_nothing_wakes_nobody() -> None:
    under = valid(until("10:00"))
    other = fold(in_order([saw("09:00", "waiting")]), [under], at("09:10"))
    assert at("10:00") not in escalation.upcoming(other, (), (), ())
    done = fold(in_order([saw("09:00", "done", said=SAID)]), [under], at("09:10"))
    assert at("10:00") not in escalation.upcoming(done, (), (), ())
    passed = see([saw("09:00", "waiting")], under, "11:00").fold
    assert passed.another_rule_at is None


def test_an_edge_may_promise_something_to_an_open_clock_of_a_ticket_that_is_done() -> None:
    """It is held, and shown from then on: whoever replays the ticket finds it, too."""
    tiers = policy({"P1": {"resolution": "4h"}}, clocks={"assignment": {"kind": "assignment"}})
    later = Ruled(
        "later", targets={"any": {"assignment": "1h"}}, valid=until("12:00", start="10:00")
    )
    timeline = in_order([saw("09:00", "waiting"), saw("09:05", "done")])
    done = fold(timeline, [ruled(tiers, later)], at("09:10"))
    assert at("10:00") in escalation.upcoming(done, (), (), ())


def test_an_edge_that_is_recomputed_takes_the_whole_timeline() -> None:
    clocks = {"resolution": {"on_change": "recompute"}}
    tiers = policy({"P1": {"resolution": "4h"}}, clocks=clocks)
    under = ruled(tiers, replace(OUTAGE, valid=until("10:00")))
    folded = fold(in_order([saw("09:00", "waiting")]), [under], at("09:10"))
    assert not folded.catch_up(at("10:00"), [under])
    assert not folded.follows(saw("10:00"), at("10:00"), [under])
    assert folded.catch_up(at("09:59"), [under])


def test_a_tier_may_be_valid_for_a_time_as_well() -> None:
    by_time = replace(TIERS, tier_validity={"gold": until("10:00")})
    assert promised(by_time, when="09:59") == "gold"
    assert promised(by_time, when="10:00") == "nothing"
    assert by_time.edges == (at("10:00"),)
    by_creation = replace(TIERS, tier_validity={"gold": until("08:00", by_time=False)})
    assert promised(by_creation) == "nothing"
    assert by_creation.edges == ()


# Finding them
def test_of_many_rules_the_first_is_found_whatever_they_ask() -> None:
    asks = [{"team": "a"}, {"team": None}, {"tags": ["x", "y"]}, {"team": "*", "tags": "z"}, {}]
    rules = [Rule(str(number), match(when, {})) for number, when in enumerate(asks)]
    found = Rules(rules)
    assert len(found) == 5

    def first(team: str | None, *tags: str) -> str:
        attributes = Attributes("gold", "P1", team, others={"tags": tags})
        rule = found.first(attributes, 0, 0)
        assert rule is not None
        slowly = next(one for one in rules if one.matches(attributes, 0, 0))
        assert rule is slowly
        return rule.name

    assert [first("A"), first(None, "x"), first("b", "Y"), first("b", "z"), first("b")] == list(
        "01234"
    )
    assert Rules(rules[:1]).first(Attributes("gold", "P1", "b"), 0, 0) is None


def test_what_is_remembered_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.sla.rules.MOST_KNOWN", 2)
    rules = Rules([Rule(team, match({"team": team}, {})) for team in "abc"])
    for _ in range(2):
        for team in "abc":
            rule = rules.first(Attributes("gold", "P1", team), 0, 0)
            assert rule is not None
            assert rule.name == team
