"""How many more may be missed, exactly."""

import pytest

from query_side.goals import budget_left


@pytest.mark.parametrize(
    ("met", "breached", "goal", "left"),
    [
        (95, 5, 95, 0),
        (96, 4, 95, 1),
        (94, 6, 95, -1),
        (20, 0, 95, 1),
        (19, 0, 95, 0),
        (18, 1, 95, -1),
        (39, 0, 95, 1),
        (999, 1, 99.9, 0),
        (1_000, 0, 99.9, 1),
        (99_999, 1, 99.999, 0),
        (0, 0, 90, 0),
        (0, 3, 100, -3),
        (4, 3, 0, 4),
    ],
)
def test_what_is_left_is_the_whole_misses_that_the_goal_allows_less_those_there_were(
    met: int, breached: int, goal: float, left: int
) -> None:
    assert budget_left(met, breached, goal) == left


def test_without_a_goal_there_is_no_budget() -> None:
    assert budget_left(95, 5, None) is None
