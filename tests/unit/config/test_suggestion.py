"""Which word is offered in place of a misspelt one."""

import pytest

from config.loading import load
from config.problems import ConfigError
from config.suggestion import suggestion
from engine.notify.channel_types import CHANNEL_TYPES

TARGETS = """
sla_targets:
  GOLD:
    P1:
      {}: 240
"""


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("resolutoin_minutes", "resolution_minutes"),
        ("resolutoin", "resolution"),
        ("resolution_minuts", "resolution_minutes"),
        ("Resolution_Minutes", "resolution_minutes"),
        ("next_respons_minutes", "next_response_minutes"),
        ("escalations", "escalation"),
    ],
)
def test_a_misspelt_target_is_taken_for_the_key_that_it_looks_like(
    misspelt: str, meant: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(
            TARGETS.format(misspelt),
            version=1,
            accepted_at=0,
            warning=0.15,
            critical=0.05,
            channel_types=CHANNEL_TYPES,
        )

    (problem,) = refused.value.problems
    assert f"; did you mean {meant!r}?" in problem.message


def test_what_looks_like_nothing_gets_the_list_of_what_there_is() -> None:
    assert suggestion("xyz", ["mon", "tue"], also=["wed"]) == "; the known ones: mon, tue"
    assert suggestion("MON", ["mon", "tue"]) == "; did you mean 'mon'?"
