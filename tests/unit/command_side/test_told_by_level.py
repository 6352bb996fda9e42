"""Whoever is on call from a level on, and was told because the ticket was on it, hears what becomes
of that: also where what was told is of no level itself."""

from typing import Any, Literal, get_args

import pytest

from engine.sla.conditions import Match
from engine.sla.instants import micros
from engine.sla.matching import condition
from engine.sla.rotations import Plan, Rotation, Shift
from engine.sla.routes import Repeat, Route
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, Versions, book
from tests.support.rotas import book as read_as
from tests.support.rotas import read
from tests.support.timelines import MINUTE, policy

Kind = Literal["kept", "thorough", "forgetful"]
PAYMENTS = "on-call:payments"
WARNINGS = Match((condition("type", "alert"), condition("severity", "warning")))
ALWAYS = micros(at(0)), micros(at(30 * 24 * 60))
BOTH = Plan((Shift(*ALWAYS, "anna"), Shift(*ALWAYS, "ben", 2)))
"""Ben from level 2 on."""


def under(level_2: str, repeat: Repeat | None = None, **given: Any) -> Versions:
    """P1 is warned of after 51 minutes, critical after 57; P2 after 102."""
    route = Route((PAYMENTS,), WARNINGS, "Payments", repeat=repeat)
    targets = {"P1": {"resolution": "60m"}, "P2": {"resolution": "2h"}}
    ladders = {"P1": {2: level_2}, "P2": {}}
    rotations = {"payments": Rotation("payments", ("slack",))}
    return book(policy(targets, ladders=ladders, routes=(route,), rotations=rotations, **given))


@pytest.fixture(params=get_args(Kind))
def log(request: pytest.FixtureRequest) -> Log:
    kind: Kind = request.param
    return Log(
        identity(),
        thorough=kind == "thorough",
        forgetful=kind == "forgetful",
        on_call=read_as(read(BOTH, micros(at(-1)))),
    )


def begun(log: Log, versions: Versions, until: float) -> None:
    log.ingest([submission(opening(0))], versions, at(0))
    run(log, versions, until)


def run(log: Log, versions: Versions, until: float) -> None:
    while log.next_due_at is not None and log.next_due_at <= at(until):
        log.tick(versions, log.next_due_at)


def told(log: Log) -> list[tuple[float, str, tuple[str, ...]]]:
    """When, what, and who."""
    return [
        ((event.recorded_at - at(0)).total_seconds() / 60, one.type, notice.people)
        for event in log.stream
        for notice in getattr(event.body, "notices", ())
        for one in notice.alerts
    ]


def is_over(log: Log, versions: Versions, minute: float) -> None:
    log.ingest([submission(update(minute, status="resolved"))], versions, at(minute))


def is_taken_back(log: Log, versions: Versions, minute: float) -> None:
    """By what comes late, it never was so urgent."""
    log.ingest([submission(update(1, priority="P2"))], versions, at(minute))
    run(log, versions, minute)


@pytest.fixture(params=["ended", "retracted"])
def what(request: pytest.FixtureRequest) -> str:
    return request.param


def becomes(what: str, log: Log, versions: Versions) -> None:
    """It is over; or, by what comes late, it never was so urgent."""
    item = update(55, status="resolved") if what == "ended" else update(1, priority="P2")
    log.ingest([submission(item)], versions, at(55))
    run(log, versions, 55)


def test_what_was_told_while_the_ticket_was_on_a_level(log: Log, what: str) -> None:
    """Of the level itself nobody was told."""
    versions = under("10m")
    begun(log, versions, 52)
    becomes(what, log, versions)
    assert told(log) == [(51, "alert", ("anna", "ben")), (55, what, ("anna", "ben"))]


def test_what_was_told_after_all_on_a_level(log: Log, what: str) -> None:
    """It was raised before the ticket came to that."""
    versions = under("52m")
    begun(log, versions, 40)
    log.snooze(versions, at(41), micros(at(53)))
    run(log, versions, 54)
    becomes(what, log, versions)
    assert told(log) == [(53, "alert", ("anna", "ben")), (55, what, ("anna", "ben"))]


def test_what_they_were_reminded_of_on_a_level(log: Log, what: str) -> None:
    versions = under("52m", Repeat(2 * MINUTE))
    begun(log, versions, 54)
    becomes(what, log, versions)
    assert told(log) == [
        (51, "alert", ("anna",)),
        (53, "reminder", ("anna", "ben")),
        (55, what, ("anna", "ben")),
    ]


def test_what_they_were_not_told_of_they_do_not_hear_of(log: Log, what: str) -> None:
    versions = under("52m")
    begun(log, versions, 54)
    becomes(what, log, versions)
    assert told(log) == [(51, "alert", ("anna",)), (55, what, ("anna",))]


def test_what_was_raised_on_a_level_and_told_on_none(log: Log, what: str) -> None:
    """It was muted then, and the level is taken back before it is told."""
    versions = under("10m")
    begun(log, versions, 40)
    log.snooze(versions, at(41), micros(at(53)))
    run(log, versions, 52)
    repaired = under("58m", version=2, accepted_at=micros(at(52)), since=micros(at(-1)))
    versions = book(*versions.all, *repaired.all)
    log.tick(versions, at(52))
    run(log, versions, 54)
    becomes(what, log, versions)
    assert told(log) == [(53, "alert", ("anna",)), (55, what, ("anna",))]


def test_a_level_of_the_instant_at_which_it_was_taken_on_counts_once_that_lapses(log: Log) -> None:
    """It was raised before; who had taken the ticket on hears nothing of it until then."""
    repeat = Repeat(MINUTE, until="ended")
    versions = under("52m", repeat, ack_timeout=2 * MINUTE)
    begun(log, versions, 52)
    log.acknowledge(versions, at(52))
    run(log, versions, 55)
    assert told(log) == [
        (51, "alert", ("anna",)),
        (52, "reminder", ("anna", "ben")),
        (53, "reminder", ("anna",)),
        (54, "reminder", ("anna", "ben")),
        (55, "reminder", ("anna", "ben")),
    ]
