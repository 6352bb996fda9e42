"""Why a ticket is promised what it is: the rule that decides, and what keeps those before it."""

from pydantic import BaseModel, Field

from engine.sla.rules import why
from engine.sla.timeline import Fold


class Reason(BaseModel):
    """A rule that was tried."""

    rule: str = Field(description="Its name, or the customer tier, which is tried last.")
    matched: bool = Field(description="It is the one that decides.")
    because: str = Field(
        description="The first condition that fails, such as `team is billing, not payments`;"
        " of the one that decides what it promises."
    )


def rule_of(fold: Fold) -> str | None:
    """The name of the rule that decides, or the tier; None: nothing is promised to such tickets."""
    return fold.plan.rule or fold.plan.tier or None


def reasons(fold: Fold) -> list[Reason]:
    """In the order in which they were tried, up to the one that decided."""
    plan, policy = fold.plan, fold.policy
    tried = why(policy.rules, plan.rule or None, fold.attributes, fold.created_at, fold.at)
    found = [Reason(rule=rule, matched=False, because=because) for rule, because in tried]
    if plan.rule:
        return [*found, Reason(rule=plan.rule, matched=True, because=_promises(fold))]
    tier = fold.tier or "no tier"
    valid = policy.tier_validity.get(tier.casefold())
    if plan.tier:
        because = f"customer tier is {tier}; {_promises(fold)}"
        return [*found, Reason(rule=plan.tier, matched=True, because=because)]
    if valid is not None:
        because = f"it is valid {valid.written}"
    else:
        because = "nothing is promised to this customer tier"
    return [*found, Reason(rule=tier, matched=False, because=because)]


def _promises(fold: Fold) -> str:
    plan = fold.plan
    if plan.on_purpose:
        return "nothing is promised, on purpose"
    if not plan.clocks:
        return f"nothing is promised for the priority {fold.priority}"
    return f"it promises {', '.join(sorted(plan.clocks))}"
