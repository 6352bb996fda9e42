"""Deciding when somebody is reminded of an alert that is still so: by routes that repeat.

Pure. Reminders lie on a grid that begins when the alert was told. Those that were missed are told
as one, those that a snooze or a silence covers not at all.
"""

from collections.abc import Iterable

from command_side.deciding.events import Repeats
from command_side.deciding.head import Repeated
from engine.sla.pairing import CycleMilestone
from engine.sla.routes import Route


def repeats(routes: Iterable[Route]) -> tuple[Repeats, ...]:
    """What an event says of who is reminded of what it raises."""
    return tuple(
        [
            Repeats(
                route=one.name,
                to=one.to,
                until=one.repeat.until,
                every=one.repeat.every,
                at_most=one.repeat.at_most,
            )
            for one in routes
            if one.repeat is not None
        ]
    )


def begun(
    said: Iterable[Repeats], of: CycleMilestone, generation: int, at: int, now: int
) -> list[Repeated]:
    """As the head keeps it, of an alert that is told now."""
    return [
        Repeated(
            one.route,
            *of,
            generation,
            at,
            begun_at=now,
            to=one.to,
            until=one.until,
            every=one.every,
            count=0,
            next_at=now + one.every,
            at_most=one.at_most,
        )
        for one in said
    ]


def go_on(one: Repeated, told_at: int) -> None:
    """To the next instant of the grid."""
    steps = (told_at - one.begun_at) // one.every + 1
    one.next_at = one.begun_at + steps * one.every
