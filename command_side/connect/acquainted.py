"""Addresses of those who have signed what they sent: what they send next is heard ahead of what
strangers do, of whom it is known only once all of it is read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FOR = timedelta(days=7)
MOST = 10_000


@dataclass(slots=True)
class Acquainted:
    """Those of the last days; of more than `MOST`, who have not been heard of for longest go."""

    now: Callable[[], datetime]
    _since: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def met(self, address: str) -> None:
        """It has sent what was verified."""
        self._since.pop(address, None)  # so that they stand in the order of the last time
        self._since[address] = self.now()
        if len(self._since) > MOST:
            del self._since[next(iter(self._since))]

    def knows(self, address: str) -> bool:
        """Whether it has, lately."""
        since = self._since.get(address)
        return since is not None and since > self.now() - FOR
