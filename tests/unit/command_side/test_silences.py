"""A silence mutes what has every value that it names, until its end."""

from uuid import uuid4

import pytest

from command_side.deciding.silencing import InForce, Silence, match
from engine.sla.matching import Subject

ALERT = Subject(
    type="alert",
    severity="warning",
    clock="resolution",
    tier="Gold",
    priority="P1",
    external_id="T-1",
    source="default",
    attributes={"assigned_to": None},
    level=2,
    team="Disks",
    at_length=lambda: {"tags": ["vip"], "extra": {"region": "emea"}},
)


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
        ({"team": {"disks"}, "level": {">=2"}}, True),
        ({"team": {"nets"}}, False),
        ({"organization": {"acme"}}, False),
        ({"level": {"3"}}, False),
        ({"tags": {"vip"}}, True),
        ({"fields.region": {"emea"}}, True),
        ({"fields.region": {"apac"}, "tags": {"vip"}}, False),
    ],
)
def test_every_field_that_is_named_must_match(matchers: dict[str, set[str]], matches: bool) -> None:
    asked = {name: tuple(values) for name, values in matchers.items()}
    silence = Silence(uuid4(), match(asked), ((0, 10),))

    assert silence.matches(ALERT, 5) is matches
    assert bool(InForce([silence]).matching(ALERT, 5)) is matches


@pytest.mark.parametrize(("now", "matches"), [(9, True), (10, False), (11, False)])
def test_it_ends_at_its_instant(now: int, matches: bool) -> None:
    assert Silence(uuid4(), match({"type": ("alert",)}), ((0, 10),)).matches(ALERT, now) is matches


def test_of_many_only_those_that_may_match_are_looked_at() -> None:
    class Counted(Silence):
        looked = 0

        def matches(self, subject: Subject, now: int) -> bool:
            Counted.looked += 1
            return super().matches(subject, now)

    def silence(**matchers: str) -> Silence:
        return Counted(
            uuid4(), match({name: (value,) for name, value in matchers.items()}), ((0, 10),)
        )

    ours = [silence(type="alert"), silence(severity="warning", external_id="t-1")]
    others = [silence(external_id=f"t-{number}", severity="warning") for number in range(2, 1000)]

    assert InForce([*others, *ours]).matching(ALERT, 5) == ours[::-1]
    assert Counted.looked == 2
    assert InForce(ours).matching(ALERT, 10) == []
