"""A change that left a ticket as it was is in no event: a head that was kept knows of it no more
than one that is made anew from the stream, and the next events are the same."""

from typing import Any, Literal, get_args
from uuid import UUID

import pytest

from command_side.deciding.events import ExcusedWindow, ExcuseGranted, Ticket, shown
from command_side.deciding.repairing import may_move
from command_side.event_store import Recorded
from engine.sla.instants import micros
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, Versions, book
from tests.support.timelines import policy

TARGETS = {"P1": {"resolution": "4h"}, "P2": {"resolution": "8h"}}
FIRST = policy(TARGETS)
FOR_P2 = policy({**TARGETS, "P2": {"resolution": "6h"}}, version=2, accepted_at=micros(at(10)))
FOR_ALL = policy(
    {"P1": {"resolution": "2h"}, "P2": {"resolution": "3h"}},
    version=3,
    accepted_at=micros(at(20)),
)
ONE, TWO, THREE = book(FIRST), book(FIRST, FOR_P2), book(FIRST, FOR_P2, FOR_ALL)

Kind = Literal["kept", "thorough", "forgetful"]
"""The head is kept, it is and the stream is read all the same, or it is made anew each time."""
each_kind = pytest.mark.parametrize("kind", get_args(Kind))
looked_at = pytest.mark.parametrize("looked", [True, False], ids=["looked at", "left alone"])


def begun(kind: Kind) -> Log:
    log = Log(identity(), thorough=kind == "thorough", forgetful=kind == "forgetful")
    log.ingest([submission(opening(0))], ONE, at(0))
    return log


def look(log: Log, versions: Versions, minute: float, looked: bool = True) -> None:
    """As a pass over all tickets does, of which this one stays as it was."""
    if looked:
        before = len(log.stream)
        log.follow(versions, at(minute))
        assert len(log.stream) == before


def said(log: Log, *members: str) -> list[tuple[str, tuple[Any, ...]]]:
    """Each event, with some of its members."""
    return [(event.topic, _of(event, members)) for event in log.stream]


def _of(event: Recorded, members: tuple[str, ...]) -> tuple[Any, ...]:
    body = shown(event.body)
    named = body.get("facts", {})
    return tuple([body.get(one, named.get(one)) for one in members])


@each_kind
@looked_at
def test_a_version_that_moves_it_follows_the_one_that_an_event_names(
    kind: Kind, looked: bool
) -> None:
    log = begun(kind)
    look(log, TWO, 11, looked)
    log.follow(THREE, at(21))

    assert said(log, "previous_policy", "policy") == [
        (Ticket.Opened.TOPIC, (None, 1)),
        (Ticket.Retargeted.TOPIC, (1, 3)),
    ]


@each_kind
@looked_at
def test_an_alert_is_no_judgement_of_all_clocks(kind: Kind, looked: bool) -> None:
    """It names the version that it was raised under, and says nothing of the others."""
    log = begun(kind)
    look(log, TWO, 11, looked)
    log.follow(TWO, at(205))
    later = policy({"P1": {"resolution": "5h"}}, version=3, accepted_at=micros(at(206)))
    log.follow(book(FIRST, FOR_P2, later), at(207))

    _, warned, *_, moved = said(log, "previous_policy", "policy")
    assert warned == (Ticket.AlertRaised.TOPIC, (None, 2))
    assert moved == (Ticket.Retargeted.TOPIC, (1, 3))


@each_kind
@looked_at
def test_what_a_version_promises_otherwise_later_is_said_then(kind: Kind, looked: bool) -> None:
    log = begun(kind)
    look(log, TWO, 11, looked)
    log.ingest([submission(update(15, priority="P2"))], TWO, at(15))
    log.ingest([submission(update(16, priority="P1"))], TWO, at(16))

    assert said(log, "previous_policy", "policy") == [
        (Ticket.Opened.TOPIC, (None, 1)),
        (Ticket.Retargeted.TOPIC, (1, 2)),
        (Ticket.Observed.TOPIC, (None, 2)),
        (Ticket.Observed.TOPIC, (None, 2)),
    ]


def agreed(number: int, **match: Any) -> ExcuseGranted:
    """Half an hour does not count."""
    return ExcuseGranted(
        excuse_id=UUID(int=number),
        windows=(ExcusedWindow(start=micros(at(30)), until=micros(at(60))),),
        match=match,
        reason="agreed",
    )


@each_kind
@looked_at
def test_what_is_excused_names_the_list_that_left_it_as_it_was(kind: Kind, looked: bool) -> None:
    """Whoever counts the tickets that a change has moved counts by it."""
    log = begun(kind)
    log.change_excuses(agreed(1, priority=["p2"]), at(70))
    look(log, ONE, 71, looked)
    log.change_excuses(agreed(2, priority=["p1"]), at(80))
    log.follow(ONE, at(81))

    assert said(log, "previous_excuses", "excuses") == [
        (Ticket.Opened.TOPIC, (None, 0)),
        (Ticket.Excused.TOPIC, (1, 2)),
    ]


@each_kind
@looked_at
def test_what_comes_to_be_excused_later_is_said_then(kind: Kind, looked: bool) -> None:
    log = begun(kind)
    log.change_excuses(agreed(1, priority=["p2"]), at(20))
    look(log, ONE, 21, looked)
    log.ingest([submission(update(25, priority="P2"))], ONE, at(25))

    assert said(log, "previous_excuses", "excuses") == [
        (Ticket.Opened.TOPIC, (None, 0)),
        (Ticket.Excused.TOPIC, (0, 1)),
        (Ticket.Observed.TOPIC, (None, 1)),
    ]


@each_kind
def test_a_ticket_that_is_announced_stands_under_the_list_that_it_was_announced_under(
    kind: Kind,
) -> None:
    log = Log(identity(), thorough=kind == "thorough", forgetful=kind == "forgetful")
    log.change_excuses(agreed(1, priority=["p1"]), at(-5))
    log.ingest([submission(opening(20))], ONE, at(0))
    log.follow(ONE, at(20))

    assert said(log, "excuses") == [(Ticket.Opened.TOPIC, (1,)), (Ticket.Moved.TOPIC, (1,))]


def test_a_pass_asks_no_ticket_again_that_was_judged_before() -> None:
    log = begun("kept")
    look(log, TWO, 11)
    fold = log.head.fold
    assert fold is not None
    assert fold.policy == 1

    assert may_move(TWO.all, fold)
    assert not may_move(TWO.all, fold, judged=2)
    assert may_move(THREE.all, fold, judged=2)
