"""Requests in the name of a desk that were not verified: what was wrong is told to nobody but those
who run the service. Kept in memory: a stranger writes nothing that is stored."""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

logger = logging.getLogger(__name__)

FOR = timedelta(days=1)
MOST = 1_000
"""Of each desk that are counted."""
APART = timedelta(minutes=1)
"""Between two lines of the log about one desk."""
NOBODY = ""
"""Stands for all names that no desk is connected under."""


@dataclass(frozen=True, slots=True)
class Away:
    """Of one desk."""

    count: int
    newest: datetime
    because: str
    """What was wrong with the newest."""


@dataclass(slots=True)
class TurnedAway:
    """Of the last day, as this process has seen them."""

    now: Callable[[], datetime]
    _at: dict[str, deque[datetime]] = field(default_factory=dict[str, deque[datetime]])
    _because: dict[str, str] = field(default_factory=dict[str, str])
    _logged: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def connected(self, name: str, because: str) -> None:
        """Of a desk that is connected: there are no more of them than the configuration names."""
        self._at.setdefault(name, deque(maxlen=MOST)).append(self.now())
        self._because[name] = because
        self._log(name, name, because)

    def unknown(self, name: str) -> None:
        """Of a name that no desk is connected under."""
        self._log(NOBODY, name[:100], "no desk is connected under this name")

    def _log(self, key: str, name: str, because: str) -> None:
        now = self.now()
        if (last := self._logged.get(key)) is not None and now - last < APART:
            return
        self._logged[key] = now
        logger.warning("a delivery was refused", extra={"source": name, "because": because})

    def lately(self) -> Mapping[str, Away]:
        """By name."""
        since = self.now() - FOR
        found: dict[str, Away] = {}
        for name, times in self._at.items():
            if lately := [at for at in times if at > since]:
                found[name] = Away(len(lately), lately[-1], self._because[name])
        return found
