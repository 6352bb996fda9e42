"""Builds where alerts go: the channels and the routes to them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from config import schema
from config.findings import Findings
from config.problems import KeyPath
from config.suggestion import suggestion
from engine.sla.policy import Route
from engine.sla.verdict import SEVERITIES

TYPES: Final = ("alert", "escalation")
LONGEST_NAME: Final = 100
"""Of a channel: it is part of keys."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A place that can be told; its secrets are named by the variables that hold them."""

    name: str
    type: Literal["slack", "webhook"]
    url_env: str
    secret_env: str | None = None
    mention: str | None = None
    wanted: bool = True
    """The file sends something there: without an address it is a fault."""


def channels(block: schema.Notifications, findings: Findings) -> tuple[Channel, ...]:
    """The channels of the file; without any, one that posts to `SLACK_WEBHOOK_URL`, which is wanted
    if a route names it: else it is there for whoever sets that."""
    routed = {name for route in block.routes or () for name in route.to}
    if block.channels is None:
        return (Channel("slack", "slack", "SLACK_WEBHOOK_URL", wanted="slack" in routed),)
    if not block.channels:
        findings.warn(
            ("notifications", "channels"), "there is no channel: nobody is told of alerts"
        )
    for name, channel in block.channels.items():
        path: KeyPath = ("notifications", "channels", name)
        if len(name) > LONGEST_NAME:
            findings.limit(path, f"is a name of more than {LONGEST_NAME} characters")
        if channel.type == "slack" and channel.secret_env is not None:
            findings.refuse((*path, "secret_env"), "applies to channels of the type webhook only")
        if channel.type == "webhook" and channel.mention is not None:
            findings.refuse((*path, "mention"), "applies to channels of the type slack only")
        if block.routes is not None and name not in routed:
            findings.warn(path, "no route leads there: nothing is sent to it")
    return tuple(
        Channel(
            name,
            each.type,
            each.url_env,
            each.secret_env,
            each.mention,
            wanted=block.routes is None or name in routed,
        )
        for name, each in block.channels.items()
    )


def routes(
    block: schema.Notifications,
    names: Collection[str],
    known: Mapping[str, Collection[str]],
    findings: Findings,
) -> tuple[Route, ...]:
    """The routes of the file; without any, everything goes to every channel.

    `known` are the tiers, priorities and clocks there are, by the field that matches them.
    """
    if block.routes is None:
        return (Route({}, tuple(names)),)
    path: KeyPath = ("notifications", "routes")
    for index, route in enumerate(block.routes):
        here = (*path, index)
        for position, channel in enumerate(route.to):
            if channel not in names:
                message = f"there is no channel {channel!r}{suggestion(channel, names)}"
                findings.refuse((*here, "to", position), message)
        for field, values in (route.match or {}).items():
            _check(field, values, known, (*here, "match", field), findings)
    if not block.routes or block.routes[-1].match:
        message = "the last route should match everything ({match: {}}): other alerts go nowhere"
        findings.warn((*path, len(block.routes) - 1) if block.routes else path, message)
    return tuple(
        Route(
            {
                field: frozenset(value.casefold() for value in values)
                for field, values in (route.match or {}).items()
            },
            route.to,
        )
        for route in block.routes
    )


def _check(
    field: str,
    values: tuple[str, ...],
    known: Mapping[str, Collection[str]],
    path: KeyPath,
    findings: Findings,
) -> None:
    fixed: Mapping[str, Collection[str]] = {
        "severity": SEVERITIES,
        "type": TYPES,
        "clock": known["clock"],
    }
    for value in values:
        if (field, value.casefold()) == ("type", "retracted"):
            findings.limit(
                path,
                "a withdrawal goes to those who were told of what it takes back, whatever the"
                f" routes say; write {' or '.join(TYPES)}, or leave it out",
            )
        elif field in fixed and value.casefold() not in fixed[field]:
            hint = suggestion(value, fixed[field])
            findings.refuse(path, f"there is no {field} {value!r}{hint}")
        elif field not in fixed and value.casefold() not in known[field]:
            hint = suggestion(value, known[field])
            findings.warn(path, f"{value!r} has no targets, so that no alert ever matches{hint}")
