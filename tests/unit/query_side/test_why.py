"""Why a ticket is promised what it is, in the words of its rules."""

from dataclasses import replace
from typing import Any

from engine.sla.policy import Policy
from engine.sla.timeline import fold
from query_side.audit.why import reasons, rule_of
from tests.support.ruling import Ruled, ruled, until
from tests.support.timelines import at, in_order, policy, saw

TIERS = policy({"P1": {"resolution": "4h", "response": "1h"}})
RULES = ruled(
    TIERS,
    Ruled("Payments outage", {"team": "payments"}, targets={"P1": {"resolution": "1h"}}),
    Ruled("Sandbox", {"source": "sandbox"}, on_purpose=True),
)


def told(under: Policy, source: str = "default", **said: Any) -> tuple[str | None, list[str]]:
    timeline = in_order([saw("09:00", "waiting", **said)])
    found = fold(timeline, [under], at("10:00"), source=source)
    marked = [f"{'*' if one.matched else '-'} {one.rule}: {one.because}" for one in reasons(found)]
    return rule_of(found), marked


def test_of_each_rule_before_the_one_that_decides_the_first_failure_is_told() -> None:
    assert told(RULES, said={"team": "billing"}) == (
        "gold",
        [
            "- Payments outage: team is billing, not payments",
            "- Sandbox: source is default, not sandbox",
            "* gold: customer tier is gold; it promises resolution, response",
        ],
    )


def test_of_the_one_that_decides_it_is_told_what_it_promises() -> None:
    rule, why = told(RULES, said={"team": "Payments"})
    assert (rule, why) == ("Payments outage", ["* Payments outage: it promises resolution"])
    _, why = told(RULES, priority="P7", said={"team": "Payments"})
    assert why == ["* Payments outage: nothing is promised for the priority P7"]


def test_a_ticket_without_clocks_is_told_why_as_well() -> None:
    rule, why = told(RULES, source="Sandbox")
    assert (rule, why[-1]) == ("Sandbox", "* Sandbox: nothing is promised, on purpose")
    assert told(TIERS, tier="bronze") == (
        None,
        ["- bronze: nothing is promised to this customer tier"],
    )
    over = replace(TIERS, tier_validity={"gold": until("08:00")})
    assert told(over) == (None, ["- gold: it is valid until 08:00"])
