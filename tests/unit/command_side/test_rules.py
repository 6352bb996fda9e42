"""What is decided where rules are in force: an edge wakes the engine, a new name wakes nobody."""

from dataclasses import replace

import pytest

from command_side.deciding.events import Ticket
from engine.sla.instants import micros
from engine.sla.rules import Validity
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.ruling import Ruled, ruled
from tests.support.timelines import policy

TIERS = policy({"P1": {"resolution": "10h"}})
CONTRACT = Ruled(
    "Contract",
    {"team": "payments"},
    targets={"any": {"resolution": "4h"}},
    valid=Validity(end=micros(at(60)), by_time=True, written="until ten"),
)
BOOK = book(ruled(TIERS, CONTRACT))


def begun(*, thorough: bool = False) -> Log:
    log = Log(identity(), thorough=thorough)
    log.ingest([submission(opening(0, team="Payments"))], BOOK, at(0))
    return log


@pytest.mark.parametrize("thorough", [False, True])
def test_the_engine_wakes_where_a_contract_ends_and_writes_what_that_moved(thorough: bool) -> None:
    log = begun(thorough=thorough)
    assert log.next_due_at == at(60)
    log.tick(BOOK, at(61))
    moved = log.stream[-1]
    assert isinstance(moved.body, Ticket.Moved)
    assert moved.occurred_at == at(60)
    assert moved.body.facts.due_at == micros(at(600))
    assert log.next_due_at == at(600 - 90)
    log.tick(BOOK, at(61))
    assert len(log.stream) == 2


def test_an_update_after_the_edge_is_decided_by_what_holds_then() -> None:
    log = begun()
    log.ingest([submission(update(70, status="in_progress"))], BOOK, at(70))
    body = log.stream[-1].body
    assert isinstance(body, Ticket.Observed)
    assert body.facts.due_at == micros(at(600))
    assert log.replays == 0


def test_a_rule_with_another_name_writes_no_event() -> None:
    first = ruled(TIERS, replace(CONTRACT, valid=None))
    renamed = ruled(
        replace(TIERS, version=2, accepted_at=micros(at(10))),
        replace(CONTRACT, valid=None, name="Agreement"),
    )
    other = ruled(
        replace(TIERS, version=2, accepted_at=micros(at(10))),
        replace(CONTRACT, valid=None, targets={"any": {"resolution": "5h"}}),
    )
    for newer, events in ((renamed, 1), (other, 2)):
        log = Log(identity())
        log.ingest([submission(opening(0, team="Payments"))], book(first), at(0))
        log.next_due_at = at(20)
        log.tick(book(first, newer), at(20))
        assert len(log.stream) == events
