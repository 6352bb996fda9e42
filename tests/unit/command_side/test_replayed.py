"""What a stream says in a head's place, and of a ticket that is replayed."""

from datetime import timedelta

import pytest

from command_side.deciding import people
from command_side.deciding.head import Head
from command_side.deciding.opening import replayed
from command_side.deciding.rebuilding import rebuilt
from command_side.deciding.records import StoredHead
from engine.sla.instants import micros
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.timelines import policy

BOOK = book(policy({"resolution": "4h"}))


def test_a_head_made_anew_knows_who_took_it_on_and_until_when_it_is_quiet() -> None:
    log = Log(identity())
    log.ingest([submission(opening(0))], BOOK, at(0))
    log.acknowledge(BOOK, at(10))
    until = micros(at(60))
    case = replayed(log.kept, log.stream, BOOK)
    log.store(
        people.snooze(
            case, until=until, by="jane", reason=None, now=micros(at(20)), correlation_id=None
        ),
        at(20),
    )

    head = rebuilt(log.stream)

    assert head.acknowledged
    assert head.snoozed_until == until
    assert (head.observations, head.newest) == (log.head.observations, log.head.newest)


def test_a_head_made_anew_knows_that_something_was_muted() -> None:
    log = Log(identity())
    log.ingest([submission(opening(0))], BOOK, at(0))
    until, now = micros(at(600)), micros(at(20))
    case = replayed(log.kept, log.stream, BOOK)
    snoozed = people.snooze(case, until=until, by="jane", reason=None, now=now, correlation_id=None)
    log.store(snoozed, at(20))
    assert not made_anew(log).muted

    log.follow(BOOK, at(210))

    assert made_anew(log).muted
    assert log.head.muted


def made_anew(log: Log) -> Head:
    return replayed(StoredHead(log.ticket, log.kept.version, b""), log.stream, BOOK).head


def test_a_stream_without_its_opening_is_no_ticket() -> None:
    log = Log(identity())
    log.ingest([submission(opening(0))], BOOK, at(0))
    log.ingest([submission(update(10, status="pending"))], BOOK, at(10))

    with pytest.raises(ValueError, match="begins with its opening"):
        rebuilt(log.stream[1:])


def test_items_without_a_time_say_nothing_new_however_many_they_are() -> None:
    log = Log(identity(), thorough=True)
    log.ingest([submission(opening(0))], BOOK, at(0))
    again = [submission(opening(None)) for _ in range(2)]

    assert log.ingest(again, BOOK, at(0) + timedelta(minutes=1)) is None
    assert [one.outcome for one in again] == ["unchanged", "unchanged"]
