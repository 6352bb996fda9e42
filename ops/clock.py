"""The time of a running service: the machine's, as long as the database agrees.

All processes of a service work on one log. One whose clock is ahead would raise what is not due,
and record it in the future; so where the two differ, the database's clock counts. Between two looks
at it, time goes on by the monotonic clock, which nobody can set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

TOLERANCE = timedelta(seconds=5)
"""So far the machine's clock may be from the database's. Where both are right, it is much less."""
TOLD_FOR = 3600.0
"""Seconds for which a jump is told: somebody should look."""
CERTAIN = 1.0
"""Seconds that the database's answer may take; after that nobody knows what time it told."""


@dataclass(frozen=True, slots=True)
class Jump:
    """The time went on by more, or less, than passed."""

    at: datetime
    """After it."""
    by: timedelta
    """Negative: it was set back."""


class Clock:
    """`now` is aware UTC; whoever runs it calls `compare` every second or so."""

    def __init__(self, wall: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._base, self._since = wall(), monotonic()
        self._compared = False
        self._jump: tuple[Jump, float] | None = None
        self.ahead = timedelta()
        """Of the machine's clock before the database's, when they were last compared."""

    def now(self) -> datetime:
        wall, steady = self._wall(), self._steady()
        return wall if abs(wall - steady) <= TOLERANCE else steady

    def _steady(self) -> datetime:
        return self._base + timedelta(seconds=self._monotonic() - self._since)

    def compare(self, database: datetime, asked_at: float) -> Jump | None:
        """Takes over what the database's clock showed between `asked_at`, by the monotonic clock,
        and now; answers how the time has jumped, if it has."""
        took = self._monotonic() - asked_at
        if took > CERTAIN:
            return None
        database += timedelta(seconds=took / 2)
        by = database - self._steady()
        self.ahead = self._wall() - database
        self._base, self._since = database, self._monotonic()
        jump = Jump(database, by) if self._compared and abs(by) > TOLERANCE else None
        self._compared = True
        if jump is not None:
            self.has_jumped(jump)
        return jump

    def has_jumped(self, jump: Jump) -> None:
        """Remembers it for an hour."""
        self._jump = jump, self._monotonic() + TOLD_FOR

    @property
    def jump(self) -> Jump | None:
        """The last one, if it was within the last hour."""
        if self._jump is None or self._monotonic() > self._jump[1]:
            return None
        return self._jump[0]
