"""What the API tells again is known by what it says, however the times and the words differ."""

from typing import Any

import pytest

from command_side.connect.news import Known
from engine.sla.instants import parsed


def known(*said: dict[str, Any]) -> Known:
    found = Known()
    for one in said:
        moments = {n: parsed(one[n]) for n in one if n.endswith("_reply_at")}
        found.take(parsed(one["updated_at"]), 0, one, moments)
    return found


def told(minute: str, **what: Any) -> dict[str, Any]:
    return {"external_id": "1", "updated_at": f"2026-01-05T09:{minute}Z", "revision": 7, **what}


OPENED = told("00:00", status="open", priority="P2", created_at="2026-01-05T09:00:00Z")
SOLVED = told("20:00.672717", status="SOLVED")


@pytest.mark.parametrize(
    ("item", "is_new"),
    [
        (OPENED, False),
        (told("20:00", status="solved"), False),
        (told("20:00", status="open"), False),  # as it was until then
        (told("30:00", status="solved"), False),
        (told("10:00", status="solved"), True),
        (told("30:00", status="open"), True),
        (told("30:00", assigned_to="ann"), True),
        (told("30:00", title="Another", created_at="2026-01-05T08:00:00Z"), False),
    ],
)
def test_what_would_change_nothing_is_not_new(item: dict[str, Any], is_new: bool) -> None:
    assert known(OPENED, SOLVED).news([item]) == ([item] if is_new else [])


def test_a_creation_that_nothing_told_is_new_though_the_ticket_is_known() -> None:
    assert known(SOLVED).news([OPENED]) == [OPENED]


def test_what_was_told_of_it_is_known_for_the_next() -> None:
    pending, again = told("05:00", status="pending"), told("10:00", status="open")
    assert known(OPENED, SOLVED).news([pending, again]) == [pending, again]
    assert known(OPENED, SOLVED).news([again]) == []


@pytest.mark.parametrize(("at", "is_new"), [("09:58", True), ("09:59", False), ("10:01", False)])
def test_a_reply_is_known_by_its_instant(at: str, is_new: bool) -> None:
    replied = told("10:00.5", last_agent_reply_at="2026-01-05T09:10:00.5Z")
    item = told(at, last_agent_reply_at=f"2026-01-05T09:{at}Z")
    assert bool(known(OPENED, replied).news([item])) == is_new
    customer = told(at, last_customer_reply_at=f"2026-01-05T09:{at}Z")
    assert known(OPENED, replied).news([customer]) == [customer]


def test_of_labels_that_change_at_once_only_the_last_counts() -> None:
    labelled = {**OPENED, "tags": ["P1", "new"]}
    both = [told("10:00", tags=["new"]), told("10:00", tags=["NEW", "P1"], team="a")]
    assert known(labelled).news(both) == [both[1]]
