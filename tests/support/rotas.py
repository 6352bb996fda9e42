"""What is known of who is on call, in a few words."""

from command_side.deciding.events import CalendarsRead, SilenceEnded, written
from command_side.deciding.on_call import DAY, RotaBook, change
from command_side.deciding.records import Recorded
from engine.sla.instants import moment
from engine.sla.rotations import Plan
from tests.support.streams import stream


def recorded(number: int, body: CalendarsRead | SilenceEnded, at: int) -> Recorded:
    return Recorded(
        number,
        stream("on call"),
        number,
        body.TOPIC,
        written(body),
        None,
        moment(at),
        moment(at),
        None,
    )


def read(plan: Plan, now: int, rotation: str = "payments") -> CalendarsRead:
    found = change(None, rotation, plan, now, now + DAY)
    assert found is not None
    return found


def book(*bodies: CalendarsRead, keep: int | None = 2) -> RotaBook:
    """Each recorded when it was read."""
    found = RotaBook(keep=keep)
    for number, body in enumerate(bodies, 1):
        found.take(recorded(number, body, body.since))
    return found
