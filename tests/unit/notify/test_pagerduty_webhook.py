"""What PagerDuty says by its webhooks: whether it is PagerDuty's, and what it means here.

https://developer.pagerduty.com/docs/webhooks-overview has what they look like.
"""

import json
from datetime import timedelta
from typing import Any

import pytest

from engine.notify.pagerduty import key_of
from engine.notify.pagerduty_webhook import (
    Acknowledged,
    Nothing,
    NotUnderstood,
    is_pagerdutys,
    read,
    ticket_of,
)
from tests.support.notices import T0, notice
from tests.support.pagerduty_webhooks import event, signature

SECRET, OTHER = "a-secret", "another"
BODY = json.dumps(event()).encode()


def test_it_is_pagerdutys_by_any_of_its_signatures_and_any_of_our_secrets() -> None:
    mine, other = signature(SECRET, BODY), signature(OTHER, BODY)
    for secrets, given in (
        ([SECRET], mine),
        ([SECRET], f"{other},{mine}"),  # they replace theirs
        ([SECRET], f"v0=abc, {mine} ,"),
        ([OTHER, SECRET], mine),  # we replace ours
    ):
        assert is_pagerdutys(secrets, BODY, given)


@pytest.mark.parametrize(
    "given", ["", ",", "v1=", "v1", "\ud800", "é", signature(OTHER, BODY), signature(SECRET, b"{}")]
)
def test_what_is_signed_by_nobody_or_by_others_is_not(given: str) -> None:
    assert not is_pagerdutys([SECRET], BODY, given)
    assert not is_pagerdutys([], BODY, given)


def test_no_bit_of_it_can_be_changed() -> None:
    given = signature(SECRET, BODY)
    for place in range(len(BODY)):
        changed = bytearray(BODY)
        changed[place] ^= 1
        assert not is_pagerdutys([SECRET], bytes(changed), given)
    for place in range(3, len(given)):
        other = "0" if given[place] != "0" else "1"
        assert not is_pagerdutys([SECRET], BODY, given[:place] + other + given[place + 1 :])
    assert not is_pagerdutys([SECRET], BODY, given.upper())


def of(**differs: Any) -> Acknowledged | Nothing:
    return read(json.dumps(event(**differs)).encode(), T0)


def test_what_a_person_has_acknowledged() -> None:
    assert of() == Acknowledged("01BZYK8N47N5JG55J1EEEHPEJI", "PQ1K5C8", "PJ0LVEB", T0)


@pytest.mark.parametrize(
    ("differs", "because"),
    [
        ({"event_type": "incident.resolved"}, "a ticket is done when its desk says so"),
        ({"event_type": "incident.unacknowledged"}, "incident.unacknowledged changes nothing"),
        ({"event_type": "pagey.ping", "data": {"message": "Hello"}}, "pagey.ping changes nothing"),
        ({"agent": None}, "by no person"),
        ({"agent": {"id": "PI", "type": "inbound_integration_reference"}}, "by no person"),
        ({"occurred_at": "2026-01-05T07:59:59Z"}, "more than an hour ago"),
    ],
)
def test_all_else_changes_nothing_and_is_said(differs: dict[str, Any], because: str) -> None:
    found = of(**differs)
    assert isinstance(found, Nothing)
    assert because in found.because


def test_it_may_be_late_as_far_as_it_is_tried_again() -> None:
    assert isinstance(of(occurred_at="2026-01-05T08:00:00.000Z"), Acknowledged)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"event": null}',
        b"[" * 30_000,
        *(
            json.dumps(event(**differs)).encode()
            for differs in (
                {"event_type": "incident.acknowledged", "data": None},
                {"data": {"id": "../users/me"}},
                {"id": 7},
                {"agent": {"type": "user_reference"}},
                {"agent": "Sam"},
                {"agent": {"type": "user_reference", "id": "P" * 65}},
                {"occurred_at": "yesterday"},
                {"occurred_at": None},
            )
        ),
    ],
)
def test_garbage_that_is_signed_is_not_understood(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        read(body, T0 + timedelta(minutes=1))


def test_a_key_of_ours_names_its_ticket_and_no_other_does() -> None:
    ticket = notice().ticket_id
    for clock in ("resolution", "a:b", "x" * 300):
        assert ticket_of(key_of(ticket, clock, 2)) == ticket
    for key in ("", "disk full on db1", f"{ticket}", f"{ticket}:1", "a:b:c"):
        assert ticket_of(key) is None
