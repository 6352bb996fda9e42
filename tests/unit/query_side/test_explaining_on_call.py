"""A timeline says who was meant because of being on call, and by which version of the calendars."""

import pytest
from msgspec.structs import replace

from command_side.deciding.events import Notice, OnCall, Ticket, Told, written
from command_side.event_store import Recorded
from query_side.audit.explaining import explain
from query_side.audit.wording import Words
from tests.support.formats.on_call import NAMED
from tests.support.items import at, identity


def on_call(people: tuple[str, ...], *, fallback: bool = False) -> Notice:
    asked = OnCall(rotation="payments", version=3, fallback=fallback)
    return Notice(to=("slack",), alerts=NAMED.alerts, people=people, on_call=(asked,))


def sentence(*notices: Notice) -> str:
    told: Told = NAMED.alerts[0]
    body = Ticket.Retracted(
        alert_id=told.alert_id,
        source="default",
        external_id="T-1",
        clock="resolution",
        cycle=1,
        cycle_started_at=0,
        generation=0,
        ordinal=0,
        raised_at=0,
        escalation_level=0,
        priority="P1",
        customer_tier="gold",
        status="open",
        policy=1,
        milestone="warning",
        reason="it was not so",
        notices=notices,
    )
    event = Recorded(1, identity(), 1, body.TOPIC, written(body), None, at(0), at(0), None)
    return explain(event, Words(None))[1]


PLAIN = "The warning of the resolution clock was withdrawn: it was not so."


@pytest.mark.parametrize(
    ("notices", "said"),
    [
        ([], ""),
        ([on_call(("anna", "ben"))], " On call for payments, by version 3: anna and ben."),
        ([on_call(("boss",), fallback=True)], " Nobody was on call for payments: boss stood in."),
        ([on_call((), fallback=True)], " Nobody was on call for payments, and nobody stood in."),
        (
            [on_call(("anna",)), on_call(("anna",))],
            " On call for payments, by version 3: anna.",
        ),
    ],
)
def test_who_was_on_call_is_said(notices: list[Notice], said: str) -> None:
    assert sentence(*notices) == PLAIN + said


def test_of_two_rotations_nobody_is_said_to_have_been_on_call_for_the_other_one() -> None:
    """A notice names its people together."""
    payments = OnCall(rotation="payments", version=3)
    network = OnCall(rotation="network", version=4)
    two = replace(on_call(("anna", "ben")), on_call=(payments, network))
    assert sentence(two) == PLAIN + (
        " On call for network, by version 4, and payments, by version 3: anna and ben."
    )
    mixed = replace(two, on_call=(payments, replace(network, fallback=True)))
    assert sentence(mixed) == PLAIN + (
        " Nobody was on call for network. On call for payments, by version 3, or standing in:"
        " anna and ben."
    )
    nobody = replace(two, people=(), on_call=(replace(payments, fallback=True),) * 2)
    assert sentence(nobody) == PLAIN + " Nobody was on call for payments, and nobody stood in."
