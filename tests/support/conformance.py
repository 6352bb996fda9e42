"""Reads the conformance scenarios: calendars and expected numbers of other SLA engines."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from engine.sla.calendar import ALWAYS, EPOCH, Calendar

SCENARIOS = Path(__file__).parent.parent / "data" / "conformance" / "scenarios.yaml"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Scenario = dict[str, Any]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Every process that collects the tests reads the file; the one in C takes a tenth of the time."""

DELIBERATE = {
    "BIZ-07": "a budget of nothing is used up where it begins, in closed hours too",
    "GA-03": "a silence mutes messages, not the record: what falls due meanwhile is not sent later",
}
"""What differs on purpose, and why; every other scenario passes."""


@cache
def document() -> dict[str, Any]:
    """The whole file: conventions, calendars, profiles, scenarios."""
    return yaml.load(SCENARIOS.read_text("utf-8"), _LOADER)


def scenarios(*kinds: str) -> list[Scenario]:
    """The scenarios of these kinds, in the order of the file; all of them without any."""
    return [entry for entry in document()["scenarios"] if not kinds or entry["kind"] in kinds]


@cache
def calendar(name: str) -> Calendar:
    """A named calendar of the file as one of ours; breaks become the hours left around them."""
    entry = document()["calendars"][name]
    if entry.get("always_open"):
        return ALWAYS
    weekly = {
        WEEKDAYS.index(day): [_span(pair) for pair in pairs]
        for day, pairs in entry.get("weekly", {}).items()
    }
    shifts = {
        date.fromisoformat(day): [_span(pair) for pair in pairs]
        for day, pairs in entry.get("shifts", {}).items()
    }
    for text, pairs in entry.get("breaks", {}).items():
        day = date.fromisoformat(text)
        hours = shifts.get(day, weekly.get(day.weekday(), []))
        shifts[day] = list(_without(hours, [_span(pair) for pair in pairs]))
    holidays = [date.fromisoformat(day) for day in entry.get("holidays", [])]
    return Calendar(name, entry["tz"], weekly, holidays, shifts)


def run(*kinds: str) -> list[Scenario]:
    """The scenarios of these kinds that are to agree."""
    return [entry for entry in scenarios(*kinds) if entry["id"] not in DELIBERATE]


def scenario(identity: str) -> Scenario:
    return next(entry for entry in scenarios() if entry["id"] == identity)


def instant(text: str) -> int:
    """Microseconds since the epoch of an RFC 3339 time."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def rfc3339(microseconds: int) -> str:
    """The time as the file writes it, for failures that can be read."""
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")


def minutes(clock: str) -> int:
    """Minutes of the local day of `HH:MM`, `24:00` included."""
    hours, _, rest = clock.partition(":")
    return int(hours) * 60 + int(rest)


def expected(scenario: Scenario) -> Any:
    """What an exact engine gives: `expect`, or `exact` where the source is judged wrong."""
    return scenario["exact"] if scenario["conformance"] == "divergent" else scenario["expect"]


def _span(pair: list[str]) -> tuple[int, int]:
    return minutes(pair[0]), minutes(pair[1])


def _without(
    hours: list[tuple[int, int]], breaks: list[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    for opening, closing in hours:
        at = opening
        for start, end in sorted(breaks):
            if at < min(start, closing):
                yield at, min(start, closing)
            at = max(at, end)
        if at < closing:
            yield at, closing
