"""A stretch of the log as the statements that it becomes, made while the one before is executed.

Reading, folding and encoding are Python's work, executing is PostgreSQL's: side by side they take
the time of the longer one. Nothing here writes.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg_pool import AsyncConnectionPool

from command_side.event_store import Recorded, read_after
from engine import tracing
from projections import poison
from projections.buffer import Buffer
from projections.protocol import Projector
from projections.writing import Statement, Writer

CHUNK = 100
"""Events that become rows before the event loop gets a turn: some 3 ms."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of some projectors."""

    end: int
    """The position of its last event."""
    events: int
    full: bool
    """Whether the log may go on behind it."""
    recorded: Mapping[datetime, int]
    """How many of them were recorded when."""
    statements: Sequence[Statement] | None
    """None when a projector failed: its events must be read again, and tried one by one."""
    correlation_ids: Collection[str] = ()
    """Of the requests that they come from; empty where no traces are kept."""


async def prepare(
    pool: AsyncConnectionPool,
    writer: Writer,
    projectors: Sequence[Projector],
    *,
    after: int,
    limit: int,
    until: int | None = None,
) -> Batch | None:
    """The next `limit` events, as far as they go to `until`; None when there are none.

    The events themselves are let go: many times the size of what they become.
    """
    async with pool.connection() as conn:
        await writer.learn(conn, [table for one in projectors for table in one.tables])
        events = await read_after(conn, after, limit)
    full = len(events) == limit
    if until is not None:
        events = [event for event in events if event.position <= until]
    if not events:
        return None
    try:
        statements = await _statements(writer, projectors, events)
    except Exception as error:
        if not poison.is_poison(error):
            raise
        statements = None
    recorded = Counter([event.recorded_at for event in events])
    came_by: Collection[str] = ()
    if tracing.spans is not None:
        came_by = {one.correlation_id for one in events if one.correlation_id is not None}
    return Batch(events[-1].position, len(events), full, recorded, statements, came_by)


async def _statements(
    writer: Writer, projectors: Sequence[Projector], events: Sequence[Recorded]
) -> list[Statement]:
    buffers = [Buffer(projector.tables) for projector in projectors]
    for start in range(0, len(events), CHUNK):
        # All projectors look at a chunk while the processor's cache still holds it.
        chunk = events[start : start + CHUNK]
        for projector, buffer in zip(projectors, buffers, strict=True):
            buffer.add(projector.rows(chunk))
        await asyncio.sleep(0)
    statements: list[Statement] = []
    for buffer in buffers:
        for statement in writer.statements(buffer):
            statements.append(statement)
            await asyncio.sleep(0)
    return statements
