"""What was learned between two instants, and what it has changed, in sentences."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from engine.sla.excuses import NOTHING_EXCUSED, Excuse, Excuses
from engine.sla.observation import Observation
from engine.sla.policy import Policy
from engine.sla.timeline import fold
from engine.sla.uses import Uses
from query_side.audit.differing import Difference, Known, differences
from query_side.audit.wording import Words
from tests.support.timeline_strategies import Story, stories
from tests.support.timelines import at, excuse, in_order, policy, saw

EARLY, LATE = at("mon 10:00"), at("mon 11:00")
THEN, NOW = "2024-01-15 10:00", "2024-01-15 11:00"


def known(
    known_at: int,
    observations: Sequence[Observation],
    policies: Sequence[Policy],
    as_of: int,
    *excused: Excuse,
) -> Known:
    uses, excuses = Uses(), Excuses(1, excused) if excused else NOTHING_EXCUSED
    made = fold(in_order(observations), policies, as_of, uses, excuses)
    began = as_of >= made.created_at
    if began:
        made.count_to(as_of)
    return Known(known_at, made, uses, began)


def differ(
    before: list[Observation], learned: list[Observation], as_of: str = "mon 11:00", *since: Excuse
) -> list[Difference]:
    clocks = {"resolution": {"kind": "resolution", "reopen": "new_cycle"}}
    plans = {"P1": {"resolution": "4h"}, "P2": {"resolution": "8h"}}
    under = [policy(plans, clocks=clocks)]
    was = known(EARLY, before, under, at(as_of))
    now = known(LATE, [*before, *learned], under, at(as_of), *since)
    return list(differences(was, now, Words()))


def told(found: list[Difference]) -> list[str]:
    return [one.explanation for one in found]


OPENED = saw("mon 09:00", "active", status="open")


BY_THEN, BY_NOW = (f"by what was known at Mon {when}" for when in (THEN, NOW))


def test_a_late_pause_takes_the_deadline_away_and_the_time_back() -> None:
    late = saw("mon 09:30", "paused", status="pending")
    assert told(differ([OPENED], [late])) == [
        f"The ticket: {BY_THEN} UTC it had the status open; {BY_NOW} it had the status pending.",
        f"Resolution clock: {BY_THEN} UTC it was running, was due Mon 2024-01-15 13:00, had counted"
        f" 2 h and had not been paused; {BY_NOW} it was paused, had counted 30 min and had been"
        " paused for 1 h 30 min.",
    ]


def test_a_breach_that_was_none_after_all_is_named() -> None:
    answered = saw("mon 12:59", "done", status="solved")
    [ticket, clock] = differ([OPENED], [answered], "mon 14:00")
    assert ticket.what == ["status", "sla_state"]
    assert (clock.clock, clock.cycle) == ("resolution", 1)
    assert clock.what == ["state", "breached_at", "due_at", "counted_seconds"]
    assert clock.explanation == (
        f"Resolution clock: {BY_THEN} UTC it was running, had missed its deadline of Mon 2024-01-15"
        f" 13:00, was due Mon 2024-01-15 13:00 and had counted 5 h; {BY_NOW} it had met its target"
        " and had counted 3 h 59 min."
    )


def test_an_agreement_moves_a_deadline() -> None:
    [clock] = differ([OPENED], [], "mon 11:00", excuse(("mon 09:30", "mon 10:30")))
    assert clock.explanation == (
        f"Resolution clock: {BY_THEN} UTC it was due Mon 2024-01-15 13:00, had counted 2 h and was"
        f" not excused; {BY_NOW} it was due Mon 2024-01-15 14:00, had counted 1 h and was excused"
        " for 1 h."
    )


def test_another_promise_is_named_and_one_that_is_gone() -> None:
    [ticket, clock] = differ([OPENED], [saw("mon 09:10", priority="P2")])
    assert ticket.what == ["priority"]
    assert clock.what == ["target", "due_at"]
    assert f"{BY_NOW} it was promised 8h and was due Mon" in clock.explanation
    [ticket, clock] = differ([OPENED], [saw("mon 09:10", priority="P9")])
    assert ticket.what == ["priority", "sla_state"]
    assert clock.explanation.endswith(f"{BY_NOW} there was none.")


def test_a_cycle_that_nobody_knew_of_had_not_begun() -> None:
    solved = saw("mon 09:30", "done", status="solved")
    again = saw("mon 10:30", "active", status="open")
    [*_, clock] = differ([OPENED], [solved, again])
    assert (clock.cycle, clock.what) == (2, ())
    assert clock.explanation == (
        f"Resolution clock (cycle 2): {BY_THEN} UTC there was none; {BY_NOW} it was running, had"
        " begun Mon 2024-01-15 10:30 and was due Mon 2024-01-15 14:30."
    )


def test_a_ticket_may_have_been_opened_later_than_was_known() -> None:
    earlier = saw("mon 08:00", "active", status="open")
    [ticket, clock] = differ([OPENED], [earlier], "mon 08:30")
    assert "it was not there yet" in ticket.explanation
    assert clock.what == ()


@given(stories(), st.data())
def test_whatever_the_clocks_show_differently_is_told_and_nothing_else(
    ticket: Story, data: st.DataObject
) -> None:
    heard = data.draw(st.integers(1, len(ticket.arrivals)))
    as_of = data.draw(st.integers(ticket.observations[0].at, ticket.end))
    early = [one.one for one in ticket.arrivals[:heard]]
    then, end = ticket.arrivals[heard - 1].now, ticket.end
    was = known(then, early, ticket.known_policies(then), as_of)
    now = known(end, ticket.observations, ticket.known_policies(end), as_of)
    found = {(one.clock, one.cycle): one for one in differences(was, now, Words())}
    assert list(differences(now, now, Words())) == []
    for one in {*was.cycles(), *now.cycles()}:
        had, has = was.cycles().get(one), now.cycles().get(one)
        alike = had is not None and has is not None and had.traits() == has.traits()
        assert alike == (one not in found)
        if had is not None and has is not None and had.view.due_at != has.view.due_at:
            assert "due_at" in found[one].what
    for one in found.values():
        assert one.explanation.count("by what was known") == 2


def test_what_was_heard_within_a_second_is_told_apart_in_words() -> None:
    under = [policy({"resolution": "4h"})]
    was = known(LATE, [OPENED], under, LATE)
    now = known(LATE + 1, [OPENED, saw("mon 09:30", "paused")], under, LATE)
    [clock] = [one for one in differences(was, now, Words()) if one.clock]
    assert "by what was known a moment before it was running, was due" in clock.explanation
    assert f"{BY_NOW} it was paused" in clock.explanation
