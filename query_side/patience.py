"""READ: how long a stream waits: one timer for as long as it is open, not one a message."""

import asyncio
from collections.abc import Callable


class Patience:
    """Calls `ring` once `seconds` have passed since `begin`, unless `end` came before.

    Thousands of waits a second that nearly all end early: to make and cancel a timer for each
    takes longer than to send what was waited for. This one, when it goes off, looks how long the
    present wait lasts, and goes off again when that would be too long.
    """

    def __init__(self, seconds: float, ring: Callable[[], object]) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds, self._ring = seconds, ring
        self._since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self._since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._look)

    def end(self) -> None:
        self._since = None

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self._timer = None
        if self._since is None:
            return
        left = self._since + self._seconds - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._since = None
            self._ring()
