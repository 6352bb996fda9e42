"""Whoever is told that something was withdrawn is told whether anything else they know is left."""

from typing import Literal, get_args

import pytest

from engine.sla.conditions import Match
from engine.sla.matching import condition
from engine.sla.routes import Route
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, Versions, book
from tests.support.timelines import policy

Kind = Literal["kept", "thorough", "forgetful"]
LEVELS = Route(("pager",), Match((condition("type", "escalation"),)), "Levels")
ALERTS = Route(("slack",), Match(()), "All")


def under(*routes: Route) -> Versions:
    """P1 reaches level 1 after 10 minutes, level 2 after 20, and is warned of after 51; P2 reaches
    level 1 after 10, is warned of after 102, and no level 2 before it is breached."""
    targets = {"P1": {"resolution": "60m"}, "P2": {"resolution": "2h"}}
    ladders = {"P1": {1: "10m", 2: "20m"}, "P2": {1: "10m"}}
    return book(policy(targets, ladders=ladders, routes=routes))


@pytest.fixture(params=get_args(Kind))
def log(request: pytest.FixtureRequest) -> Log:
    kind: Kind = request.param
    return Log(identity(), thorough=kind == "thorough", forgetful=kind == "forgetful")


def withdrawn(log: Log, versions: Versions, after: float) -> dict[tuple[str, str], str | None]:
    """By channel and milestone what is left, where it becomes known then that it was a P2."""
    log.ingest([submission(opening(0))], versions, at(0))
    run(log, versions, after)
    log.ingest([submission(update(1, priority="P2"))], versions, at(after))
    run(log, versions, after)
    return {
        (channel, one.milestone): one.stands
        for event in log.stream
        for notice in getattr(event.body, "notices", ())
        for one in notice.alerts
        if one.type == "retracted"
        for channel in notice.to
    }


def run(log: Log, versions: Versions, until: float) -> None:
    while log.next_due_at is not None and log.next_due_at <= at(until):
        log.tick(versions, log.next_due_at)


def test_what_was_told_elsewhere_is_not_left_there(log: Log) -> None:
    """Slack knows of level 1, which stands; the pager, of level 2 alone."""
    two = Route(("pager",), Match((condition("level", 2),)), "Two", goes_on=True)
    found = withdrawn(log, under(two, ALERTS), 25)
    assert found == {("pager", "level:2"): "none", ("slack", "level:2"): "some"}


def test_what_stands_below_it_is_left(log: Log) -> None:
    """The pager was told of both levels, Slack of what is all withdrawn."""
    found = withdrawn(log, under(LEVELS, ALERTS), 58)
    assert found == {
        ("pager", "level:2"): "some",
        ("slack", "warning"): "none",
        ("slack", "critical"): "none",
    }
