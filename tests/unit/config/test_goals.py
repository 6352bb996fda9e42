"""What share has to be kept: goals of the file, a tier and a priority, each clock by itself."""

from fractions import Fraction

from config import diff
from config.loading import Loaded, load
from engine.notify.channel_types import CHANNEL_TYPES

TARGETS = """
sla_targets:
  gold:
    goals: {resolution: 90}
    high: {response: 1h, resolution: 4h, goals: {resolution: 99.9, own: 100}}
    low: {response: 1h, resolution: 4h}
  tin:
    high: {response: 1h, own: 1h, goals: {response: 0}}
clocks: {own: {kind: resolution}}
"""
GOALS = "goals: {response: 95, resolution: 80}\n"


def read(text: str) -> Loaded:
    return load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )


def goals(text: str, promised: str) -> dict[str, Fraction]:
    return dict(read(text).policy.plan(*promised.split()).goals)


def test_the_goal_of_a_clock_is_that_of_the_nearest_block_that_names_the_clock() -> None:
    text = TARGETS + GOALS
    assert goals(text, "GOLD High") == {
        "response": 95,
        "resolution": Fraction("99.9"),
        "own": 100,
    }
    assert goals(text, "gold low") == {"response": 95, "resolution": 90}
    assert goals(text, "gold other") == {"response": 95, "resolution": 90}
    assert goals(text, "tin high") == {"response": 0, "resolution": 80}
    assert goals(text, "other other") == {"response": 95, "resolution": 80}


def test_where_no_block_names_a_clock_it_has_no_goal() -> None:
    assert goals(TARGETS, "gold low") == {"resolution": 90}
    assert goals(TARGETS, "other other") == {}
    assert read(TARGETS).policy.has_goals
    assert not read("sla_targets: {gold: {high: {response: 1h}}}\ngoals:\n").policy.has_goals


def test_a_goal_written_as_a_fraction_is_warned_about() -> None:
    loaded = read(TARGETS + "goals: {response: 0.95, resolution: 0, own: 1.5}\n")
    assert loaded.warnings == [
        "sla_config.yaml:10: goals.response: is 0.95 per cent: write 95 if that share is meant"
    ]


def test_goals_that_come_move_and_go_are_named() -> None:
    plain = read("sla_targets: {gold: {high: {response: 1h}}}")
    for_all = read("sla_targets: {gold: {high: {response: 1h}}}\ngoals: {response: 95}")
    nearer = read(
        "sla_targets: {gold: {high: {response: 1h, goals: {response: 99.95}}}}\n"
        "goals: {response: 95}"
    )
    assert diff.lines(plain, for_all) == [
        "+ GOLD HIGH goal of response: 95%",
        "+ GOLD, other priorities goal of response: 95%",
        "+ other tiers goal of response: 95%",
    ]
    assert diff.lines(for_all, nearer) == ["~ GOLD HIGH goal of response: 95% -> 99.95%"]
    assert diff.lines(nearer, plain)[0] == "- GOLD HIGH goal of response: 99.95%"


def test_a_rule_has_the_goals_of_the_file_and_its_own_and_none_of_a_tier() -> None:
    policy = read(
        TARGETS + GOALS + "rules:\n"
        "  - name: Payments\n"
        "    when: {team: payments}\n"
        "    goals: {response: 99}\n"
        "    high: {response: 5m, goals: {resolution: 97}}\n"
        "    any: {response: 15m}\n"
        "  - {name: Sandbox, when: {source: sandbox}, any: none}\n"
    ).policy
    assert policy.plan_by("Payments", "gold", "HIGH").goals == {"response": 99, "resolution": 97}
    assert policy.plan_by("Payments", "gold", "low").goals == {"response": 99, "resolution": 80}
    assert policy.plan_by("Sandbox", "gold", "low").goals == {"response": 95, "resolution": 80}


def test_a_goal_of_a_rule_alone_is_a_goal_and_its_coming_is_named() -> None:
    text = (
        "sla_targets: {gold: {high: {response: 1h}}}\nrules:\n  - {name: Queue, when: {team: a}, "
    )
    plain = read(text + "high: {response: 5m}}\n")
    held = read(text + "goals: {response: 99}, high: {response: 5m}}\n")
    assert (plain.policy.has_goals, held.policy.has_goals) == (False, True)
    assert diff.lines(plain, held) == [
        "+ rule Queue any goal of response: 99%",
        "+ rule Queue HIGH goal of response: 99%",
    ]
