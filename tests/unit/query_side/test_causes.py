"""What a sentence gives as the reason why something else is promised is what happened."""

from collections.abc import Sequence
from typing import Any

import pytest

from engine.sla.excuses import Excuse, Excuses
from engine.sla.policy import Policy
from engine.sla.rules import Validity
from engine.sla.timeline import Observation, fold
from query_side.audit.telling import tell
from query_side.audit.witness import Witness
from query_side.audit.wording import Words
from tests.support.ruling import Ruled, ruled
from tests.support.timelines import at, excuse, in_order, policy, saw

BY_PRIORITY = {"P1": {"resolution": "4h"}, "P3": {"resolution": "8h"}}


def told(
    observations: Sequence[Observation],
    under: Policy | Sequence[Policy],
    *excuses: Excuse,
    as_of: str = "13:00",
) -> list[str]:
    witness = Witness()
    policies = [under] if isinstance(under, Policy) else under
    fold(in_order(observations), policies, at(as_of), witness, Excuses(1, excuses))
    return [tell(one, Words()) for one in witness.changes]


def reopened(meanwhile: Observation, under: Policy | Sequence[Policy]) -> str:
    """Of a ticket that was solved at ten, and is open again from noon on."""
    life = [
        saw("09:00", "waiting", status="open", priority="P1", team="front"),
        saw("10:00", "done", status="resolved"),
        meanwhile,
        saw("12:00", "waiting", status="open"),
    ]
    return told(life, under)[-2]


BY_RULE = ruled(
    policy(BY_PRIORITY),
    Ruled("Payments", {"team": "payments"}, targets={"any": {"resolution": "2h"}}),
)
LATER = policy(
    {"P1": {"resolution": "1h"}, "P3": {"resolution": "9h"}}, version=2, accepted_at="11:00"
)


@pytest.mark.parametrize(
    ("meanwhile", "under", "why"),
    [
        (
            saw("10:30", priority="P3"),
            policy(BY_PRIORITY),
            "the priority changed from P1 to P3 meanwhile, which brings the target 8h instead of"
            " 4h.",
        ),
        (
            saw("10:30", team="payments"),
            BY_RULE,
            "the rule Payments came to decide instead of the customer tier meanwhile, which brings"
            " the target 2h instead of 4h.",
        ),
        (
            saw("10:30", own={"resolution": "20:00"}),
            policy(BY_PRIORITY),
            "the ticket's own date for the resolution became Mon 2024-01-15 20:00 UTC meanwhile,"
            " which brings the ticket's own date instead of 4h.",
        ),
        (
            saw("10:30", priority="P3"),
            [policy(BY_PRIORITY), LATER],
            "policy version 2 came into force meanwhile and the priority changed from P1 to P3"
            " meanwhile, which brings the target 9h instead of 4h.",
        ),
    ],
)
def test_what_changed_while_the_ticket_was_done_is_told_once_it_counts(
    meanwhile: Observation, under: Any, why: str
) -> None:
    assert reopened(meanwhile, under) == f"Resolution promise changed: {why}"


def test_what_the_opening_anew_changes_besides_is_told_as_its_own() -> None:
    life = [
        saw("09:00", "waiting", status="open", priority="P1"),
        saw("10:00", "done", status="resolved", priority="P9"),
        saw("12:00", "waiting", status="open", priority="P3"),
    ]
    assert told(life, policy(BY_PRIORITY))[-1].startswith(
        "Resolution clock is back: the priority changed from P9 to P3. The promise is 8h"
    )


def test_a_promise_that_was_taken_away_while_the_ticket_was_cancelled_says_why() -> None:
    life = [
        saw("09:00", "waiting", status="open", priority="P1"),
        saw("10:00", "cancelled", status="spam"),
        saw("10:30", priority="P9"),
        saw("12:00", "waiting", status="open"),
    ]
    assert told(life, policy(BY_PRIORITY))[-1] == (
        "Resolution clock stays cancelled: the priority changed from P1 to P9 meanwhile. Nothing is"
        " promised any more."
    )


def test_a_first_promise_that_came_while_the_ticket_was_done_says_why() -> None:
    life = [
        saw("09:00", "waiting", status="open", priority="P9"),
        saw("10:00", "done", status="resolved"),
        saw("10:30", priority="P3"),
        saw("12:00", "waiting", status="open"),
    ]
    assert told(life, policy(BY_PRIORITY))[-1].startswith(
        "Resolution clock came into force: the priority changed from P9 to P3 meanwhile."
    )


def test_a_promise_that_comes_in_the_instant_in_which_its_clock_started_says_why() -> None:
    under = policy({"P1": {"resolution": "4h"}, "P3": {"update": "30m"}})
    life = [
        saw("09:00", "waiting", priority="P1"),
        saw("09:30", "active"),
        saw("09:30", rev=1, agent="09:30", priority="P3"),
    ]
    assert told(life, under)[-1].startswith(
        "Update clock (cycle 2) came into force: the priority changed from P1 to P3."
    )


def test_excused_time_that_comes_with_what_the_ticket_says_is_told() -> None:
    outage = excuse(("11:00", "12:00"), team="payments")
    under = policy({"resolution": "4h"})
    came = [saw("09:00", "waiting", team="front"), saw("10:00", team="payments")]
    went = [saw("09:00", "waiting", team="payments"), saw("10:00", team="front")]
    tagged = [saw("09:00", "waiting"), saw("10:00", said={"tags": ["outage"]})]

    assert told(came, under, outage)[1:] == [
        "Resolution deadline moved from Mon 2024-01-15 13:00 to Mon 2024-01-15 14:00 (UTC): the"
        " ticket went from front to payments, which brings excused time.",
    ]
    assert told(went, under, outage)[1:] == [
        "Resolution deadline moved from Mon 2024-01-15 14:00 to Mon 2024-01-15 13:00 (UTC): the"
        " ticket went from payments to front, which brings no excused time any more.",
    ]
    later = excuse(("11:00", "13:00"), team="front")
    assert told(came, under, outage, later)[1:] == [
        "Resolution deadline moved from Mon 2024-01-15 15:00 to Mon 2024-01-15 14:00 (UTC): the"
        " ticket went from front to payments, which brings other excused time.",
    ]
    assert told(tagged, under, excuse(("11:00", "12:00"), tags="outage"))[1:] == [
        "Resolution deadline moved from Mon 2024-01-15 13:00 to Mon 2024-01-15 14:00 (UTC): the"
        " ticket says something else of itself, which brings excused time.",
    ]


def test_excused_time_is_none_that_a_clock_has_counted() -> None:
    def counted(observations: Sequence[Observation], *excuses: Excuse) -> Any:
        witness = Witness()
        under = policy({"P1": {"resolution": "4h"}})
        fold(in_order(observations), [under], at("13:00"), witness, Excuses(1, excuses))
        return witness.changes[-1].counted

    outage = excuse(("09:30", "10:00"), ("10:30", "11:00"))
    life = [saw("09:00", "waiting", priority="P1"), saw("12:00", "paused")]
    parts = [("09:00", "09:30"), ("10:00", "10:30"), ("11:00", "12:00")]
    expected = [("24x7", at(start), at(end)) for start, end in parts]
    assert counted(life, outage) == expected
    promised = [saw("09:00", "waiting", priority="P9"), saw("12:00", priority="P1")]
    assert counted(promised, outage) == expected


def test_what_a_clock_has_counted_while_nothing_was_promised_is_told_once_something_is() -> None:
    witness = Witness()
    under = policy({"P1": {"resolution": "4h"}})
    life = [
        saw("09:00", "waiting", priority="P1"),
        saw("10:00", priority="P9"),
        saw("11:00", priority="P1"),
        saw("12:00", "done"),
    ]
    fold(in_order(life), [under], at("13:00"), witness)
    hours = [("09:00", "10:00"), ("10:00", "11:00"), ("11:00", "12:00")]
    assert [one.counted for one in witness.changes[1:]] == [
        [("24x7", at(start), at(end))] for start, end in hours
    ]


def test_excused_time_that_does_not_bear_on_the_deadline_is_not_told() -> None:
    later = excuse(("tue 11:00", "tue 12:00"), priority="P3")
    life = [saw("09:00", "waiting", priority="P1"), saw("10:00", priority="P3")]
    assert told(life, policy(BY_PRIORITY), later)[-1].endswith("the target 8h instead of 4h.")


def test_excused_time_that_moves_the_end_of_a_pause_is_told_as_that() -> None:
    limited = {"resolution": {"pauses_at_most": 2 * 3_600_000_000}}
    under = policy({"resolution": "4h"}, clocks=limited)
    life = [saw("09:00", "paused", team="front"), saw("10:00", team="payments")]

    moved = told(life, under, excuse(("10:30", "11:00"), team="payments"), as_of="10:20")[-1]

    assert moved == (
        "Resolution promise changed: the ticket went from front to payments, which brings excused"
        " time. 0 s of 4 h are used; the deadline is open, and it runs again by itself Mon"
        " 2024-01-15 11:30 UTC."
    )


def test_a_contract_that_begins_and_ends_is_told_as_that() -> None:
    valid = Validity(at("10:00"), at("11:00"), by_time=True, written="for an hour")
    under = ruled(policy({"resolution": "4h"}), tier_validity={"gold": valid})

    assert told([saw("09:00", "waiting")], under) == [
        "Resolution clock came into force: what is promised to customer tier gold begins to hold."
        " The promise is 4h, counted from Mon 2024-01-15 09:00 UTC on, due Mon 2024-01-15 13:00"
        " UTC.",
        "Resolution clock cancelled: what is promised to customer tier gold holds no longer."
        " Nothing is promised any more.",
    ]
