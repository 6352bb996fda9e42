"""Which tickets each silence keeps quiet, so that they can be found when it is ended."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection

from command_side.deciding.records import StoredHead
from command_side.event_store.reading import heads_by

CLAIM_MUTED: LiteralString = """
select ticket_id, version, state from heads
where ticket_id in (select ticket_id from muted_tickets where silence_id = any (%b::uuid[]))
    and (next_due_at is null or next_due_at > %b)
order by ticket_id limit %b
for update skip locked
"""

FORGET: LiteralString = "delete from muted_tickets where ticket_id = any (%b::uuid[])"

REMEMBER: LiteralString = """
insert into muted_tickets (ticket_id, silence_id)
select * from unnest(%b::uuid[], %b::uuid[])
"""


async def claim_muted(
    conn: AsyncConnection[Any], silences: Sequence[UUID], *, now: datetime, limit: int
) -> list[StoredHead]:
    """Lock and return heads that one of these silences keeps quiet, but for those that are due by
    `now`. Otherwise as `claim_due`."""
    return await heads_by(conn, CLAIM_MUTED, [list(silences), now, limit])


async def keep_muted(conn: AsyncConnection[Any], muted_by: Mapping[UUID, Iterable[UUID]]) -> None:
    """By ticket, whose head is held: the only silences that keep it quiet now."""
    if not muted_by:
        return
    pairs = [(ticket, silence) for ticket, silences in muted_by.items() for silence in silences]
    await conn.execute(FORGET, [list(muted_by)], prepare=False)
    if pairs:
        await conn.execute(REMEMBER, [list(column) for column in zip(*pairs, strict=True)])
