"""Tickets are counted once however often they are told of, in little room."""

from uuid import UUID

from command_side.deciding.events import ticket_id
from engine.notify.tally import BITS, Distinct


def test_each_ticket_counts_once() -> None:
    tally = Distinct()
    assert tally.count() == 0
    for _ in range(3):
        for number in range(100):
            tally.add(ticket_id("zendesk", f"T-{number}"))
    assert tally.count() == 100


def test_of_very_many_it_is_right_to_a_per_cent() -> None:
    tally = Distinct()
    for number in range(200_000):
        tally.add(ticket_id("zendesk", f"T-{number}"))
    assert abs(tally.count() - 200_000) < 2_000


def test_when_all_its_room_is_taken_it_still_says_a_number() -> None:
    tally = Distinct()
    for number in range(BITS):
        tally.add(UUID(int=number))
    assert tally.count() > BITS
