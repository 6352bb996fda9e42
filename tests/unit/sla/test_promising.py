"""Which tiers and priorities anything is promised to: of others nothing can be raised."""

from typing import Any

import pytest

from engine.sla.policy import Policy
from tests.support.ruling import Ruled, ruled
from tests.support.timelines import policy

TIERS = policy({"P1": {"response": "1h"}, "P9": {}})
HOUR = {"response": "1h"}


def under(when: dict[str, Any], **targets: dict[str, str]) -> Policy:
    """With one rule before the tiers."""
    return ruled(TIERS, Ruled("one", when, targets=targets))


@pytest.mark.parametrize(
    ("policy", "tiers", "priorities"),
    [
        pytest.param(TIERS, {"gold"}, {"p1"}, id="no rules"),
        pytest.param(under({"team": "x"}), {"gold"}, {"p1"}, id="a rule that promises nothing"),
        pytest.param(under({"team": "x"}, P2=HOUR), None, {"p1", "p2"}, id="to any tier"),
        pytest.param(under({"team": "x"}, any=HOUR), None, None, id="to anybody"),
        pytest.param(
            under({"customer_tier": ["tin", "Lead"], "priority": "P3"}, any=HOUR),
            {"gold", "tin", "lead"},
            {"p1", "p3"},
            id="to those whom it asks for",
        ),
        pytest.param(
            under({"customer_tier": "*"}, P2=HOUR), None, {"p1", "p2"}, id="to any that is"
        ),
        pytest.param(
            under({"priority": ["P2", None]}, any=HOUR), None, None, id="to those that say nothing"
        ),
    ],
)
def test_rules_widen_to_whom_anything_is_promised(
    policy: Policy, tiers: set[str] | None, priorities: set[str] | None
) -> None:
    assert policy.promising("customer_tier") == tiers
    assert policy.promising("priority") == priorities
