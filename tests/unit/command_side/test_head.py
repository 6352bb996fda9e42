"""A head is small however much has happened, and the same after having been stored."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_side.deciding.events import Ticket
from command_side.deciding.head import RETRACTED, Head, HeadUnreadable, RaisedOf, newest_of
from engine.sla.escalation import Key
from engine.sla.stored_fold import StoredFold
from tests.support.items import NINE, at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.timelines import policy

TYPICAL = 1500
"""Bytes."""
POLICY = policy(
    {"P1": {"response": "30m", "resolution": "4h", "next_response": "1h", "update": "2h"}},
    ladders={"P1": {1: "50%", 2: "80%", 3: "due-5m", 4: "due+30m"}},
)
BOOK = book(POLICY)
NAME: dict[str, Any] = {"external_id": "INC0012345", "source": "servicenow"}
FIRST: dict[str, Any] = {
    "title": "Checkout fails with a 502 for every customer of the northern warehouse",
    "description": "Since 08:55 … " * 200,
    "assigned_to": "john.doe@example.com",
    "updated_by": "jane.roe@example.com",
    "tags": [f"label {number}" for number in range(50)],
    "sys_id": "0c5f3cece1b12010f877971dea0b1449",
    "created_at": -1,
}

integers = st.integers(0, 2**53)
# What a head holds fits into 64 bits: instants and counts.
st.register_type_strategy(int, integers)
heads = st.builds(
    Head,
    source=st.text(),
    external_id=st.text(),
    policy=integers,
    observations=integers,
    late=integers,
    newest=st.tuples(integers, integers),
    attributes=st.dictionaries(st.text(), st.none() | st.text() | st.lists(st.text())),
    fold=st.none() | st.from_type(StoredFold),
    raised=st.dictionaries(
        st.text(),
        st.builds(RaisedOf, integers, st.dictionaries(st.text(), st.tuples(integers, integers))),
    ),
    salt=st.none() | st.binary(),
    owes=st.booleans(),
    acknowledged=st.booleans(),
    snoozed_until=st.none() | integers,
)


@given(heads)
def test_a_head_is_the_same_after_having_been_stored(head: Head) -> None:
    assert Head.load(head.dump()) == head
    assert newest_of(head.dump()) == head.newest


def test_a_head_of_another_release_is_not_read() -> None:
    head = Head("zendesk", "T-1", 1)
    for state in (
        b"",
        b"[]",
        b"\x03" + head.dump()[1:],
        head.dump()[:-1],
        head.dump()[:1] + b"\x90",
    ):
        with pytest.raises(HeadUnreadable):
            Head.load(state)
        assert newest_of(state) is None


def a_long_life(changes: int) -> Log:
    """Of a ticket whose status changes every quarter of an hour, with replies from both sides."""
    log = Log(identity("INC0012345", "servicenow"))
    statuses = ("in_progress", "pending", "open", "resolved", "reopened")
    log.ingest([submission(opening(0, **NAME, **FIRST))], BOOK, NINE)
    for number in range(changes):
        minute = 15 * (number + 1)
        reply = "last_agent_reply_at" if number % 2 else "last_customer_reply_at"
        said: dict[str, Any] = {"status": statuses[number % 5], reply: minute}
        item = update(minute, **NAME, **said)
        log.ingest([submission(item)], BOOK, at(minute))
        log.tick(BOOK, at(minute) + timedelta(minutes=14))
    return log


def test_a_typical_head_is_small() -> None:
    log = a_long_life(5)

    assert log.stored is not None
    assert len(log.stored.state) < TYPICAL


def test_a_head_does_not_grow_with_the_number_of_observations() -> None:
    short, long = a_long_life(100).stored, a_long_life(200).stored

    assert short is not None
    assert long is not None
    assert len(long.state) < len(short.state) + 10  # counts get more digits


def test_an_ordinary_life_needs_no_stream() -> None:
    """Although clocks start again and again, and their milestones are raised."""
    log = Log(identity())
    log.ingest([submission(opening(0))], BOOK, NINE)
    for number in range(1, 10):
        minute = number * 200
        while log.next_due_at is not None and log.next_due_at <= at(minute):
            log.tick(BOOK, log.next_due_at)
        status = update(minute - 1, status=("open", "in_progress")[number % 2])
        log.ingest([submission(status)], BOOK, at(minute))
        reply = update(minute, last_agent_reply_at=minute)
        log.ingest([submission(reply)], BOOK, at(minute))

    raised = log.bodies(Ticket.AlertRaised.TOPIC)
    assert sum(body["clock"] == "update" for body in raised) > 20
    assert log.replays == 0


def test_what_was_taken_back_does_not_stand() -> None:
    head = Head("zendesk", "T-1", 1)
    head.raised = {"resolution": RaisedOf(5, {"warning": (0, 0), "critical": (RETRACTED, 2)})}

    assert head.standing() == [Key("resolution", 5, "warning", 0)]


def test_an_engine_is_late_only_after_the_instant_at_which_something_was_due() -> None:
    head = Head("zendesk", "T-1", 1)
    head.due = 5

    head.hear(5)
    assert head.heard == 5
    head.hear(6)
    assert head.heard == 5
