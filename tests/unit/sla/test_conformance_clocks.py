"""Our clocks and ladders against the numbers of other SLA engines."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from config.loading import ConfigError, load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.calendar import Calendar
from engine.sla.policy import ClockKind
from engine.sla.verdict import CycleView
from tests.support import conformance
from tests.support.conformance import (
    DELIBERATE,
    Scenario,
    calendar,
    instant,
    rfc3339,
    run,
    scenarios,
)
from tests.support.engines import Engine
from tests.support.foreign_tickets import OURS, observations, policies, rules, targets
from tests.support.timelines import DAY, MINUTE, SECOND, Seen, at, policy, saw, see, shown
from tests.unit.sla import test_conformance_calendar as calendars

ON_THEIR_OWN = ("EN-07", "FI-07", "GA-03", "GLPI-14", "LD-20")
"""Scenarios that have a test to themselves."""


def test_every_scenario_is_run_or_differs_on_purpose() -> None:
    found = {one["id"] for one in run("clock", "escalation_chain", *calendars.CALENDAR_KINDS)}
    assert found.isdisjoint(DELIBERATE)
    assert found | {*ON_THEIR_OWN} | DELIBERATE.keys() == {one["id"] for one in scenarios()}
    assert len(scenarios()) == 96


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        pytest.param(scenario, expected, id=f"{scenario['id']}-{number}")
        for scenario in scenarios("clock")
        for number, expected in enumerate(scenario["expect"], 1)
    ],
)
def test_the_clock_agrees(scenario: Scenario, expected: dict[str, Any]) -> None:
    if scenario["conformance"] == "divergent":
        expected = {**expected, **scenario["exact"], "tolerance_seconds": 0}
    scenario = as_far_as(scenario, expected)
    seen = look(scenario, expected)
    if expected["clock"] == "next_escalation":
        assert shown(seen.verdict.due_at) == shown(instant(expected["deadline"]))
        return
    cycles = seen.cycles(OURS[expected["clock"]])
    if not cycles:
        assert expected["deadline"] is None, "the clock has not started"
        return
    cycle = cycles[-1]
    if "cycle" in expected:
        cycle = seen.cycle(cycle.clock, expected["cycle"])
    if expected.get("aggregate") == "worst_cycle":
        cycle = max(cycles, key=lambda one: one.elapsed)
    tolerance = expected.get("tolerance_seconds", 0) * SECOND
    for key in expected:
        check(scenario, seen, cycle, key, expected, tolerance)


def as_far_as(scenario: Scenario, expected: Mapping[str, Any]) -> Scenario:
    """The scenario up to the phase, and up to the instant, that an expectation names."""
    events = scenario["events"]
    if expected.get("phase") in ("before", "assigned"):
        events = events[:1]
    at = expected.get("at") or expected.get("stopped_at") or events[-1]["at"]
    events = [event for event in events if instant(event["at"]) <= instant(at)]
    return {**scenario, "events": events, "now": instant(at)}


def look(scenario: Scenario, expected: Mapping[str, Any]) -> Seen:
    """Evaluates the ticket at the instant and by the rules that the expectation names."""
    given: dict[str, Any] = {}
    if (mode := _on_change(expected)) is not None:
        given["clocks"] = {
            name: {**rule, "on_change": mode} for name, rule in rules(scenario).items()
        }
    versions = policies(scenario, **given)
    return see(observations(scenario["events"]), versions, scenario["now"])


def _on_change(expected: Mapping[str, Any]) -> str | None:
    by_option = {"retroactive_start=created": "carry", "retroactive_start=off": "restart"}
    by_method = {"piecewise": "carry", "last_schedule_only": "recompute"}
    return by_option.get(expected.get("option", "")) or by_method.get(expected.get("method", ""))


def check(
    scenario: Scenario,
    seen: Seen,
    cycle: CycleView,
    key: str,
    expected: Mapping[str, Any],
    tolerance: int,
) -> None:
    """One key of an expectation against one of our cycles."""
    wanted = expected[key]
    budget, created = cycle.target or 0, seen.fold.created_at
    match key:
        case "deadline" if wanted is None:
            assert cycle.due_at is None
        case "deadline":
            assert shown(foreseen_deadline(scenario, cycle)) == shown(instant(wanted))
        case "elapsed_seconds":
            assert abs(cycle.elapsed - wanted * SECOND) <= tolerance
        case "remaining_seconds":
            assert budget - cycle.elapsed == wanted * SECOND
        case "stopped_at":
            # Without a state it only says up to when elapsed is to be counted.
            assert cycle.stopped_at == instant(wanted) or "state" not in expected
        case "stopped":
            assert cycle.stopped_at is not None
        case "clock_start":
            assert shown(cycle.started_at) == shown(instant(wanted))
        case "state":
            assert cycle.state == wanted
        case "elapsed_wall_seconds":
            assert cycle.counted_at - created == wanted * SECOND
        case "percent_business":
            assert cycle.elapsed * 100 == wanted * budget
        case "percent_wall":
            assert (cycle.counted_at - created) * 100 == wanted * budget
        case "waiting_business_seconds" | "hold_business_seconds":
            open_time = calendar(scenario["calendar"]).elapsed(created, cycle.counted_at)
            assert open_time - cycle.elapsed == wanted * SECOND
        case "level_fires_at":
            assert levels(scenario, cycle) == [shown(instant(wanted))]
        case "cancelled_levels":
            before = levels({**scenario, "events": scenario["events"][:1]}, cycle)
            assert len(set(before) - set(levels(scenario, cycle))) == wanted
        case "hold_seconds" | "elapsed_minutes_source":
            """The source's own number, which `exact` or the tolerance replaces."""
        case "clock" | "at" | "cycle" | "aggregate" | "phase" | "option" | "method":
            """Says what to look at."""
        case "tolerance_seconds" | "reason" | "note":
            """Says how to look."""
        case _:
            raise AssertionError(f"no test knows what {key!r} expects")


def foreseen_deadline(scenario: Scenario, cycle: CycleView) -> int | None:
    """The deadline; of a stopped clock the one that it had when it started."""
    if cycle.stopped_at is None:
        return cycle.due_at
    return calendar(scenario["calendar"]).deadline(cycle.started_at, cycle.target or 0)


def levels(scenario: Scenario, cycle: CycleView) -> list[str | None]:
    """When the ladder climbs if nothing else happens.

    Ours stands on the resolution clock; where the scenario's stands on a clock that never pauses,
    so does the resolution clock here.
    """
    offset = scenario["escalation_level"]
    if "offset_working_days" in offset:
        # Fifteen working days of this calendar are three whole weeks.
        week = calendar(scenario["calendar"]).elapsed(at("mon 00:00"), at("mon 00:00") + 7 * DAY)
        after = week * offset["offset_working_days"] // 5
    else:
        after = offset["offset_business_seconds"] * SECOND
    never_pauses: dict[str, Any] = {"resolution": {"pauses_in": ()}}
    versions = policies(
        scenario,
        ladders={"P1": {1: f"due{'-' if after < 0 else '+'}{abs(after)}us"}},
        **({"clocks": never_pauses} if cycle.clock == "response" else {}),
    )
    engine = Engine(observations(scenario["events"]), versions)
    start = instant(scenario["events"][0]["at"])
    raised = engine.run(start, start + 60 * DAY)
    return [shown(one.at) for one in raised if one.crossing.milestone == "level:1"]


def climbs(scenario: Scenario, engine: Engine, *, hours: int) -> list[tuple[str, str | None]]:
    start = instant(scenario["events"][0]["at"])
    raised = engine.run(start, start + hours * 60 * MINUTE)
    return [
        (one.crossing.milestone, shown(one.at))
        for one in raised
        if one.crossing.milestone.startswith("level:")
    ]


@pytest.mark.parametrize(
    "scenario",
    run("escalation_chain"),
    ids=lambda entry: entry["id"],
)
def test_the_chain_climbs_as_there(scenario: Scenario) -> None:
    """Delays there belong to the step being left, and what repeats is written out in a ladder."""
    steps = scenario["policy"]["steps"]
    delays = [step["delay_minutes"] for step in steps * (scenario["policy"]["repeat"] + 1)]
    rungs = {number: f"{sum(delays[: number - 1])}m" for number in range(1, len(delays) + 1)}
    under = policy({"resolution": "30d"}, ladders={"P1": rungs})
    engine = Engine([saw(instant(scenario["events"][0]["at"]), "waiting")], [under])
    wanted = [
        (
            f"level:{expected['step'] + expected.get('loop', 0) * len(steps)}",
            shown(instant(expected["at"])),
        )
        for expected in scenario["expect"]
        if expected["step"] is not None
    ]
    assert climbs(scenario, engine, hours=24) == wanted


def test_a_silence_differs_on_purpose() -> None:
    """There the first step waits for the end of the maintenance; here it is on record at once."""
    scenario = conformance.scenario("GA-03")
    triggered = next(e for e in scenario["events"] if e["type"] == "alert.triggered")
    under = policy({"resolution": "30d"}, ladders={"P1": {1: "0m", 2: "10m"}})
    engine = Engine([saw(instant(triggered["at"]), "waiting")], [under])
    engine.snoozed_until = instant(scenario["expect"][0]["at"])
    [first] = engine.run(triggered["at"], scenario["expect"][0]["at"])
    assert (rfc3339(first.at), first.suppressed) == (triggered["at"], "snoozed"), DELIBERATE[
        "GA-03"
    ]


def test_two_levels_before_the_breach_are_each_raised_once() -> None:
    """GLPI-14; what a level does to the ticket there is an observation of the source here."""
    scenario = conformance.scenario("GLPI-14")
    rungs = {
        number: f"due-{-level['offset_seconds']}s"
        for number, level in enumerate(scenario["levels"], 1)
    }
    promised = targets(scenario)
    names = ("3", "4", "5")
    under = policy(dict.fromkeys(names, promised), ladders=dict.fromkeys(names, rungs))
    created = scenario["events"][0]
    engine = Engine([saw(created["at"], "waiting", priority=str(created["priority"]))], [under])
    [deadline, *polls] = scenario["expect"]
    assert see(engine.observations, under, created["at"]).resolution.due_at == instant(
        deadline["deadline"]
    )
    for poll in polls:
        raised = [
            (one.crossing.milestone, one.at)
            for one in engine.tick(poll["poll_at"]).raises
            if one.crossing.milestone.startswith("level:")
        ]
        assert raised == [(f"level:{poll['level']}", instant(poll["nominal_at"]))]
        engine.observations.append(saw(poll["poll_at"], priority=str(poll["priority_after"])))
    again = engine.run(polls[-1]["poll_at"], created["at"][:10] + "T23:00:00Z")
    assert not [one for one in again if one.crossing.milestone.startswith("level:")]


def test_a_share_of_the_target_is_reached_as_there() -> None:
    """FI-07, as a warning and as a rung of the ladder."""
    scenario = conformance.scenario("FI-07")
    fires_at, percent = instant(scenario["expect"][0]["fires_at"]), scenario["expect"][0]["percent"]
    [plain] = policies(scenario, warning=100 - percent, ladders={"P1": {1: f"{percent}%"}})
    engine = Engine(observations(scenario["events"]), [plain])
    raised = engine.run(scenario["events"][0]["at"], fires_at)
    assert {(one.crossing.milestone, one.crossing.clock, one.at) for one in raised} == {
        ("warning", "response", fires_at),
        ("warning", "resolution", fires_at),
        ("level:1", "resolution", fires_at),
    }


def test_reported_times_are_those_of_the_clocks() -> None:
    """EN-07; an agent's reply makes the status `replied` there, a customer's reply `open`."""
    scenario = conformance.scenario("EN-07")
    wanted = scenario["expect"]
    timeline = observations(scenario["events"])
    with_waits = [
        one._replace(phase=one.phase or ("paused" if one.agent_reply else "waiting"))
        for one in timeline
    ]
    [replies] = policies({**scenario, "targets_seconds": {"first_response": 7200, "update": 7200}})
    [resolution] = policies({**scenario, "targets_seconds": {"resolution": 7200}})
    end = scenario["events"][-1]["at"]
    answers = see(timeline, replies, end)
    elapsed = [cycle.elapsed for clock in _ANSWERS for cycle in answers.cycles(clock)]
    assert sum(elapsed) == wanted["avg_response_seconds"] * len(elapsed) * SECOND
    assert (
        see(timeline, resolution, end).resolution.elapsed == wanted["resolution_seconds"] * SECOND
    )
    waited = see(with_waits, resolution, end).resolution.elapsed
    assert waited == wanted["user_resolution_seconds"] * SECOND


def test_a_calendar_that_never_opens_is_refused() -> None:
    """LD-20; and were it not, there would be no deadline, after no endless loop."""
    scenario = conformance.scenario("LD-20")
    hours = scenario["calendar_input"]["weekly"]
    document = {
        "sla_targets": {"GOLD": {"P1": {"resolution": "4h", "calendar": "closed"}}},
        "calendars": {"closed": {"timezone": "UTC", "hours": hours}},
    }
    with pytest.raises(ConfigError, match="closed") as refused:
        load(
            yaml.safe_dump(document),
            version=1,
            accepted_at=0,
            warning=0.15,
            critical=0.05,
            channel_types=CHANNEL_TYPES,
        )
    assert scenario["expect"] == {"error": bool(refused.value.problems)}
    never = policy({"resolution": "4h"}, calendar=Calendar("closed", "UTC", hours))
    assert see([saw("09:00", "waiting")], never, "09:00").resolution.due_at is None


_ANSWERS: tuple[ClockKind, ...] = ("response", "next_response")
