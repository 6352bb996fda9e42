"""Builds where alerts go: the routes to the channels."""

from collections.abc import Collection

from config import schema
from config.findings import Findings
from config.problems import KeyPath
from config.suggestion import suggestion
from engine.sla.matching import FIELDS, TYPES
from engine.sla.policy import Policy, Route


def routes(
    block: schema.Notifications,
    names: Collection[str],
    policy: Policy,
    findings: Findings,
) -> tuple[Route, ...]:
    """The routes of the file; without any, everything goes to every channel.

    `policy` is the one that they become a part of.
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
            _check(field, values, policy, (*here, "match", field), findings)
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
    name: str, wanted: tuple[str, ...], policy: Policy, path: KeyPath, findings: Findings
) -> None:
    field = FIELDS[name]
    possible = field.values or field.promised
    known = None if possible is None else possible(policy)
    if known is None:
        return
    known = list(known)
    for value in wanted:
        if (name, value.casefold()) == ("type", "retracted"):
            findings.limit(
                path,
                "a withdrawal goes to those who were told of what it takes back, whatever the"
                f" routes say; write {' or '.join(TYPES)}, or leave it out",
            )
        elif value.casefold() in known:
            continue
        elif field.values is not None:
            findings.refuse(path, f"there is no {name} {value!r}{suggestion(value, known)}")
        else:
            hint = suggestion(value, known)
            findings.warn(path, f"{value!r} has no targets, so that no alert ever matches{hint}")
