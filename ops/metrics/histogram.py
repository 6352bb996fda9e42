"""How long things took: counted in buckets where they happen, many at once.

The client library's own takes a lock and looks at each bucket in turn: up to six microseconds for
each of a batch's thousand items. This one has a single thread, the event loop's, and takes half a
microsecond for all of them; what is shown is the library's again.
"""

from bisect import bisect_left
from collections.abc import Sequence

QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Of what takes milliseconds when all is well. Seconds, as everywhere."""
SLOW = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
"""Of what waits for others: for its turn, for a channel's pace."""


class Histogram:
    """Counts by upper bounds, each including its own."""

    __slots__ = ("_bounds", "_counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, seconds: float, times: int = 1) -> None:
        """What a clock that was set back makes negative is 0."""
        seconds = max(0.0, seconds)
        self._counts[bisect_left(self._bounds, seconds)] += times
        self.sum += seconds * times

    def buckets(self) -> list[tuple[str, float]]:
        """How many took at most so long, bound by bound, as Prometheus counts."""
        total = 0
        found: list[tuple[str, float]] = []
        for bound, count in zip((*self._bounds, None), self._counts, strict=True):
            total += count
            found.append(("+Inf" if bound is None else str(bound), total))
        return found
