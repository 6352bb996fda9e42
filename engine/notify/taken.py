"""Which of several receivers has taken a notice already, so that another attempt spares them.

Kept in memory alone: after a restart, or under a new version of the configuration, a receiver may
get a notice twice, under the same key.
"""

from collections.abc import Iterable, Sequence

from engine.notify.message import Notice

MOST = 100_000
"""A flood is thousands of notices, to each of several receivers."""


class Taken:
    """Remembers the newest `MOST`."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], None] = {}

    def left(self, receiver: str, notices: Iterable[Notice]) -> tuple[Notice, ...]:
        """Those that it has not taken."""
        return tuple(one for one in notices if (receiver, one.dedup_key) not in self._taken)

    def add(self, receiver: str, notices: Iterable[Notice]) -> None:
        """It has taken them."""
        self._taken |= {(receiver, one.dedup_key): None for one in notices}
        while len(self._taken) > MOST:
            del self._taken[next(iter(self._taken))]

    def forget(self, receivers: Iterable[str], notices: Sequence[Notice]) -> None:
        """All have: if they are sent again, that is on purpose."""
        for receiver in receivers:
            for one in notices:
                self._taken.pop((receiver, one.dedup_key), None)
