"""What somebody names to import: files, folders and archives, as contents that can be read again.

What a file is decides its content and not its name.
"""

import gzip
import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

from ops.importing.rows import DAMAGED, GZIP, UnusableFile

ZIP: Final = b"PK\x03\x04"
OLD_SHEET: Final = b"\xd0\xcf\x11\xe0"
"""Workbooks of before 2007."""


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes under a name."""

    name: str
    open: Callable[[], IO[bytes]]

    def begins(self, count: int = 8) -> bytes:
        """Raises UnusableFile where not even that can be had."""
        try:
            with self.open() as file:
                return file.read(count)
        except DAMAGED as error:
            raise UnusableFile(f"{self.name} is damaged: {error}") from error


class _Inside(io.RawIOBase):
    """What is read out of an archive, which is closed with it."""

    def __init__(self, inner: IO[bytes], *around: IO[bytes] | zipfile.ZipFile) -> None:
        super().__init__()
        self._inner, self._around = inner, around

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        into = memoryview(buffer)
        found = self._inner.read(len(into))
        into[: len(found)] = found
        return len(found)

    def close(self) -> None:
        if not self.closed:
            for one in (self._inner, *self._around):
                one.close()
        super().close()


def contents(paths: Iterable[Path], kept: ExitStack) -> Iterator[Content]:
    """Those of all files, and of what is in folders and archives, by name. Pipes are `kept`.

    Raises OSError, and UnusableFile for an archive that is damaged.
    """
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.is_file())
            yield from contents((one for one in inside if not one.name.startswith(".")), kept)
        elif path.is_file():
            yield from _unpacked(_file(path.name, path))
        else:
            copy = Path(kept.enter_context(tempfile.TemporaryDirectory())) / "pipe"
            with path.open("rb") as pipe, copy.open("wb") as file:  # it can be read but once
                shutil.copyfileobj(pipe, file)
            yield from _unpacked(_file(path.name, copy))


def _file(name: str, path: Path) -> Content:
    return Content(name, lambda: path.open("rb"))


def _unpacked(content: Content) -> Iterator[Content]:
    try:
        magic = content.begins()
        if magic.startswith(GZIP):
            yield from _unpacked(_gunzipped(content))
        elif magic.startswith(ZIP):
            yield from _members(content)
        else:
            yield content
    except DAMAGED as error:
        raise UnusableFile(f"{content.name} is damaged: {error}") from error


def _gunzipped(content: Content) -> Content:
    def opened() -> IO[bytes]:
        packed = content.open()
        return io.BufferedReader(_Inside(cast("IO[bytes]", gzip.open(packed)), packed))

    return Content(content.name.removesuffix(".gz"), opened)


def _members(content: Content) -> Iterator[Content]:
    with content.open() as file, zipfile.ZipFile(file) as archive:
        inside = [one for one in archive.infolist() if not one.is_dir()]
    if any(one.filename == "[Content_Types].xml" for one in inside):
        yield content  # a workbook
        return
    for one in sorted(inside, key=lambda one: one.filename):
        name = one.filename.rpartition("/")[2]
        if name.startswith(".") or one.filename.startswith("__MACOSX/"):
            continue
        if one.flag_bits & 1:
            raise UnusableFile(f"{name} in {content.name} is locked with a password")

        def opened(member: str = one.filename) -> IO[bytes]:
            file = content.open()
            archive = zipfile.ZipFile(file)
            return io.BufferedReader(_Inside(archive.open(member), archive, file))

        yield from _unpacked(Content(name, opened))
