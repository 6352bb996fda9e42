"""Whatever is agreed, ended and withdrawn while a ticket lives: the clocks come out the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from command_side.deciding.events import (
    DECISIONS,
    Body,
    CycleFacts,
    ExcusedWindow,
    ExcuseEnded,
    ExcuseGranted,
    ExcuseWithdrawn,
    Facts,
    Ticket,
    shown,
)
from command_side.event_store import Recorded
from engine.sla import stored_fold
from engine.sla.calendar import FAR_FUTURE
from engine.sla.conditions import Match, condition
from engine.sla.excuses import Excuse
from engine.sla.instants import micros, moment
from engine.sla.stored_fold import StoredFold
from tests.support.cycle_rows import stands
from tests.support.items import identity
from tests.support.log_in_memory import Log, Versions, book
from tests.support.sent import complete, sent
from tests.support.thoroughly import thoroughly
from tests.support.timeline_strategies import Arrival, Story, exact, excuses, tickets, ticks
from tests.support.timelines import HOUR, MINUTE, at, policy, saw

instants = st.one_of(ticks, exact)


@dataclass(frozen=True)
class Step:
    """A ticket's observation arrives, or the list changes."""

    what: Arrival | Body


def granted(number: int, one: Excuse) -> ExcuseGranted:
    return ExcuseGranted(
        excuse_id=UUID(int=number),
        windows=tuple(
            ExcusedWindow(start=start, until=None if end == FAR_FUTURE else end)
            for start, end in one.windows
        ),
        match={asked.field: list(asked.written) for asked in one.match.when},
        clocks=None if one.clocks is None else tuple(sorted(one.clocks)),
        reason="agreed",
    )


@st.composite
def changes(draw: st.DrawFn, start: int) -> list[Body]:
    """Some are granted, and of those some ended or withdrawn; each in its order."""
    found: list[Body] = []
    for number in range(draw(st.integers(1, 3))):
        one = draw(excuses(start=start, instants=instants))
        found.append(granted(number, one))
        fate = draw(st.integers(0, 3))
        if fate == 1:
            at = start + draw(instants)
            found.append(ExcuseEnded(excuse_id=UUID(int=number), ended_at=at))
        elif fate == 2:
            found.append(ExcuseWithdrawn(excuse_id=UUID(int=number), reason="no"))
    return found


@st.composite
def merged(draw: st.DrawFn, *lines: Sequence[Body | Arrival]) -> list[Step]:
    """One order of all, in which each line keeps its own."""
    left = [list(line) for line in lines]
    steps: list[Step] = []
    while any(left):
        line = draw(st.sampled_from([line for line in left if line]))
        steps.append(Step(line.pop(0)))
    return steps


def known(story: Story) -> Versions:
    return book(*story.policies)


def live(
    story: Story,
    steps: Sequence[Step],
    *,
    look: Sequence[bool] = (False,),
    idle: int = 0,
    **how: Any,
) -> Log:
    """One thing a minute, from the end of the story on; after some of them an engine looks, and in
    the end, after some `idle` minutes, what is left is applied."""
    log, versions, now = Log(identity(), **how), known(story), story.end
    for number, step in enumerate(steps):
        now += MINUTE
        if isinstance(step.what, Arrival):
            log.ingest([sent(step.what.one)], versions, moment(now))
        else:
            log.change_excuses(step.what, moment(now))
        if log.stored is not None and look[number % len(look)]:
            watch(log, versions, now)
    watch(log, versions, now + idle * MINUTE, first=True)
    return log


def watch(log: Log, versions: Versions, now: int, *, first: bool = False) -> None:
    if first:
        log.follow(versions, moment(now))
    while log.next_due_at is not None and micros(log.next_due_at) <= now:
        log.tick(versions, moment(now))


def outcome(log: Log, story: Story) -> tuple[Any, ...]:
    """How the ticket stands in the end, but for the numbers of the changes."""
    fold = counted(log, known(story), story.end + HOUR)
    head = replace(log.head, excuses=0, heard=0, late=0, raised={}, fold=fold)
    return head, log.next_due_at, standing(log)


def counted(log: Log, versions: Versions, until: int) -> StoredFold | None:
    """The clocks as they stand after everything: how far one was counted, or what lies apart in it,
    when it was stored depends on what moved it, and nobody sees it. Nor does anybody see what one
    counts that is promised nothing any more: that it is excused is said in no event, so that a head
    may have it by an older list. If it is promised again the stream is read, by the newest list,
    for a head says under which it stands."""
    if log.head.fold is None:
        return None
    fold = stored_fold.load(log.head.fold, versions)
    # By the list under which it stands, as whoever takes it up from its head.
    fold.excuse(log.excuses.version(log.head.excuses), fold.created_at)
    fold.count_to(until)
    for cycle in fold.newest_cycles():  # also of one that was never promised anything
        ended = until if cycle.ended_at is None else cycle.ended_at
        cycle.apart, cycle.lost = cycle.lost or cycle.apart_at(ended), None
        if cycle.vanished is not None:
            cycle.elapsed, cycle.uncounted, cycle.missed = cycle.vanished[1], 0, None
            cycle.paused, cycle.state = 0, "running" if cycle.is_open else cycle.state
    return stored_fold.dump(fold)


def standing(log: Log) -> list[tuple[str, int, str]]:
    """The milestones that were raised and not taken back; one that was armed again may be there
    more than once."""
    found: dict[str, tuple[str, int, str]] = {}
    for event in log.stream:
        body = event.body
        if isinstance(body, Ticket.AlertRaised):
            found[body.alert_id] = (body.clock, body.cycle_started_at, body.severity)
        elif isinstance(body, Ticket.Escalated):
            found[body.alert_id] = (body.clock, body.cycle_started_at, f"level:{body.level}")
        elif isinstance(body, Ticket.Retracted):
            del found[body.alert_id]
    return sorted(found.values())


def arrivals(story: Story) -> list[Arrival]:
    return [complete(one) for one in story.arrivals]


@thoroughly
@given(tickets(instants=instants), st.data())
def test_the_order_in_which_all_becomes_known_does_not_matter(
    story: Story, data: st.DataObject
) -> None:
    came = arrivals(story)
    agreed = data.draw(changes(came[0].one.at))
    look = data.draw(st.lists(st.booleans(), min_size=1, max_size=3))
    one = data.draw(merged(came, agreed))
    other = data.draw(merged(data.draw(st.permutations(came)), agreed))
    first, second = live(story, one, look=look), live(story, other)

    assert outcome(first, story) == outcome(second, story)


def test_nor_does_it_where_what_is_agreed_is_of_what_the_ticket_said_in_the_end_only() -> None:
    """The list that is newer than its head does not concern it: nothing counts from then on."""
    story = Story(
        [
            Arrival(at("mon 12:00"), saw("mon 09:00", "waiting", priority="P1", tier="gold")),
            Arrival(at("mon 12:00"), saw("mon 09:30", "cancelled", priority="P2")),
        ],
        [policy({"P1": {"resolution": "30m"}, "P2": {"resolution": "30m"}})],
        at("mon 12:00"),
    )
    came = [Step(each) for each in arrivals(story)]
    p2 = Match((condition("priority", ["P2"]),))
    all_day = Step(granted(1, Excuse(((at("mon 00:00"), FAR_FUTURE),), p2)))
    after, before = live(story, [*came, all_day]), live(story, [all_day, *came])

    assert (after.head.excuses, before.head.excuses) == (0, 1)
    assert outcome(after, story) == outcome(before, story)


@thoroughly
@given(tickets(instants=instants), st.data())
def test_what_is_withdrawn_leaves_everything_as_if_it_had_never_been(
    story: Story, data: st.DataObject
) -> None:
    came = arrivals(story)
    one = granted(1, data.draw(excuses(start=came[0].one.at, instants=instants)))
    withdrawn = [one, ExcuseWithdrawn(excuse_id=one.excuse_id, reason="no")]
    look = data.draw(st.lists(st.booleans(), min_size=1, max_size=3))
    # Both end at one instant: what was announced beforehand may take effect in the last minutes.
    without = live(story, [Step(each) for each in came], idle=len(withdrawn))
    excused = live(story, data.draw(merged(came, withdrawn)), look=look)

    assert outcome(excused, story)[0] == outcome(without, story)[0]
    assert outcome(excused, story)[2] == outcome(without, story)[2]


def test_so_it_does_where_the_promise_went_away_before_the_clock_stopped() -> None:
    """That what it counts after that is excused is said in no event: nobody is promised it."""
    story = Story(
        [
            Arrival(at("mon 12:00"), saw("mon 09:00", "waiting", priority="P2", tier="gold")),
            Arrival(at("mon 12:00"), saw("mon 09:10", priority="P1")),
            Arrival(at("mon 12:00"), saw("mon 09:30", agent="mon 09:30", priority="P1")),
        ],
        [policy({"P1": {}, "P2": {"response": "30m"}})],
        at("mon 12:00"),
    )
    one, two, three = [Step(each) for each in arrivals(story)]
    p1, response = Match((condition("priority", ["P1"]),)), frozenset({"response"})
    all_day = Step(granted(1, Excuse(((at("mon 00:00"), FAR_FUTURE),), p1, response)))
    gone = Step(ExcuseWithdrawn(excuse_id=UUID(int=1), reason="no"))
    without = live(story, [one, two, three], idle=2)
    excused = live(story, [one, two, all_day, three, gone])
    in_another_order = live(story, [all_day, three, gone, two, one])

    assert outcome(excused, story) == outcome(without, story)
    assert outcome(in_another_order, story) == outcome(without, story)
    assert not excused.bodies(Ticket.Excused.TOPIC)


@thoroughly
@given(tickets(instants=instants), st.data())
def test_head_and_stream_lead_to_the_same_events_while_the_list_changes(
    story: Story, data: st.DataObject
) -> None:
    came = arrivals(story)
    steps = data.draw(merged(came, data.draw(changes(came[0].one.at))))
    head_and_stream_agree(story, steps, data.draw(st.lists(st.booleans(), min_size=1, max_size=3)))


def test_so_they_do_while_something_of_another_clock_is_said_of_a_paused_one() -> None:
    """Its head says no more of it than before: what it had used by then."""
    rules = {"resolution": {"pauses_in": {"waiting"}}}
    story = Story(
        [
            Arrival(at("mon 12:00"), saw("mon 09:00", "waiting", priority="P1", tier="gold")),
            Arrival(at("mon 12:00"), saw("mon 09:30", own={"response": "mon 10:00"})),
        ],
        [policy({"resolution": "30m"}, clocks=rules)],
        at("mon 12:00"),
    )

    head_and_stream_agree(story, [Step(each) for each in arrivals(story)], [False])


def head_and_stream_agree(story: Story, steps: Sequence[Step], look: Sequence[bool]) -> None:
    lazy = live(story, steps, look=look)
    thorough = live(story, steps, look=look, thorough=True)

    assert [comparable(event) for event in lazy.stream] == [
        comparable(event) for event in thorough.stream
    ]
    until = story.end + HOUR
    assert counted(lazy, known(story), until) == counted(thorough, known(story), until)
    assert rows(lazy) == rows(thorough)
    for key in rows(lazy):
        assert stands(lazy, *key) == stands(thorough, *key)


@given(tickets(instants=instants), st.data())
def test_a_head_made_anew_says_of_the_list_what_one_that_was_kept_does(
    story: Story, data: st.DataObject
) -> None:
    """Whatever says how the clocks stand is the same; what is told is not, by an engine that looks
    so long afterwards: how late it was, only the head that was kept knows."""
    came = arrivals(story)
    steps = data.draw(merged(came, data.draw(changes(came[0].one.at))))
    look = data.draw(st.lists(st.booleans(), min_size=1, max_size=3))
    kept = live(story, steps, look=look, thorough=True)
    anew = live(story, steps, look=look, forgetful=True)

    assert decided(kept) == decided(anew)


def decided(log: Log) -> list[tuple[Any, ...]]:
    return [comparable(event) for event in log.stream if isinstance(event.body, DECISIONS)]


AS_COUNTED: dict[str, Any] = {
    **{"counted_at": 0, "elapsed": 0, "uncounted": 0, "excused": 0, "out_of_hours": 0},
    "severity": "",
}
AS_PAUSED: dict[str, Any] = {"counted_at": 0, "paused": 0, "excused": 0, "out_of_hours": 0}
AS_TOLD: dict[str, Any] = {"stood_at": None, "type": None}
"""Whether a cycle's facts say themselves whose ticket it was at its breach, or leave it to the
ticket that has been theirs ever since, depends on when they were last written: see `stands`."""


def rows(log: Log) -> dict[tuple[str, int], CycleFacts]:
    """The cycles as a reader has them who takes each event's facts over; but for the instant up to
    which each was counted, and what one that goes on had used by then: a head writes them only when
    something else of the cycle changes."""
    found: dict[tuple[str, int], CycleFacts] = {}
    for event in log.stream:
        facts: Facts | None = getattr(event.body, "facts", None)
        if facts is None:
            continue
        if facts.all_cycles:
            found.clear()
        for one in facts.cycles:
            found[one.clock, one.cycle] = replace(
                one,
                customer_tier=one.customer_tier or facts.customer_tier,
                priority=one.priority or facts.priority,
            )
    left_out = {"running": AS_COUNTED, "paused": AS_PAUSED}
    return {
        key: replace(one, **AS_TOLD, **left_out.get(one.state, {"counted_at": 0}))
        for key, one in found.items()
    }


def comparable(event: Recorded) -> tuple[Any, ...]:
    body: dict[str, Any] = {**shown(event.body), "current": None}
    if "facts" in body:
        body["facts"] = {**body["facts"], "cycles": None, "all_cycles": None}
    return event.topic, event.occurred_at, body


@thoroughly
@given(tickets(instants=instants), st.data())
def test_nothing_is_written_twice_of_a_change(story: Story, data: st.DataObject) -> None:
    came = arrivals(story)
    steps = data.draw(merged(came, data.draw(changes(came[0].one.at))))
    log = live(story, steps)
    moves = [event.body for event in log.stream if isinstance(event.body, Ticket.Excused)]
    by_change = [one.facts.excuses for one in moves if one.previous_excuses != one.facts.excuses]
    assert by_change == sorted(set(by_change))
    before = len(log.stream)
    log.follow(known(story), moment(story.end + len(steps) * MINUTE))
    assert len(log.stream) == before
