"""How often somebody was refused: too often, and the answer says no more than that."""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MOST_FAILURES = 60
"""Requests of one address, a minute, that are told why they are refused."""
MINUTE = timedelta(minutes=1)
MOST_ADDRESSES = 10_000


@dataclass(slots=True)
class Refusals:
    """How often an address was refused lately."""

    now: Callable[[], datetime]
    _by: OrderedDict[str, deque[datetime]] = field(
        default_factory=OrderedDict[str, deque[datetime]]
    )
    """Whoever was refused last comes last."""

    def too_many(self, address: str) -> bool:
        """Counts one more."""
        now = self.now()
        times = self._by.setdefault(address, deque(maxlen=MOST_FAILURES))
        self._by.move_to_end(address)
        if len(self._by) > MOST_ADDRESSES:
            self._by.popitem(last=False)
        full = len(times) == MOST_FAILURES and times[0] > now - MINUTE
        times.append(now)
        return full
