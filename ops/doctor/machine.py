"""The machine: room on its disk, and its clock beside the database's."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.notify.plain_text import duration
from ops.clock import TOLERANCE
from ops.doctor.finding import Finding, fault, ok, size, warning

LITTLE, LEAST = 0.10, 0.03
"""Shares of the disk that are free: below, somebody should look, and something is wrong."""
ENOUGH = 20_000_000_000
"""So many free bytes are no trouble, however large the disk."""
AT_LEAST = 500_000_000
"""PostgreSQL stops when there is none, and it takes whole files of 16 MB at a time."""


@dataclass(frozen=True, slots=True)
class Disk:
    """Where the embedded database lies."""

    folder: str
    free: int
    total: int
    """Both in bytes."""
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds that others are from the database's clock; negative: behind it."""

    ahead: float
    """This machine's."""
    log_ahead: float = 0.0
    """The newest event's."""


def disk(found: Disk) -> Iterator[Finding]:
    """What there is of room."""
    said = f"{size(found.free)} of {size(found.total)} free for {found.folder}"
    share = found.free / found.total if found.total else 0.0
    if not found.writable:
        yield fault(
            "disk",
            f"Nothing can be written into {found.folder}.",
            "See who owns it, and whether it is mounted for reading only.",
        )
    elif found.free < AT_LEAST or (share < LEAST and found.free < ENOUGH):
        yield fault(
            "disk",
            f"{said}: when there is none, updates are refused.",
            "Make room, or move SLA_DATA_DIR (stopped) to a larger disk.",
        )
    elif share < LITTLE and found.free < ENOUGH:
        yield warning(
            "disk", f"{said}.", "Make room, or move SLA_DATA_DIR (stopped) to a larger disk."
        )
    else:
        yield ok("disk", said)


def clock(found: Times) -> Iterator[Finding]:
    """Where they differ too much, the service goes by the database's."""
    tolerance = TOLERANCE.total_seconds()
    where = "ahead of" if found.ahead > 0 else "behind"
    if abs(found.ahead) > tolerance:
        yield warning(
            "clock",
            f"This machine's clock is {duration(found.ahead)} {where} the database's, which is used"
            " instead.",
            "Set the one that is wrong, best by NTP. If it is the database's, alerts come at the"
            " wrong time until then.",
        )
    else:
        yield ok("clock", f"{abs(found.ahead):.3f} seconds {where} the database's")
    if found.log_ahead > tolerance:
        yield warning(
            "clock",
            f"The newest event is of a time to come, by {duration(found.log_ahead)}: a clock was"
            " ahead when it was stored.",
            "See that all clocks are right, best by NTP; a running service sets the log back.",
        )
