"""What a process apart is given to do, and what it says meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Say = Callable[[int, int | None], None]
"""Is told how much is done, and of how much (None: not known yet), again and again."""


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work; everything that it needs to know of the service."""

    kind: str
    input: Any
    """What was asked: JSON values, as the kind has them."""
    conninfo: str
    at: int
    """The instant at which it began, in microseconds; whoever works reads no clock."""
    warning: float
    critical: float
    """Fractions of a target, for a configuration without its own."""
    gives_way: bool = True
    """To everything else that wants the processors."""


AWAY = 75
"""The exit code of a process that has lost the database: the work may be done once it is back."""


class Refused(Exception):
    """The work cannot be done as it was asked; the message says why, to whoever asked."""
