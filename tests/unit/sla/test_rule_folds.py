"""Under rules, too, a fold that goes on is the fold of everything."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engine.sla import stored_fold
from engine.sla.policy import Policy
from engine.sla.timeline import Observation, fold
from tests.support.folds import again
from tests.support.policy_book import Book
from tests.support.ruling import Ruled, ruled, until
from tests.support.timeline_strategies import stories
from tests.support.timelines import policy

said = st.fixed_dictionaries(
    {},
    optional={
        "team": st.sampled_from([None, "a", "B"]),
        "tags": st.sampled_from([None, [], ["x"], ["x", "y"]]),
        "extra": st.sampled_from([{"n": 1}, {"n": True}, {"m": "z"}]),
    },
)
TIERS = policy({"P1": {"resolution": "4h", "response": "1h"}, "P2": {"resolution": "8h"}})


def ruling(start: int) -> Policy:
    """Rules that ask for all that these tickets say, one of them for a time."""
    ends = until("18:00")
    return ruled(
        TIERS,
        Ruled("one", {"team": "a", "tags": "x"}, {"fields.n": True}, {"any": {"resolution": "2h"}}),
        Ruled(
            "two",
            {"assigned": True},
            targets={"P1": {"resolution": "3h", "response": "20m"}},
            valid=replace(ends, end=start + 6 * 3_600_000_000),
        ),
        Ruled("three", {"fields.n": 1}, on_purpose=True),
    )


@st.composite
def talkative(draw: st.DrawFn) -> tuple[Sequence[Observation], int]:
    story = draw(stories(prompt=True))
    told = [
        one._replace(said=draw(said), assigned=draw(st.sampled_from([None, True, False])))
        for one in story.observations
    ]
    return told, story.end


@given(talkative())
def test_a_fold_that_goes_on_is_the_fold_of_everything(
    told: tuple[Sequence[Observation], int],
) -> None:
    timeline, end = told
    under = ruling(timeline[0].at)
    kept = fold(timeline[:1], [under], timeline[0].at)
    for number, one in enumerate(timeline[1:], 2):
        kept = stored_fold.load(again(stored_fold.dump(kept)), Book([under]))
        whole = fold(timeline[:number], [under], one.at)
        if kept.follows(one, one.at, [under]):
            kept.follow(one, one.at, [under])
            assert stored_fold.dump(kept) == stored_fold.dump(whole)
        kept = whole
    last = stored_fold.load(again(stored_fold.dump(kept)), Book([under]))
    if last.pending_at is None and last.catch_up(end, [under]):
        assert stored_fold.dump(last) == stored_fold.dump(fold(timeline, [under], end))
