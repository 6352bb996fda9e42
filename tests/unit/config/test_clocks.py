"""What `clocks:` says becomes the rules of the clocks, and what is doubtful in it is said."""

import pytest

from config import diff
from config.loading import Loaded, load
from engine.notify.channel_types import CHANNEL_TYPES

MINUTE = 60_000_000
HOUR = 60 * MINUTE


def loaded(clocks: str, targets: str = "{response: 1h}") -> Loaded:
    return load(
        f"sla_targets: {{gold: {{high: {targets}}}}}\nclocks: {clocks}\n",
        version=1,
        accepted_at=0,
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
    )


@pytest.mark.parametrize("pauses_in", ["[]", "[done, cancelled]"])
def test_a_limit_of_pauses_for_a_clock_that_never_pauses_is_warned_about(pauses_in: str) -> None:
    found = loaded(f"{{response: {{pauses_in: {pauses_in}, pauses_at_most: 2h}}}}")
    assert found.warnings == [
        "sla_config.yaml:2: clocks.response.pauses_at_most: nothing pauses this clock: name phases"
        " in pauses_in"
    ]


@pytest.mark.parametrize(
    ("written", "limit"),
    [("56h", 56 * HOUR), ("90m", 90 * MINUTE), ("45s", 45_000_000), ("0", 0), ("0h", 0)],
)
def test_a_limit_of_pauses_is_a_time_of_the_clock(written: str, limit: int) -> None:
    clocks = loaded(f"{{resolution: {{pauses_at_most: {written}}}, update: {{pauses_at_most: }}}}")
    assert clocks.policy.clocks["resolution"].pauses_at_most == limit
    assert clocks.policy.clocks["update"].pauses_at_most is None


def test_the_clocks_of_the_desk_are_there_only_where_they_are_configured() -> None:
    found = loaded(
        "{own: {kind: assignment, again: unassigned}, team: {kind: ownership}}",
        "{own: 30m, team: {Payments: 4h, default: 8h}}",
    )
    assert found.warnings == []
    clocks = found.policy.clocks
    assert list(clocks) == ["response", "resolution", "next_response", "update", "own", "team"]
    assert (clocks["own"].again, clocks["own"].pauses_in) == ({"unassigned"}, frozenset())
    assert clocks["team"].pauses_in == {"paused"}
    plan = found.policy.plan("gold", "high")
    assert plan.budget("team", 0, None, "payments") == plan.budget("team", 0, None, "PAYMENTS")
    written = [plan.budget("team", 0, None, team) for team in ("Payments", "support", None)]
    assert [one and one.amount for one in written] == [4 * HOUR, 8 * HOUR, 8 * HOUR]
    assert found.policy.counted.keys() >= {"own", "team"}


def test_without_a_default_other_teams_are_promised_nothing() -> None:
    found = loaded("{team: {kind: ownership}}", "{team: {payments: 1bd}, cutoff: '16:00'}")
    plan = found.policy.plan("gold", "high")
    assert plan.budget("team", 0, None, "support") is None
    promised = plan.budget("team", 0, None, "payments")
    assert promised is not None
    assert (promised.unit, promised.cutoff) == ("working_days", 16 * 60)
    assert "team" in found.policy.counted


def test_a_target_by_team_is_shown_as_a_difference() -> None:
    clocks = "{own: {kind: assignment, again: [team, unassigned]}, team: {kind: ownership}}"
    old = loaded(clocks, "{team: {payments: 4h, default: 8h}}")
    new = loaded(clocks.replace("team, ", ""), "{team: {payments: 2h, default: 8h}}")
    assert diff.lines(old, new) == [
        "~ GOLD HIGH team of payments: 4h -> 2h",
        "~ clock own again: team, unassigned -> unassigned",
    ]
