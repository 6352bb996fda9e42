"""Stored formats as bytes that were written once, each beside the value that it says.

Under `tests/data/formats/` there is a file a sample. It is made once, by
`python -m tests.support.formats`, and never again: when a format changes, its sample stays, as one
that is read only (`write` is None), and a new one stands beside it. So an event's old form is read
for ever, by an upcast into the body of today. A head of an old form may be refused, for it is made
anew from its stream; then its sample goes. Of a hash nothing is ever read: a new kind of hash has
to be told from the old one wherever both are compared.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "data" / "formats"


@dataclass(frozen=True)
class Sample:
    """A way in which today's code comes from a value to a file's bytes, or back."""

    file: str
    """Under `FOLDER`."""
    value: Any
    write: Callable[[Any], bytes] | None = None
    """None: an old form, or one that another sample of the same file writes."""
    read: Callable[[bytes], Any] | None = None
    """None: nothing reads it."""

    @property
    def path(self) -> Path:
        return FOLDER / self.file

    def faults(self) -> list[str]:
        """What today's code does otherwise than the code that wrote the file."""
        stored = self.path.read_bytes()
        found: list[str] = []
        if self.write is not None and (written := self.write(self.value)) != stored:
            found.append(f"{self.file} is written as {written!r}, not as {stored!r}")
        if self.read is not None:
            try:
                value = self.read(stored)
            except ValueError as error:
                found.append(f"{self.file} cannot be read: {error}")
            else:
                if value != self.value:
                    found.append(f"{self.file} is read as {value!r}, not as {self.value!r}")
        return found
