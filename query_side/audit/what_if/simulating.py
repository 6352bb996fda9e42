"""Folds tickets twice, as they were and under another configuration, by slices of their ids."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import AsyncConnection

from command_side.deciding.casefile import PolicyBook
from command_side.deciding.excusing import ExcuseBook
from command_side.event_store import read_streams
from engine.sla.policy import Policy
from query_side.audit.heard import TOPICS
from query_side.audit.what_if.past import Past, past
from query_side.audit.what_if.sums import By, Sums

SLICES: Final = 64
"""Parts of about as many tickets each: an id is a hash."""
PAGE: Final = 100
"""Tickets whose streams are in memory at a time."""
_WHICH: LiteralString = (
    " (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)"
    " AND (%(until)s::timestamptz IS NULL OR created_at < %(until)s)"
)
_COUNT: LiteralString = "SELECT count(*) FROM tickets WHERE" + _WHICH
_IDS: LiteralString = (
    "SELECT ticket_id FROM tickets WHERE ticket_id >= %(first)s AND ticket_id <= %(last)s AND"
    + _WHICH
    + " ORDER BY ticket_id"
)


@dataclass(frozen=True, slots=True)
class Supposing:
    """What is compared."""

    policy: Policy
    """As if it had always been in force."""
    book: PolicyBook
    excuses: ExcuseBook
    at: int
    """The instant to which everything is counted, in microseconds."""
    position: int
    """Of the newest event that counts."""
    by: By
    since: datetime | None = None
    """Tickets opened since then; None: all."""
    until: datetime | None = None
    """Tickets opened before then."""

    async def count(self, conn: AsyncConnection[Any]) -> int:
        """How many tickets it is about."""
        found = await conn.execute(_COUNT, {"since": self.since, "until": self.until})
        ((count,),) = await found.fetchall()
        return count

    async def simulate(
        self, conn: AsyncConnection[Any], slices: Iterable[int], done: Callable[[int], None]
    ) -> Sums:
        """The tickets of these slices, of `SLICES`; `done` is told of each few of them."""
        sums = Sums()
        for slice in slices:
            ids = await self._ids(conn, slice)
            for start in range(0, len(ids), PAGE):
                page = ids[start : start + PAGE]
                streams = await read_streams(conn, page, topics=TOPICS, until=self.position)
                for stream in streams.values():
                    found = past(stream)
                    if found is not None:
                        self._count(sums, found)
                done(len(page))
        return sums

    def _count(self, sums: Sums, found: Past) -> None:
        excuses = found.excused(self.excuses)
        before = found.folded(found.versions(self.book), excuses, self.at)
        then = found.folded((self.policy,), excuses, self.at)
        was = sums.before.count(found, before, self.book.current, self.by, sums.spelled)
        would = sums.after.count(found, then, self.policy, self.by, sums.spelled)
        sums.compare(found, was, would, self.at)

    async def _ids(self, conn: AsyncConnection[Any], slice: int) -> Sequence[UUID]:
        size = 2**128 // SLICES
        given = {
            "first": UUID(int=slice * size),
            "last": UUID(int=(slice + 1) * size - 1),
            "since": self.since,
            "until": self.until,
        }
        found = await (await conn.execute(_IDS, given)).fetchall()
        return [ticket for (ticket,) in found]
