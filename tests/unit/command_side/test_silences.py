"""A silence mutes what has every value that it names, until its end."""

from collections.abc import Mapping
from uuid import uuid4

import pytest

from command_side.deciding.silencing import InForce, Silence
from command_side.deciding.telling import channels
from engine.sla.policy import Route
from tests.support.timelines import policy

ALERT = {
    "type": "alert",
    "severity": "warning",
    "clock": "resolution",
    "customer_tier": "Gold",
    "priority": "P1",
    "external_id": "T-1",
    "source": "default",
}


@pytest.mark.parametrize(
    ("matchers", "matches"),
    [
        ({"severity": {"warning"}}, True),
        ({"severity": {"critical", "warning"}}, True),
        ({"severity": {"critical"}}, False),
        ({"customer_tier": {"gold"}}, True),
        ({"customer_tier": {"gold"}, "priority": {"p1"}}, True),
        ({"customer_tier": {"gold"}, "priority": {"p2"}}, False),
        ({"external_id": {"t-1"}, "source": {"default"}}, True),
        ({"type": {"escalation"}}, False),
        ({"clock": {"resolution", "response"}}, True),
    ],
)
def test_every_field_that_is_named_must_match(matchers: dict[str, set[str]], matches: bool) -> None:
    silence = Silence(uuid4(), {name: frozenset(values) for name, values in matchers.items()}, 10)

    assert silence.matches(ALERT, 5) is matches


@pytest.mark.parametrize(("now", "matches"), [(9, True), (10, False), (11, False)])
def test_it_ends_at_its_instant(now: int, matches: bool) -> None:
    assert Silence(uuid4(), {"type": frozenset({"alert"})}, 10).matches(ALERT, now) is matches


def test_of_many_only_those_that_may_match_are_looked_at() -> None:
    class Counted(Silence):
        looked = 0

        def matches(self, facts: Mapping[str, str], now: int) -> bool:
            Counted.looked += 1
            return super().matches(facts, now)

    def silence(**matchers: str) -> Silence:
        accepted = {name: frozenset({value}) for name, value in matchers.items()}
        return Counted(uuid4(), accepted, 10)

    ours = [silence(type="alert"), silence(severity="warning", external_id="t-1")]
    others = [silence(external_id=f"t-{number}", severity="warning") for number in range(2, 1000)]
    unknown = silence(mood="bad")

    assert InForce([*others, unknown, *ours]).matching(ALERT, 5) == ours[::-1]
    assert Counted.looked == 2
    assert InForce(ours).matching(ALERT, 10) == []


@pytest.mark.parametrize(
    ("alert", "to"),
    [
        (ALERT, ("chat",)),
        ({**ALERT, "severity": "breached"}, ("pager", "chat")),
        ({**ALERT, "severity": "breached", "customer_tier": "tin"}, ("chat",)),
        ({**ALERT, "priority": "P2"}, ()),
    ],
)
def test_the_first_route_that_matches_wins(alert: dict[str, str], to: tuple[str, ...]) -> None:
    breached = {"severity": frozenset({"breached"}), "customer_tier": frozenset({"gold"})}
    routes = (
        Route(breached, ("pager", "chat")),
        Route({"priority": frozenset({"p1"})}, ("chat",)),
    )

    assert channels(policy({"P1": {"resolution": "4h"}}, routes=routes), alert) == to
