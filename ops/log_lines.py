"""Log lines on their way to stdout: a thread writes them, so that nothing waits for their reader.

A pipe that nobody reads would else stop the event loop, and a full disk the start.
"""

import os
import sys
import threading
import time
from collections.abc import Callable

MOST_CHARACTERS = 4 * 1024 * 1024
"""What may wait to be written: a minute of a busy service, some 10,000 lines."""
AT_ONCE = 64 * 1024
"""Bytes a call of the kernel, about."""
PAUSE_SECONDS = 0.01
"""Between two writings: many lines then take one, and the thread is not woken for each."""
PAUSE_AFTER_ERROR_SECONDS = 0.5


class LogLines:
    """Takes lines from any thread. What finds no room, or cannot be written, is lost and counted;
    `notice` words the line that says so once there is a way again."""

    def __init__(self, notice: Callable[[int], str]) -> None:
        self._notice = notice
        self._changed = threading.Condition()
        self._waiting: list[str] = []
        self._size = 0
        self._writing = False
        self._thread: threading.Thread | None = None
        self._torn = False
        self._told = 0
        self.lost = 0

    @property
    def losing(self) -> bool:
        """Whether lines are lost of which the log does not tell yet."""
        return self.lost > self._told

    def put(self, line: str) -> None:
        """Never waits."""
        with self._changed:
            if self._size + len(line) > MOST_CHARACTERS:
                self.lost += 1
                return
            self._waiting.append(line)
            self._size += len(line)
            if len(self._waiting) == 1:
                self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_on, name="log", daemon=True)
                self._thread.start()

    def flush(self, seconds: float) -> bool:
        """Whether all was written within this time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not (self._waiting or self._writing), timeout=seconds
            )

    def _write_on(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or self.losing)
                lines = self._take()
                self._writing = bool(lines)
                untold = self.lost - self._told
            text = "".join([self._notice(untold) + "\n" if untold else "", *lines])
            try:
                self._write(text.encode(errors="backslashreplace"))
                self._told += untold
            except Exception:  # it is full, was closed, or is no file at all
                with self._changed:
                    self.lost += len(lines)
                time.sleep(PAUSE_AFTER_ERROR_SECONDS)
            time.sleep(PAUSE_SECONDS)

    def _take(self) -> list[str]:
        """As much as is written at once, of lines at least one."""
        count = size = 0
        for line in self._waiting:
            if count and size + len(line) > AT_ONCE:
                break
            count, size = count + 1, size + len(line)
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        self._size -= size
        return taken

    def _write(self, data: bytes) -> None:
        """To whatever stdout is at the time: tests and supervisors exchange it."""
        if sys.stdout is None:
            return
        try:
            file = sys.stdout.fileno()
        except (OSError, AttributeError):  # something that only behaves like a file
            sys.stdout.write(data.decode())
            sys.stdout.flush()
            return
        if self._torn:
            data = b"\n" + data
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(file, left) :]
            except BlockingIOError:  # a reader that is slow, and somebody who set it so
                time.sleep(PAUSE_SECONDS)
            except OSError:
                self._torn = len(left) < len(data)
                raise
        self._torn = False
