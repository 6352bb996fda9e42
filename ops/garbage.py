"""Python's search for reference cycles, as suits a process that works on many events at a time."""

import gc
from collections.abc import Generator
from contextlib import contextmanager

_SELDOM = (50_000, 20, 50)
"""Objects more than were given back since the last search; then searches among the young ones."""


def seldom_from_now_on() -> None:
    """A thousand modules are made of objects that stay: at Python's own pace, the search among them
    takes a sixth of the time in which a program of ours starts."""
    gc.set_threshold(*_SELDOM)


def never_again() -> None:
    """At the end of a program all goes with its process: Python would first search all of it once
    more, which takes a quarter of the time of a short command."""
    gc.freeze()


@contextmanager
def collected_seldom() -> Generator[None]:
    """What has been built stays; what requests and batches leave behind is looked at less often.

    A batch is tens of thousands of objects that live for a moment and hold no cycle: to search them
    at Python's own pace takes a fifth of a projection's time.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
