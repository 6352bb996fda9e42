"""A reply that was none: what it had answered is open again, as if nobody had ever said it."""

import pytest
from hypothesis import given

from engine.sla import stored_fold
from engine.sla.timeline import MOST_WITHDRAWN, Fold, Observation, fold
from tests.support.folds import again
from tests.support.policy_book import Book
from tests.support.timeline_strategies import Story, replies_of, tickets
from tests.support.timelines import MINUTE, at, in_order, policy, saw, see, shown

TARGETS = {"response": "1h", "next_response": "30m", "update": "2h", "resolution": "8h"}
UNDER = policy(TARGETS, clocks={"response": {"answered_by": "reply"}})
OPEN = saw("09:00", "waiting", priority="P1", tier="gold")
BOT = saw("09:10", agent="09:05")


def folded(*timeline: Observation, as_of: str = "12:00") -> Fold:
    return fold(in_order([OPEN, *timeline]), [UNDER], at(as_of))


def test_a_withdrawn_reply_of_an_agent_answers_nothing() -> None:
    assert see([OPEN, BOT], UNDER, "12:00").response.state == "met"
    withdrawn = saw("11:00", withdrawn=["09:05"])
    seen = see([OPEN, BOT, withdrawn], UNDER, "12:00")
    assert (seen.response.state, shown(seen.response.missed_at)) == ("running", "mon 10:00")
    assert [shown(one.started_at) for one in seen.cycles("update")] == ["mon 09:00"]


def test_a_withdrawn_reply_of_the_customer_waits_for_nothing() -> None:
    wrote = [saw("09:20", agent="09:20"), saw("09:40", customer="09:30")]
    assert see([OPEN, *wrote], UNDER, "12:00").next_response.state == "running"
    seen = see([OPEN, *wrote, saw("11:00", withdrawn=["09:30"])], UNDER, "12:00")
    assert seen.cycles("next_response") == []


@pytest.mark.parametrize("as_of", ["09:20", "10:30", "12:00"])
def test_it_is_withdrawn_whatever_is_asked_for(as_of: str) -> None:
    withdrawn = saw("11:00", withdrawn=["09:05"])
    assert see([OPEN, BOT, withdrawn], UNDER, as_of).response.state == "running"


def test_named_again_it_stays_withdrawn() -> None:
    withdrawn, again_named = saw("11:00", withdrawn=["09:05"]), saw("11:30", agent="09:05")
    assert see([OPEN, BOT, withdrawn, again_named], UNDER, "12:00").response.state == "running"


def test_the_newest_first_response_that_remains_counts() -> None:
    named = [saw("09:40", first="09:30"), saw("09:50", first="09:45")]
    seen = see([OPEN, *named, saw("11:00", withdrawn=["09:45"])], UNDER, "12:00")
    assert shown(seen.response.stopped_at) == "mon 09:30"
    gone = see([OPEN, *named, saw("11:00", withdrawn=["09:45", "09:30"])], UNDER, "12:00")
    assert gone.response.state == "running"


def test_an_answer_by_status_stands() -> None:
    by_status = policy(TARGETS)
    answered = saw("09:40", "active", agent="09:40")
    seen = see([OPEN, answered, saw("11:00", withdrawn=["09:40"])], by_status, "12:00")
    assert shown(seen.response.stopped_at) == "mon 09:40"


def test_an_automatic_reply_that_is_said_to_be_one_needs_no_stream() -> None:
    kept = folded(as_of="09:00")
    automatic = saw("09:10", agent="09:05", withdrawn=["09:05"])
    assert kept.follows(automatic, at("09:10"), [UNDER])
    kept.follow(automatic, at("09:10"), [UNDER])
    assert stored_fold.dump(kept) == stored_fold.dump(folded(automatic, as_of="09:10"))
    # The source goes on to name it.
    loaded = stored_fold.load(again(stored_fold.dump(kept)), Book([UNDER]))
    same = saw("10:00", "active", agent="09:05", withdrawn=["09:05"])
    assert loaded.follows(same, at("10:00"), [UNDER])
    loaded.follow(same, at("10:00"), [UNDER])
    assert loaded.agent_reply is None
    assert loaded.answered_at is None


def test_what_may_have_been_counted_is_withdrawn_from_the_beginning() -> None:
    kept = folded(BOT, as_of="09:10")
    assert not kept.follows(saw("10:00", withdrawn=["09:05"]), at("10:00"), [UNDER])
    assert kept.follows(saw("10:00", withdrawn=["09:30"]), at("10:00"), [UNDER])


def test_a_fold_does_not_grow_with_what_is_withdrawn() -> None:
    many = saw("09:10", withdrawn=[at("09:10") + number * MINUTE for number in range(60)])
    kept = again(stored_fold.dump(folded(many, as_of="09:10")))
    assert len(kept.withdrawn) == MOST_WITHDRAWN + 1
    loaded = stored_fold.load(kept, Book([UNDER]))
    assert not loaded.follows(saw("09:20"), at("09:20"), [UNDER])


@given(tickets())
def test_with_all_replies_withdrawn_it_is_as_if_there_had_been_none(story: Story) -> None:
    replies = [instant for one in story.observations for instant in replies_of(one)]
    *most, last = story.observations
    withdrawn = [*most, last._replace(withdrawn=tuple(replies))]
    silent = [
        one._replace(agent_reply=None, customer_reply=None, first_responded_at=None, withdrawn=())
        for one in story.observations
    ]
    found, expected = (see(each, story.policies, story.end) for each in (withdrawn, silent))
    assert found.verdict == expected.verdict
    assert found.fold.crossings() == expected.fold.crossings()
