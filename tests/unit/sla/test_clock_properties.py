"""What must hold for every ticket, whatever its timeline and its policy."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields, replace

from engine.sla.policy import Phase
from engine.sla.timeline import Observation, fold
from engine.sla.verdict import Verdict, verdict
from tests.support.timeline_strategies import (
    LONGEST,
    STARTS,
    Story,
    calendars,
    exact,
    phases,
    targets,
    tickets,
    ticks,
)
from tests.support.timelines import DAY, OFFICE, WEEKDAYS, Seen, in_order, policy, saw, see

instants = st.one_of(ticks, exact)
moves = st.lists(st.tuples(st.integers(1, LONGEST), phases), max_size=8, unique_by=lambda m: m[0])
TENTHS = {level: f"{level * 10}%" for level in range(1, 11)}


def moving(start: int, changes: Sequence[tuple[int, Phase]]) -> list[Observation]:
    """A ticket that only changes its phase."""
    return [
        saw(start, "waiting"),
        *(saw(start + offset, phase) for offset, phase in sorted(changes)),
    ]


def by_end(story: Story) -> Seen:
    """The story's ticket once everything known has taken effect."""
    instants = [
        instant
        for one in story.observations
        for instant in (one.at, one.agent_reply, one.customer_reply, one.created_at)
        if instant is not None
    ]
    answers = [one.first_responded_at or 0 for one in story.observations]
    return see(story.observations, story.policies, max([story.end, *instants, *answers]))


@given(st.sampled_from(STARTS), moves, calendars, st.integers(0, LONGEST * 2))
def test_running_and_paused_and_closed_time_is_all_the_time(
    start: int, changes: list[tuple[int, Phase]], calendar: Any, lasts: int
) -> None:
    end = start + lasts
    timeline = moving(start, changes)
    cycle = see(timeline, policy({"resolution": "4h"}, calendar=calendar), end).resolution
    known = [(one.at, one.phase) for one in timeline if one.at <= end]
    running = paused = closed = 0
    for (begins, phase), (ends, _) in pairwise([*known, (end, None)]):
        counted = calendar.elapsed(begins, ends)
        closed += ends - begins - counted
        if phase in ("waiting", "active"):
            running += counted
        else:
            paused += counted
    assert cycle.elapsed == running
    assert running + paused + closed == end - start


@given(tickets(instants=instants))
def test_at_its_deadline_a_clock_has_used_its_target_and_is_not_breached(story: Story) -> None:
    now = by_end(story)
    for cycle in now.verdict.cycles:
        if cycle.due_at is None or cycle.missed_at is not None or cycle.target is None:
            continue
        overdue_from = cycle.overdue_from or 0
        assert cycle.due_at <= overdue_from
        for instant, over in (
            (max(cycle.due_at, now.fold.at), 0),
            (overdue_from - 1, 0),
            (overdue_from, 1),
        ):
            then = see(story.observations, story.policies, instant).cycle(cycle.clock)
            assert (then.elapsed, then.due_at) == (cycle.target + over, cycle.due_at)
            assert then.missed_at == (cycle.due_at if over else None)
            assert then.severity == ("breached" if over else "critical")


@given(st.sampled_from(STARTS), moves, calendars, targets)
def test_milestones_come_in_the_order_of_their_percentages(
    start: int, changes: list[tuple[int, Phase]], calendar: Any, target: str
) -> None:
    under = policy({"resolution": target}, calendar=calendar, ladders={"P1": TENTHS})
    seen = see(moving(start, changes), under, start + LONGEST)
    [cycle] = [c for c in seen.fold.cycles() if c.rules.name == "resolution"]
    reached = cycle.reached | dict(cycle.foreseen())
    order = [f"level:{level}" for level in TENTHS]
    found = [reached[milestone] for milestone in order if milestone in reached]
    assert found == sorted(found)
    kinds = [
        reached[name] for name in ("warning", "critical", "deadline", "breached") if name in reached
    ]
    assert kinds == sorted(kinds)


@given(tickets(instants=instants), instants)
def test_counting_on_in_two_steps_is_counting_on_in_one(story: Story, first: int) -> None:
    observations, policies = in_order(story.observations), story.policies
    at_once, in_steps = (
        fold(observations, policies, story.end),
        fold(observations, policies, story.end),
    )
    later = story.end + DAY * 3
    at_once.count_to(later)
    in_steps.count_to(min(later, story.end + first))
    in_steps.count_to(later)
    assert verdict(in_steps) == verdict(at_once)
    assert in_steps.crossings() == at_once.crossings()


@given(tickets(instants=instants))
def test_evaluating_twice_gives_the_same(story: Story) -> None:
    once = see(story.observations, story.policies, story.end)
    twice = see(story.observations, story.policies, story.end)
    assert once.verdict == twice.verdict
    assert verdict(once.fold) == once.verdict
    assert once.fold.crossings() == twice.fold.crossings()


@given(tickets(instants=instants))
def test_a_tickets_deadline_is_the_soonest_of_its_clocks_that_run(story: Story) -> None:
    """The board rests on it: of a ticket that is not late it asks no clock."""
    seen = by_end(story).verdict
    running = [one.due_at for one in seen.cycles if one.state == "running" and one.due_at]

    assert seen.due_at == min(running, default=None)


def moved(verdict: Verdict, by: int) -> Verdict:
    """Every instant in it, later by that much."""

    def later(row: Any) -> Any:
        changes: dict[str, int] = {
            each.name: getattr(row, each.name) + by
            for each in fields(row)
            if each.name in ("at", "own_date", "own_date_ignored")
            or each.name.endswith(("_at", "_from"))
            if getattr(row, each.name) is not None
        }
        return replace(row, **changes)

    return replace(later(verdict), cycles=[later(cycle) for cycle in verdict.cycles])


@given(
    tickets(instants=instants, calendars=st.sampled_from([OFFICE, WEEKDAYS])),
    st.integers(-200, 200),
)
def test_a_ticket_moved_by_whole_weeks_has_its_deadlines_moved_by_them(
    story: Story, weeks: int
) -> None:
    by = weeks * 7 * DAY
    later = [
        one._replace(
            at=one.at + by,
            agent_reply=None if one.agent_reply is None else one.agent_reply + by,
            customer_reply=None if one.customer_reply is None else one.customer_reply + by,
            created_at=None if one.created_at is None else one.created_at + by,
            first_responded_at=None
            if one.first_responded_at is None
            else one.first_responded_at + by,
            withdrawn=tuple(at + by for at in one.withdrawn),
            own_dates=one.own_dates
            and {kind: due and due + by for kind, due in one.own_dates.items()},
        )
        for one in story.observations
    ]
    here = see(story.observations, story.policies, story.end)
    there = see(later, story.policies, story.end + by)
    assert there.verdict == moved(here.verdict, by)
    assert [c.at - by for c in there.fold.crossings()] == [c.at for c in here.fold.crossings()]
