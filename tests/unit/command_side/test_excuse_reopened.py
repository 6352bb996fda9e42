"""A ticket that was over when something was agreed: only what lies within its life concerns it, or
what comes once it goes on."""

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

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
from tests.support.timelines import MINUTE, policy

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


PROMISED = {"P1": {}, "P2": {"resolution": "2h"}}
"""P1 is promised nothing of what P2 is."""
AGAIN = {
    "updated": [update(50, priority="P2")],
    "reopened": [update(35, status="resolved"), update(50, status="open", priority="P2")],
    "by a version": [],
}


@pytest.mark.parametrize("how", [{}, {"thorough": True}, {"forgetful": True}])
@pytest.mark.parametrize(
    ("again", "withdrawn", "elapsed"),
    [
        *[("updated", False, 6), ("updated", True, 51)],
        *[("reopened", False, 6), ("reopened", True, 36)],
        *[("by a version", False, 5), ("by a version", True, 51)],
    ],
)
def test_what_counted_while_nothing_was_promised_is_as_it_is_excused_once_it_is_again(
    again: str, withdrawn: bool, elapsed: float, how: dict[str, Any]
) -> None:
    """That it was excused is said in no event until then: nobody was promised it."""
    versions = book(policy(PROMISED))
    log = Log(identity(), **how)
    log.ingest([submission(opening(0, priority="P2"))], versions, at(0))
    log.ingest([submission(update(5, priority="P1"))], versions, at(5))
    only = {"match": {"priority": ["p1"]}, "clocks": ("resolution",)}
    log.change_excuses(replace(granted(1, 0, 90), **only), at(10))
    log.follow(versions, at(11))
    log.ingest([submission(update(30, title="Still"))], versions, at(30))
    *before, last = AGAIN[again] or [update(50, title="As before")]
    for one in before:
        log.ingest([submission(one)], versions, at(35))
    if withdrawn:
        log.change_excuses(ExcuseWithdrawn(excuse_id=UUID(int=1), reason="none"), at(40))
        log.follow(versions, at(41))
    assert not log.bodies(Ticket.Excused.TOPIC)
    if again == "by a version":
        more = {**PROMISED, "P1": {"resolution": "2h"}}
        versions = book(*versions.all, policy(more, version=2, accepted_at=micros(at(45))))
        log.follow(versions, at(46))
    log.ingest([submission(last)], versions, at(50))
    log.ingest([submission(update(51, status="resolved"))], versions, at(51))

    last_said = log.stream[-1].body
    assert isinstance(last_said, Ticket.Observed)
    assert [one.elapsed for one in last_said.facts.cycles] == [elapsed * MINUTE]


@pytest.mark.parametrize("thorough", [False, True])
def test_what_it_came_to_say_as_it_was_reopened_excuses_nothing_before(thorough: bool) -> None:
    """It is promised something for the first time then, and counted from its beginning."""
    versions = book(policy({"P1": {"resolution": "2h"}, "P2": {}}))
    log = Log(identity(), thorough=thorough)
    log.change_excuses(replace(granted(1, 0, 30), match={"priority": ["p1"]}), at(0))
    log.ingest([submission(opening(0, priority="P2", status="cancelled"))], versions, at(0))
    log.ingest([submission(update(30, status="open", priority="P1"))], versions, at(30))
    log.ingest([submission(update(40, status="resolved"))], versions, at(40))

    said = log.stream[-1].body
    assert isinstance(said, Ticket.Observed)
    [one] = said.facts.cycles
    assert (one.elapsed, one.paused, one.excused) == (10 * MINUTE, 30 * MINUTE, 0)
