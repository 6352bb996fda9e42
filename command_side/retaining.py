"""What is not the log is dropped once it is old and nothing needs it; that it was is in the log.

Whoever owns a table says what of it may go. It goes in small batches, each of which is one
transaction with the event that says what went.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection

from command_side.deciding.events import RETENTION, RetentionApplied
from command_side.event_store import Append, append, encode
from engine.sla.instants import micros


@dataclass(frozen=True, slots=True)
class Outgrown:
    """What may go of a table by now."""

    what: str
    """As the configuration calls it."""
    before: datetime
    """What is older."""
    drop: LiteralString
    """Deletes at most `most` rows that are older than `before` and not older than `after`, and
    answers with one row: how many, and the first and last of their times."""
    would: LiteralString
    """The same row of all that `drop` would delete in the end."""
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """To both statements, besides."""
    source: str | None = None
    """Whose it is, where only a part is meant."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Rows that have gone, or would."""

    count: int
    first: datetime | None
    last: datetime | None
    """The times of the oldest and the newest of them."""


async def drop(
    conn: AsyncConnection[Any],
    one: Outgrown,
    now: datetime,
    *,
    most: int,
    after: datetime | None = None,
) -> Gone:
    """One batch, and the event that says so; `after` is the `last` of the batch before."""
    async with conn.transaction():
        given = {"before": one.before, "after": after, "most": most, **one.given}
        ((count, first, last),) = await (await conn.execute(one.drop, given)).fetchall()
        if count:
            body = RetentionApplied(
                what=one.what,
                source=one.source,
                before=micros(one.before),
                count=count,
                first=micros(first),
                last=micros(last),
            )
            event = encode(body, occurred_at=now)
            write = Append(RETENTION, "", "retention", None, [event], None, None)
            await append(conn, [write], now=now)
    return Gone(count, first, last)


async def would(conn: AsyncConnection[Any], one: Outgrown) -> Gone:
    """What would go; nothing does."""
    cursor = await conn.execute(one.would, {"before": one.before, **one.given})
    return Gone(*(await cursor.fetchall())[0])
