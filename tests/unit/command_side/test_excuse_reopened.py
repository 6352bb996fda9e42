"""A ticket that was over when something was agreed, and goes on: then it is concerned."""

from uuid import UUID

import pytest

from command_side.deciding.events import ExcusedWindow, ExcuseGranted, Ticket
from engine.sla.instants import micros
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.timelines import policy

BOOK = book(policy({"P1": {"resolution": "2h"}}))
FROM_NOON = ExcuseGranted(
    excuse_id=UUID(int=1),
    windows=(ExcusedWindow(start=micros(at(180)), until=None),),
    match={"priority": ["p1"]},
    reason="an outage",
)


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
