"""What a projector is, and the writes that it may ask for.

A projector copies facts into rows. It does no arithmetic, reads no table, has no side effects and
takes time from the event only, so that a rebuild gives the same rows. The runner owns the
transaction, the position and the lease.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from command_side.event_store import Recorded

Row = dict[str, Any]
"""Column to value: str, number, bool, None, UUID or aware datetime; anything that JSON can say for
a jsonb column. An instant may stay the integer that the event carries: microseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a projection."""

    name: str
    key: tuple[str, ...]
    """The primary key. Key values of one column must be of one Python type."""
    parent: tuple[str, ...] = ()
    """The columns by which `Replace` finds the rows to drop."""


# Writes are not frozen: to make a frozen one takes twice the time, and each lives for a moment.


@dataclass(slots=True)
class Upsert:
    """Insert this row, or set these columns of the one that has its key."""

    table: str
    row: Row


@dataclass(slots=True)
class Insert:
    """Insert this row unless there is one with its key; for tables that know no other write."""

    table: str
    row: Row


@dataclass(slots=True)
class Change:
    """Set these columns of the row that has this key; nothing when there is none."""

    table: str
    row: Row


@dataclass(slots=True)
class Fill:
    """Set columns that are still null, in all rows that match; done after all else of a batch."""

    table: str
    match: Row
    values: Row


@dataclass(slots=True)
class Delete:
    """Delete the row that has this key."""

    table: str
    key: Row


@dataclass(slots=True)
class Replace:
    """Make these the only rows of this parent."""

    table: str
    parent: Row
    rows: Sequence[Row]


Write = Upsert | Insert | Change | Fill | Delete | Replace


class Projector(Protocol):
    """Says which rows a batch of events becomes.

    Its tables are made by `projections/sql/<name>.sql`, with unqualified names and IF NOT EXISTS.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int:
        """Raised whenever the same events shall become other rows: the runner then rebuilds."""
        ...

    @property
    def tables(self) -> tuple[Table, ...]: ...

    @property
    def once(self) -> bool:
        """True for what touches the world: never rebuilt."""
        ...

    def rows(self, events: Sequence[Recorded]) -> Iterable[Write]:
        """The writes of these events, in their order. Any error parks the event that causes it."""
        ...
