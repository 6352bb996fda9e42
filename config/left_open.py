"""Channels that keep open what they are told of: says where a route never tells them of its end."""

from collections.abc import Mapping, Sequence
from typing import Final

from config.channels import Channel
from config.findings import Findings
from engine.sla.rotations import PREFIX, Rotation
from engine.sla.routes import RAISED, Route

ENDS: Final = {
    "ended": "when the clock is over",
    "withdrawn": "when the alert is taken back",
}


def warn(
    routes: Sequence[Route],
    channels: Sequence[Channel],
    rotations: Mapping[str, Rotation],
    findings: Findings,
) -> None:
    """Nothing else tells them of the end of what came by such a route."""
    open_there = {one.name for one in channels if one.keeps_open}
    for index, route in enumerate(routes):
        raised = not route.names_types or any(map(route.names, RAISED))
        left = [name for name in ENDS if name not in route.tell]
        if not raised or not left or "raised" not in route.tell:
            continue
        told = set(route.to)
        for to in route.to:
            if to.startswith(PREFIX) and (named := rotations.get(to.removeprefix(PREFIX))):
                told.update(named.tell_by)
        if there := sorted(open_there & told):
            message = (
                f"leaves out {' and '.join(left)}: what {', '.join(map(repr, there))} is told of"
                f" stays open there {' and '.join(ENDS[name] for name in left)}"
            )
            findings.warn(("notifications", "routes", index, "tell"), message)
