"""Raised milestones find the crossings that they tell of."""

from engine.sla.escalation import Key
from engine.sla.pairing import NOTHING, Raising, paired

WARNING = ("resolution", 0, "warning")
CRITICAL = ("resolution", 0, "critical")


def test_the_same_instant_comes_first_and_the_rest_go_in_order() -> None:
    told: dict[Raising, int] = {(WARNING, 0): 51, (WARNING, 1): 204, (CRITICAL, 0): 57}
    happened = {Key(*WARNING, 0): 204, Key(*WARNING, 1): 300, Key(*CRITICAL, 0): 58}
    assert paired(told, happened) == {
        (WARNING, 0): Key(*WARNING, 1),
        (WARNING, 1): Key(*WARNING, 0),
        (CRITICAL, 0): Key(*CRITICAL, 0),
    }


def test_what_tells_of_nothing_has_a_key_of_its_own() -> None:
    told: dict[Raising, int] = {(WARNING, 0): 51, (WARNING, 1): 60, (WARNING, 2): 204}
    found = paired(told, {Key(*WARNING, 0): 204})
    assert found[WARNING, 2] == Key(*WARNING, 0)
    assert {key.ordinal for key in found.values()} == {0, NOTHING, NOTHING + 1}
