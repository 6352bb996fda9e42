"""What follows from shifts: who is on call, who comes next, and where nobody is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sla.rotations import Plan, Shift, Shifts, normalised

PLAN = Plan(
    calendar=(
        Shift(10, 20, "anna"),
        Shift(20, 30, "ben"),
        Shift(20, 30, "chloe"),
        Shift(12, 60, "dev", 2),
        Shift(40, 50, "anna"),
    ),
    overrides=(Shift(15, 25, "dev"),),
)


@pytest.mark.parametrize(
    ("at", "level", "people"),
    [
        (9, 9, ""),
        (10, 0, "anna"),
        (12, 1, "anna"),
        (12, 2, "anna dev"),
        (15, 0, "dev"),
        (19, 2, "dev dev"),
        (25, 0, "ben chloe"),
        (30, 0, ""),
        (30, 3, "dev"),
        (59, None, "dev"),
        (60, None, ""),
    ],
)
def test_who_stands(at: int, level: int | None, people: str) -> None:
    assert [one.person for one in PLAN.standing(at, level)] == people.split()


def test_a_shift_lasts_until_its_end_or_until_it_is_replaced() -> None:
    anna, ben = PLAN.calendar[0], PLAN.calendar[1]
    assert (PLAN.until(anna, 10), PLAN.until(ben, 25)) == (15, 30)
    assert PLAN.until(PLAN.overrides[0], 16) == 25
    assert PLAN.until(PLAN.calendar[3], 12) == 60


def test_next_come_those_who_begin_first() -> None:
    assert PLAN.coming(30) == (Shift(40, 50, "anna"),)
    assert PLAN.coming(14) == (Shift(15, 25, "dev"),)
    assert PLAN.coming(40) == ()


def test_whose_shift_begins_under_an_override_comes_when_that_ends() -> None:
    assert PLAN.coming(15) == (Shift(25, 30, "ben"), Shift(25, 30, "chloe"))
    assert PLAN.coming(24) == PLAN.coming(15)
    swapped = Plan((Shift(10, 20, "anna"), Shift(20, 30, "ben")), (Shift(10, 20, "chloe"),))
    assert swapped.coming(5) == (Shift(10, 20, "chloe"),)
    assert swapped.coming(10) == (Shift(20, 30, "ben"),)
    cut = Plan((Shift(10, 20, "anna"),), (Shift(15, 30, "ben"), Shift(30, 35, "ben", 2)))
    assert cut.coming(5) == (Shift(10, 15, "anna"),)


def test_gaps_are_where_nobody_is_on_the_lowest_level() -> None:
    assert PLAN.gaps(0, 100) == [(0, 10), (30, 40), (50, 100)]
    assert PLAN.gaps(10, 30) == []
    assert PLAN.gaps(31, 35) == [(31, 35)]
    assert Plan().gaps(5, 6) == [(5, 6)]
    assert Plan().gaps(5, 5) == []


def test_a_part_of_a_plan_ends_where_it_is_cut() -> None:
    assert PLAN.within(18, 22) == Plan(
        (
            Shift(18, 20, "anna"),
            Shift(18, 22, "dev", 2),
            Shift(20, 22, "ben"),
            Shift(20, 22, "chloe"),
        ),
        (Shift(18, 22, "dev"),),
    )


SHIFTS = st.lists(
    st.builds(
        Shift,
        start=st.integers(0, 20),
        end=st.integers(0, 20),
        person=st.sampled_from("ab"),
        level=st.integers(0, 1),
    ),
    max_size=8,
)


def standing(shifts: Shifts, at: int) -> set[tuple[str, int]]:
    return {(one.person, one.level) for one in shifts if one.start <= at < one.end}


@given(SHIFTS)
def test_normalised_says_the_same_with_each_stretch_once(shifts: list[Shift]) -> None:
    found = normalised(shifts)
    for at in range(21):
        assert standing(found, at) == standing(tuple(shifts), at)
    assert list(found) == sorted(found)
    for one in found:
        for other in found:
            if one is not other and (one.person, one.level) == (other.person, other.level):
                assert one.end < other.start or other.end < one.start
    assert normalised(reversed(found)) == found
