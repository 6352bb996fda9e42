"""Of what is parked, what somebody has looked at and knows to be of no use: it asks for nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

LET_BE = """
insert into deliveries_let_be (delivery_id, let_be_at, reason)
select d.delivery_id, %(now)s, %(reason)s from deliveries d
where d.state = 'parked'
    and (%(source)s::text is null or d.source = %(source)s)
    and (%(which)s::uuid[] is null or d.delivery_id = any (%(which)s))
for update of d
on conflict do nothing
returning delivery_id
"""
WAKE = """
delete from deliveries_let_be l using deliveries d
where d.delivery_id = l.delivery_id and l.delivery_id = any (%(which)s)
    and (%(source)s::text is null or d.source = %(source)s)
"""
LISTED = """
with first as (
    select d.delivery_id, l.let_be_at, l.reason
    from deliveries d left join deliveries_let_be l on l.delivery_id = d.delivery_id
    where d.state = 'parked' and (%(source)s::text is null or d.source = %(source)s)
    order by l.delivery_id is not null, d.received_at, d.delivery_id limit %(limit)s)
select delivery_id, d.source, d.received_at, d.because, substring(d.body for 8000) as body,
    f.let_be_at, f.reason
from first f join deliveries d using (delivery_id)
order by f.let_be_at is not null, d.received_at, delivery_id
"""


@dataclass(frozen=True, slots=True)
class Parked:
    """A delivery that is parked, as people look at it."""

    delivery_id: UUID
    source: str
    received_at: datetime
    because: list[str]
    body: bytes
    """Its beginning."""
    let_be_at: datetime | None
    """None: it waits."""
    reason: str | None


async def let_be(
    conn: AsyncConnection[Any],
    source: str | None,
    which: Sequence[UUID] | None,
    *,
    now: datetime,
    reason: str | None,
) -> set[UUID]:
    """All that is parked, or that of a desk, or these: which of them asked for somebody until
    then."""
    values = {"source": source, "which": _ids(which), "now": now, "reason": reason}
    return {found for (found,) in await (await conn.execute(LET_BE, values)).fetchall()}


async def wake(conn: AsyncConnection[Any], source: str | None, which: Sequence[UUID]) -> None:
    """They ask for somebody again, until a reading understands them."""
    await conn.execute(WAKE, {"source": source, "which": _ids(which)})


async def listed(conn: AsyncConnection[Any], source: str | None, limit: int) -> list[Parked]:
    """Those that wait, and then those that were let be; each the oldest first."""
    async with conn.cursor(row_factory=class_row(Parked)) as cursor:
        await cursor.execute(LISTED, {"source": source, "limit": limit})
        return await cursor.fetchall()


def _ids(which: Sequence[UUID] | None) -> list[UUID] | None:
    return None if which is None else list(which)
