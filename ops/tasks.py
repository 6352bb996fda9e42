"""What a process does for as long as it runs: each part a task of its own, ended in good order."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

logger = logging.getLogger(__name__)

ENDS_WITHIN = 20
"""Seconds in which a part finishes what is under way."""


class Tasks:
    """The parts that run; `stop` tells all of them to end."""

    def __init__(self, exits: AsyncExitStack) -> None:
        self._exits = exits
        self.stop = asyncio.Event()
        self.ended: list[str] = []
        """Those that have ended though nobody told them to."""

    def clear(self) -> None:
        """Before a start."""
        self.stop.clear()
        self.ended.clear()

    def keep_running(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Tasks end in the reverse order of their beginning, each after `stop` was set."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._has_ended)

        async def end() -> None:
            self.stop.set()
            await asyncio.wait({task}, timeout=ENDS_WITHIN)

        self._exits.push_async_callback(end)

    def _has_ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None or not self.stop.is_set():
            self.ended.append(task.get_name())
            about = {"part": task.get_name()}
            logger.critical("a part of the service has ended", exc_info=error, extra=about)
