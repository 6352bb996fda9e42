"""A new type of channel is its module and an entry in the registry: here one of a test's own."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from config.addresses import Variables
from config.loading import ConfigError, Loaded, load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.notify.message import Delivered, Message, Outcome, Pace
from engine.notify.options import Options, Tools, Variable


class Pager:
    """Keeps what it is told."""

    pace = Pace(every=timedelta(0))

    def __init__(self, key: str, levels: tuple[int, ...]) -> None:
        self.key, self.levels = key, levels

    async def deliver(self, message: Message) -> Outcome:
        return Delivered()


class PagerOptions(Options):
    key_env: Variable
    levels: tuple[int, ...] = ()

    def channel(self, tools: Tools) -> Pager:
        return Pager(tools.variables.text(self.key_env), self.levels)


TYPES = {**CHANNEL_TYPES, "pager": PagerOptions}


def loaded(channel: str) -> Loaded:
    text = f"sla_targets: {{gold: {{}}}}\nnotifications:\n  channels:\n    pager: {channel}\n"
    return load(text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=TYPES)


def test_the_type_says_what_stands_in_its_block_and_builds_the_channel() -> None:
    (channel,) = loaded("{type: pager, key_env: PAGER_KEY, levels: [1, 2]}").channels
    assert channel.variables() == ["PAGER_KEY"]
    assert isinstance(channel.options, PagerOptions)
    now = datetime(2026, 1, 5, tzinfo=UTC)
    variables = Variables({"PAGER_KEY": "hush\n"})
    tools = Tools(variables, httpx.AsyncClient(), lambda: now, "", timedelta(0))
    pager = channel.options.channel(tools)
    assert (pager.key, pager.levels) == ("hush", (1, 2))


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ("{type: pagr}", "type: there is no type of channel 'pagr'; did you mean 'pager'?"),
        ("{type: pager, key_env: K, level: [1]}", "level: unknown key; did you mean 'levels'?"),
        ("{type: pager, key_env: K, levels: [x]}", "levels[0]: must be a whole number"),
        ("{type: pager, key_env: a b}", "key_env: is the name of an environment variable"),
        ("{type: slack, url_env: U, levels: [1]}", "levels: applies to channels of the type pager"),
    ],
)
def test_what_does_not_fit_its_type_is_refused_with_its_key_and_line(
    block: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(block)
    (problem,) = refused.value.problems
    assert problem.line == 4
    assert f"{problem.key}: {problem.message}".startswith(
        f"notifications.channels.pager.{sentence}"
    )
