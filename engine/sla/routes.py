"""Where what happens is told: the routes, and what of it each of them wants to hear."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from engine.sla.conditions import Match, Value

RAISED: Final = ("alert", "escalation")
"""What a route takes whose `match` names no type."""
TYPES: Final = (*RAISED, "withdrawn", "acknowledged", "snoozed", "ended", "transition")
"""What routes may match. Those who were told of an alert are told what has become of it, whatever
these say; a route that names a type besides is told of it, whoever was told before."""
TELL: Final = ("raised", "acknowledged", "ended", "withdrawn")
"""What `tell` may name."""
USUALLY: Final = frozenset(("raised", "ended", "withdrawn"))


USUAL_WAIT: Final = 10_000_000
"""Ten seconds: what comes of one cause has mostly come by then, and nobody waits long."""
EVERYTHING: Final = Match()


class Happening(Protocol):
    """What happens, and the ticket that it is about: a `matching.Subject`."""

    @property
    def type(self) -> str: ...

    def value(self, field: str) -> Value: ...


@dataclass(frozen=True, slots=True)
class Repeat:
    """How somebody is reminded of an alert that is still so."""

    every: int
    """Microseconds."""
    until: Literal["acknowledged", "ended"] = "acknowledged"
    """Ended: although somebody has taken the ticket on, until its clock is over."""
    at_most: int | None = None
    """Reminders of one alert; None: as long as it lasts."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """How notices become one message."""

    by: tuple[str, ...] = ()
    """Fields of `matching.FIELDS`: those that agree in all of them belong together."""
    wait: int = USUAL_WAIT
    """Microseconds, from the first of them on."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where what matches goes; the first route that matches wins, unless it goes on."""

    to: tuple[str, ...]
    match: Match = EVERYTHING
    """By the fields of `matching.FIELDS`."""
    name: str = ""
    """Empty: it has none."""
    goes_on: bool = False
    """Later routes are looked at, too."""
    tell: frozenset[str] = USUALLY
    """Of what is raised by this route, what its channels are told."""
    repeat: Repeat | None = None
    gather: Gathering | None = None
    """None: each notice is a message of its own, but in a flood."""

    @property
    def names_types(self) -> bool:
        return any(one.field == "type" for one in self.match.when)

    def names(self, type: str) -> bool:
        return any(one.field == "type" and one.holds(type) for one in self.match.when)

    def takes(self, happening: Happening) -> bool:
        return (happening.type in RAISED or self.names_types) and self.match.holds(happening)


def taking(routes: Sequence[Route], happening: Happening) -> list[Route]:
    """Those that take it, in order."""
    found: list[Route] = []
    for route in routes:
        if route.takes(happening):
            found.append(route)
            if not route.goes_on:
                break
    return found


def channels(routes: Sequence[Route], what: str = "raised") -> tuple[str, ...]:
    """Whom they tell of that, one of `TELL`: each once, in their order."""
    found = [channel for route in routes if what in route.tell for channel in route.to]
    return tuple(dict.fromkeys(found))
