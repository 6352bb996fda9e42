"""What events say of the rule, and of the ticket's attributes, by which its cycles are judged."""

from typing import Any

import pytest

from command_side.deciding.events import CycleFacts, Facts, Observation, Ticket
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.ruling import Ruled, ruled
from tests.support.timelines import policy

OUTAGE = Ruled(
    "Payments outage",
    {"team": "payments"},
    targets={"any": {"response": "30m", "resolution": "2h"}},
)
SANDBOX = Ruled("Nothing is promised to the sandbox", {"team": "sandbox"}, on_purpose=True)
TARGETS = {"P1": {"response": "30m", "resolution": "2h"}, "P2": {"resolution": "8h"}}
RULED = ruled(policy(TARGETS), OUTAGE, SANDBOX)
PAYMENTS = (0, opening(0, team="Payments", organization="ACME"))


def told(*items: tuple[float, dict[str, Any]], thorough: bool = False) -> Log:
    """Each item a minute after it was made."""
    log = Log(identity(), thorough=thorough)
    for minute, item in items:
        log.ingest([submission(item)], book(RULED), at(minute + 1))
    return log


def said(when: float, **given: Any) -> tuple[float, dict[str, Any]]:
    return when, update(when, **given)


def facts(log: Log) -> Facts:
    body = log.stream[-1].body
    assert isinstance(body, Observation | Ticket.Moved)
    return body.facts


def judged(log: Log) -> dict[str, tuple[str | None, ...]]:
    """Of each cycle that the last event carries."""
    return {one.clock: _by(one) for one in facts(log).cycles}


def _by(one: CycleFacts) -> tuple[str | None, ...]:
    return one.rule, one.team, one.customer_tier, one.priority, one.organization


def test_a_cycle_names_the_rule_and_what_else_it_is_judged_by() -> None:
    log = told(PAYMENTS)
    assert facts(log).rule == "Payments outage"
    assert not facts(log).on_purpose
    by = ("Payments outage", "Payments", None, None, "ACME")
    assert judged(log) == {"response": by, "resolution": by}


def test_by_a_tier_there_is_no_rule_and_tier_and_priority_are_the_tickets() -> None:
    log = told((0, opening(0)))
    assert facts(log).rule is None
    assert judged(log) == dict.fromkeys(("response", "resolution"), (None,) * 5)


@pytest.mark.parametrize("thorough", [False, True])
def test_what_has_ended_keeps_what_it_was_judged_by_and_what_is_open_goes_along(
    thorough: bool,
) -> None:
    answered = said(10, status="in progress")
    log = told(PAYMENTS, answered, said(20, team="Billing", priority="P2"), thorough=thorough)
    now = judged(log)
    assert now["resolution"] == (None, "Billing", None, None, "ACME")
    if thorough:
        assert now["response"] == ("Payments outage", "Payments", None, "P1", "ACME")
    else:
        assert log.replays == 0
        assert "response" not in now


def test_another_team_under_the_same_promise_is_told_of_once_with_the_cycles_that_it_has() -> None:
    log = told((0, opening(0, team="Support")), said(10, team="Billing"))
    assert {one[1] for one in judged(log).values()} == {"Billing"}
    log.ingest([submission(update(20, assigned_to="jo"))], book(RULED), at(21))
    assert judged(log) == {}
    assert log.replays == 0


def test_what_ends_a_cycle_is_heard_of_before_it_is_judged() -> None:
    log = told(PAYMENTS, said(10, team="Billing", status="resolved"))
    assert judged(log)["resolution"][:2] == (None, "Billing")


def test_a_cycle_that_is_open_again_is_judged_by_what_is_so_now() -> None:
    log = told(PAYMENTS, said(10, status="resolved"), said(20, organization="Other"))
    assert "resolution" not in judged(log)
    log.ingest([submission(update(30, status="open"))], book(RULED), at(31))
    assert judged(log)["resolution"] == ("Payments outage", "Payments", None, None, "Other")


def test_that_nothing_is_promised_on_purpose_is_said() -> None:
    log = told((0, opening(0, team="Sandbox")))
    assert (facts(log).rule, facts(log).on_purpose) == ("Nothing is promised to the sandbox", True)
    assert facts(log).state == "untracked"


def test_alerts_name_the_rule_and_the_attributes() -> None:
    log = told(PAYMENTS)
    log.tick(book(RULED), at(40))
    raised = [one.body for one in log.stream if isinstance(one.body, Ticket.AlertRaised)]
    named = {(one.rule, one.team, one.organization) for one in raised}
    assert named == {("Payments outage", "Payments", "ACME")}


def test_a_withdrawal_names_the_rule_of_the_cycle_and_who_has_the_ticket_now() -> None:
    log = told(PAYMENTS)
    log.tick(book(RULED), at(29))
    late = [submission(update(1, first_responded_at=1)), submission(update(30, team="Billing"))]
    log.ingest(late, book(RULED), at(31))
    log.tick(book(RULED), at(32))
    taken_back = [one.body for one in log.stream if isinstance(one.body, Ticket.Retracted)]
    assert {one.clock for one in taken_back} == {"response"}
    assert {(one.rule, one.team) for one in taken_back} == {("Payments outage", "Billing")}
