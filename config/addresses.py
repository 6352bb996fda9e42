"""Where a channel is reached: its address and its secret, from the variables that it names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.environment import address_fault, cleaned, fault
from config.routing import Channel


class NoAddress(Exception):
    """A channel cannot be written to from here; says which variable is to blame, not its value."""


@dataclass(frozen=True, slots=True)
class Place:
    """All that a channel needs."""

    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


def place(channel: Channel, environment: Mapping[str, str]) -> Place:
    """Raises NoAddress."""
    url = _given(channel.url_env, environment)
    if found := address_fault(url):
        raise NoAddress(f"{channel.url_env} {found}")
    if channel.secret_env is None:
        return Place(url)
    # Unsigned, its receiver would refuse everything for good, or take anybody's.
    return Place(url, _given(channel.secret_env, environment))


def _given(variable: str, environment: Mapping[str, str]) -> str:
    value = cleaned(environment.get(variable, ""))
    if not value:
        raise NoAddress(f"{variable} is not set")
    if found := fault(value):
        raise NoAddress(f"{variable} {found}")
    return value
