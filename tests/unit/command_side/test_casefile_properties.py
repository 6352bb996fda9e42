"""What is decided from a ticket's head is what would be decided from its whole stream."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from command_side.deciding.events import DECISIONS, Ticket, shown
from command_side.deciding.head import Head, RaisedOf
from command_side.deciding.replayed import Replayed
from command_side.event_store import Recorded
from engine.sla import stored_fold
from engine.sla.instants import micros, moment
from engine.sla.stored_fold import StoredClock
from tests.support.items import identity
from tests.support.log_in_memory import Log, Versions, book
from tests.support.sent import complete, sent
from tests.support.timeline_strategies import Arrival, Story, exact, stories, tickets, ticks
from tests.support.timelines import DAY, OFFICE, at, policy, saw


def batches(story: Story, sizes: Sequence[int]) -> Iterator[list[Arrival]]:
    rest = list(story.arrivals)
    for size in [*sizes, len(rest)]:
        if not rest:
            return
        yield rest[:size]
        rest = rest[size:]


def known(story: Story, now: int) -> Versions:
    """The versions accepted by then; the first is there from the beginning."""
    return book(*(p for p in story.policies if p.version == 1 or p.accepted_at <= now))


def comparable(event: Recorded) -> tuple[Any, ...]:
    """An event but for what only a reader of the whole stream can add."""
    body: dict[str, Any] = {**shown(event.body), "current": None}
    if "facts" in body:
        unsaid = {"cycles": None, "all_cycles": None, "left": None}
        body["facts"] = {**body["facts"], **unsaid}
    personal = {**shown(event.personal), "current": None, "had": None}
    return (event.version, event.topic, event.occurred_at, body, personal)


def essence(head: Head) -> Head:
    """A head but for what nobody asks it for.

    That are milestones of clocks' earlier cycles, cycles that were never promised anything, and,
    while it owes something, which crossings its milestones tell of: the stream will say that.
    """
    assert head.fold is not None
    clocks = {name: clock for name, clock in head.fold.clocks.items() if was_promised(clock)}
    newest = {name: one.cycle.started_at for name, one in clocks.items() if one.cycle is not None}
    raised = {name: of for name, of in head.raised.items() if newest.get(name) == of.started_at}
    if head.owes:
        raised = {
            name: RaisedOf(
                of.started_at, {name: (0, one) for name, (_, one) in of.milestones.items()}
            )
            for name, of in raised.items()
        }
    return replace(head, raised=raised, fold=replace(head.fold, clocks=clocks))


def of_generations(of: RaisedOf) -> RaisedOf:
    return RaisedOf(of.started_at, {name: (0, one) for name, (_, one) in of.milestones.items()})


def was_promised(clock: StoredClock) -> bool:
    cycle = clock.cycle
    promised = cycle is not None and (cycle.target is not None or cycle.vanished is not None)
    return clock.had_target or promised


def run(
    story: Story,
    sizes: Sequence[int],
    log: Log,
    *,
    awake: Sequence[bool] = (),
    acknowledged: Sequence[bool] = (False,),
) -> list[tuple[Any, ...]]:
    """Everything arrives in these batches; before some of them, and at the end, an engine is
    awake that looks whenever something is due, and after some of them somebody takes it on.

    After each step: the head, and when the engine is to look again.
    """
    seen: list[tuple[Any, ...]] = []
    now = 0
    for number, batch in enumerate(batches(story, sizes)):
        if awake and awake[number % len(awake)]:
            seen += watch(story, log, now, batch[-1].now)
        now = batch[-1].now
        log.ingest([sent(each.one) for each in batch], known(story, now), moment(now))
        seen.append((essence(log.head), log.next_due_at))
        if acknowledged[number % len(acknowledged)]:
            log.acknowledge(known(story, now), moment(now))
    if awake:
        seen += watch(story, log, now, story.end)
    return seen


def is_due(log: Log, now: datetime) -> bool:
    return log.next_due_at is not None and log.next_due_at <= now


def watch(story: Story, log: Log, now: int, until: int) -> Iterator[tuple[Any, ...]]:
    """The engine looks when it is to look, but does not go back in time."""
    while log.next_due_at is not None and log.next_due_at <= moment(until):
        now = max(now, micros(log.next_due_at))
        log.tick(known(story, now), moment(now))
        yield (essence(log.head), log.next_due_at)
        if is_due(log, moment(now)):
            raise AssertionError(f"the engine would not sleep at {now}")


sizes = st.lists(st.integers(1, 4), max_size=8)
sometimes = st.lists(st.booleans(), min_size=1, max_size=4)


@given(stories(instants=st.one_of(ticks, exact)), sizes)
def test_the_head_continues_what_the_stream_holds(story: Story, sizes: list[int]) -> None:
    log = Log(identity())
    for batch in batches(story, sizes):
        now = batch[-1].now
        append = log.ingest([sent(each.one) for each in batch], known(story, now), moment(now))
        assert append is not None

        began = Head("default", "T-1", shown(log.stream[0].body)["policy"])
        fresh = Replayed(identity(), 0, began, known(story, now), log.stream)
        head = log.head
        fold = fresh.refold(now)
        assert head.fold == Head.load(_with(fold)).fold
        assert head.attributes == fresh.head.attributes
        assert head.observations == len(fresh.timeline)
        assert head.newest == max(stored.key for stored in fresh.timeline)
        fresh.head.observations, fresh.head.late = head.observations, head.late
        facts = shown(log.stream[-1].body)["facts"]
        expected = shown(fresh.facts(fold, now))
        assert {**facts, "cycles": 0, "all_cycles": 0} == {**expected, "cycles": 0, "all_cycles": 0}
        every = {(one["clock"], one["cycle"]): one for one in expected["cycles"]}
        for one in facts["cycles"]:
            assert one == every[one["clock"], one["cycle"]]
        if facts["all_cycles"]:
            assert len(facts["cycles"]) == len(every)


def _with(fold: Any) -> bytes:
    head = Head("default", "T-1", 1)
    head.fold = stored_fold.dump(fold)
    return head.dump()


@given(stories(instants=st.one_of(ticks, exact)), sizes, sometimes, sometimes)
def test_head_and_stream_lead_to_the_same_events(
    story: Story, sizes: list[int], awake: list[bool], acknowledged: list[bool]
) -> None:
    lazy, thorough = Log(identity()), Log(identity(), thorough=True)

    one = run(story, sizes, lazy, awake=awake, acknowledged=acknowledged)
    other = run(story, sizes, thorough, awake=awake, acknowledged=acknowledged)

    assert one == other
    assert [comparable(e) for e in lazy.stream] == [comparable(e) for e in thorough.stream]


@given(stories(instants=ticks, prompt=True), sometimes)
def test_they_do_where_nothing_is_promised_at_first(story: Story, awake: list[bool]) -> None:
    """By the first promise all is counted by its calendar, and the head has nothing but sums."""
    first, *rest = story.arrivals
    arrivals = [Arrival(first.now, first.one._replace(priority="P9")), *rest]
    story = Story(arrivals, story.policies, story.end)
    lazy, thorough = Log(identity()), Log(identity(), thorough=True)

    one = run(story, [1] * len(arrivals), lazy, awake=awake)
    other = run(story, [1] * len(arrivals), thorough, awake=awake)

    assert one == other
    assert [comparable(e) for e in lazy.stream] == [comparable(e) for e in thorough.stream]


def test_a_cycle_that_ended_as_it_began_mutes_nothing_of_the_next() -> None:
    """An answer at the very instant of the opening, out of hours, ends a cycle with nothing left of
    its target; the next one begins there and is promised more later."""
    saturday = at("00:00") + 5 * DAY
    promised = {"P1": {"update": "30m"}, "P2": {"update": "1bd"}}
    under = policy(promised, calendars={"P2": OFFICE})
    one = saw(saturday, "waiting", priority="P2", tier="gold", agent=saturday)
    other = saw(saturday + DAY // 48, "waiting", priority="P1", tier="gold")
    story = Story([Arrival(saturday - DAY, each) for each in (one, other)], [under], saturday + DAY)
    lazy, thorough = Log(identity()), Log(identity(), thorough=True)

    assert run(story, [], lazy, awake=[False]) == run(story, [], thorough, awake=[False])

    assert [comparable(e) for e in lazy.stream] == [comparable(e) for e in thorough.stream]
    raised = [body for body in lazy.bodies(Ticket.AlertRaised.TOPIC) if body["ordinal"] == 1]
    assert raised[0]["suppressed"] is None


@given(stories(instants=st.one_of(ticks, exact)), sizes, sometimes)
def test_a_head_made_anew_from_the_stream_leads_to_the_same_events(
    story: Story, sizes: list[int], acknowledged: list[bool]
) -> None:
    """With an engine that is never late: how late it was, only the head had known."""
    thorough, forgetful = Log(identity(), thorough=True), Log(identity(), forgetful=True)

    one = run(story, sizes, thorough, awake=[True], acknowledged=acknowledged)
    other = run(story, sizes, forgetful, awake=[True], acknowledged=acknowledged)

    assert one == other
    assert [comparable(e) for e in thorough.stream] == [comparable(e) for e in forgetful.stream]


@given(stories(instants=st.one_of(ticks, exact)), sizes, sometimes)
def test_what_came_before_is_what_the_facts_had_named(
    story: Story, sizes: list[int], awake: list[bool]
) -> None:
    log = Log(identity())
    run(story, sizes, log, awake=awake)
    named = 0
    for event in log.stream:
        if isinstance(event.body, Ticket.Retargeted):
            assert event.body.previous_policy == named
        if isinstance(event.body, DECISIONS):
            named = event.body.facts.policy


@given(tickets(instants=st.one_of(ticks, exact)), st.randoms(use_true_random=False), sizes, sizes)
def test_the_order_of_arrival_does_not_matter(
    story: Story, random: Random, sizes: list[int], others: list[int]
) -> None:
    first = random.randrange(len(story.arrivals))
    in_order = [
        complete(arrival) if number in (0, first) else arrival
        for number, arrival in enumerate(story.arrivals)
    ]
    rest = [arrival for number, arrival in enumerate(in_order) if number != first]
    random.shuffle(rest)

    assert outcome(in_order, sizes, story) == outcome([in_order[first], *rest], others, story)


def outcome(arrivals: Sequence[Arrival], sizes: Sequence[int], story: Story) -> tuple[Any, ...]:
    """Where it ends, but for what was late."""
    log = Log(identity())
    run(Story(arrivals, story.policies, story.end), sizes, log)
    facts = {**shown(log.stream[-1].body)["facts"], "late": 0, "cycles": 0, "all_cycles": 0}
    return (replace(essence(log.head), late=0), log.next_due_at, facts)
