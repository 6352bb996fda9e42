"""Deciding about many tickets at once: each by its head where that will do, else by its stream."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from command_side import event_store
from command_side.deciding.head import NeedsStream
from command_side.event_store import Recorded

TURN = 100
"""Decisions after which the event loop gets a turn."""


async def decide_each(
    conn: AsyncConnection[Any],
    tickets: Iterable[UUID],
    decide: Callable[[UUID, Sequence[Recorded] | None], None],
) -> None:
    """Calls `decide` with each ticket and no stream; where it raises NeedsStream, once more with
    the ticket's stream. All streams are read in one go."""
    replayed: list[UUID] = []
    for number, ticket in enumerate(tickets):
        if number % TURN == TURN - 1:
            await asyncio.sleep(0)
        try:
            decide(ticket, None)
        except NeedsStream:
            replayed.append(ticket)
    if not replayed:
        return
    streams = await event_store.read_streams(conn, replayed)
    for number, ticket in enumerate(replayed):
        if number % TURN == TURN - 1:
            await asyncio.sleep(0)
        decide(ticket, streams[ticket])
