"""For applications that are lent to one test after another: who asks what of whom changes."""

from collections.abc import Callable
from typing import Any


class Stands:
    """For another object, which is looked up each time."""

    def __init__(self, other: Callable[[], object]) -> None:
        self._other = other

    def __getattr__(self, name: str) -> Any:
        return getattr(self._other(), name)
