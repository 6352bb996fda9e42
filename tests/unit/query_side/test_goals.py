"""How many more may be missed, exactly."""

import pytest

from config.loading import load
from engine.notify.channel_types import CHANNEL_TYPES
from query_side.goals import budget_left, of

RULED = """
sla_targets: {gold: {P1: {response: 1h, resolution: 4h}}}
goals: {response: 95, resolution: 90}
rules:
  - name: Queue
    when: {team: queue}
    goals: {resolution: 99}
    P1: {response: 5m, resolution: 1h}
    P2: {response: 5m}
  - {name: Sandbox, when: {source: sandbox}, goals: {response: 50}, any: none}
"""


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


def test_each_rule_has_the_goals_of_its_own_and_one_that_is_no_more_has_none() -> None:
    policy = load(
        RULED, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    ).policy
    found = of(policy, [("", "Gold", "p1"), ("Queue", "Gold", "p1"), ("Last year's", "Gold", "p1")])
    told = {
        (rule, tier, priority, clock): percent
        for rule, tier, priority, clock, percent in zip(
            found.rules,
            found.tiers,
            found.priorities,
            found.clocks,
            found.percents,
            strict=True,
        )
    }
    assert told == {
        ("", "Gold", "p1", "response"): 95,
        ("", "Gold", "p1", "resolution"): 90,
        ("Queue", "Gold", "p1", "response"): 95,
        ("Queue", "Gold", "p1", "resolution"): 99,
    }
