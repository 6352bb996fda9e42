"""Every deadline that moved has a sentence that says what moved it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import given

from engine.sla.calendar import Calendar, Spans
from engine.sla.policy import Phase, Policy
from engine.sla.statuses import BUILT_IN_STATUSES
from engine.sla.timeline import Fold, Observation, fold
from query_side.audit.telling import tell
from query_side.audit.witness import Change, Witness
from query_side.audit.wording import Words
from tests.support.timeline_strategies import Story, stories
from tests.support.timelines import OFFICE, at, in_order, policy, saw, span

NINE_TO_FIVE = ((9 * 60, 17 * 60),)
EIGHT_TO_SIX = ((8 * 60, 18 * 60),)
THURSDAY = "2026-11-26T08:00:00Z"


def office(
    hours: Spans = NINE_TO_FIVE, zone: str = "Europe/Berlin", holidays: Any = (), **given: Any
) -> Calendar:
    return Calendar("office", zone, dict.fromkeys(range(5), hours), holidays, **given)


def witnessed(
    observations: Sequence[Observation], under: Policy | Sequence[Policy], as_of: str
) -> list[Change]:
    witness = Witness()
    policies = [under] if isinstance(under, Policy) else under
    fold(in_order(observations), policies, at(as_of), witness)
    return witness.changes


def told(*asked: Any, words: Words | None = None) -> list[str]:
    said = words or Words()
    return [tell(one, said) for one in witnessed(*asked)]


def versions(*calendars: tuple[str, Calendar], target: str = "20h") -> list[Policy]:
    return [
        policy({"resolution": target}, version=number, accepted_at=accepted_at, calendar=calendar)
        for number, (accepted_at, calendar) in enumerate(calendars, 1)
    ]


def test_hours_a_holiday_and_a_time_zone_that_move_a_deadline_are_told() -> None:
    closed = [date(2026, 11, 30), date(2027, 5, 1)]
    changing = versions(
        ("2026-11-01T00:00:00Z", office()),
        ("2026-11-26T10:00:00Z", office(EIGHT_TO_SIX)),
        ("2026-11-26T11:00:00Z", office(EIGHT_TO_SIX, holidays=closed)),
        ("2026-11-27T12:00:00Z", office(EIGHT_TO_SIX, "America/New_York", closed)),
    )

    assert told([saw(THURSDAY, "waiting")], changing, "2026-11-27T13:00:00Z") == [
        "Resolution clock started: the ticket was opened. The promise is 20h (20 working hours,"
        " calendar office), due Mon 2026-11-30 13:00 Europe/Berlin.",
        "Resolution deadline moved from Mon 2026-11-30 13:00 to Mon 2026-11-30 09:00"
        " (Europe/Berlin): policy version 2 came into force, which brings 08:00-18:00 instead of"
        " 09:00-17:00 on mon-fri (calendar office).",
        "Resolution deadline moved from Mon 2026-11-30 09:00 to Tue 2026-12-01 09:00"
        " (Europe/Berlin): policy version 3 came into force, which brings a holiday on Mon"
        " 2026-11-30 (calendar office).",
        "Resolution deadline moved from Tue 2026-12-01 03:00 to Fri 2026-11-27 14:00"
        " (America/New_York): policy version 4 came into force, which brings the time zone"
        " America/New_York instead of Europe/Berlin (calendar office).",
    ]


def test_only_what_bears_on_the_deadline_is_named() -> None:
    days = {date(2026, 11, 27): ((9 * 60, 12 * 60),), date(2027, 1, 4): ()}
    plain, shifted = office(), office(shifts=days)
    opening = [saw(THURSDAY, "waiting")]
    changed = "2026-11-26T09:00:00Z"

    def brought(*calendars: Calendar) -> str:
        first, second = calendars
        under = versions(("2026-11-01T00:00:00Z", first), (changed, second))
        return told(opening, under, changed)[-1].partition("brings ")[2]

    assert brought(plain, shifted) == "09:00-12:00 on Fri 2026-11-27 (calendar office)."
    assert brought(shifted, plain) == "the usual hours on Fri 2026-11-27 (calendar office)."

    def of_year(year: int) -> set[date]:
        return {date(year, 11, 27), date(year, 12, 25)}

    by_year = office(holidays=of_year)
    assert brought(plain, by_year) == "a holiday on Fri 2026-11-27 (calendar office)."
    assert brought(by_year, plain) == "no holiday on Fri 2026-11-27 any more (calendar office)."
    far = office(holidays=[date(2026, 12, 25)])
    assert (
        len(told(opening, versions(("2026-11-01T00:00:00Z", plain), (changed, far)), changed)) == 1
    )


def test_what_a_new_calendar_means_for_a_paused_clock_is_told_too() -> None:
    changing = versions(
        ("2026-11-01T00:00:00Z", office()), ("2026-11-26T10:00:00Z", office(EIGHT_TO_SIX))
    )
    paused = [saw(THURSDAY, "waiting"), saw("2026-11-26T09:30:00Z", "paused", status="on hold")]

    assert told(paused, changing, "2026-11-26T11:00:00Z")[1:] == [
        'Resolution clock paused: the status changed to "on hold". 1 h 30 min of 20 working hours'
        " are used; the deadline is open.",
        "Resolution promise changed: policy version 2 came into force, which brings 08:00-18:00"
        " instead of 09:00-17:00 on mon-fri (calendar office). 1 h 30 min of 20 working hours are"
        " used; the deadline is open.",
    ]


def test_a_deadline_that_did_not_move_is_counted_by_the_calendar_of_each_stretch() -> None:
    far = office(holidays=[date(2026, 12, 25)])
    changing = versions(("2026-11-01T00:00:00Z", office()), ("2026-11-26T10:00:00Z", far))

    met = witnessed(
        [saw(THURSDAY, "waiting"), saw("2026-11-26T12:00:00Z", "done")],
        changing,
        "2026-11-26T13:00:00Z",
    )[-1]

    assert met.counted == [
        ("office", at(THURSDAY), at("2026-11-26T10:00:00Z")),
        ("office", at("2026-11-26T10:00:00Z"), at("2026-11-26T12:00:00Z")),
    ]


def test_working_days_are_told_as_such() -> None:
    under = policy({"resolution": "8bd", "response": "2bd-end"}, calendar=OFFICE)

    assert told([saw("09:00", "waiting"), saw("tue 09:00", "done")], under, "tue 10:00") == [
        "Response clock started: the ticket was opened. The promise is 2bd-end (2 working days, to"
        " the end of the day, calendar office), due Wed 2024-01-17 17:00 UTC.",
        "Resolution clock started: the ticket was opened. The promise is 8bd (8 working days,"
        " calendar office), due Thu 2024-01-25 09:00 UTC.",
        "Response clock met its target: the status changed to done, which counts as the first"
        " response. 8 of 24 working hours (2bd-end) were used.",
        "Resolution clock met its target: the status became done. 1 of 8 working days were used.",
    ]


def test_a_cut_off_and_a_time_of_day_are_told_with_the_promise() -> None:
    before = policy({"resolution": "1bd"}, calendar=OFFICE)
    after = policy(
        {"resolution": "1bd@12:00 cut-off 16:00"},
        calendar=OFFICE,
        version=2,
        accepted_at="thu 18:00",
    )

    assert told([saw("thu 16:30", "waiting")], [before, after], "thu 20:00") == [
        "Resolution clock started: the ticket was opened. The promise is 1bd (1 working day,"
        " calendar office), due Fri 2024-01-19 16:30 UTC.",
        "Resolution deadline moved from Fri 2024-01-19 16:30 to Mon 2024-01-22 12:00 (UTC): policy"
        " version 2 came into force, which brings the target 1bd@12:00 with the cut-off 16:00"
        " instead of 1bd.",
    ]


def test_the_tickets_own_date_is_told_with_what_it_takes_the_place_of() -> None:
    under = policy({"resolution": "4h"})
    timeline = [
        saw("09:00", "waiting", own={"resolution": "18:00"}),
        saw("10:00", own={"resolution": "20:00"}),
        saw("12:00", own={"resolution": None}),
        saw("12:30", own={"resolution": "08:00"}),
        saw("14:00", "done", own={"resolution": "13:00"}),
    ]

    assert told(timeline, under, "15:00") == [
        "Resolution clock started: the ticket was opened. The promise is the ticket's own date, due"
        " Mon 2024-01-15 18:00 UTC.",
        "Resolution deadline moved from Mon 2024-01-15 18:00 to Mon 2024-01-15 20:00 (UTC): the"
        " ticket's own date for the resolution became Mon 2024-01-15 20:00 UTC, which brings"
        " another date of the ticket's own.",
        "Resolution deadline moved from Mon 2024-01-15 20:00 to Mon 2024-01-15 13:00 (UTC): the"
        " ticket's own date for the resolution was withdrawn, which brings the target 4h instead"
        " of the ticket's own date.",
        "Resolution clock ignores the ticket's own date Mon 2024-01-15 08:00 UTC: it is not after"
        " its start, Mon 2024-01-15 09:00 UTC.",
        "Resolution clock stopped too late: the status changed to done. It took 5 h, 1 h longer"
        " than the ticket's own date promised; it was due Mon 2024-01-15 13:00 UTC.",
    ]


def test_a_promise_that_comes_late_says_since_when_it_counts() -> None:
    under = policy({"P1": {"response": "4h"}})
    timeline = [saw("09:00", "waiting", priority="P9"), saw("11:00", priority="P1")]

    (promised,) = witnessed(timeline, under, "12:00")

    assert promised.kind == "clock_promised"
    assert tell(promised, Words()) == (
        "Response clock came into force: the priority changed from P9 to P1. The promise is 4h,"
        " counted from Mon 2024-01-15 09:00 UTC on, due Mon 2024-01-15 13:00 UTC."
    )
    assert promised.counted == [("24x7", at("09:00"), at("11:00"))]


def test_a_promise_that_goes_and_comes_back_says_why() -> None:
    under = policy({"P1": {"response": "4h"}})
    timeline = [
        saw("09:00", priority="P1"),
        saw("10:00", priority="P9"),
        saw("11:00", priority="P1"),
    ]

    assert told(timeline, under, "12:00")[1:] == [
        "Response clock cancelled: the priority changed from P1 to P9. Nothing is promised any"
        " more.",
        "Response clock is back: the priority changed from P9 to P1. The promise is 4h, counted"
        " from Mon 2024-01-15 09:00 UTC on, due Mon 2024-01-15 13:00 UTC.",
    ]


def test_another_priority_says_what_it_comes_with() -> None:
    under = policy(
        {"P1": {"resolution": "4h"}, "P2": {"resolution": "8h"}}, calendars={"P2": OFFICE}
    )

    opened = saw("09:00", "waiting", priority="P1")
    moved = told([opened, saw("10:00", priority="P2")], under, "11:00")[-1]

    assert moved == (
        "Resolution deadline moved from Mon 2024-01-15 13:00 to Mon 2024-01-15 17:00 (UTC): the"
        " priority changed from P1 to P2, which brings the target 8h instead of 4h and the calendar"
        " office instead of 24x7."
    )


def test_a_promise_that_changes_with_the_state_is_told_beside_it() -> None:
    under = policy({"P1": {"resolution": "4h"}, "P2": {"resolution": "8h"}})
    first = saw("09:00", "waiting", priority="P1")

    assert told([first, saw("10:00", "done", priority="P2")], under, "11:00")[-2:] == [
        "Resolution promise changed: the priority changed from P1 to P2, which brings the target 8h"
        " instead of 4h.",
        "Resolution clock met its target: the status changed to done. 1 h of 8 h were used.",
    ]
    second = policy({"resolution": "2h"}, version=2, accepted_at="11:00")
    again = [first, saw("10:00", "done"), saw("12:00", "waiting", status="open")]
    assert told(again, [under, second], "12:00")[-2:] == [
        "Resolution promise changed: policy version 2 came into force meanwhile, which brings the"
        " target 2h instead of 4h.",
        "Resolution clock runs again: the status changed to open. 1 h of 2 h are used; due Mon"
        " 2024-01-15 13:00 UTC.",
    ]


def test_a_status_that_is_mapped_otherwise_and_what_follows_are_told() -> None:
    statuses: dict[str, Phase] = {**BUILT_IN_STATUSES, "onice": "paused"}
    first = policy({"resolution": "4h"}, statuses=statuses)
    second = policy(
        {"resolution": "4h"},
        version=2,
        accepted_at="12:00",
        statuses={**statuses, "onice": "active"},
    )
    timeline = [saw("09:00", "waiting"), saw("10:00", "paused", status="On Ice")]

    assert told(timeline, [first, second], "13:00")[2:] == [
        'Resolution clock runs again: policy version 2 counts the status "On Ice" as active instead'
        " of paused. 1 h of 4 h are used; due Mon 2024-01-15 15:00 UTC.",
    ]


def test_what_pauses_a_clock_may_change() -> None:
    first = policy({"resolution": "4h"})
    never = {"resolution": {"pauses_in": ()}}
    second = policy({"resolution": "4h"}, version=2, accepted_at="12:00", clocks=never)

    again = told([saw("09:00", "paused")], [first, second], "13:00")[-1]

    assert again == (
        "Resolution clock runs again: policy version 2 changed what pauses it. 0 s of 4 h are used;"
        " due Mon 2024-01-15 16:00 UTC."
    )


def test_replies_say_what_they_did() -> None:
    under = policy({"response": "1h", "update": "2h", "next_response": "30m"})
    timeline = [
        saw("09:00", "waiting"),
        saw("09:10", agent="09:10"),
        saw("09:20", customer="09:20"),
        saw("09:25", agent="09:25"),
    ]

    assert told(timeline, under, "10:00")[2:] == [
        "Response clock met its target: an agent replied. 10 min of 1 h were used.",
        "Update clock met its target: an agent replied. 10 min of 2 h were used.",
        "Update clock (cycle 2) started: an agent replied. The promise is 2h, due Mon 2024-01-15"
        " 11:10 UTC.",
        "Next response clock started: the customer wrote. The promise is 30m, due Mon 2024-01-15"
        " 09:50 UTC.",
        "Next response clock met its target: an agent replied. 5 min of 30 min were used.",
        "Update clock (cycle 2) met its target: an agent replied. 15 min of 2 h were used.",
        "Update clock (cycle 3) started: an agent replied. The promise is 2h, due Mon 2024-01-15"
        " 11:25 UTC.",
    ]
    given = [saw("09:00", "waiting", first="09:30")]
    assert told(given, under, "10:00")[-1] == (
        "Response clock met its target: the source names this as the first response. 30 min of 1 h"
        " were used."
    )


@given(stories())
def test_every_deadline_that_moved_has_a_sentence(story: Story) -> None:
    witness, moves = Witness(), set[tuple[str, int, int]]()
    dues: dict[tuple[str, int], int | None] = {}

    def seen(result: Fold) -> None:
        witness(result)
        for name, clock in result.clocks.items():
            for cycle in clock.cycles():
                key, due = (name, cycle.started_at), cycle.due_at()
                if None not in (due, dues.get(key)) and due != dues[key]:
                    moves.add((name, cycle.started_at, result.at))
                dues[key] = due

    fold(story.observations, story.known_policies(story.end), story.end, seen)

    assert moves <= {(*one.key[::2], one.at) for one in witness.changes if one.key is not None}
    for one in witness.changes:
        if one.kind in ("clock_moved", "milestones_moved"):
            assert "which brings" in tell(one, Words()), "what has moved it is named"


def test_one_that_began_again_within_the_instant_in_which_it_was_given_up_started_then() -> None:
    within = [saw("10:00", "done", rev=1), saw("10:00", "waiting", rev=2)]
    seen = [saw("08:00", "waiting"), saw("10:00", agent="10:00"), *within]
    assert told(seen, policy({"update": "2h"}), "11:00")[-1] == (
        "Update clock (cycle 2) started: the status changed to waiting. The promise is 2h, due Mon"
        " 2024-01-15 12:00 UTC."
    )


def test_a_pause_that_ends_by_itself_or_not_any_more_is_told() -> None:
    rules = {"pauses_in": ("paused",), "pauses_at_most": span("2h"), "answered_by": "reply"}
    longer = {**rules, "pauses_at_most": span("3h")}
    under = [
        policy({"response": "8h"}, clocks={"response": rules}),
        policy({"response": "8h"}, clocks={"response": longer}, version=2, accepted_at="10:30"),
    ]
    timeline = [
        saw("09:00", "waiting", status="open"),
        saw("10:00", "paused", status="pending"),
        saw("11:00", "done", status="resolved"),
        saw("12:00", "paused", status="pending"),
    ]
    assert told(timeline, under, "15:00")[1:] == [
        "Response clock paused: the status changed from open to pending. 1 h of 8 h are used; the"
        " deadline is open, and it runs again by itself Mon 2024-01-15 12:00 UTC.",
        "Response promise changed: policy version 2 came into force, which brings 3 h as the limit"
        " of its pauses instead of 2 h. 1 h of 8 h are used; the deadline is open, and it runs"
        " again by itself Mon 2024-01-15 13:00 UTC.",
        "Response clock stays paused: the status changed from pending to resolved. 1 h of 8 h are"
        " used; the deadline is open.",
        "Response clock stays paused: the status changed from resolved to pending. 1 h of 8 h are"
        " used; the deadline is open, and it runs again by itself Mon 2024-01-15 14:00 UTC.",
        "Response clock runs again by itself: it has been paused for as long as it may be. 1 h of"
        " 8 h are used; due Mon 2024-01-15 21:00 UTC.",
    ]
