"""APScheduler's only room: the pulse that sweeps for due clocks whatever else may fail."""

from collections.abc import Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # pyright: ignore[reportMissingTypeStubs]  # ships none


class Pulse:
    """Calls each of the given functions at a fixed interval, on the running event loop."""

    def __init__(self, *beats: Callable[[], None], interval: float) -> None:
        """`interval` in seconds."""
        self._beats, self._interval = beats, interval
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self.reset()

    def reset(self) -> None:
        """Counts from now: after the clock was set back the next beat would be that far away."""
        self._scheduler.remove_all_jobs()  # pyright: ignore[reportUnknownMemberType]  # untyped
        for beat in self._beats:
            self._scheduler.add_job(beat, "interval", seconds=self._interval, coalesce=True)  # pyright: ignore[reportUnknownMemberType]  # untyped

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)  # pyright: ignore[reportUnknownMemberType]  # untyped
