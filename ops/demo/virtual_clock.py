"""A clock that runs as many times as fast as the wall's as one likes: days pass in a minute."""

import asyncio
from datetime import datetime, timedelta
from time import monotonic

_FRAME = 0.02  # seconds: whoever sleeps for less would only spin


class VirtualClock:
    """Stands at `start` until `run`; `now` and `sleep` are what the service takes for time."""

    def __init__(self, start: datetime) -> None:
        self._instant = start
        self._since = monotonic()
        self.speed = 0.0

    def now(self) -> datetime:
        """The virtual instant, aware UTC; it never runs backwards."""
        return self._instant + timedelta(seconds=(monotonic() - self._since) * self.speed)

    def run(self, speed: float) -> None:
        """From now on virtual time passes `speed` times as fast as real time."""
        self._instant, self._since = self.now(), monotonic()
        self.speed = speed

    async def sleep(self, time: timedelta) -> None:
        """Lasts until so much virtual time has passed, at the speed of this moment or later.

        At high speeds it lasts a little longer: 20 ms of real time at least.
        """
        until = self.now() + time
        while True:
            left = (until - self.now()).total_seconds()
            if left <= 0:
                return
            # In steps: a sleeper must notice when the clock begins to run faster.
            await asyncio.sleep(min(1.0, max(_FRAME, left / self.speed if self.speed else 1.0)))
