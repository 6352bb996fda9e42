"""From the text of `sla_config.yaml` to a policy, or to the list of everything wrong with it."""

import hashlib
from dataclasses import dataclass, replace

from config import building, document, validation
from config.channels import Channel, ChannelTypes
from config.findings import Findings
from config.people import Calendars, Person
from config.problems import ConfigError, Problem
from config.schema import Notifications, Retention
from config.sources import SourceBlock, SourceType, Unchecked
from engine.sla import statuses
from engine.sla.policy import Policy

__all__ = ["Channel", "ConfigError", "Loaded", "Problem", "load"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that holds, with the text it came from."""

    policy: Policy
    channels: tuple[Channel, ...]
    sources: tuple[SourceBlock, ...]
    people: tuple[Person, ...]
    calendars: tuple[Calendars, ...]
    """Of the rotations by which somebody is on call."""
    group_wait_seconds: int
    fallback: tuple[str, ...]
    """Channels that are told when another one is dead."""
    dead_after: int
    """Microseconds in which a channel has taken nothing."""
    retention: Retention
    warnings: list[str]
    content: str
    sha256: str
    """Of the content in UTF-8, in hexadecimal digits."""
    built_in: int
    """The list of built-in statuses that it extends."""

    def numbered(self, version: int) -> "Loaded":
        """The same configuration under the version it was recorded as."""
        return replace(self, policy=replace(self.policy, version=version))

    def by(self, author: str) -> "Loaded":
        """The same configuration with the name of who offered it."""
        return replace(self, policy=replace(self.policy, author=author))

    def applied(self, since: int | None, reason: str) -> "Loaded":
        """The same configuration as somebody applies it by command, for a reason, perhaps as if it
        had been accepted at an earlier instant."""
        return replace(self, policy=replace(self.policy, since=since, reason=reason))

    def says_the_same(self, other: "Loaded") -> bool:
        """Whether the other one promises the same, whenever that came into force."""
        return (self.sha256, self.policy.warning, self.policy.critical) == (
            other.sha256,
            other.policy.warning,
            other.policy.critical,
        )


def load(
    text: str,
    *,
    version: int,
    accepted_at: int,
    warning: float,
    critical: float,
    channel_types: ChannelTypes,
    source_type: SourceType = Unchecked,
    name: str = "sla_config.yaml",
    stored: bool = False,
    built_in: int = statuses.NEWEST,
) -> Loaded:
    """The configuration in a text; raises `ConfigError` with every problem found.

    `accepted_at` in microseconds since the epoch. `warning` and `critical` are fractions of the
    target, for a file that does not set its own percentages. `channel_types` are those there are,
    `source_type` is what a block of `sources` may say.
    `name` is only for the messages.
    `stored` is for a text that is in force already: it keeps its meaning, and what is refused only
    so that nobody writes it (numbers that YAML counts otherwise, long texts) is let pass.
    `built_in` is the list of statuses that it extended when it was accepted.
    A large file takes seconds: not for the event loop.
    """
    if built_in > statuses.NEWEST:
        message = "rests on statuses that only a later release of the program knows"
        raise ConfigError([Problem(0, 0, "", message)], name)
    read = document.parse(text, name=name, stored=stored)
    file = validation.validate(read, name=name, stored=stored)
    findings = Findings(read, stored=stored)
    built = building.build(
        file,
        findings,
        version=version,
        accepted_at=accepted_at,
        warning=warning,
        critical=critical,
        built_in=built_in,
        channel_types=channel_types,
        source_type=source_type,
    )
    if findings.problems:
        raise ConfigError(sorted(findings.problems, key=_place), name)
    notifications = file.notifications or Notifications()
    return Loaded(
        policy=built.policy,
        channels=built.channels,
        sources=built.sources,
        people=built.people,
        calendars=built.calendars,
        group_wait_seconds=notifications.group_wait_seconds,
        fallback=notifications.fallback,
        dead_after=notifications.dead_after,
        retention=file.retention or Retention(),
        warnings=[found.sentence(name) for found in sorted(findings.warnings, key=_place)],
        content=text,
        sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        built_in=built_in,
    )


def _place(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column
