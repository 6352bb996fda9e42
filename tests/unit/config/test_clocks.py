"""What `clocks:` says becomes the rules of the clocks, and what is doubtful in it is said."""

import pytest

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
