"""Our calendar arithmetic against the numbers of other SLA engines."""

from datetime import date
from typing import Any

import pytest

from engine.sla.calendar import DAY, FAR_FUTURE, Calendar
from engine.sla.policy import Budget
from tests.support.conformance import (
    Scenario,
    calendar,
    expected,
    instant,
    minutes,
    rfc3339,
    scenarios,
)

SECOND = 1_000_000

DELIBERATE = {
    "BIZ-07": "a budget of nothing is used up where it begins, in closed hours too",
}

CALENDAR_KINDS = (
    "add_business_time",
    "subtract_business_time",
    "business_time_between",
    "add_working_days",
    "open_intervals",
    "local_to_utc",
    "snap_to_open",
)


def answer(scenario: Scenario) -> dict[str, Any]:
    """What our calendar says to a scenario, in the form of its `expect`."""
    if scenario["kind"] == "local_to_utc":
        return {"utc": rfc3339(local_to_utc(scenario))}
    ours = calendar(scenario["calendar"])
    match scenario["kind"]:
        case "add_business_time":
            end = ours.deadline(instant(scenario["start"]), scenario["add_seconds"] * SECOND)
            if end == FAR_FUTURE:
                return {"error": "calendar has no open time"}
            return {"end": rfc3339(end)}
        case "business_time_between":
            open_time = ours.elapsed(instant(scenario["from"]), instant(scenario["to"]))
            return {"seconds": open_time / SECOND}
        case "add_working_days":
            unit = "end_of_working_day" if scenario["end_of_working_day"] else "working_days"
            start = instant(scenario["start"])
            budget = Budget(unit, scenario["working_days"]).measured_from(start, ours)
            return {"end": rfc3339(ours.deadline(start, budget))}
        case "open_intervals":
            start = instant(scenario["start"])
            spans = ours.open_intervals(start, start + 60 * DAY)[: scenario["count"]]
            return {"intervals": [[rfc3339(opening), rfc3339(end)] for opening, end in spans]}
        case kind:
            raise NotImplementedError(kind)


def local_to_utc(scenario: Scenario) -> int:
    """An edge of a calendar that opens on one local date only."""
    day, edge = scenario["local"]["date"], minutes(scenario["local"]["time"])
    hours = (0, 1440) if edge == 1440 else (edge, 1440)
    ours = Calendar("local", scenario["time_zone"], {}, (), {date.fromisoformat(day): [hours]})
    noon = instant(f"{day}T12:00:00Z")
    [(opening, closing)] = ours.open_intervals(noon - 2 * DAY, noon + 2 * DAY)
    return closing if edge == 1440 else opening


@pytest.mark.parametrize(
    "scenario",
    [entry for entry in scenarios(*CALENDAR_KINDS) if entry["id"] not in DELIBERATE],
    ids=lambda entry: entry["id"],
)
def test_the_calendar_agrees(scenario: Scenario) -> None:
    wanted = dict(expected(scenario))
    if "boundary" in scenario and "end" in wanted:
        wanted["end"] = scenario["boundary"]["end_if_close"]
    assert answer(scenario) == wanted, scenario["title"]


@pytest.mark.parametrize("identity", DELIBERATE, ids=str)
def test_what_differs_on_purpose_still_differs(identity: str) -> None:
    [scenario] = [entry for entry in scenarios() if entry["id"] == identity]
    assert answer(scenario) != dict(expected(scenario)), DELIBERATE[identity]
