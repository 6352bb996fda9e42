"""Routes that gather: what belongs together, how long it waits, and what cannot be gathered."""

import pytest

from config import diff
from config.loading import ConfigError
from engine.sla.routes import Gathering
from tests.unit.config.test_match_fields import loaded

SECOND = 1_000_000


@pytest.mark.parametrize(
    ("route", "gathering"),
    [
        (
            "group_by: [team, fields.region, tags], group_wait: 30s",
            ("team", "fields.region", "tags"),
        ),
        ("group_by: team, group_wait: 30s", ("team",)),
        ("group_by: [team, team], group_wait: 30s", ("team",)),
        ("group_wait: 30s", ()),
        ("group_by: [], group_wait: 30s", ()),
    ],
)
def test_a_route_says_by_what_it_gathers_and_how_long(
    route: str, gathering: tuple[str, ...]
) -> None:
    (first, _) = loaded(f"{{match: {{severity: breached}}, {route}, to: [slack]}}").policy.routes
    assert first.gather == Gathering(gathering, 30 * SECOND)


def test_without_a_time_it_is_ten_seconds_and_without_either_nothing_is_gathered() -> None:
    route = "{match: {severity: breached}, group_by: team, to: [slack]}"
    gathers = [one.gather for one in loaded(route).policy.routes]
    assert gathers == [Gathering(("team",), 10 * SECOND), None]


@pytest.mark.parametrize(
    ("route", "wrong"),
    [
        ("group_by: [taem]", "group_by[0]: nothing is gathered by that; did you mean 'team'?"),
        ("group_by: [team, fields.]", "group_by[1]: nothing is gathered by that"),
        ("group_by: external_id", "group_by[0]: nothing is gathered by that"),
        ("group_by: [assigned_to]", "group_by[0]: who has a ticket is personal"),
        ("group_wait: 0s", "group_wait: '0s' is no length of time"),
        ("group_wait: 61m", "group_wait: is at most 1h"),
        ("group_wait: soon", "group_wait: "),
        ("group_wiat: 10s", "group_wiat: "),
    ],
)
def test_what_cannot_be_gathered_is_refused_with_its_line(route: str, wrong: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        loaded(f"{{match: {{severity: breached}}, to: [slack], {route}}}")
    (problem,) = refusal.value.problems
    assert f"sla_config.yaml:7: notifications.routes[0].{wrong}" in str(refusal.value)
    assert problem.line == 7


def test_a_channel_that_tells_of_each_ticket_by_itself_is_warned_about() -> None:
    read = loaded("{match: {severity: breached}, group_by: team, to: [slack, ops]}")
    assert read.policy.alone == {"ops"}
    (warning,) = read.warnings
    assert "'ops' tells of each ticket by itself: nothing is gathered for it" in warning


def test_reminders_cannot_be_matched_and_it_is_said_how_they_go() -> None:
    with pytest.raises(ConfigError, match="who is reminded of an alert is told by the route that"):
        loaded("{match: {type: reminder}, to: [slack]}")


def test_a_difference_says_how_a_route_gathers() -> None:
    before = loaded("{match: {severity: breached}, to: [slack]}")
    after = loaded("{match: {severity: breached}, to: [slack], group_by: [team, rule]}")
    assert diff.lines(before, after) == [
        "~ route 1: severity breached to slack -> severity breached to slack, gathered by team,"
        " rule for 10 s"
    ]
