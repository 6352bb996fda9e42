"""An engine that wakes when it said it would, and at any other time, raises what there is, once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from engine.sla import stored_fold
from engine.sla.escalation import Acknowledgement, Key, consequences, key_of
from engine.sla.policy import Policy
from engine.sla.timeline import fold
from tests.support.engines import Engine
from tests.support.policy_book import Book
from tests.support.timeline_strategies import Story, exact, stories, tickets, ticks
from tests.support.timelines import DAY, in_order, shown

instants = st.one_of(ticks, exact)
extra = st.lists(exact, max_size=4)
acknowledged = st.lists(st.tuples(exact, st.integers(1, DAY)), max_size=3)


def engine(story: Story) -> Engine:
    return Engine(story.observations, list(story.policies))


def beginning(story: Story) -> int:
    """Before anything of it has happened, also where it is known before its first observation."""
    instants = [one.created_at or one.at for one in story.observations]
    return min(story.end, *instants, *(one.at for one in story.observations)) - DAY


def raised(ticked: Engine) -> dict[Key, str | None]:
    """What it raised and when; fails if anything was raised twice."""
    times = Counter(key_of(one.crossing) for one in ticked.raised)
    assert set(times.values()) <= {1}
    return {key_of(one.crossing): shown(one.at) for one in ticked.raised}


def recomputes(policy: Policy) -> bool:
    return any(rules.on_change == "recompute" for rules in policy.clocks.values())


def live(
    ticked: Engine, start: int, end: int, *, wakes: list[int], acks: list[tuple[int, int]]
) -> None:
    """Runs the engine from start to end, awake at these instants too; people acknowledge."""
    given_at = {start + at: Acknowledgement(start + at, start + at + lasts) for at, lasts in acks}
    for stop in sorted({*(start + wake for wake in wakes), *given_at, end}):
        if stop > end:
            break
        ticked.run(start, stop)
        ticked.tick(stop)
        if stop in given_at:
            ticked.acknowledgements.append(given_at[stop])
        start = stop
    ticked.tick(end)


@given(tickets(instants=instants), extra, acknowledged)
def test_stepping_raises_what_one_look_at_the_end_finds(
    story: Story, wakes: list[int], acks: list[tuple[int, int]]
) -> None:
    stepping, start = engine(story), beginning(story)
    live(stepping, start, story.end, wakes=wakes, acks=acks)
    once = engine(story)
    once.acknowledgements = stepping.acknowledgements
    once.tick(story.end)
    assert not stepping.retracted
    if recomputes(story.policies[0]):
        assert raised(stepping).keys() == raised(once).keys()
    else:
        assert raised(stepping) == raised(once)


@given(tickets(instants=instants))
def test_an_engine_that_sleeps_until_told_is_never_late(story: Story) -> None:
    if recomputes(story.policies[0]):
        return
    ticked, now = engine(story), beginning(story)
    while True:
        found = ticked.tick(now)
        assert all(one.at == now for one in found.raises)
        assert ticked.tick(now).raises == []
        if found.next_at is None or found.next_at > story.end:
            break
        assert found.next_at > now
        assert ticked.tick(found.next_at - 1).raises == []
        now = found.next_at
    final = ticked.tick(story.end)
    assert final.raises == []


@given(stories(instants=instants), extra)
def test_whatever_arrives_when_the_same_alerts_stand_in_the_end(
    story: Story, wakes: list[int]
) -> None:
    """Late observations take alerts back, and bring others."""
    policies = story.known_policies(story.end)
    arriving = Engine([], policies)
    for number, arrival in enumerate(story.arrivals):
        if number:
            arriving.run(story.arrivals[number - 1].now, arrival.now)
        arriving.observations.append(arrival.one)
        arriving.tick(arrival.now)
    live(arriving, story.arrivals[-1].now, story.end, wakes=wakes, acks=[])
    once = Engine(story.observations, policies)
    once.tick(story.end)
    assert arriving.standing == once.standing
    told = Counter(key_of(one.crossing) for one in arriving.raised)
    told.subtract(arriving.retracted)
    assert set(told.values()) <= {0, 1}
    assert set(+told) == arriving.standing


@given(tickets(instants=instants), st.integers(1, DAY))
def test_a_snooze_mutes_and_hides_nothing(story: Story, lasts: int) -> None:
    awake, snoozed = engine(story), engine(story)
    snoozed.snoozed_until = story.end + lasts
    for ticked in (awake, snoozed):
        ticked.run(beginning(story), story.end)
    assert raised(awake) == raised(snoozed)
    assert all(one.suppressed is not None for one in snoozed.raised)
    sent = [key_of(one.crossing) for one in awake.raised if one.suppressed is None]
    muted = [key_of(one.crossing) for one in snoozed.raised if one.suppressed == "snoozed"]
    assert sent == muted


@given(tickets(instants=instants))
def test_what_becomes_known_late_is_on_record_and_not_sent(story: Story) -> None:
    """Older than `notify_within`: backfill."""
    late = engine(story)
    found = late.tick(story.end + DAY)
    within = story.policies[0].notify_within
    for one in found.raises:
        assert (one.suppressed == "backfill") == (story.end + DAY - one.at > within)


@given(tickets(instants=instants), st.integers(0, DAY))
def test_a_stored_fold_has_the_consequences_of_the_whole(story: Story, later: int) -> None:
    """Once everything that had happened when it was stored has been raised."""
    whole = engine(story)
    whole.tick(story.end)
    now = story.end + later
    kept = fold(in_order(story.observations), story.policies, story.end)
    loaded = stored_fold.load(stored_fold.dump(kept), Book(story.policies))
    loaded.count_to(now)
    if kept.pending_at is not None:
        return
    newest = {
        (name, clock.cycle.started_at)
        for name, clock in loaded.clocks.items()
        if clock.cycle is not None
    }
    found = consequences(
        loaded,
        crossings=loaded.crossings(),
        raised=[key for key in whole.standing if (key.clock, key.started_at) in newest],
        acknowledgements=[],
        snoozed_until=None,
        heard=now,
        now=now,
    )
    assert found == whole.tick(now)
