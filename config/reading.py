"""Reads the configuration file from the disk, or says why it cannot be read."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from config.document import MOST_BYTES
from config.problems import ConfigError, Problem

Content = str | ConfigError
"""The file's text, or why it cannot be read."""


def opened(path: Path) -> BinaryIO:
    """An ordinary file, to be read. Raises `OSError`, at once: to open a pipe as if it were a file
    waits until somebody writes to it, and to read a device may have no end."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"Is {_kind(mode)}, not a file", str(path))
    # Not waiting: it may have become a pipe since.
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def read(path: Path) -> str:
    """The file's text; raises `ConfigError` when it is missing, no file, too large or no UTF-8."""
    try:
        with opened(path) as file:
            content = file.read(MOST_BYTES + 1)
            size = len(content) if len(content) <= MOST_BYTES else path.stat().st_size
    except OSError as error:
        raise _unreadable(
            path, f"cannot be read: {(error.strerror or str(error)).lower()}"
        ) from error
    if len(content) > MOST_BYTES:
        raise _unreadable(path, f"has {size:,} bytes; a configuration may have {MOST_BYTES:,}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _unreadable(path, "is no UTF-8 text", line) from error


def _unreadable(path: Path, message: str, line: int = 0) -> ConfigError:
    return ConfigError([Problem(line, 1 if line else 0, "", message)], path.name)
