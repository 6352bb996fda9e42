"""Where it is said that a channel is dead, and after how long it is."""

import pytest

from config import diff
from config.loading import ConfigError, Loaded, load
from engine.notify.channel_types import CHANNEL_TYPES

MINUTE = 60_000_000


def loaded(*said: str) -> Loaded:
    text = "\n".join(
        [
            "sla_targets: {gold: {p1: {resolution: 4h}}}",
            "notifications:",
            *(f"  {line}" for line in said),
            "  routes: [{match: {}, to: [ops]}]",
            "  channels:",
            "    ops: {type: webhook, url_env: OPS_URL}",
            "    mail: {type: webhook, url_env: MAIL_URL}",
        ]
    )
    return load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )


def test_without_a_word_nobody_is_told_and_ten_minutes_are_long() -> None:
    assert (loaded().fallback, loaded().dead_after) == ((), 10 * MINUTE)


def test_a_fallback_is_a_channel_that_something_is_sent_to() -> None:
    with_it = loaded("fallback: [mail]", "dead_after: 90s")
    assert (with_it.fallback, with_it.dead_after) == (("mail",), 90_000_000)
    assert {one.name for one in with_it.channels if one.wanted} == {"ops", "mail"}
    assert with_it.warnings == []
    assert ["no route leads there" in one for one in loaded().warnings] == [True]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("fallback: [mial]", "fallback[0]: there is no channel 'mial'; did you mean 'mail'?"),
        ("fallback: mail", "fallback: must be a list"),
        ("dead_after: 10", "dead_after: 10 is no length of time: write 2h, 10m or 90s"),
        ("dead_after: 0m", "dead_after: '0m' is no length of time: write 2h, 10m or 90s"),
        ("dead_after: 1bd", "dead_after: '1bd' is no length of time: write 2h, 10m or 90s"),
    ],
)
def test_what_is_none_is_refused_with_its_key_and_line(said: str, wrong: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(said)
    (problem,) = refused.value.problems
    assert problem.line == 3
    assert f"{problem.key}: {problem.message}" == f"notifications.{wrong}"


def test_a_change_of_it_is_shown() -> None:
    assert diff.lines(loaded(), loaded("fallback: [mail]", "dead_after: 5m")) == [
        "~ dead channels are told of on: none -> mail",
        "~ dead after: 10m -> 5m",
    ]
