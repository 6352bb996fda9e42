"""Deciding which notices are to be one message: by the routes, and where a silence is over.

Pure. Whatever of them waits is in the outbox; here it only gets its key.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha1
from typing import Final

from command_side.deciding.events import Gather
from engine.sla.matching import Subject
from engine.sla.routes import USUAL_WAIT, Route

SILENCE_OVER: Final = Gather(key="silence over", wait=USUAL_WAIT)
"""Of all that a silence has kept quiet and that is still so: where many end at once, too."""


def gathered(routes: Sequence[Route], told: Subject) -> Mapping[str, Gather | None]:
    """By channel, what it is gathered with; None where a route tells it at once."""
    found: dict[str, Gather | None] = {}
    for route in routes:
        gather = None
        if route.gather is not None:
            gather = Gather(key=_key(route, route.gather.by, told), wait=route.gather.wait)
        for channel in route.to if "raised" in route.tell else ():
            found[channel] = sooner(found[channel], gather) if channel in found else gather
    return found


def sooner(one: Gather | None, other: Gather | None) -> Gather | None:
    """Of two that a notice would be gathered with, the one that keeps it waiting less."""
    if one is None or other is None:
        return None
    return one if one.wait <= other.wait else other


def _key(route: Route, by: Sequence[str], told: Subject) -> str:
    """Short, whatever a ticket says of itself."""
    values = [told.value(name) for name in by]
    said = repr([route.name, *zip(by, map(_plain, values), strict=True)])
    return sha1(said.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:16]


def _plain(value: str | Sequence[str] | None) -> object:
    """As conditions compare: without regard to case, and to the order of several."""
    if value is None or isinstance(value, str):
        return value and value.casefold()
    return sorted(one.casefold() for one in value)
