"""What is said of a ticket where something of it is told, and by what routes and silences go.

Pure.
"""

from typing import Any

from command_side.deciding.casefile import Casefile
from command_side.deciding.events import Personal
from engine.sla.cycle import Cycle
from engine.sla.matching import Subject
from engine.sla.timeline import Fold


def about(case: Casefile, fold: Fold, cycle: Cycle | None = None) -> dict[str, Any]:
    """Of the ticket, and of the cycle, if it is of one and that is known."""
    plan, team = fold.plan, fold.attributes.team
    if cycle is not None:
        plan, team = cycle.plan or plan, cycle.team or team
    return {
        "source": case.head.source,
        "external_id": case.head.external_id,
        "priority": fold.priority,
        "customer_tier": fold.tier,
        "status": case.head.attributes.get("status", ""),
        "policy": fold.policy.version,
        "rule": plan.rule or None,
        "team": team,
        "organization": fold.attributes.organization,
    }


def said(case: Casefile, by: str | None = None) -> Personal:
    """What of that is personal."""
    attributes = case.head.attributes
    return Personal(title=attributes.get("title"), assigned_to=attributes.get("assigned_to"), by=by)


def subject(
    case: Casefile,
    fold: Fold,
    now: int,
    *,
    type: str,
    severity: str,
    level: int,
    clock: str,
    cycle: Cycle | None,
    to: str | None = None,
) -> Subject:
    """Of what happens on a clock now."""
    plain = about(case, fold, cycle)
    return Subject(
        type=type,
        severity=severity,
        clock=clock,
        tier=fold.tier,
        priority=fold.priority,
        external_id=case.head.external_id,
        source=case.head.source,
        attributes=case.head.attributes,
        level=level,
        rule=plain["rule"],
        team=plain["team"],
        organization=plain["organization"],
        to=to,
        at_length=lambda: case.at_length(now),
    )
