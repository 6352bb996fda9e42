"""What a ticket's head knows of who was told is what its stream says, also where nobody was."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from command_side.deciding.events import Ticket, written
from command_side.deciding.silencing import Silence, match
from command_side.deciding.told_before import ToldBefore
from engine.sla.conditions import Match
from engine.sla.instants import micros
from engine.sla.matching import condition
from engine.sla.routes import Repeat, Route
from engine.sla.rules import Validity
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, Versions, book
from tests.support.timelines import MINUTE, policy

RAISED = frozenset({"raised"})
SLACK = ("slack",)


def under(*routes: Route, version: int = 1, accepted: float = -1) -> Versions:
    """P1 is breached an hour after the opening and critical at 57, P2 two minutes earlier."""
    targets = {"P1": {"resolution": "60m"}, "P2": {"resolution": "58m"}}
    own = policy(
        targets,
        ladders={"P1": {}, "P2": {}},
        routes=routes,
        version=version,
        accepted_at=micros(at(accepted)),
    )
    return book(own)


def pager(**repeat: Any) -> Route:
    """Reminds of breaches every quarter of an hour, and tells of nothing else."""
    match = Match((condition("severity", "breached"),))
    return Route(SLACK, match, "Pager", tell=RAISED, repeat=Repeat(15 * MINUTE, **repeat))


def begun(versions: Versions, until: float = 61) -> Log:
    log = Log(identity())
    log.ingest([submission(opening(0))], versions, at(0))
    return run(log, versions, until)


def run(log: Log, versions: Versions, until: float, silences: Sequence[Silence] = ()) -> Log:
    """The engine looks whenever it is to look."""
    while log.next_due_at is not None and log.next_due_at <= at(until):
        log.tick(
            versions, log.next_due_at, [s for s in silences if micros(log.next_due_at) < s.until]
        )
    return log


def observe(log: Log, versions: Versions, minute: float, status: str) -> None:
    log.ingest([submission(update(minute, status=status))], versions, at(minute))


def told(log: Log, after: float) -> list[tuple[float, str]]:
    """What was told later than that, in minutes after nine."""
    return [
        (round((event.recorded_at - at(0)).total_seconds() / 60, 3), one.type)
        for event in log.stream
        if event.recorded_at > at(after)
        for notice in getattr(event.body, "notices", ())
        for one in notice.alerts
    ]


@pytest.fixture(params=[False, True], ids=["kept", "made anew"])
def anew(request: pytest.FixtureRequest) -> bool:
    return request.param


def remade(log: Log, versions: Versions, minute: float, *, anew: bool) -> None:
    if anew:
        log.rebuild(versions, at(minute))


def test_an_end_that_nobody_was_told_of_is_not_told_when_a_later_route_asks(anew: bool) -> None:
    before = under(Route(SLACK, tell=RAISED))
    log = begun(before)
    observe(log, before, 70, "resolved")
    run(log, before, 71)
    asking = Route(("urgent",), Match((condition("type", "ended"),)))
    after = book(*before.all, *under(asking, version=2, accepted=72).all)
    remade(log, after, 73, anew=anew)
    log.follow(after, at(74))
    run(log, after, 300)
    assert told(log, 70) == []


def test_what_ended_and_was_opened_again_is_not_repeated_though_nobody_was_told_of_its_end(
    anew: bool,
) -> None:
    versions = under(pager())
    log = begun(versions)
    observe(log, versions, 65, "resolved")
    observe(log, versions, 70, "open")
    remade(log, versions, 71, anew=anew)
    run(log, versions, 300)
    assert told(log, 61) == []


@pytest.mark.parametrize("quiet", ["snooze", "silence"])
def test_one_that_was_kept_back_leaves_the_grid_as_it_is(anew: bool, quiet: str) -> None:
    versions = under(pager())
    log = begun(versions)
    silences: list[Silence] = []
    if quiet == "snooze":
        log.snooze(versions, at(62), micros(at(80)))
    else:
        silences.append(
            Silence(UUID(int=1), match({"severity": ["breached"]}), ((0, micros(at(80))),))
        )
    run(log, versions, 81, silences)
    remade(log, versions, 82, anew=anew)
    run(log, versions, 121)
    assert told(log, 62) == [(90, "reminder"), (105, "reminder"), (120, "reminder")]
    (kept_back,) = log.bodies(Ticket.NotReminded.TOPIC)
    assert [one["because"] for one in kept_back["reminders"]] == [f"{quiet.rstrip('e')}ed"]


def test_what_a_route_that_was_away_repeated_is_not_repeated_again(anew: bool) -> None:
    versions = under(pager())
    log = begun(versions, 76)
    away = book(*versions.all, *under(Route(SLACK), version=2, accepted=77).all)
    run(log, away, 91)
    back = book(*away.all, *under(pager(), version=3, accepted=92).all)
    remade(log, back, 93, anew=anew)
    run(log, back, 200)
    assert told(log, 61) == [(75, "reminder")]
    (ended,) = log.bodies(Ticket.NotReminded.TOPIC)
    assert [one["because"] for one in ended["reminders"]] == ["unrouted"]


def test_as_many_are_told_as_were_asked_for_whatever_the_route_says_later(anew: bool) -> None:
    versions = under(pager(at_most=1))
    log = begun(versions, 76)
    more = book(*versions.all, *under(pager(at_most=9), version=2, accepted=77).all)
    log.follow(more, at(78))
    remade(log, more, 79, anew=anew)
    run(log, more, 200)
    assert told(log, 61) == [(75, "reminder")]


def test_what_a_clock_turned_to_before_is_not_told_again_nor_left_out_after(anew: bool) -> None:
    asking = Route(SLACK, Match((condition("type", "transition"),)))
    versions = under(asking)
    log = begun(versions, 1)
    remade(log, versions, 2, anew=anew)
    log.forgetful = anew
    observe(log, versions, 10, "pending")
    turns = [
        (one.before, one.after)
        for event in log.stream
        for notice in getattr(event.body, "notices", ())
        for one in notice.alerts
        if one.clock == "resolution"
    ]
    assert turns == [("none", "running"), ("running", "paused")]


def test_reminders_of_a_ticket_that_somebody_has_taken_on_need_no_stream() -> None:
    versions = under(pager(until="ended"))
    log = begun(versions)
    log.acknowledge(versions, at(62))
    run(log, versions, 63)
    before = log.replays
    run(log, versions, 601)
    assert len(told(log, 62)) == 36
    assert log.replays == before


def test_nor_do_they_under_a_later_version_that_promises_it_the_same() -> None:
    """The stream is read once more by nobody, however often they are reminded."""
    versions = under(pager(until="ended"))
    log = begun(versions)
    log.acknowledge(versions, at(62))
    run(log, versions, 63)
    before = log.replays
    urgent = Route(("urgent",), Match((condition("severity", "warning"),)), goes_on=True)
    later = under(urgent, pager(until="ended"), version=2, accepted=100)
    run(log, book(*versions.all, *later.all), 601)
    assert len(told(log, 62)) == 36
    assert log.replays == before


@pytest.mark.parametrize("thorough", [False, True])
def test_but_what_such_a_version_has_to_come_is_not_missed(thorough: bool) -> None:
    """From noon on it promises nothing: an engine has to look then, which the head did not know."""
    until_noon = Validity(end=micros(at(180)), by_time=True, written="until noon")
    versions = under(pager(until="ended"))
    log = begun(versions)
    log.thorough = thorough
    log.acknowledge(versions, at(62))
    run(log, versions, 63)
    [later] = under(pager(until="ended"), version=2, accepted=100).all
    valid = replace(later, tier_validity={"gold": until_noon})
    run(log, book(*versions.all, valid), 601)
    (moved,) = [event for event in log.stream if event.topic == Ticket.Moved.TOPIC]
    assert moved.recorded_at == at(180)
    assert told(log, 62)[-1] == (165, "reminder")


def test_what_is_due_besides_reads_the_stream_of_such_a_ticket() -> None:
    versions = under(pager(until="ended"))
    log = begun(versions, 1)
    log.acknowledge(versions, at(2))
    run(log, versions, 76)
    assert told(log, 3) == [(60, "alert"), (75, "reminder")]
    changed = book(*versions.all, *under(Route(SLACK), version=2, accepted=77).all)
    run(log, changed, 300)
    assert told(log, 76) == []


def test_two_routes_remind_of_one_alert_each_on_its_own_grid(anew: bool) -> None:
    chat = Route(("chat",), name="Chat", repeat=Repeat(20 * MINUTE))
    versions = under(replace(pager(), goes_on=True), chat)
    log = begun(versions, 76)
    remade(log, versions, 77, anew=anew)
    run(log, versions, 91)
    assert told(log, 61) == [(at, "reminder") for at in (75, 80, 90)]


def test_whoever_hears_first_of_an_alert_of_a_clock_that_is_over_is_told_that_with_it(
    anew: bool,
) -> None:
    """They would wait for its end for ever; nobody is reminded of it."""
    breached = Match((condition("severity", "breached"),))
    first = Route(("urgent",), breached, "Pager", goes_on=True, repeat=Repeat(15 * MINUTE))
    versions = under(first, Route(SLACK))
    log = begun(versions, 58)
    observe(log, versions, 59, "resolved")
    run(log, versions, 60)
    late = update(5, priority="P2")
    log.ingest([submission(late)], versions, at(61))
    run(log, versions, 62)
    remade(log, versions, 63, anew=anew)
    assert log.head.repeats == []
    run(log, versions, 100)
    notices = [each for event in log.stream[-1:] for each in getattr(event.body, "notices", ())]
    assert [(each.to, [one.type for one in each.alerts]) for each in notices] == [
        (("urgent", "slack"), ["alert", "ended"])
    ]


def test_that_a_clock_is_over_otherwise_than_was_told_is_not_told_again(anew: bool) -> None:
    """It was in time, and was not, by what comes late; whoever follows it knows that it is over."""
    warned = Match((condition("severity", "warning"),))
    versions = under(Route(SLACK, warned))
    log = begun(versions, 58)
    observe(log, versions, 59, "resolved")
    log.ingest([submission(update(5, priority="P2"))], versions, at(61))
    run(log, versions, 62)
    remade(log, versions, 63, anew=anew)
    run(log, versions, 100)
    assert told(log, 58) == [(59, "ended")]
    assert log.head.raised["resolution"].over == "breached"


@pytest.fixture
def warned_twice() -> Versions:
    """Of a warning one channel hears by one priority, of the next another by the other."""
    warnings = [
        Match((condition("severity", "warning"), condition("priority", priority)))
        for priority in ("P1", "P2")
    ]
    routes = [Route((to,), one) for to, one in zip(("slack", "urgent"), warnings, strict=True)]
    targets = {"P1": {"resolution": "60m"}, "P2": {"resolution": "2h"}}
    return book(policy(targets, ladders={"P1": {}, "P2": {}}, routes=tuple(routes)))


def ended(log: Log) -> list[tuple[tuple[str, ...], str, int]]:
    """Who was told that it is over, of which milestone, of the how many-eth time."""
    return [
        (notice.to, one.milestone, one.generation)
        for event in log.stream
        for notice in getattr(event.body, "notices", ())
        for one in notice.alerts
        if one.type == "ended"
    ]


def eased(log: Log, versions: Versions) -> None:
    """It was warned of after 51 minutes; then it is less urgent, to be warned of after 102."""
    log.ingest([submission(opening(0))], versions, at(0))
    run(log, versions, 52)
    log.ingest([submission(update(53, priority="P2"))], versions, at(53))
    run(log, versions, 54)


def test_that_a_clock_is_over_follows_what_was_told_not_what_was_raised_again_and_was_not(
    anew: bool, warned_twice: Versions
) -> None:
    """An engine that is late finds it critical by then."""
    log = Log(identity())
    eased(log, warned_twice)
    log.follow(warned_twice, at(118))
    remade(log, warned_twice, 118.5, anew=anew)
    observe(log, warned_twice, 119, "resolved")
    run(log, warned_twice, 119)

    again = [(one["generation"], one["suppressed"]) for one in log.bodies("ticket.alert_raised.v1")]
    assert again == [(0, None), (1, "inhibited"), (0, None)]
    assert ended(log) == [(("slack",), "warning", 0)]


def test_each_hears_that_it_is_over_of_what_was_told_there(
    anew: bool, warned_twice: Versions
) -> None:
    log = Log(identity())
    eased(log, warned_twice)
    run(log, warned_twice, 103)
    remade(log, warned_twice, 104, anew=anew)
    observe(log, warned_twice, 105, "resolved")

    assert ended(log) == [(("slack",), "warning", 0), (("urgent",), "warning", 1)]


def test_what_others_hear_of_a_clock_that_is_over_does_not_end_it_once_more(
    anew: bool, warned_twice: Versions
) -> None:
    """By what comes late, it was warned of a second time before it was over."""
    log = Log(identity())
    log.ingest([submission(opening(0))], warned_twice, at(0))
    run(log, warned_twice, 109)
    observe(log, warned_twice, 110, "resolved")
    remade(log, warned_twice, 111, anew=anew)
    log.ingest([submission(update(53, priority="P2"))], warned_twice, at(112))
    run(log, warned_twice, 112)

    assert ended(log) == [(("slack",), "warning", 0), (("urgent",), "warning", 1)]


def test_what_is_told_after_all_is_repeated_in_the_order_in_which_that_was() -> None:
    """Not in that in which it was raised while nobody was to be told."""
    targets = {"P1": {"response": "58m", "resolution": "60m"}}
    breached = Match((condition("severity", "breached"),))
    paged = Route(SLACK, breached, "Pager", repeat=Repeat(15 * MINUTE))
    versions = book(policy(targets, ladders={"P1": {}}, routes=(paged,)))
    log = Log(identity())
    log.ingest([submission(opening(0))], versions, at(0))
    log.snooze(versions, at(1), micros(at(70)))
    run(log, versions, 71)
    for order in (1, -1):
        before = ToldBefore()
        for event in log.stream:
            body = event.body
            if isinstance(body, Ticket.Unmuted):
                body = structs.replace(body, alerts=body.alerts[::order])
                event = replace(event, state=written(body), _body=None)
            before.read(event)
        assert [one.clock for one in before.reminded] == ["response", "resolution"][::order]
