"""Python's search for reference cycles, as suits a process that works on many events at a time."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def collected_seldom() -> Generator[None]:
    """What has been built stays; what requests and batches leave behind is looked at less often.

    A batch is tens of thousands of objects that live for a moment and hold no cycle: to search them
    at Python's own pace takes a fifth of a projection's time.
    """
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
