"""READ: how long somebody waits: a stream for its reader, a question for the database."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Answer = TypeVar("Answer")

_left: set[asyncio.Task[Any]] = set()


def left(task: asyncio.Task[Any]) -> None:
    """Cancels what nobody waits for any more; it may take its time to end."""
    _left.add(task)
    task.add_done_callback(_has_ended)
    task.cancel()


def _has_ended(task: asyncio.Task[Any]) -> None:
    _left.discard(task)
    if not task.cancelled():
        task.exception()  # else it would be reported as never looked at


async def within(seconds: float, work: Coroutine[Any, Any, Answer]) -> Answer:
    """What it comes to. Raises TimeoutError after so long, though a database's driver may take ten
    seconds more to give a statement up."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            left(task)
    if not task.done():
        raise TimeoutError
    return task.result()


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
