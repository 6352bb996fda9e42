"""A policy that has always been in force gives statuses its own phases."""

from command_side.deciding.head import Head
from command_side.deciding.replayed import Replayed
from engine.sla.instants import micros
from engine.sla.statuses import BUILT_IN_STATUSES
from query_side.audit.whatif import Always
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.timelines import policy

TARGETS = {"resolution": "4h"}


def test_statuses_count_as_they_would_have_been_mapped() -> None:
    log = Log(identity())
    items = [submission(opening(0)), submission(update(10, status="pending"))]
    log.ingest(items, book(policy(TARGETS)), at(20))
    supposed = Always(policy(TARGETS, statuses={**BUILT_IN_STATUSES, "pending": "done"}))

    case = Replayed(identity(), 0, Head("default", "T-1", 1), supposed, log.stream)

    assert case.refold(micros(at(20))).phase == "done"
