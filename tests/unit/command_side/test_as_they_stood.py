"""A cycle counts under what its ticket was when it was breached, else when it ended, else now."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from command_side.deciding.events import ExcusedWindow, ExcuseGranted, ExcuseWithdrawn
from engine.sla.calendar import Calendar
from engine.sla.instants import micros
from engine.sla.policy import Policy
from tests.support.cycle_rows import rows, stands
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, Versions, book
from tests.support.timelines import OFFICE, policy

TARGETS = {
    "P1": {"response": "30m", "resolution": "2h"},
    "P2": {"resolution": "1h"},
    "P3": {"resolution": "8h"},
}
BOOK = book(policy(TARGETS))
HOUR = 60
ANN: dict[str, Any] = {
    "priority": "P1",
    "assigned_to": "ann",
    "team": "Payments",
    "type": "incident",
}
BOB: dict[str, Any] = {"priority": "P3", "assigned_to": "bob", "team": "Billing", "type": "request"}


class Life:
    """A ticket whose every item arrives a minute after it was made."""

    def __init__(self, thorough: bool, policies: Versions = BOOK) -> None:
        self.log, self.policies = Log(identity(), thorough=thorough), policies

    def said(self, minute: float, **given: Any) -> None:
        self.said_late(minute, minute + 1, **given)

    def said_late(self, minute: float, at_last: float, /, **given: Any) -> None:
        item = update(minute, **given) if self.log.stream else opening(minute, **given)
        self.log.ingest([submission(item)], self.policies, at(at_last))

    def tick(self, minute: float) -> None:
        self.log.tick(self.policies, at(minute))

    @property
    def stands(self) -> dict[str, Any]:
        return stands(self.log)

    @property
    def under(self) -> tuple[Any, ...]:
        found = self.stands
        names = ("priority", "assigned_to", "team", "type")
        return tuple(found[name] for name in names)


AS_ANN, AS_BOB = ("P1", "ann", "Payments", "incident"), ("P3", "bob", "Billing", "request")


@pytest.fixture(params=[False, True], ids=["from the head", "from the stream"])
def life(request: pytest.FixtureRequest) -> Life:
    return Life(request.param)


@pytest.mark.parametrize("seen", [False, True])
def test_a_breach_counts_where_it_was_breached_whatever_comes_after(life: Life, seen: bool) -> None:
    life.said(0, **ANN)
    if seen:
        life.tick(2 * HOUR + 1)
    assert life.under == AS_ANN
    life.said(9 * HOUR, **BOB)
    assert life.under == AS_ANN
    life.said(10 * HOUR, status="pending", type="question", assigned_to=None, organization="ACME")
    life.said(11 * HOUR, status="resolved", assigned_to="carl")
    assert life.under == AS_ANN
    assert life.stands["organization"] is None
    assert life.stands["policy"] == 1


def test_a_clock_that_is_promised_nothing_any_more_counts_where_its_promise_went(
    life: Life,
) -> None:
    life.said(0, **ANN)
    life.said(10, priority="P3")
    life.said(20, assigned_to="bob", type="request")
    for status in ("pending", "open", "pending"):  # it goes on, and nobody is promised it
        life.said(len(life.log.stream) * 30, status=status)
        found = stands(life.log, "response")
        assert (found["assigned_to"], found["type"]) == ("ann", "incident")
    life.said(5 * HOUR, assigned_to="carl", status="resolved")
    found = stands(life.log, "response")
    assert (found["assigned_to"], found["type"]) == ("ann", "incident")


@pytest.mark.parametrize("what", ["assigned_to", "type", "team"])
def test_one_thing_that_changes_is_enough(life: Life, what: str) -> None:
    life.said(0, **ANN)
    life.said(3 * HOUR, **{what: BOB[what]})
    assert life.under == AS_ANN
    life.said(4 * HOUR, **BOB | {"priority": "P1"})
    assert life.under == AS_ANN


def test_a_ticket_that_comes_back_to_whom_it_was_breached_for_counts_for_them(life: Life) -> None:
    life.said(0, **ANN)
    life.said(3 * HOUR, assigned_to="bob")
    life.said(4 * HOUR, assigned_to="ann")
    assert life.under == AS_ANN
    life.said(5 * HOUR, assigned_to="carl")
    life.said(6 * HOUR, assigned_to="ann", status="resolved")
    assert life.under == AS_ANN


def test_what_is_said_at_the_very_instant_of_an_end_is_so_already(life: Life) -> None:
    life.said(0, **ANN)
    life.said(60, status="resolved")
    life.said(60, assigned_to="bob", type="request", revision=1)
    assert life.stands["assigned_to"] == "bob"
    assert life.stands["type"] == "request"


def test_so_is_what_is_said_at_the_very_instant_at_which_a_stint_came_to_another_team(
    thorough_and_not: tuple[Life, Life],
) -> None:
    found = list[dict[tuple[str, int], Any]]()
    for life in thorough_and_not:
        life.said(0, **ANN)
        life.said(60, team="Billing")
        life.said(60, assigned_to="bob", revision=1)
        found.append({key: row["assigned_to"] for key, row in rows(life.log.stream).items()})
    assert found[0] == found[1]
    assert found[0]["ownership", 1] == "bob"


@pytest.fixture
def thorough_and_not() -> tuple[Life, Life]:
    stints = {"ownership": {"kind": "ownership"}}
    policies = book(policy({"P1": {"ownership": "4h"}}, clocks=stints))
    return Life(False, policies), Life(True, policies)


def test_what_is_said_at_the_very_instant_of_a_breach_is_so_already(life: Life) -> None:
    life.said(0, **ANN | {"priority": "P3"})
    life.said(3 * HOUR, priority="P2")  # promises an hour: breached by that
    life.said(3 * HOUR, **BOB | {"priority": "P2"}, revision=1)
    assert life.under == ("P2", *AS_BOB[1:])


def test_a_breach_that_a_longer_promise_takes_back_counts_as_it_is_now(life: Life) -> None:
    life.said(0, **ANN)
    life.said(3 * HOUR, **BOB)
    assert life.under == AS_BOB
    life.said(9 * HOUR, **ANN | {"priority": "P2"})
    assert life.under == AS_BOB


def test_what_has_ended_counts_as_it_ended(life: Life) -> None:
    life.said(0, **ANN)
    life.said(1 * HOUR, status="resolved", assigned_to="carl")
    life.said(2 * HOUR, **BOB)
    assert life.under == ("P1", "carl", "Payments", "incident")


@pytest.mark.parametrize("ends", [1 * HOUR, 3 * HOUR])
def test_opened_again_and_not_breached_by_what_is_promised_now_it_counts_as_it_is_now(
    life: Life, ends: int
) -> None:
    life.said(0, **ANN)
    life.said(ends, status="resolved")
    life.said(4 * HOUR, assigned_to="carl")
    life.said(9 * HOUR, **BOB)
    life.said(10 * HOUR, status="open")
    assert life.under == AS_BOB


def test_opened_again_after_a_breach_it_counts_where_it_was_breached(life: Life) -> None:
    life.said(0, **ANN)
    life.said(3 * HOUR, status="resolved")
    life.said(4 * HOUR, assigned_to="carl", team="Legal")
    life.said(5 * HOUR, status="open", assigned_to="bob", type="request")
    assert life.under == AS_ANN
    life.said(6 * HOUR, assigned_to="ann", team="Payments", type="incident")
    life.said(7 * HOUR, status="resolved", assigned_to="bob")
    assert life.under == AS_ANN


def test_what_comes_late_puts_it_where_it_was(life: Life) -> None:
    life.said(0, **ANN)
    life.said(3 * HOUR, assigned_to="bob")
    life.said_late(1 * HOUR, 4 * HOUR, assigned_to="carl", team="Legal")
    assert life.under == ("P1", "carl", "Legal", "incident")
    life.said_late(1.5 * HOUR, 5 * HOUR, status="resolved")
    assert life.under[1] == "carl"


def test_until_somebody_is_named_it_was_nobodys(life: Life) -> None:
    life.said(3 * HOUR, created_at=0, **ANN)
    assert life.under == ("P1", None, "Payments", "incident")


def test_a_deadline_in_closed_hours_is_missed_by_whoever_has_it_when_they_open() -> None:
    for thorough in (False, True):
        days: dict[int, list[tuple[int, int]]] = {day: [(9 * 60, 17 * 60)] for day in range(5)}
        hours = Calendar("office", "UTC", days)
        life = Life(thorough, book(policy({"P1": {"resolution": "8h"}}, calendar=hours)))
        life.said(0, **ANN)
        life.said(10 * HOUR, assigned_to="bob")
        assert life.under[1] == "bob"
        life.said(24 * HOUR, assigned_to="carl")  # as they open
        life.said(25 * HOUR, assigned_to="dora")
        assert life.under[1] == "carl"


def test_a_later_version_leaves_what_was_breached_before_it() -> None:
    first = policy(TARGETS)
    second = policy(
        {"P1": {"resolution": "1h"}}, version=2, accepted_at=micros(at(3 * HOUR)), calendar=OFFICE
    )
    for thorough in (False, True):
        life = Life(thorough, book(first))
        life.said(0, **ANN)
        life.policies = book(first, second)
        life.log.follow(life.policies, at(4 * HOUR))
        assert life.stands["policy"] == 1
        life.said(5 * HOUR, **BOB | {"priority": "P1"})
        assert (life.stands["policy"], life.under) == (1, AS_ANN)


def test_time_that_is_excused_takes_it_back_and_withdrawn_again_it_is_as_it_was(
    life: Life,
) -> None:
    life.said(0, **ANN)
    life.said(4 * HOUR, **BOB | {"priority": "P1"})
    assert life.under == AS_ANN
    window = ExcusedWindow(start=micros(at(1 * HOUR)), until=micros(at(5 * HOUR)))
    agreed = UUID(int=1)
    outage = ExcuseGranted(excuse_id=agreed, windows=(window,), match={}, reason="outage")
    life.log.change_excuses(outage, at(5 * HOUR))
    life.log.follow(life.policies, at(5 * HOUR))
    assert life.under == ("P1", *AS_BOB[1:])
    no_more = ExcuseWithdrawn(excuse_id=agreed, reason="no")
    life.log.change_excuses(no_more, at(5.5 * HOUR))
    life.log.follow(life.policies, at(5.5 * HOUR))
    assert life.under == AS_ANN


@pytest.mark.parametrize(
    ("on_change", "expected"),
    [
        ("carry", AS_ANN),  # breached under two hours, and over one as well
        ("restart", ("P2", "bob", "Billing", "request")),  # not breached yet since
        ("recompute", ("P2", "ann", "Billing", "incident")),  # under one as if always, while ann's
    ],
)
def test_what_a_change_of_priority_does_to_a_breach_decides_where_it_counts(
    on_change: str, expected: tuple[str, ...]
) -> None:
    under: Policy = policy(TARGETS, clocks={"resolution": {"on_change": on_change}})
    for thorough in (False, True):
        life = Life(thorough, book(under))
        life.said(0, **ANN)
        life.said(3 * HOUR, **BOB | {"priority": "P2"})
        assert life.under == expected


def test_a_promise_that_is_taken_away_counts_as_it_was_then(life: Life) -> None:
    life.said(0, **ANN)
    life.said(1 * HOUR, **BOB | {"priority": "P9"})
    life.said(2 * HOUR, **ANN | {"priority": "P8"})
    assert life.under == ("P9", *AS_BOB[1:])
    life.said(3 * HOUR, priority="P3")
    assert life.under == ("P3", *AS_ANN[1:])


def test_promised_again_it_counts_where_it_was_breached_before(life: Life) -> None:
    life.said(0, **ANN)
    life.said(3 * HOUR, **BOB | {"priority": "P9"})
    life.said(4 * HOUR, priority="P1")
    assert life.under == AS_ANN


def test_the_first_to_take_it_on_while_it_was_open_is_kept(life: Life) -> None:
    life.said(0, **ANN)
    life.log.acknowledge(life.policies, at(10))
    life.log.acknowledge(life.policies, at(20))
    found = rows(life.log.stream)
    assert {row["acknowledged_at"] for row in found.values()} == {at(10)}
    life.said(25, status="in progress")
    life.log.acknowledge(life.policies, at(40))
    life.said(50, status="resolved")
    life.said_late(5, 60, status="in progress")
    found = rows(life.log.stream)
    told = {clock: row["acknowledged_at"] for (clock, _), row in found.items()}
    assert told == {"response": None, "resolution": micros(at(10))}


def test_names_are_in_the_personal_part_alone(life: Life) -> None:
    life.said(0, **ANN)
    life.said(3 * HOUR, assigned_to="bob")
    assert [event.personal.had for event in life.log.stream][-1] != ()
    assert not any(b"ann" in event.state for event in life.log.stream)
    erased = [replace(event, said=None, _personal=None) for event in life.log.stream]
    assert rows(erased)["resolution", 1]["assigned_to"] is None


def test_two_that_take_it_over_in_one_batch_leave_it_with_whom_it_was_breached(life: Life) -> None:
    life.said(0, **ANN)
    handed = [update(minute, assigned_to=name) for minute, name in ((180, "bob"), (190, "carl"))]
    life.log.ingest([submission(one) for one in handed], life.policies, at(200))
    assert life.under == AS_ANN
    life.said(210, status="resolved")
    assert life.under == AS_ANN


@pytest.mark.parametrize("by", ["a version", "a priority"])
def test_breached_anew_before_anybody_looks_it_counts_for_whoever_had_it_then(by: str) -> None:
    anew: dict[str, Any] = {"clocks": {"resolution": {"on_change": "restart"}}}
    first = policy(TARGETS, **anew)
    shorter = {**TARGETS, "P1": {"resolution": "1h"}}
    second = policy(shorter, version=2, accepted_at=micros(at(4 * HOUR)), **anew)
    for thorough in (False, True):
        life = Life(thorough, book(first))
        life.said(0, **ANN)
        life.said(3 * HOUR, assigned_to="bob")
        assert life.under[1] == "ann"
        items = [update(6 * HOUR, assigned_to="carl")]
        if by == "a version":
            life.policies = book(first, second)
            life.log.follow(life.policies, at(6 * HOUR))
        else:
            items.insert(0, update(4 * HOUR, priority="P2"))
        life.log.ingest([submission(one) for one in items], life.policies, at(7 * HOUR))
        assert life.under[1] == "bob"  # at five
        life.said(8 * HOUR, assigned_to="dora")
        assert life.under[1] == "bob"
