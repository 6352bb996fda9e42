"""What the configuration says of a channel, and what a channel is built with.

A new type of channel is one module, with its options and its `deliver`, and one entry in
`channel_types`.
"""

import re
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Protocol

import httpx
from pydantic import BaseModel, BeforeValidator, ConfigDict

from engine.notify.links import Links
from engine.notify.message import Channel
from engine.notify.threads import Apart, Threads


class Variables(Protocol):
    """The environment. Each raises an error of its own for a variable that is of no use."""

    def text(self, variable: str) -> str:
        """What the variable holds: one line, never empty."""
        ...

    def address(self, variable: str) -> str:
        """The same, of which it is known that it is an address on the web."""
        ...

    def unfit(self, variable: str, why: str) -> Exception:
        """The error to raise for one whose text is of no use to who reads it; `why` goes on from
        the variable's name, and does not repeat the text."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What all channels are built with."""

    variables: Variables
    client: httpx.AsyncClient
    now: Callable[[], datetime]
    public_url: str
    """Where people reach this service; empty: no links."""
    group_wait: timedelta
    """For channels that make one message of many notices."""
    threads: Threads = field(default_factory=Apart)
    """What belongs together."""
    answers_slack: bool = False
    """What people press in Slack comes to this service."""
    links: Links | None = None
    """By which people answer where there are no buttons; None: there are none."""


def _variable(value: object) -> object:
    # The value is not repeated in the message: it could be the secret itself.
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError(
            "is the name of an environment variable, such as SLACK_WEBHOOK_URL; "
            "the secret itself does not belong into this file"
        )
    return value


Variable = Annotated[str, BeforeValidator(_variable)]
"""The name of an environment variable. So that everybody can tell, its key ends in `_env`."""


def _base(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
        raise ValueError("must be an address such as https://events.example.com")
    return value


Base = Annotated[str, BeforeValidator(_base)]
"""Where an API is, without the path of a request: another one for tests, proxies, a region."""


class Options(BaseModel):
    """The keys of a channel's block in the configuration, but for its `type`.

    Validated with a context if the text is in force already: then nothing is refused for what this
    installation lacks.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    tells_of_many: ClassVar[bool] = False
    """One message may tell of several tickets."""
    keeps_open: ClassVar[bool] = False
    """What it is told of stays open there until it is told that it is over."""

    @property
    def to_people_alone(self) -> bool:
        """It reaches nobody but the people of a notice, by their e-mail addresses."""
        return False

    def addresses(self, variables: Variables) -> Sequence[str]:
        """Where it is sent to, such as `https://hooks.example.com/x` or `smtp://mail.example.com:25`:
        for who looks whether these places can be reached. Empty: that cannot be known, or it leaves
        this machine by no network. Raises what `variables` raise; an address may be a secret."""
        return ()

    @abstractmethod
    def channel(self, tools: Tools) -> Channel:
        """The channel that they describe; raises what `tools.variables` raise."""
