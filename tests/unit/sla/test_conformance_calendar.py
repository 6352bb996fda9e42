"""Our calendar arithmetic against the numbers of other SLA engines."""

from datetime import date
from typing import Any

import pytest

from engine.sla.budget import Budget
from engine.sla.calendar import DAY, FAR_FUTURE, Calendar
from tests.support.conformance import (
    DELIBERATE,
    Scenario,
    calendar,
    expected,
    instant,
    minutes,
    rfc3339,
    run,
    scenario,
)

SECOND = 1_000_000

CALENDAR_KINDS = (
    "add_business_time",
    "subtract_business_time",
    "business_time_between",
    "add_working_days",
    "open_intervals",
    "local_to_utc",
    "snap_to_open",
)


def answer(one: Scenario) -> dict[str, Any]:
    """What our calendar says to a scenario, in the form of its `expect`."""
    if one["kind"] == "local_to_utc":
        return {"utc": rfc3339(local_to_utc(one))}
    ours = calendar(one["calendar"])
    match one["kind"]:
        case "add_business_time":
            end = ours.deadline(instant(one["start"]), one["add_seconds"] * SECOND)
            if end == FAR_FUTURE:
                return {"error": "calendar has no open time"}
            return {"end": rfc3339(end)}
        case "business_time_between":
            open_time = ours.elapsed(instant(one["from"]), instant(one["to"]))
            return {"seconds": open_time / SECOND}
        case "add_working_days":
            unit = "end_of_working_day" if one["end_of_working_day"] else "working_days"
            start = instant(one["start"])
            budget = Budget(unit, one["working_days"])
            reached = ours.deadline(start, budget.measured_from(start, ours))
            return {"end": rfc3339(budget.deadline(reached, start, ours, ours))}
        case "open_intervals":
            start = instant(one["start"])
            spans = ours.open_intervals(start, start + 60 * DAY)[: one["count"]]
            return {"intervals": [[rfc3339(opening), rfc3339(end)] for opening, end in spans]}
        case kind:
            raise AssertionError(f"no test knows scenarios of the kind {kind!r}")


def local_to_utc(one: Scenario) -> int:
    """An edge of a calendar that opens on one local date only."""
    day, edge = one["local"]["date"], minutes(one["local"]["time"])
    hours = (0, 1440) if edge == 1440 else (edge, 1440)
    ours = Calendar("local", one["time_zone"], {}, (), {date.fromisoformat(day): [hours]})
    noon = instant(f"{day}T12:00:00Z")
    [(opening, closing)] = ours.open_intervals(noon - 2 * DAY, noon + 2 * DAY)
    return closing if edge == 1440 else opening


@pytest.mark.parametrize(
    "one",
    run(*CALENDAR_KINDS),
    ids=lambda entry: entry["id"],
)
def test_the_calendar_agrees(one: Scenario) -> None:
    wanted = dict(expected(one))
    if "boundary" in one and "end" in wanted:
        wanted["end"] = one["boundary"]["end_if_close"]
    assert answer(one) == wanted, one["title"]


def test_a_budget_of_nothing_differs_on_purpose() -> None:
    biz = scenario("BIZ-07")
    assert answer(biz) != dict(expected(biz)), DELIBERATE["BIZ-07"]
