"""The seam for traces: what busy paths tell whoever records them, as soon as somebody does.

A correlation id is a trace: with it alone, also out of the log and in another process, what
belongs together is found. `spans` is None unless the service was told where to send traces; a path
looks at it once, and does nothing else.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol


class Spans(Protocol):
    """None of these waits, raises or asks the database; instants are what `now` answers."""

    def now(self) -> int:
        """Nanoseconds since 1970."""
        ...

    def identify(self, correlation_id: str) -> Mapping[str, str]:
        """The trace, and the span of the request in it, for lines of the log."""
        ...

    def stored(self, correlation_id: str | None, waited: float, began: int, items: int) -> None:
        """A request's items were appended, after they had waited for so many seconds."""
        ...

    def projected(
        self, correlation_ids: Collection[str], names: Sequence[str], events: int, began: int
    ) -> None:
        """A batch with events of these requests is in the tables of these projections."""
        ...

    def decided(self, positions: Sequence[int], began: int) -> None:
        """Of tickets something fell due, and was appended: where the last event of each is."""
        ...

    def sent(self, channel: str, keys: Sequence[str], began: int, error: str | None) -> None:
        """A message with these notices was tried."""
        ...


spans: Spans | None = None


def began() -> int:
    """When what is told later begins; 0 where nobody keeps it."""
    return spans.now() if spans is not None else 0
