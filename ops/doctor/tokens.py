"""Tokens: those that will soon open nothing any more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.notify.plain_text import duration
from ops.doctor.finding import Finding, ok, warning

SOON = timedelta(days=14)
"""So long whoever uses one may need to be found."""


@dataclass(frozen=True, slots=True)
class Expiring:
    """Of a token that opens something."""

    name: str
    at: datetime | None
    """None: never."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Those that were made by `sla tokens`."""

    standing: Sequence[Expiring]
    at: datetime
    """When they were looked at."""


def judged(found: Tokens) -> Iterator[Finding]:
    """The next to expire first; nothing where there are none."""
    dated = [(one.at, one.name) for one in found.standing if one.at is not None]
    soon = sorted((at, name) for at, name in dated if at - found.at < SOON)
    for at, name in soon:
        left = duration((at - found.at).total_seconds())
        yield warning(
            "tokens",
            f"The token {name} expires in {left}: whoever uses it is let in no more then.",
            "Make another one with `sla tokens create`, and give it to them.",
        )
    if found.standing and not soon:
        yield ok("tokens", f"none of {len(found.standing)} expires soon")
