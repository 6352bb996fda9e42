"""A head that is made anew from the stream decides what the one that was kept would have."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.items import identity
from tests.support.log_in_memory import Log
from tests.support.thoroughly import sparingly
from tests.support.told_lives import Life, Living, in_words, lives

sometimes = st.lists(st.booleans(), min_size=1, max_size=4)


@sparingly
@given(lives())
def test_a_head_made_anew_tells_and_reminds_as_the_one_that_was_kept(life: Life) -> None:
    """At every step, or at some; and so does one for which each time the stream is read."""
    kept = Living(life, Log(identity())).live()
    thorough = Living(life, Log(identity(), thorough=True)).live()
    forgetful = Living(life, Log(identity(), forgetful=True)).live()
    remade = Living(life, Log(identity()), rebuilds=True).live()

    for other in (thorough, forgetful, remade):
        assert in_words(other.log.stream) == in_words(kept.log.stream)
    for other in (thorough, forgetful):
        assert other.seen == kept.seen


@sparingly
@given(lives(late=True), sometimes)
def test_so_it_does_for_engines_that_were_late(life: Life, awake: list[bool]) -> None:
    """Where nothing becomes so old that nobody is told of it: how late, only the head had known."""
    kept = Living(life, Log(identity())).live(awake)
    forgetful = Living(life, Log(identity(), forgetful=True)).live(awake)

    assert in_words(forgetful.log.stream) == in_words(kept.log.stream)
