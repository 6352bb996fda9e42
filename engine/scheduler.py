"""APScheduler's only room: the pulse that sweeps for due clocks whatever else may fail."""

from collections.abc import Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # pyright: ignore[reportMissingTypeStubs]  # ships none


class Pulse:
    """Calls each of the given functions at a fixed interval, on the running event loop."""

    def __init__(self, *beats: Callable[[], None], interval: float) -> None:
        """`interval` in seconds."""
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        for beat in beats:
            self._scheduler.add_job(beat, "interval", seconds=interval, coalesce=True)  # pyright: ignore[reportUnknownMemberType]  # untyped

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)  # pyright: ignore[reportUnknownMemberType]  # untyped
