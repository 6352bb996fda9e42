"""A paused clock may run again by itself; one that is held for a ticket that is over may not."""

import pytest

from command_side.deciding.events import Observation
from engine.sla.instants import micros
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.timelines import HOUR, policy

PAUSED = {"answered_by": "reply", "pauses_in": frozenset({"paused"}), "pauses_at_most": 2 * HOUR}


@pytest.mark.parametrize(
    ("first", "then", "resumes"), [("pending", "resolved", None), ("resolved", "pending", 140)]
)
def test_what_a_paused_clock_turns_to_is_among_the_facts_though_it_stays_paused(
    first: str, then: str, resumes: float | None
) -> None:
    """Or read tables would go on saying when it runs again."""
    versions = book(policy({"P1": {"response": "3h"}}, clocks={"response": PAUSED}))
    log = Log(identity())
    log.ingest([submission(opening(0))], versions, at(0))
    log.ingest([submission(update(10, status=first))], versions, at(10))

    log.ingest([submission(update(20, status=then))], versions, at(20))

    last = log.stream[-1].body
    assert isinstance(last, Observation)
    [told] = [(one.state, one.resumes_at) for one in last.facts.cycles if one.clock == "response"]
    assert told == ("paused", resumes and micros(at(resumes)))
