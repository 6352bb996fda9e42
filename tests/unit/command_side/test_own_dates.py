"""Deadlines that items bring along: what is compared, what is news, what is stored."""

from typing import Any

from command_side.deciding.events import Ticket, shown
from tests.support.items import at, identity, opening, submission, text, update
from tests.support.log_in_memory import Log, book
from tests.support.timelines import policy

BOOK = book(policy({"P1": {"resolution": "4h"}}))
DUE = 9 * 60


def outcomes(*items: dict[str, Any], now: float = 400) -> tuple[list[str | None], Log]:
    log, found = Log(identity()), list[str | None]()
    for item in items:
        one = submission(item)
        log.ingest([one], BOOK, at(now))
        found.append(one.outcome)
    return found, log


def test_null_under_a_key_that_says_nothing_of_it_is_other_content() -> None:
    found, _ = outcomes(
        opening(0, resolution_due_at=DUE),
        update(5, resolution_due_at=None),
        update(5),
        update(5, resolution_due_at=None),
    )
    assert found == ["accepted", "accepted", "conflict", "duplicate"]


def test_without_a_time_only_what_is_in_force_can_be_withdrawn() -> None:
    found, _ = outcomes(
        opening(0),
        update(None, resolution_due_at=None),
        update(None, resolution_due_at=DUE),
        update(None, resolution_due_at=DUE),
        update(None, resolution_due_at=None),
        update(None, resolution_due_at=None),
    )
    assert found == ["accepted", "unchanged", "accepted", "unchanged", "accepted", "unchanged"]


def test_the_date_and_its_withdrawal_are_stored_and_what_follows_is_decided() -> None:
    _, log = outcomes(opening(0, resolution_due_at=DUE), update(180, resolution_due_at=None))

    first, second = (shown(event.body) for event in log.stream[:2])

    assert first["given"]["resolution_due_at"] == text(DUE)
    (resolution,) = first["facts"]["cycles"]
    assert (resolution["target_seconds"], resolution["due_at"]) == (32_400, text(DUE))
    assert resolution["own_date"] == text(DUE)
    assert second["given"] == {"resolution_due_at": None}
    (resolution,) = second["facts"]["cycles"]
    assert (resolution["due_at"], resolution["own_date"]) == (text(4 * 60), None)
    assert isinstance(log.stream[1].body, Ticket.Observed)
