"""Tickets of other SLA engines, from the conformance scenarios, as our timelines and policies."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.sla.budget import Budget
from engine.sla.policy import Phase, Policy, status_key
from engine.sla.statuses import BUILT_IN_STATUSES
from engine.sla.timeline import Observation
from tests.support.conformance import Scenario, calendar, instant
from tests.support.timelines import SECOND, policy, saw

STATUSES: Mapping[str, Phase] = {
    **BUILT_IN_STATUSES,
    "pendingreminder": "paused",
    "pendingclose": "paused",
    "waiting": "paused",
    "replied": "paused",
    "assigned": "waiting",
    "inprogress": "waiting",
    "closedfinal": "done",
}

OURS = {
    "first_response": "response",
    "time_to_own": "response",
    "resolution": "resolution",
    "time_to_resolve": "resolution",
    "update": "next_response",
}
"""What the clocks of the other systems are called here."""

_RULES: dict[str, dict[str, Any]] = {
    "response": {"answered_by": "reply"},
    "resolution": {"pauses_in": ("paused",)},
}
_ZAMMAD: dict[str, dict[str, Any]] = {
    "response": {"answered_by": "reply", "pauses_in": ("paused", "done")},
    "resolution": {"pauses_in": ("paused",), "reopen": "resume"},
    "next_response": {"pauses_in": ("paused",), "after": "creation"},
}


def rules(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """The `clocks:` of our configuration that behave like the scenario's profile."""
    return _ZAMMAD if scenario["profile"] == "zammad" else _RULES


def targets(scenario: Scenario) -> dict[str, Budget]:
    """Our clocks' targets; the ones that a scenario leaves open are a whole day."""
    if "target" in scenario:
        one = target(scenario["target"])
        return {"response": one, "resolution": one}
    if "targets_seconds" not in scenario:
        open_target = Budget("time", 86_400 * SECOND)
        return {"response": open_target, "resolution": open_target}
    return {
        OURS[clock]: Budget("time", seconds * SECOND)
        for clock, seconds in scenario["targets_seconds"].items()
    }


def target(given: Mapping[str, Any]) -> Budget:
    if "seconds" in given:
        return Budget("time", given["seconds"] * SECOND)
    unit = "end_of_working_day" if given["end_of_working_day"] else "working_days"
    return Budget(unit, given["working_days"])


def policies(scenario: Scenario, **given: Any) -> list[Policy]:
    """The policy of the scenario, and the versions to which its events switch."""
    common: dict[str, Any] = {"clocks": rules(scenario), "statuses": STATUSES, **given}
    common.setdefault("calendar", calendar(scenario["calendar"]))
    promised = targets(scenario)
    other = Budget("time", 43_200 * SECOND)
    found = [policy({"P1": promised, "P2": dict.fromkeys(promised, other)}, **common)]
    for event in scenario["events"]:
        if event["type"] == "schedule.changed":
            common["calendar"] = calendar(event["schedule"])
        elif event["type"] == "policy.switched":
            one = target(event["target"])
            promised = {"response": one, "resolution": one}
        else:
            continue
        number = len(found) + 1
        found.append(policy(promised, version=number, accepted_at=instant(event["at"]), **common))
    return found


def observations(events: Sequence[Mapping[str, Any]]) -> list[Observation]:
    """Every event as an observation of its own; the revision is its place in the list."""
    return [one for revision, event in enumerate(events) if (one := observation(event, revision))]


def observation(event: Mapping[str, Any], revision: int) -> Observation | None:
    at = instant(event["at"])
    match event["type"]:
        case "ticket.created" | "agreements.assigned":
            opened = phase(event.get("status", "new"))
            return saw(at, opened, rev=revision, priority="P1", created=at)
        case "status.changed":
            return saw(at, phase(event["to"]), rev=revision)
        case "ticket.priority_changed":
            unmatched = event.get("matches_policy") is False
            return saw(at, rev=revision, priority="none" if unmatched else "P2")
        case "comment.added" if event["author"] == "customer":
            reopens = "waiting" if event.get("reopens") else None
            return saw(at, reopens, rev=revision, customer=at)
        case "comment.added" if event.get("public", True):
            return saw(at, rev=revision, agent=at)
        case _:
            return None


def phase(status: str) -> Phase:
    """The phase there; statuses that begin with `awaiting` are paused in every policy."""
    found = STATUSES.get(status_key(status))
    return (
        "paused"
        if found is None and status_key(status).startswith("awaiting")
        else found or "waiting"
    )
