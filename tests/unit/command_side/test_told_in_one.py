"""What one update comes to is one message: what its clocks turn to, and what it raises."""

import pytest

from engine.sla.conditions import Match
from engine.sla.matching import condition
from engine.sla.routes import Gathering, Route
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, Versions, book
from tests.support.timelines import policy

SLACK = ("slack",)
TURNS = Route(SLACK, Match((condition("type", "transition"),)))


@pytest.fixture(params=["kept", "thorough", "made anew"])
def log(request: pytest.FixtureRequest) -> Log:
    return Log(
        identity(), thorough=request.param == "thorough", forgetful=request.param == "made anew"
    )


def under(*routes: Route) -> Versions:
    """Breached an hour after the opening, critical at 57, and no levels."""
    return book(policy({"P1": {"resolution": "60m"}}, ladders={"P1": {}}, routes=routes))


def observe(log: Log, versions: Versions, minute: float, status: str, when: float) -> None:
    """Told at one time what was so at another."""
    log.ingest([submission(update(minute, status=status))], versions, at(when))


def told(log: Log) -> list[tuple[float, list[str]]]:
    """By message when, in minutes after nine, and of what."""
    return [
        (
            round((event.recorded_at - at(0)).total_seconds() / 60, 3),
            [
                f"{one.before}->{one.after}" if one.type == "transition" else one.type
                for one in notice.alerts
            ],
        )
        for event in log.stream
        for notice in getattr(event.body, "notices", ())
    ]


def begun(log: Log, versions: Versions) -> Log:
    log.ingest([submission(opening(0))], versions, at(0))
    return log


def test_an_alert_and_what_its_clock_turns_to_are_one_message(log: Log) -> None:
    versions = under(TURNS, Route(SLACK))
    begun(log, versions)
    observe(log, versions, 58, "pending", 58)
    log.tick(versions, at(58))
    assert told(log) == [(0, ["none->running"]), (58, ["alert", "running->paused"])]


def test_what_several_updates_leave_to_one_look_is_told_from_first_to_last(log: Log) -> None:
    versions = under(TURNS, Route(SLACK))
    begun(log, versions)
    observe(log, versions, 58, "pending", 58)
    observe(log, versions, 59, "resolved", 59)
    log.tick(versions, at(59))
    log.tick(versions, at(60))
    assert told(log) == [(0, ["none->running"]), (59, ["alert", "ended", "running->met"])]


def test_where_nothing_is_to_be_raised_any_more_the_update_itself_tells_it(log: Log) -> None:
    versions = under(TURNS, Route(SLACK))
    begun(log, versions)
    observe(log, versions, 58, "pending", 58)
    observe(log, versions, 30, "pending", 59)
    assert told(log) == [(0, ["none->running"]), (59, ["running->paused"])]
    log.tick(versions, at(59))
    log.tick(versions, at(60))
    assert len(told(log)) == 2


def test_so_it_is_of_a_ticket_that_is_heard_of_only_now(log: Log) -> None:
    versions = under(TURNS, Route(SLACK))
    items = opening(0), update(58, status="pending")
    log.ingest([submission(one) for one in items], versions, at(58))
    log.tick(versions, at(58))
    assert told(log) == [(58, ["alert", "none->paused"])]


def waits(log: Log) -> list[tuple[int, int | None]]:
    """By message of how many alerts, and how long it waits for others, in seconds."""
    return [
        (len(notice.alerts), notice.gather and notice.gather.wait // 1_000_000)
        for event in log.stream
        for notice in getattr(event.body, "notices", ())
    ]


@pytest.mark.parametrize("first", [10, 30])
def test_one_alert_of_two_routes_waits_as_little_as_either_wants(log: Log, first: int) -> None:
    one, other = (Gathering(wait=wait * 1_000_000) for wait in (first, 40 - first))
    versions = under(Route(SLACK, goes_on=True, gather=one), Route(SLACK, gather=other))
    begun(log, versions)
    log.tick(versions, at(57))
    assert waits(log) == [(1, 10)]


@pytest.mark.parametrize("first", [10, 30])
def test_two_alerts_in_one_message_wait_as_little_as_either_wants(log: Log, first: int) -> None:
    one, other = (Gathering(wait=wait * 1_000_000) for wait in (first, 40 - first))
    answers = Route(SLACK, Match((condition("clock", "response"),)), gather=one)
    promised = {"P1": {"response": "60m", "resolution": "60m"}}
    routes = (answers, Route(SLACK, gather=other))
    versions = book(policy(promised, ladders={"P1": {}}, routes=routes))
    begun(log, versions)
    log.tick(versions, at(57))
    assert waits(log) == [(2, 10)]
