"""Makes one of two tickets, as soon as a desk says that they are one, and looks for such as were
left behind where both were told of at once."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool

from command_side.connect import deliveries, joining, names
from command_side.connect.deliveries import Delivery
from command_side.connect.itemizing import Itemizing, parts, submission
from command_side.connect.names import Unsettled
from command_side.connect.source import Source
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import ticket_id
from command_side.deciding.ingesting import Submission
from command_side.deciding.records import Recorded
from command_side.event_store import read_streams
from command_side.intake.writer import QueueFull, StoreAway, Writer

logger = logging.getLogger(__name__)

MOST_NAMES = 1_000
"""Names that are seen to at a time."""


class Uniting:
    """Of tickets whose names lead to one another. To be killed in between does no harm: it is done
    again, and what is in the log already stays as it is."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        writer: Writer,
        now: Callable[[], datetime],
        book: PolicyBook,
        source: Callable[[str], Source | None],
    ) -> None:
        self._pool, self._writer, self._now, self._book = pool, writer, now, book
        self._source = source

    async def unite(self, source: str, other: str, kept: str) -> None:
        """Says of the kept one what was said of the other, and cancels that as merged."""
        ticket = ticket_id(source, other)
        async with self._pool.connection(timeout=2) as conn:
            stream = (await read_streams(conn, [ticket]))[ticket]
            if not stream:
                return
            again = await self._read_again(conn, stream, source, other, kept)
        submissions = joining.told_again(stream, source, kept, again)
        if (end := joining.cancelled(stream, source, other)) is not None:
            about = {"source": source, "ticket": other, "merged_into": kept}
            logger.info("two tickets are one", extra=about)
            submissions.append(end)
        if submissions:
            await self._writer.submit(submissions)

    async def settle(self, before: datetime) -> None:
        """Names that were new then: a ticket of its own that one has had since is united."""
        async with self._pool.connection(timeout=2) as conn:
            found = await names.unsettled(conn, before, MOST_NAMES)
        done = [one for one in found if not one.is_ticket or await self._apart(one)]
        if done:
            async with self._pool.connection(timeout=2) as conn:
                await names.settle(conn, done)

    async def _apart(self, one: Unsettled) -> bool:
        """Whether it could be done. One that fails must not keep the others waiting."""
        try:
            await self.unite(one.source, one.name, one.external_id)
        except (OperationalError, QueueFull, StoreAway):  # all of them would fail
            raise
        except Exception as error:
            about = {"source": one.source, "ticket": one.name, "error": type(error).__name__}
            logger.error("two tickets could not be made one", extra=about)
            return False
        return True

    async def _read_again(
        self,
        conn: AsyncConnection[Any],
        stream: Sequence[Recorded],
        source: str,
        other: str,
        kept: str,
    ) -> Mapping[UUID, Sequence[Submission]]:
        reading = self._source(source)
        found: dict[UUID, Sequence[Submission]] = {}
        if reading is None:
            return found
        itemizing = Itemizing(source, reading, self._book.current, self._now())
        for delivery_id in joining.deliveries_of(stream):
            one = await deliveries.by_id(conn, delivery_id)
            if one is None:
                continue
            items = await itemizing.items(conn, parts(one, reading))
            said = _of_the_same(one, items, other, kept)
            if said is not None:
                found[delivery_id] = [submission(each, str(delivery_id)) for each in said]
                await deliveries.concerns(conn, delivery_id, ticket_id(source, kept))
        return found


def _of_the_same(
    one: Delivery, items: Sequence[Mapping[str, Any]], other: str, kept: str
) -> list[Mapping[str, Any]] | None:
    """What its parts that told of the other say now of the kept one; None: that cannot be told any
    more, as the reading is another."""
    told: list[Mapping[str, Any]] = []
    for before, after in zip(one.items, items, strict=False):
        if any(said["external_id"] == other for said in before.get("said", ())):
            now = [said for said in after.get("said", ()) if said["external_id"] == kept]
            if not now:
                return None
            told += now
    return told if len(items) == len(one.items) else None
