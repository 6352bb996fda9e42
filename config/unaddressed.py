"""Channels that reach nobody but the people of a notice: says where there are none to reach."""

from collections.abc import Mapping, Sequence

from config import schema
from config.channels import PATH, Channel
from config.findings import Findings
from config.people import Person
from engine.sla.rotations import PREFIX, Rotation


def warn(
    block: schema.Notifications,
    channels: Sequence[Channel],
    rotations: Mapping[str, Rotation],
    people: Sequence[Person],
    findings: Findings,
) -> None:
    """What goes there is given up, notice by notice, as soon as it matters."""
    alone = {one.name for one in channels if one.to_people_alone}
    for index, route in enumerate(block.routes or ()):
        named = [rotations.get(to.removeprefix(PREFIX)) for to in route.to if to.startswith(PREFIX)]
        by_rotation = {channel for one in named if one is not None for channel in one.tell_by}
        for position, channel in enumerate(route.to):
            if channel in alone.difference(by_rotation):
                message = (
                    f"{channel!r} has no `to`: it reaches whoever is on call, where"
                    " `on-call:ROTATION` is told by it, and here nobody"
                )
                findings.warn(("notifications", "routes", index, "to", position), message)
    for name in sorted(alone) if block.routes is None else ():
        message = "has no `to`: without routes, everything goes there and reaches nobody"
        findings.warn((*PATH, name), message)
    for position, channel in enumerate(block.fallback):
        if channel in alone:
            message = f"{channel!r} has no `to`: nobody would be told of a dead channel"
            findings.warn(("notifications", "fallback", position), message)
    without = [one.key for one in people if one.email is None]
    for name, rotation in rotations.items():
        if without and alone.issuperset(rotation.tell_by):
            message = (
                f"is by e-mail alone: nothing reaches who has no `email`: {', '.join(without)}"
            )
            findings.warn(("on_call", name, "tell_by"), message)
