"""FOLD: time that is agreed not to count, and the tickets that each change has moved."""

from collections.abc import Iterator, Sequence

from command_side.deciding.events import (
    ExcuseEnded,
    ExcuseGranted,
    ExcusesApplied,
    ExcuseWithdrawn,
    Ticket,
)
from command_side.event_store import Recorded
from projections.protocol import Change, Row, Table, Upsert, Write


class Excuses:
    """One row an excuse, one a ticket and change, and one a change that is applied."""

    name = "excuses"
    version = 1
    tables = (
        Table("excuses", key=("excuse_id",)),
        Table("excuse_moves", key=("number", "ticket_id")),
        Table("excuse_passes", key=("number",)),
    )
    once = False

    def rows(self, events: Sequence[Recorded]) -> Iterator[Write]:
        """The number of a change is its version in the stream of all of them."""
        for event in events:
            body = event.body
            match body:
                case ExcuseGranted():
                    yield Upsert("excuses", _granted(event, body))
                case ExcuseEnded():
                    yield Change(
                        "excuses",
                        {
                            "excuse_id": str(body.excuse_id),
                            "number": event.version,
                            "ended_at": body.ended_at,
                            "ended_by": event.personal.by,
                        },
                    )
                case ExcuseWithdrawn():
                    yield Change(
                        "excuses",
                        {
                            "excuse_id": str(body.excuse_id),
                            "number": event.version,
                            "withdrawn_at": event.occurred_at,
                            "withdrawn_by": event.personal.by,
                            "withdrawn_reason": body.reason,
                        },
                    )
                case Ticket.Excused():
                    number, previous = body.facts.excuses, body.previous_excuses
                    moved = {"number": number, "ticket_id": event.ticket_id, "previous": previous}
                    yield Upsert("excuse_moves", moved)
                case ExcusesApplied():
                    yield Upsert("excuse_passes", {"number": body.number, "moved": body.moved})
                case _:
                    continue


def _granted(event: Recorded, body: ExcuseGranted) -> Row:
    goes_on = any(one.until is None for one in body.windows)
    return {
        "excuse_id": str(body.excuse_id),
        "number": event.version,
        "starts_at": min((one.start for one in body.windows), default=None),
        "until": None if goes_on else max((one.until or 0 for one in body.windows), default=None),
        "windows": len(body.windows),
        "match": body.match,
        "unless": body.unless or {},
        "clocks": None if body.clocks is None else list(body.clocks),
        "reason": body.reason,
        "rrule": body.rrule,
        "time_zone": body.time_zone,
        "granted_at": event.occurred_at,
        "granted_by": event.personal.by,
        "position": event.position,
    }
