"""What the time of a cycle was used for, and who had the ticket meanwhile."""

from hypothesis import given
from hypothesis import strategies as st

from engine.sla.cycle import Cycle
from engine.sla.excuses import Excuse, Excuses
from engine.sla.observation import Observation
from engine.sla.policy import Policy
from engine.sla.timeline import Fold, fold
from engine.sla.uses import Time, Uses, total
from tests.support.timeline_strategies import Story, exact, excuses, stories, ticks
from tests.support.timelines import HOUR, OFFICE, at, excuse, in_order, policy, saw, shown

instants = st.one_of(ticks, exact)


def used(
    observations: list[Observation], policies: list[Policy], until: str | int, *excused: Excuse
) -> tuple[Fold, Uses]:
    uses = Uses()
    made = fold(in_order(observations), policies, at(until), uses, Excuses(1, excused))
    made.count_to(at(until))
    return made, uses


def told(
    observations: list[Observation], under: Policy, until: str, *excused: Excuse
) -> list[tuple[object, ...]]:
    """Of the newest resolution: from when on, who, and what of it was counted, paused, excused and
    out of hours, in hours."""
    made, uses = used(observations, [under], until, *excused)
    cycle = [one for one in made.cycles() if one.rules.name == "resolution"][-1]
    return [
        (shown(use.start), use.had.team, use.had.status, *(part / HOUR for part in use.time))
        for use in uses.of(cycle, made.at)
    ]


def test_each_stretch_has_its_team_and_its_status() -> None:
    said = [
        saw("mon 09:00", "waiting", status="new", team="front"),
        saw("mon 10:00", "active", status="open"),
        saw("mon 11:00", team="back"),
        saw("mon 12:00", "paused", status="on hold"),
        saw("mon 14:00", "done", status="solved"),
    ]
    assert told(said, policy({"resolution": "8h"}), "tue 09:00") == [
        ("mon 09:00", "front", "new", 1, 0, 0, 0),
        ("mon 10:00", "front", "open", 1, 0, 0, 0),
        ("mon 11:00", "back", "open", 1, 0, 0, 0),
        ("mon 12:00", "back", "on hold", 0, 2, 0, 0),
    ]


def test_an_instant_is_out_of_hours_before_it_is_excused_before_it_is_paused() -> None:
    said = [saw("mon 15:00", "waiting", status="new"), saw("mon 16:00", "paused", status="hold")]
    evening = excuse(("mon 16:30", "tue 10:00"))
    under = policy({"resolution": "8h"}, calendar=OFFICE)
    assert told(said, under, "tue 11:00", evening) == [
        ("mon 15:00", None, "new", 1, 0, 0, 0),
        ("mon 16:00", None, "hold", 0, 1.5, 1.5, 16),
    ]


def test_each_instant_of_a_day_is_laid_out_by_what_it_was() -> None:
    said = [
        saw("mon 15:00", "waiting", status="new"),
        saw("mon 15:30", "paused", status="hold"),
        saw("tue 10:00", "active", status="open"),
    ]
    under = policy({"resolution": "8h"}, calendar=OFFICE)
    made, uses = used(said, [under], "tue 18:00", excuse(("mon 16:30", "tue 09:30")))
    [cycle] = [one for one in made.cycles() if one.rules.name == "resolution"]
    assert [
        (shown(one.start), shown(one.end), one.kind, one.had.status)
        for one in uses.pieces(cycle, made.at)
    ] == [
        ("mon 15:00", "mon 15:30", "counted", "new"),
        ("mon 15:30", "mon 16:30", "paused", "hold"),
        ("mon 16:30", "mon 17:00", "excused", "hold"),
        ("mon 17:00", "tue 09:00", "out_of_hours", "hold"),
        ("tue 09:00", "tue 09:30", "excused", "hold"),
        ("tue 09:30", "tue 10:00", "paused", "hold"),
        ("tue 10:00", "tue 17:00", "counted", "open"),
        ("tue 17:00", "tue 18:00", "out_of_hours", "open"),
    ]


def test_time_in_done_is_paused_if_the_same_cycle_goes_on() -> None:
    said = [
        saw("mon 09:00", "waiting", status="new"),
        saw("mon 10:00", "done", status="solved"),
        saw("mon 12:00", "active", status="reopened"),
    ]
    resumed, anew = (
        policy(
            {"resolution": "8h"},
            clocks={"resolution": {"kind": "resolution", "reopen": reopen}},
        )
        for reopen in ("resume", "new_cycle")
    )
    assert told(said, resumed, "mon 13:00") == [
        ("mon 09:00", None, "new", 1, 0, 0, 0),
        ("mon 10:00", None, "solved", 0, 2, 0, 0),
        ("mon 12:00", None, "reopened", 1, 0, 0, 0),
    ]
    assert told(said, anew, "mon 13:00") == [("mon 12:00", None, "reopened", 1, 0, 0, 0)]


def test_a_pause_that_ends_by_itself_ends_within_a_stretch_too() -> None:
    """Nothing is promised before P1: nobody sees the clock run again."""
    limited = policy(
        {"resolution": "8h"},
        clocks={
            "resolution": {
                "kind": "resolution",
                "pauses_in": ("paused",),
                "pauses_at_most": HOUR,
            }
        },
    )
    said = [
        saw("mon 09:00", "paused", status="hold", priority="P9"),
        saw("mon 12:00", priority="P1"),
    ]
    assert told(said, limited, "mon 13:00") == [
        ("mon 09:00", None, "hold", 2, 1, 0, 0),
        ("mon 12:00", None, "hold", 1, 0, 0, 0),
    ]


def test_what_was_counted_anew_is_divided_by_the_new_hours() -> None:
    said = [
        saw("mon 08:00", "waiting", status="new", priority="P1"),
        saw("mon 10:00", priority="P2"),
    ]

    def under(on_change: str) -> Policy:
        return policy(
            {"P1": {"resolution": "8h"}, "P2": {"resolution": "8h"}},
            calendars={"P2": OFFICE},
            clocks={"resolution": {"kind": "resolution", "on_change": on_change}},
        )

    after = ("mon 10:00", None, "new", 1, 0, 0, 0)
    assert told(said, under("recompute"), "mon 11:00") == [
        ("mon 08:00", None, "new", 1, 0, 0, 1),
        after,
    ]
    assert told(said, under("carry"), "mon 11:00") == [
        ("mon 08:00", None, "new", 2, 0, 0, 0),
        after,
    ]


def test_a_cycle_is_told_of_until_its_promise_was_taken_away() -> None:
    said = [
        saw("mon 09:00", "waiting", status="new", priority="P1"),
        saw("mon 10:00", priority="P9"),
    ]
    assert told(said, policy({"resolution": "8h"}), "mon 11:00") == [
        ("mon 09:00", None, "new", 1, 0, 0, 0)
    ]


def ended(cycle: Cycle, until: int) -> int:
    return until if cycle.ended_at is None else cycle.ended_at


@given(stories(instants=instants), st.data())
def test_the_parts_are_the_whole(ticket: Story, data: st.DataObject) -> None:
    """Also of a cycle that was restarted, reopened, promised late, or paused for too long; and what
    counted is what has elapsed."""
    some = excuses(start=ticket.observations[0].at, instants=instants)
    made, uses = used(
        ticket.observations,
        ticket.known_policies(ticket.end),
        ticket.end,
        *data.draw(st.lists(some, max_size=2)),
    )
    for cycle in made.cycles():
        found = list(uses.of(cycle, ticket.end))
        whole = total(use.time for use in found)
        edges = [use.start for use in found] + [ended(cycle, ticket.end)]
        assert edges[0] == cycle.started_at
        assert [use.end for use in found] == edges[1:]
        assert all(min(use.time) >= 0 for use in found)
        middle = (cycle.started_at + ended(cycle, ticket.end)) // 2
        cut = list(uses.of(cycle, ticket.end, [middle - HOUR, middle, middle + HOUR]))
        assert total(use.time for use in cut) == whole
        assert all(use.end <= middle or use.start >= middle for use in cut)
        assert sum(whole) == ended(cycle, ticket.end) - cycle.started_at
        assert uses.in_all(cycle, ticket.end) == whole
        pieces = list(uses.pieces(cycle, ticket.end))
        assert total(Time(**{one.kind: one.end - one.start}) for one in pieces) == whole
        assert all(one.start < one.end for one in pieces)
        assert [one.start for one in pieces[1:]] == [one.end for one in pieces[:-1]]
        if cycle.anchor == cycle.started_at:  # no change restarted it
            elapsed = cycle.elapsed if cycle.vanished is None else cycle.vanished[1]
            assert whole.counted == elapsed


def test_nothing_is_the_sum_of_nothing() -> None:
    assert total([]) == Time()
