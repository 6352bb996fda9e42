"""Builds where alerts go: the routes to the channels."""

from collections.abc import Collection, Mapping
from typing import Final

from config import schema
from config.findings import Findings
from config.problems import KeyPath
from config.suggestion import suggestion
from engine.sla.policy import Route
from engine.sla.verdict import SEVERITIES

TYPES: Final = ("alert", "escalation")


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
