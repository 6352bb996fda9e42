"""Watches the configuration file and passes on what it says, whenever that has changed.

The directory is watched, not the file: editors put a new file in its place, and Kubernetes swaps
a symbolic link beside it. Events only say when to look; what counts is the content.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from config import reading
from config.problems import ConfigError, Problem
from config.reading import Content

logger = logging.getLogger(__name__)

SETTLED: Final = 0.2
"""Seconds in which the content must stay the same, so that no half-written file is taken."""
PATIENCE: Final = 2.0
"""Seconds in which a thread that is to end does so, unless a disk gives no answer."""

# Not those of opening and closing for reading, which our own look at the file would cause.
_CHANGES: Final[list[type[FileSystemEvent]]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]


@dataclass(frozen=True, slots=True)
class WatcherStatus:
    """Whether changes of the file would be noticed and can be read."""

    error: str | None = None
    since: datetime | None = None


class Watcher:
    """Calls `changed`, on the event loop that started it, with each new content of a file."""

    def __init__(
        self,
        path: Path,
        changed: Callable[[Content], Coroutine[object, object, None]],
        *,
        now: Callable[[], datetime],
        last: str | None = None,
        settled: float = SETTLED,
    ) -> None:
        """`last` is the content that is in force already, if any."""
        self._path = path
        self._changed = changed
        self._now = now
        self._settled = settled
        self._last: Content | None = last
        self._unwatched: WatcherStatus | None = None
        self._unreadable: WatcherStatus | None = None
        self._looking = threading.Event()
        self._stopping = threading.Event()
        self._observer = Observer()
        self._thread = threading.Thread(target=self._run, name="config-watcher", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def status(self) -> WatcherStatus:
        """The last error and since when; without an error, all is well."""
        return self._unreadable or self._unwatched or WatcherStatus()

    def start(self) -> None:
        """Begins to watch, and looks at the file once; to be called on the event loop.

        Where the system refuses to watch, the status says so and `look` still works.
        """
        self._loop = asyncio.get_running_loop()
        handler = FileSystemEventHandler()
        handler.on_any_event = self._noticed
        try:
            directory = str(self._path.absolute().parent)
            self._observer.schedule(handler, directory, event_filter=_CHANGES)
            self._observer.start()
        except OSError as error:
            message = f"{self._path.name} is not watched: {error}"
            self._unwatched = WatcherStatus(message, self._now())
            logger.warning("the configuration is not watched", extra={"error": str(error)})
        self._thread.start()
        self.look()

    def look(self) -> None:
        """Looks at the file soon, whether or not anything was noticed; from any thread."""
        self._looking.set()

    def stop(self) -> None:
        """Ends the watching; returns when its threads have ended, or are held by the disk."""
        self._stopping.set()
        self._looking.set()
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join(PATIENCE)
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    def _noticed(self, event: FileSystemEvent) -> None:
        self.look()

    def _run(self) -> None:
        while True:
            self._looking.wait()
            self._looking.clear()
            content = self._settled_content()
            if content is None:
                return
            if not _same(content, self._last):
                self._last = content
                self._pass_on(content)

    def _settled_content(self) -> Content | None:
        """The content once two looks in a row agree; None when it is time to stop."""
        content = self._read()
        while not self._stopping.wait(self._settled):
            before, content = content, self._read()
            if _same(content, before):
                return content
        return None

    def _read(self) -> Content:
        try:
            return reading.read(self._path)
        except ConfigError as error:
            return error
        except Exception as error:  # of ours: a later file must still be looked at
            logger.exception("the configuration could not be looked at")
            return ConfigError([Problem(0, 0, "", f"cannot be read: {error!r}")], self._path.name)

    def _pass_on(self, content: Content) -> None:
        unreadable = isinstance(content, ConfigError)
        self._unreadable = WatcherStatus(str(content), self._now()) if unreadable else None
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                self._loop.call_soon_threadsafe(self._call, content)

    def _call(self, content: Content) -> None:
        task = asyncio.get_running_loop().create_task(self._changed(content))
        self._tasks.add(task)
        task.add_done_callback(self._called)

    def _called(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("a change of the configuration was lost", exc_info=error)


def _same(one: Content, other: Content | None) -> bool:
    return type(one) is type(other) and str(one) == str(other)
