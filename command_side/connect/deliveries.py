"""The table of what desks have sent: durable before it is answered, and settled afterwards."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

State = Literal["read", "taken", "ignored", "parked"]
"""Read, and on its way into the log; all in the log; of no use to the clocks; waiting for a reading
that understands it."""

INSERT = """
insert into deliveries
    (delivery_id, source, told_apart_by, received_at, headers, body, state, items, because, tickets,
    unmapped)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (source, told_apart_by) do nothing
"""
KNOWN = "select * from deliveries where source = %s and told_apart_by = %s"
SETTLE = """
update deliveries set state = %s, items = %s, because = %s, tickets = %s, unmapped = %s
where delivery_id = %s
"""
UNSETTLED = """
select * from deliveries d where state = %(state)s
    and (%(source)s::text is null or source = %(source)s)
    and (%(which)s::uuid[] is null or delivery_id = any (%(which)s))
    and (%(before)s::timestamptz is null or received_at < %(before)s)
    and (received_at, delivery_id) > (%(after)s, %(id)s)
    and (state <> 'parked'
        or not exists (select from deliveries_let_be l where l.delivery_id = d.delivery_id))
order by received_at, delivery_id limit %(limit)s
"""
OVERTOOK = """
select * from deliveries d where state = 'parked' and source = any (%(sources)s)
    and exists (select from unnest(because) why where why like %(why)s)
    and exists (
        select from jsonb_array_elements(d.items) i
        where i ->> 'outcome' = 'parked'
            and exists (select from jsonb_array_elements_text(i -> 'because') why
                where why like %(why)s)
            and exists (select from heads h
                where h.source = d.source and h.external_id = any (array(
                    select coalesce(
                        (select n.external_id from ticket_names n
                            where n.source = d.source and n.name = said ->> 'external_id'),
                        said ->> 'external_id')
                    from jsonb_array_elements(i -> 'said') said))))
order by received_at, delivery_id limit %(limit)s
"""
TOO_EARLY = "%required on a ticket's first%"
"""Why that is parked which came before what makes its ticket known."""
CONCERNS = """
update deliveries set tickets = array_append(tickets, %s)
where delivery_id = %s and not (%s = any(tickets))
"""


@dataclass(slots=True)
class Delivery:
    """One row. `items` are what was read in it, a ticket each: with an `outcome`, and why
    (`because`); where it was read, with what it says (`said`), as `Itemizing` has made it."""

    delivery_id: UUID
    source: str
    told_apart_by: str | None
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes
    state: State
    items: list[dict[str, Any]]
    because: list[str]
    tickets: list[UUID]
    unmapped: list[str]
    """What nobody knows of what it says: see `unmapped.Key`."""


async def insert(conn: AsyncConnection[Any], one: Delivery) -> bool:
    """Whether it is new; otherwise the desk had sent it before."""
    cursor = await conn.execute(
        INSERT,
        (
            one.delivery_id,
            one.source,
            one.told_apart_by,
            one.received_at,
            Jsonb(dict(one.headers)),
            one.body,
            one.state,
            Jsonb(one.items, dumps=orjson.dumps),
            one.because,
            one.tickets,
            one.unmapped,
        ),
    )
    return cursor.rowcount == 1


async def known(conn: AsyncConnection[Any], source: str, told_apart_by: str) -> Delivery:
    """What the desk had sent under this id. Raises LookupError where it has been dropped since."""
    async with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        await cursor.execute(KNOWN, (source, told_apart_by))
        found = await cursor.fetchone()
    if found is None:
        raise LookupError(told_apart_by)
    return found


async def settle(conn: AsyncConnection[Any], one: Delivery) -> None:
    """Stores what has become of it."""
    items = Jsonb(one.items, dumps=orjson.dumps)
    values = one.state, items, one.because, one.tickets, one.unmapped, one.delivery_id
    await conn.execute(SETTLE, values)


async def unsettled(
    conn: AsyncConnection[Any],
    state: State,
    *,
    source: str | None = None,
    which: Sequence[UUID] | None = None,
    before: datetime | None = None,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[Delivery]:
    """The next ones in order of receipt, after one of them; but for those that were let be."""
    async with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        await cursor.execute(
            UNSETTLED,
            {
                "state": state,
                "source": source,
                "which": None if which is None else list(which),
                "before": before,
                "after": after[0],
                "id": after[1],
                "limit": limit,
            },
        )
        return await cursor.fetchall()


async def overtook(
    conn: AsyncConnection[Any], sources: Collection[str], limit: int
) -> list[Delivery]:
    """Those of these desks of which a part came before what makes its ticket known, and is parked
    for that alone; also those that were let be, for who did that could not know."""
    values = {"sources": list(sources), "why": TOO_EARLY, "limit": limit}
    async with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        await cursor.execute(OVERTOOK, values)
        return await cursor.fetchall()


async def by_id(conn: AsyncConnection[Any], delivery_id: UUID) -> Delivery | None:
    """None: it has been dropped, or never was one."""
    async with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        await cursor.execute("select * from deliveries where delivery_id = %s", (delivery_id,))
        return await cursor.fetchone()


async def concerns(conn: AsyncConnection[Any], delivery_id: UUID, ticket: UUID) -> None:
    """It tells of this ticket as well."""
    await conn.execute(CONCERNS, (ticket, delivery_id, ticket))
