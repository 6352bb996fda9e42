"""What a silence may match: refuses what no alert ever is, so that none mutes nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from command_side.deciding.problems import Problem
from command_side.intake.wording import near
from engine.sla.policy import Policy
from engine.sla.verdict import SEVERITIES

FIXED: Mapping[str, Collection[str]] = {
    "severity": SEVERITIES,
    "type": ("alert", "escalation"),
}
"""Of these fields only such values occur; of others the policies know, or nobody does."""


def impossible(matchers: Mapping[str, Sequence[str]], policies: Iterable[Policy]) -> list[Problem]:
    """The values that no alert has under any of these policies, each with what it may mean."""
    known: dict[str, set[str]] = {name: set(values) for name, values in FIXED.items()}
    known |= {"clock": set(), "customer_tier": set(), "priority": set()}
    for policy in policies:
        for (tier, priority), plan in policy.plans.items():
            if plan.targets:
                known["customer_tier"].add(tier)
                known["priority"].add(priority)
                known["clock"].update(clock.casefold() for clock in plan.targets)
    return [
        Problem(("body", "matchers", name, place), _wrong(name, value, known[name]))
        for name, values in matchers.items()
        if name in known
        for place, value in enumerate(values)
        if value.casefold() not in known[name]
    ]


def _wrong(name: str, value: str, known: Collection[str]) -> str:
    meant = near(value, known)
    hint = f"did you mean {meant!r}?" if meant else f"it is one of {', '.join(sorted(known))}"
    return f"no alert ever has the {name} {value[:100]!r}; {hint}"
