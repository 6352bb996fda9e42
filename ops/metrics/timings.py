"""The times that the parts of one process tell of as they happen."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ops.metrics.histogram import QUICK, SLOW, Histogram
from projections.tickets import Tickets


class Timings:
    """What the writer, the projections, the watch and the courier call. Adds up; forgets nothing
    until the process ends."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.durable = Histogram(QUICK)
        self.visible = Histogram(QUICK)
        self.late = Histogram(QUICK)
        self.told: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(SLOW))
        """By channel."""

    def applied(self, names: Sequence[str], recorded: Mapping[datetime, int]) -> None:
        """These projections show events, so many recorded at each instant."""
        if Tickets.name not in names:
            return
        now = self._now()
        for at, count in recorded.items():
            self.visible.observe((now - at).total_seconds(), count)

    def taken(self, channel: str, seconds: float) -> None:
        """A channel took an alert so long after it was raised."""
        self.told[channel].observe(seconds)
