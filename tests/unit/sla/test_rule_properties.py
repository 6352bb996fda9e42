"""What holds of rules whatever a ticket has been through."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engine.sla.policy import Plan, Policy
from engine.sla.rules import Rule
from tests.support.ruling import match
from tests.support.timeline_strategies import Story, exact, tickets, ticks
from tests.support.timelines import see


def by_rules(under: Policy) -> Policy:
    """The same promises by rules that only name tiers."""
    tiers = sorted({tier for tier, _ in under.plans} | under.tier_fallbacks.keys())
    plans: dict[tuple[str, str], Plan] = {}
    for tier in tiers:
        plans[tier, ""] = replace(under.tier_fallbacks[tier], rule=tier)
    for (tier, priority), plan in under.plans.items():
        plans[tier, priority] = replace(plan, rule=tier)
    made = tuple(Rule(tier, match({"customer_tier": tier}, {})) for tier in tiers)
    return replace(under, plans={}, tier_fallbacks={}, rules=made, rule_plans=plans)


@given(tickets(instants=st.one_of(ticks, exact)))
def test_rules_that_only_name_tiers_promise_what_tiers_do(story: Story) -> None:
    by_tiers = see(story.observations, story.policies, story.end)
    ruled = see(story.observations, [by_rules(one) for one in story.policies], story.end)
    for cycle in ruled.verdict.cycles:
        cycle.rule = None  # a tier's promise names no rule
        cycle.stood = cycle.stood and cycle.stood._replace(rule="")
    assert ruled.verdict == by_tiers.verdict
    assert ruled.fold.crossings() == by_tiers.fold.crossings()
