"""When a failed delivery is tried again, or given up: arithmetic only."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential with full jitter. The defaults give up after about an hour.

    `most` is what people may wait for still when a channel is back: all that waits for it may be
    one flood, which is put off as one. Its pace bounds how often a channel is asked.
    """

    first: timedelta = timedelta(seconds=1)
    most: timedelta = timedelta(minutes=1)
    attempts: int = 128

    def delay(self, attempts: int, jitter: float) -> timedelta | None:
        """The wait after so many attempts; `jitter` is in [0, 1). None: give up."""
        if attempts >= self.attempts:
            return None
        # 2**32 times any sensible first delay is beyond any sensible most.
        return jitter * min(self.most, self.first * 2 ** min(attempts - 1, 32))
