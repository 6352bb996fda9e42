"""A fold continued from what is stored equals the fold of everything, whatever the order."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from engine.sla import stored_fold
from engine.sla.conditions import NOTHING_SAID
from engine.sla.escalation import Key, key_of
from engine.sla.stored_fold import StoredFold
from engine.sla.timeline import Fold, fold
from engine.sla.verdict import Verdict, verdict
from tests.support import incidents
from tests.support.folds import again
from tests.support.policy_book import Book
from tests.support.timeline_strategies import Story, exact, stories, ticks
from tests.support.timelines import DAY, OFFICE, in_order, policy


def stored(result: Fold) -> StoredFold:
    """As the head keeps it."""
    return again(stored_fold.dump(result))


def at_hand(crossed: Mapping[Key, int], result: Fold) -> dict[Key, int]:
    """Of the newest cycle of each clock, which is what a stored fold has."""
    starts = {
        (name, clock.cycle.started_at)
        for name, clock in result.clocks.items()
        if clock.cycle is not None
    }
    return {key: at for key, at in crossed.items() if (key.clock, key.started_at) in starts}


def crossed_by(result: Fold) -> dict[Key, int]:
    return {key_of(one): one.at for one in result.crossings()}


def read_at(result: Fold, instant: int) -> Verdict:
    """Counts the fold on, and shows the newest cycle of each clock."""
    result.count_to(instant)
    newest = [clock.cycle for _, clock in sorted(result.clocks.items()) if clock.cycle is not None]
    promised = [cycle for cycle in newest if cycle.target is not None or cycle.vanished is not None]
    read = verdict(result, promised)
    for one, cycle in zip(read.cycles, promised, strict=True):
        if not cycle.is_open:
            one.attributes = NOTHING_SAID  # written when it ended, and not kept since
    return read


@given(stories(instants=st.one_of(ticks, exact)), st.booleans())
def test_a_fold_continued_by_every_arrival_equals_the_whole(story: Story, catches_up: bool) -> None:
    book = Book(story.policies)
    kept: StoredFold | None = None
    crossed: dict[Key, int] = {}
    for number, arrival in enumerate(story.arrivals, 1):
        policies = story.known_policies(arrival.now)
        whole = fold(
            in_order([earlier.one for earlier in story.arrivals[:number]]), policies, arrival.now
        )
        continued = stored_fold.load(kept, book) if kept else None
        kept, before = stored(whole), crossed
        crossed = at_hand(crossed_by(whole), whole)
        if continued is not None and catches_up and not continued.catch_up(arrival.now, policies):
            continue
        if continued is None or not continued.follows(arrival.one, arrival.now, policies):
            continue
        continued.follow(arrival.one, arrival.now, policies)
        if not any(clock.forgotten for clock in continued.clocks.values()):
            assert stored(continued) == kept
            assert at_hand(before | crossed_by(continued), continued) == crossed
            later = arrival.now + DAY
            assert read_at(stored_fold.load(kept, book), later) == read_at(whole, later)


def test_the_folds_of_real_tickets_continue() -> None:
    """Observation by observation, all of them in order, as a help desk sends them."""
    under = policy({"resolution": "8h", "response": "1h"}, calendar=OFFICE)
    continued = 0
    for observations in incidents.tickets(every=100).values():
        kept = stored(fold(observations[:1], [under], observations[0].at))
        for number, one in enumerate(observations[1:], 2):
            going_on = stored_fold.load(kept, Book([under]))
            kept = stored(fold(observations[:number], [under], one.at))
            if going_on.follows(one, one.at, [under]):
                going_on.follow(one, one.at, [under])
                assert stored(going_on) == kept
                continued += 1
    assert continued > 10
