"""How many requests somebody may send: each is a bucket that fills up evenly."""

from collections.abc import Callable

MINUTE = 60.0


class Pace:
    """Of every holder of a token, in this process alone: with several, each lets so many in."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        """`seconds` runs on, whatever the clock is set to."""
        self._seconds = seconds
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, who: str, a_minute: int) -> float:
        """Seconds until one more may come; 0: it may now, and is counted.

        As many as a minute's may come at once by whoever was silent for a minute.
        """
        now = self._seconds()
        left, before = self._left.get(who, (float(a_minute), now))
        left = min(float(a_minute), left + (now - before) * a_minute / MINUTE)
        if left < 1:
            self._left[who] = (left, now)
            return (1 - left) * MINUTE / a_minute
        self._left[who] = (left - 1, now)
        return 0.0
