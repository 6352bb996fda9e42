"""Why a ticket is promised what it is, in the words that people read."""

from dataclasses import replace
from typing import Any

import pytest

from engine.sla.policy import Policy
from engine.sla.rules import Validity
from engine.sla.timeline import fold
from engine.sla.why import why
from query_side.audit.why import promised, reasons
from tests.support.ruling import Ruled, ruled
from tests.support.timelines import OFFICE, Observation, at, in_order, policy, saw

TIERS = policy({"P1": {"resolution": "4h", "response": "1h"}, "P2": {"resolution": "8h"}})
HOUR = {"any": {"resolution": "1h"}}
TICKET: dict[str, Any] = {
    "team": "Billing",
    "tags": ["emea", "VIP"],
    "extra": {"region": "Test", "one": "1"},
}


def told(*timeline: Observation, under: Policy, when: str = "10:00") -> tuple[list[str], str]:
    """A line for each rule, and what follows."""
    folded = fold(in_order(list(timeline)), [under], at(when), source="Zendesk")
    folded.count_to(at(when))
    found = why(folded, at(when))
    lines = [
        f"{'yes' if one.matched else 'no'}: {one.rule}: {one.because}"
        for one in reasons(found, folded)
    ]
    return lines, promised(found, folded)


def said(*rules: Ruled, under: Policy = TIERS, **ticket: Any) -> tuple[list[str], str]:
    known = {**TICKET, **ticket.pop("said", {})}
    return told(saw("09:00", "waiting", said=known, **ticket), under=ruled(under, *rules))


@pytest.mark.parametrize(
    ("when", "because"),
    [
        ({"team": "payments"}, "team is Billing, not payments"),
        ({"team": ["a", "b", "c"]}, "team is Billing, not a, b or c"),
        ({"team": list("abcdefgh")}, "team is Billing, not a, b, c, d, e or 3 others"),
        ({"team": None}, "team is Billing, and the rule is for tickets without one"),
        ({"team": [None, "a"]}, "team is Billing, not a, and not without one"),
        ({"customer_tier": "silver"}, "customer tier is gold, not silver"),
        ({"source": "Sandbox"}, "source is Zendesk, not Sandbox"),
        ({"fields.region": "emea"}, "region is Test, not emea"),
        ({"type": ["incident"]}, "it has no type, and the rule asks for incident"),
        (
            {"organization": "*"},
            "it has no organization, and the rule is for tickets that have one",
        ),
        ({"tags": "x"}, "it has the tags emea and VIP, and none of them is x"),
        ({"tags": None}, "it has the tags emea and VIP, and the rule is for tickets without any"),
        ({"assigned": True}, "nobody is assigned"),
    ],
)
def test_the_first_condition_that_fails_is_told(when: dict[str, Any], because: str) -> None:
    lines, _ = said(Ruled("Rule", when))
    assert lines == [
        f"no: Rule: {because}",
        "yes: gold: customer tier is gold, and no rule before it matches",
    ]


@pytest.mark.parametrize(
    ("unless", "because"),
    [
        ({"fields.region": ["test", "x"]}, "region is Test, which the rule leaves out"),
        ({"tags": ["x", "vip"]}, "it has the tag VIP, which the rule leaves out"),
        ({"team": "*"}, "team is Billing, and the rule is for tickets without one"),
        ({"tags": "*"}, "it has the tags emea and VIP, and the rule is for tickets without any"),
        ({"type": None}, "it has no type, and the rule is for tickets that have one"),
        ({"assigned": False}, "nobody is assigned, and the rule leaves such tickets out"),
    ],
)
def test_so_is_what_a_rule_leaves_out(unless: dict[str, Any], because: str) -> None:
    lines, _ = said(Ruled("Rule", {}, unless))
    assert lines[0] == f"no: Rule: {because}"


def test_somebody_is_assigned_is_told_as_well() -> None:
    lines, _ = said(Ruled("Rule", {"assigned": False}), assigned=True)
    assert lines[0] == "no: Rule: somebody is assigned already"


def test_one_tag_is_named_alone() -> None:
    lines, _ = said(Ruled("Rule", {"tags": "x"}), said={"tags": ["emea"]})
    assert lines[0] == "no: Rule: it has the tag emea, not x"


@pytest.mark.parametrize(
    ("when", "because"),
    [
        (
            {"team": ["billing", "x"], "tags": ["vip", "x"]},
            "team is Billing and it has the tag VIP",
        ),
        (
            {"type": None, "assigned": "no", "tags": "*"},
            "it has no type, nobody is assigned and it has the tags emea and VIP",
        ),
        ({}, "it is for every ticket"),
    ],
)
def test_of_the_rule_that_decides_what_it_matches_is_told(
    when: dict[str, Any], because: str
) -> None:
    lines, follows = said(Ruled("Rule", when, targets=HOUR), Ruled("Never tried"))
    assert lines == [f"yes: Rule: {because}"]
    assert follows == "The rule Rule promises at priority P1: resolution within 1h."


def test_a_rule_for_all_may_leave_some_out() -> None:
    lines, _ = said(Ruled("Rule", {}, {"team": "x"}, targets=HOUR))
    assert lines == ["yes: Rule: it is for every ticket that it does not leave out"]


def test_where_there_are_no_rules_the_tier_stands_alone() -> None:
    lines, follows = said()
    assert lines == ["yes: gold: customer tier is gold"]
    assert follows == (
        "Customer tier gold is promised at priority P1:"
        " response within 1h and resolution within 4h."
    )


def test_calendars_are_named_and_so_is_a_date_of_the_ticket_s_own() -> None:
    under = policy({"P1": {"response": "2h", "resolution": "1bd"}}, calendar=OFFICE)
    opened = saw("09:00", "waiting", own={"resolution": "17:00"})
    _, follows = told(opened, under=under)
    assert follows == (
        "Customer tier gold is promised at priority P1: response within 2h (2 working hours,"
        " calendar office) and resolution by the ticket's own date (calendar office)."
    )


def valid(*, by_time: bool) -> Validity:
    return Validity(at("09:00"), at("09:30"), by_time, "from 2026-01-01 until 2026-06-30")


@pytest.mark.parametrize(
    ("created", "by_time", "because"),
    [
        (
            "08:00",
            False,
            "it is for tickets created from 2026-01-01 until 2026-06-30,"
            " and this one was created before",
        ),
        (
            "09:30",
            False,
            "it is for tickets created from 2026-01-01 until 2026-06-30,"
            " and this one was created after that",
        ),
        ("08:00", True, "it holds only from 2026-01-01 until 2026-06-30"),
    ],
)
def test_a_rule_that_is_not_valid_is_told_with_its_dates(
    created: str, by_time: bool, because: str
) -> None:
    lines, _ = told(
        saw(created, "waiting"), under=ruled(TIERS, Ruled("Rule", valid=valid(by_time=by_time)))
    )
    assert lines[0] == f"no: Rule: {because}"


# Nothing is promised
def test_that_nothing_is_promised_on_purpose_is_told() -> None:
    lines, follows = said(Ruled("The sandbox", {"source": "zendesk"}, on_purpose=True))
    assert lines == ["yes: The sandbox: source is Zendesk"]
    assert follows == (
        'Nothing is promised, and that is meant so: the rule "The sandbox" says none.'
    )


def test_so_are_a_rule_and_a_tier_without_targets_for_the_priority() -> None:
    only = Ruled("Only", {"team": "billing"}, targets={"P7": {"resolution": "1h"}})
    assert said(only)[1] == (
        "Nothing is promised: the rule Only has no targets for priority P1, only for P7,"
        " and rules and tiers behind it are not tried."
    )
    assert said(Ruled("None", {"team": "billing"}), priority="high")[1] == (
        "Nothing is promised: the rule None has no targets for priority high,"
        " and rules and tiers behind it are not tried."
    )
    assert said(priority="high") == (
        ["yes: gold: customer tier is gold"],
        "Nothing is promised: customer tier gold has no targets for priority high,"
        " only for p1 and p2.",
    )


def test_an_unknown_tier_is_told_with_those_that_are_known() -> None:
    lines, follows = said(Ruled("Rule", {"team": "x"}), tier="Bronze")
    assert lines[-1] == "no: Bronze: the configuration has no customer tier Bronze, only gold"
    assert follows == (
        "Nothing is promised: no rule matches, and the configuration has no customer tier Bronze."
    )
    lines, _ = said(tier="Bronze", under=replace(TIERS, tier_fallbacks={}))
    assert lines == ["no: Bronze: the configuration has no customer tier Bronze"]


def test_a_tier_that_is_not_valid_is_told_with_its_dates() -> None:
    under = ruled(TIERS, tier_validity={"gold": valid(by_time=True)})
    lines, follows = told(saw("10:00", "waiting"), under=under)
    assert lines == ["no: gold: it holds only from 2026-01-01 until 2026-06-30"]
    assert follows == (
        "Nothing is promised: no rule matches, and customer tier gold is not valid for it."
    )


@pytest.mark.parametrize(("team", "has"), [("Billing", "Billing has it"), (None, "no team has it")])
def test_targets_of_other_teams_are_none(team: str | None, has: str) -> None:
    under = policy({"P1": {"team": {"ops": "4h"}}}, clocks={"team": {"kind": "ownership"}})
    _, follows = told(saw("09:00", "waiting", team=team), under=under)
    assert follows == (
        f"Nothing is promised while {has}: customer tier gold has targets for other teams only."
    )


def test_a_date_of_its_own_stands_alone_where_nothing_else_is_promised() -> None:
    opened = saw("09:00", "waiting", tier="Bronze", own={"resolution": "17:00"})
    lines, follows = told(opened, under=TIERS)
    assert lines == ["no: Bronze: the configuration has no customer tier Bronze, only gold"]
    assert follows == (
        "Only a date of its own counts: resolution by the ticket's own date. Nothing else is"
        " promised: no rule matches, and the configuration has no customer tier Bronze."
    )


def test_clocks_that_were_over_by_then_are_told_besides() -> None:
    nothing = Ruled("Later", {"team": "later"}, targets={"any": {"response": "1m"}})
    under = ruled(TIERS, nothing)
    timeline = [saw("09:00", "waiting", priority="P1"), saw("09:10", "active")]
    assert told(*timeline, saw("09:30", team="later"), under=under)[1] == (
        "The rule Later promises at priority P1: response within 1m. But the response clock had"
        " ended before this came to apply, and keeps the promise of then: 1h. The resolution clock"
        " was cancelled: nothing is promised for it any more."
    )
    timeline[0] = saw("09:00", "waiting", priority="P2")
    assert told(*timeline, saw("09:30", priority="P1"), under=under)[1] == (
        "Customer tier gold is promised at priority P1: response within 1h and resolution within"
        " 4h. But the response clock had ended before this came to apply, and nothing was promised"
        " for it."
    )
