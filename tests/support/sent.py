"""Generated observations as the items that a source would send."""

from typing import Any

from command_side.deciding.ingesting import Submission
from command_side.deciding.observed import OWN_DATES, WITHDRAWN, ObservedItem, withdrawn
from engine.sla.timeline import Observation
from tests.support.items import identity
from tests.support.timeline_strategies import STATUS, Arrival

MOMENTS = {
    "last_agent_reply_at": "agent_reply",
    "last_customer_reply_at": "customer_reply",
    "created_at": "created_at",
    "first_responded_at": "first_responded_at",
}


def sent(one: Observation, *, named: bool = True) -> Submission:
    """The observation as an item; without its time unless `named`."""
    said: dict[str, Any] = {
        "status": None if one.phase is None else STATUS[one.phase],
        "priority": one.priority,
        "customer_tier": one.tier,
    }
    moments = {name: getattr(one, field) for name, field in MOMENTS.items()}
    moments = {name: at for name, at in moments.items() if at is not None}
    given = {name: value for name, value in said.items() if value is not None}
    for name, kind in OWN_DATES.items():
        if one.own_dates is not None and kind in one.own_dates:
            due_at = one.own_dates[kind]
            if due_at is None:
                given[name] = None
            else:
                moments[name] = due_at
    if one.withdrawn:
        given[WITHDRAWN] = withdrawn(one.withdrawn)
    given |= one.said
    personal: dict[str, Any] = {"title": f"as of {one.at}/{one.revision}"}
    if one.assigned is not None:
        personal["assigned_to"] = "jo" if one.assigned else None
    return Submission(
        ObservedItem(
            identity(),
            "default",
            "T-1",
            one.at if named else None,
            one.revision if named else 0,
            given,
            personal,
            moments,
        ),
        None,
    )


def complete(arrival: Arrival) -> Arrival:
    """As the first observation to arrive must be."""
    one = arrival.one
    one = one._replace(
        phase=one.phase or "waiting", priority=one.priority or "P1", tier=one.tier or "gold"
    )
    return Arrival(arrival.now, one)
