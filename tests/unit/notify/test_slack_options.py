"""What a Slack channel's block says, and what is refused with its key and line."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from config.addresses import NoAddress, Variables
from config.loading import ConfigError, Loaded, load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.notify.options import Tools
from engine.notify.slack import Slack, SlackOptions
from engine.notify.slack_bot import SlackBot

ENVIRONMENT = {"HOOK": "https://hooks.slack.com/services/T0", "TOKEN": "xoxb-1"}


def loaded(channel: str) -> Loaded:
    text = f"sla_targets: {{gold: {{}}}}\nnotifications:\n  channels:\n    it: {channel}\n"
    return load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )


def built(channel: str) -> object:
    (found,) = loaded(channel).channels
    assert isinstance(found.options, SlackOptions)
    now = datetime(2026, 1, 5, tzinfo=UTC)
    variables = Variables(ENVIRONMENT)
    return found.options.channel(
        Tools(variables, httpx.AsyncClient(), lambda: now, "", timedelta(0))
    )


def test_it_is_a_webhook_or_a_bot() -> None:
    assert isinstance(built("{type: slack, url_env: HOOK}"), Slack)
    bot = "{type: slack, token_env: TOKEN, channel: C012AB3CD, actions: people}"
    assert isinstance(built(bot), SlackBot)
    (channel,) = loaded(bot).channels
    assert channel.variables() == ["TOKEN"]
    assert channel.given()["channel"] == "C012AB3CD"


def test_a_token_that_is_not_set_is_named() -> None:
    with pytest.raises(NoAddress, match="OTHER is not set"):
        built("{type: slack, token_env: OTHER, channel: C012AB3CD}")


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ("{type: slack}", ": needs url_env, or token_env and channel"),
        ("{type: slack, token_env: TOKEN}", ": needs url_env, or token_env and channel"),
        ("{type: slack, channel: C012AB3CD}", ": needs url_env, or token_env and channel"),
        (
            "{type: slack, url_env: HOOK, token_env: TOKEN, channel: C012AB3CD}",
            ": takes url_env, or token_env and channel, not both",
        ),
        (
            "{type: slack, token_env: TOKEN, channel: '#alerts'}",
            ".channel: must be the conversation's ID, such as C012AB3CD",
        ),
        ("{type: slack, url_env: HOOK, action: people}", ".action: unknown key; did you mean"),
        ("{type: slack, url_env: HOOK, actions: me}", ".actions: 'me' is none of"),
        ("{type: slack, token_env: xoxb-1-2, channel: C012AB3CD}", ".token_env: is the name of"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_key_and_line(block: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(block)
    problem = refused.value.problems[0]
    assert problem.line == 4
    said = f"{problem.key}: {problem.message}".removeprefix("notifications.channels.it")
    assert said.startswith(sentence)
