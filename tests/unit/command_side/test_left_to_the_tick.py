"""What was left to a tick is told by it, whatever has come in between."""

from typing import Literal, get_args

import pytest

from engine.sla.conditions import Match
from engine.sla.matching import condition
from engine.sla.routes import Route
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.timelines import policy

UPDATES = Match((condition("clock", "update"),))
BOOK = book(
    policy(
        {"response": "30m", "update": "30m"},
        ladders={"P1": {}},
        routes=(Route(("slack",), UPDATES, "Slack"),),
    )
)
"""Of the response nobody is told."""
Kind = Literal["kept", "thorough", "forgetful"]


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("more", [False, True], ids=["at once", "after an update"])
def test_the_end_of_a_cycle_is_told_though_an_update_came_before_the_tick(
    kind: Kind, more: bool
) -> None:
    log = Log(identity(), thorough=kind == "thorough", forgetful=kind == "forgetful")
    log.ingest([submission(opening(0))], BOOK, at(0))
    log.follow(BOOK, at(31))
    log.ingest(
        [submission(update(80, last_agent_reply_at=60, first_responded_at=20))], BOOK, at(80)
    )
    if more:
        log.ingest([submission(update(81, title="Outage of all"))], BOOK, at(81))
    log.follow(BOOK, at(82))

    assert [(one["clock"], one["cycle"]) for one in told(log, "ended")] == [("update", 1)]


def told(log: Log, what: str) -> list[dict[str, object]]:
    return [
        one
        for event in log.stream
        for notice in getattr(event.body, "notices", ())
        for one in [{"clock": a.clock, "cycle": a.cycle} for a in notice.alerts if a.type == what]
    ]
