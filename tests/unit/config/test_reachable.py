"""A route that no alert ever takes is warned about, with the reason."""

import pytest

from config.loading import load
from engine.notify.channel_types import CHANNEL_TYPES

CONFIG = """
sla_targets:
  GOLD: {P1: {resolution: 4h, escalation: {LEVEL_1: 10}}, P2: {response: 1h, escalation: {}}}
  TIN: {P2: {response: 4h}}
notifications:
  routes: [%s]
  channels:
    slack: {type: slack, url_env: SLACK_WEBHOOK_URL}
"""
REST = "{match: {}, to: [slack]}"


def warnings(*routes: str) -> list[str]:
    """Of a file with these routes, without the place of the routes."""
    written = ", ".join(f"{{match: {{{one}}}, to: [slack]}}" for one in routes)
    loaded = load(
        CONFIG % f"{written}, {REST}",
        version=1,
        accepted_at=0,
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
    )
    return [one.split(": notifications.routes", 1)[1] for one in loaded.warnings]


@pytest.mark.parametrize(
    "route",
    [
        "severity: compliant",  # of a level that comes before the warning
        "type: escalation, severity: compliant, clock: resolution",
        "type: alert, severity: [warning, critical, breached]",
        "customer_tier: gold, priority: [p1, p2]",
        "clock: response, customer_tier: Tin, type: escalation",
        "type: escalation, customer_tier: tin, severity: breached",
    ],
)
def test_a_route_that_something_takes_is_left_alone(route: str) -> None:
    assert warnings(route) == []


@pytest.mark.parametrize(
    ("route", "warning"),
    [
        (
            "type: alert, severity: compliant",
            "[0].match: no alert ever has the type alert and the severity compliant:"
            " nothing goes here",
        ),
        (
            "customer_tier: tin, priority: p1, severity: breached",
            "[0].match: no alert ever has the customer_tier tin and the priority p1:"
            " nothing goes here",
        ),
        ("clock: update", "[0].match: no alert ever has the clock update: nothing goes here"),
        (
            "clock: response, customer_tier: gold, type: escalation",
            "[0].match: no alert ever has the clock response and the customer_tier gold and the"
            " type escalation: nothing goes here",
        ),
        (
            "customer_tier: [tin], priority: [p1, p2]",
            "[0].match.priority: what else is matched here never has the priority 'p1'",
        ),
        (
            "customer_tier: golt",
            "[0].match.customer_tier: 'golt' has no targets, so that no alert ever matches;"
            " did you mean 'gold'?",
        ),
    ],
)
def test_a_route_that_nothing_takes_is_warned_about(route: str, warning: str) -> None:
    assert warnings(route) == [warning]


@pytest.mark.parametrize(
    "routes",
    [
        ("", "severity: breached"),
        ("severity: [breached, critical]", "severity: breached, priority: p1"),
        ("customer_tier: tin", "priority: p2", "customer_tier: tin, clock: response"),
    ],
)
def test_a_route_behind_others_that_take_all_of_it_is_warned_about(routes: tuple[str, ...]) -> None:
    place = len(routes) - 1
    (warning, *rest) = warnings(*routes)
    assert warning == (
        f"[{place}]: is never reached: the routes before it take all that it matches"
    )
    assert rest == ([] if routes[0] else [warning.replace(f"[{place}]", f"[{place + 1}]")])
