"""A prepared batch becomes rows, in one transaction with whatever belongs to it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from psycopg import AsyncConnection

from command_side.event_store import read_after
from projections import poison
from projections.batch import Batch
from projections.protocol import Projector
from projections.writing import Writer, execute


async def apply(
    conn: AsyncConnection,
    writer: Writer,
    projectors: Sequence[Projector],
    batch: Batch,
    *,
    after: int,
    at: datetime,
    begin: Callable[[], Awaitable[bool]],
    end: Callable[[], Awaitable[None]],
) -> bool:
    """Writes the batch that follows the position `after`; where one of its events is poison, the
    events one by one, and parks that one as of `at`.

    `begin` comes first in the transaction, and by answering False says that nothing is to be
    written, as does the answer here; `end` comes last.
    """
    if batch.statements is not None:
        try:
            async with conn.transaction():
                if not await begin():
                    return False
                async with conn.pipeline():
                    await execute(conn, batch.statements)
                    await end()
            return True
        except Exception as error:
            if not poison.is_poison(error):
                raise
    async with conn.transaction():
        if not await begin():
            return False
        events = await read_after(conn, after, batch.events)
        for projector in projectors:
            await poison.project_or_park(conn, writer, projector, events, at=at)
        await end()
    return True
