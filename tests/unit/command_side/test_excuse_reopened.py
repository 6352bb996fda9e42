"""A ticket that was over when something was agreed: only what lies within its life concerns it, or
what comes once it goes on."""

from typing import Any
from uuid import UUID

import pytest

from command_side.deciding import replayed
from command_side.deciding.events import (
    Body,
    ExcusedWindow,
    ExcuseGranted,
    ExcuseWithdrawn,
    Ticket,
)
from engine.sla.instants import micros
from engine.sla.timeline import Fold
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.timelines import policy

ANEW = {"reopen": "new_cycle"}
BOOK = book(policy({"P1": {"resolution": "2h"}}))
FROM_NOON = ExcuseGranted(
    excuse_id=UUID(int=1),
    windows=(ExcusedWindow(start=micros(at(180)), until=None),),
    match={"priority": ["p1"]},
    reason="an outage",
)


def granted(number: int, start: float, until: float) -> ExcuseGranted:
    window = ExcusedWindow(start=micros(at(start)), until=micros(at(until)))
    return ExcuseGranted(excuse_id=UUID(int=number), windows=(window,), match={}, reason="outage")


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize(("status", "excused"), [("open", 1), ("closed", 0)])
def test_it_is_said_that_its_time_is_excused_only_if_it_goes_on(
    thorough: bool, status: str, excused: int
) -> None:
    log = Log(identity(), thorough=thorough)
    log.ingest([submission(opening(0))], BOOK, at(0))
    log.ingest([submission(update(10, status="resolved"))], BOOK, at(10))
    log.change_excuses(FROM_NOON, at(20))
    log.ingest([submission(update(200, status=status))], BOOK, at(200))

    assert len(log.bodies(Ticket.Excused.TOPIC)) == excused


def folds(monkeypatch: pytest.MonkeyPatch, *changes: Body, again: bool = False) -> tuple[int, int]:
    """How often a ticket that was open from nine to ten is folded when it comes under all of them,
    perhaps as it begins anew at one; and the newest change that left it as it was."""
    versions = book(policy({"P1": {"resolution": "2h"}}, clocks={"resolution": ANEW}))
    log, counted = Log(identity()), 0
    log.ingest([submission(opening(0))], versions, at(0))
    log.ingest([submission(update(60, status="resolved"))], versions, at(60))
    for minute, body in enumerate(changes, 100):
        log.change_excuses(body, at(minute))
    fold = replayed.timeline.fold

    def counting(*given: Any) -> Fold:
        nonlocal counted
        counted += 1
        return fold(*given)

    monkeypatch.setattr(replayed.timeline, "fold", counting)
    if again:
        log.ingest([submission(update(240, status="open"))], versions, at(300))
    else:
        log.follow(versions, at(300))
    monkeypatch.undo()
    [excused] = log.bodies(Ticket.Excused.TOPIC)
    return counted, excused["previous_excuses"]


def test_what_was_agreed_of_later_times_costs_a_ticket_that_is_over_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = [granted(number, 60 + number, 80 + number) for number in range(1, 21)]
    gone = [ExcuseWithdrawn(excuse_id=one.excuse_id, reason="none") for one in later[:10]]
    within, after = granted(99, 30, 40), granted(100, 70, 80)

    few, _ = folds(monkeypatch, within, after)
    many, before = folds(monkeypatch, *later, *gone, within, after)

    assert (many, before) == (few, len([*later, *gone]))


def test_what_was_agreed_of_the_time_in_between_costs_one_that_begins_anew_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    between = [granted(number, 60 + number, 80 + number) for number in range(1, 21)]
    since, after = granted(99, 230, 250), granted(100, 70, 80)

    few, _ = folds(monkeypatch, since, after, again=True)
    many, before = folds(monkeypatch, *between, since, after, again=True)

    assert (many, before) == (few, len(between))
