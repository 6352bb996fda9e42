"""Reads the configuration file from the disk, or says why it cannot be read."""

from pathlib import Path

from config.document import MOST_BYTES
from config.problems import ConfigError, Problem

Content = str | ConfigError
"""The file's text, or why it cannot be read."""


def read(path: Path) -> str:
    """The file's text; raises `ConfigError` when it is missing, too large or no UTF-8."""
    try:
        with path.open("rb") as file:
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
