"""What routes and silences may ask of an alert: each field once, with the values it can have.

A new field is an entry here: the configuration, the API and the decisions read this list.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from engine.sla.policy import Policy
from engine.sla.verdict import SEVERITIES

TYPES = ("alert", "escalation")
"""A withdrawal goes to those who were told of what it takes back, whatever the routes say."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is raised, and the ticket that it is about."""

    type: str
    severity: str
    clock: str
    tier: str
    priority: str
    external_id: str
    source: str
    attributes: Mapping[str, str]
    """What else is known of the ticket, by name."""


@dataclass(frozen=True, slots=True)
class Field:
    """One of them. With neither `values` nor `promised`, nobody knows what may come."""

    of: Callable[[Subject], str]
    values: Callable[[Policy], Iterable[str]] | None = None
    """All that it can have under a policy: whatever else is asked for is a mistake."""
    promised: Callable[[Policy], Iterable[str] | None] | None = None
    """Those of tickets, and of clocks, that have targets: nothing is raised of others. None: a rule
    may promise something to any."""
    in_routes: bool = True
    """False: for silences alone."""


FIELDS: Mapping[str, Field] = {
    "external_id": Field(lambda one: one.external_id, in_routes=False),
    "source": Field(lambda one: one.source, in_routes=False),
    "customer_tier": Field(
        lambda one: one.tier,
        promised=lambda policy: policy.promising("customer_tier"),
    ),
    "priority": Field(
        lambda one: one.priority,
        promised=lambda policy: policy.promising("priority"),
    ),
    "clock": Field(
        lambda one: one.clock,
        values=lambda policy: policy.clocks,
        promised=lambda policy: {
            clock.casefold() for plan in policy.all_plans for clock in plan.clocks
        },
    ),
    "severity": Field(lambda one: one.severity, values=lambda _: SEVERITIES),
    "type": Field(lambda one: one.type, values=lambda _: TYPES),
}
"""That which tells most tickets apart first."""


def of_routes() -> list[str]:
    """The names of the fields that routes may match."""
    return [name for name, field in FIELDS.items() if field.in_routes]


def facts(subject: Subject) -> dict[str, str]:
    """Every field of it, as it is spelled there: comparing leaves case aside."""
    return {name: field.of(subject) for name, field in FIELDS.items()}
