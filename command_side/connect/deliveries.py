"""The table of what desks have sent: durable before it is answered, and settled afterwards."""

from collections.abc import Mapping, Sequence
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
    (delivery_id, source, told_apart_by, received_at, headers, body, state, items, because, tickets)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (source, told_apart_by) do nothing
"""
KNOWN = "select * from deliveries where source = %s and told_apart_by = %s"
SETTLE = """
update deliveries set state = %s, items = %s, because = %s, tickets = %s where delivery_id = %s
"""
UNSETTLED = """
select * from deliveries where state = %(state)s
    and (%(source)s::text is null or source = %(source)s)
    and (%(before)s::timestamptz is null or received_at < %(before)s)
    and (received_at, delivery_id) > (%(after)s, %(id)s)
order by received_at, delivery_id limit %(limit)s
"""
COUNTS = """
select source, state, count(*), max(received_at), min(received_at) filter (where state = 'parked')
from deliveries where received_at > %s or state = 'parked' group by source, state
"""
OVERTOOK = """
select * from deliveries d where state = 'parked'
    and exists (select from unnest(because) why where why like '%%required on a ticket''s first%%')
    and exists (
        select from heads h
        where h.source <> '' and (h.ticket_id = any (d.tickets) or (h.source, h.external_id) in (
            select n.source, n.external_id from ticket_names n, jsonb_array_elements(d.items) i
            where n.source = d.source and n.name = any (array(
                select said ->> 'external_id' from jsonb_array_elements(i -> 'said') said)))))
order by received_at, delivery_id limit %s
"""
BEGINNINGS = """
select delivery_id, source, told_apart_by, received_at, headers, substring(body for 8000) as body,
    state, '[]'::jsonb as items, because, tickets
from deliveries
where state = 'parked' and (%(source)s::text is null or source = %(source)s)
order by received_at, delivery_id limit %(limit)s
"""
WHY = """
select source, because from deliveries where state = 'parked' order by received_at limit %s
"""
FORGET = """
delete from deliveries where delivery_id in (
    select delivery_id from deliveries
    where source = %s and received_at < %s and state in ('taken', 'ignored') limit 10000)
"""
TICKETS = "select ticket_id from heads where ticket_id = any(%s) and source <> ''"
NAMES = "select name, external_id from ticket_names where source = %s and name = any(%s)"
NAME = """
insert into ticket_names (source, name, external_id) values (%s, %s, %s) on conflict do nothing
"""


@dataclass(slots=True)
class Delivery:
    """One row. `items` are what was read in it: each `{"item", "outcome"}`, or `{"because"}` for
    what could not be read."""

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


@dataclass(frozen=True, slots=True)
class Counted:
    """Deliveries of one source in one state."""

    source: str
    state: State
    count: int
    newest: datetime
    oldest_parked: datetime | None


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
    await conn.execute(SETTLE, (one.state, items, one.because, one.tickets, one.delivery_id))


async def unsettled(
    conn: AsyncConnection[Any],
    state: State,
    *,
    source: str | None = None,
    before: datetime | None = None,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[Delivery]:
    """The next ones in order of receipt, after one of them."""
    async with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        await cursor.execute(
            UNSETTLED,
            {
                "state": state,
                "source": source,
                "before": before,
                "after": after[0],
                "id": after[1],
                "limit": limit,
            },
        )
        return await cursor.fetchall()


async def overtook(conn: AsyncConnection[Any], limit: int) -> list[Delivery]:
    """Those that came before what makes their ticket known, and are parked for that alone."""
    async with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        await cursor.execute(OVERTOOK, (limit,))
        return await cursor.fetchall()


async def beginnings(conn: AsyncConnection[Any], source: str | None, limit: int) -> list[Delivery]:
    """What is parked, the oldest first; of each body only the beginning."""
    async with conn.cursor(row_factory=class_row(Delivery)) as cursor:
        await cursor.execute(BEGINNINGS, {"source": source, "limit": limit})
        return await cursor.fetchall()


async def reasons(conn: AsyncConnection[Any], limit: int) -> list[tuple[str, list[str]]]:
    """Why deliveries are parked, with whose they are; the oldest first."""
    cursor = await conn.execute(WHY, (limit,))
    return [(source, because) for source, because in await cursor.fetchall()]


async def counts(conn: AsyncConnection[Any], since: datetime) -> list[Counted]:
    """Of what came since then, and of all that is parked."""
    cursor = await conn.execute(COUNTS, (since,))
    return [Counted(*row) for row in await cursor.fetchall()]


async def forget(conn: AsyncConnection[Any], source: str, before: datetime) -> int:
    """Drops what is settled and older; how many that were, of 10,000 at most."""
    return (await conn.execute(FORGET, (source, before))).rowcount


async def tickets_known(conn: AsyncConnection[Any], ids: Sequence[UUID]) -> set[UUID]:
    cursor = await conn.execute(TICKETS, (list(ids),))
    return {row[0] for row in await cursor.fetchall()}


async def names(conn: AsyncConnection[Any], source: str, asked: Sequence[str]) -> dict[str, str]:
    """Under which external ids the tickets of these names are kept, where they are others."""
    cursor = await conn.execute(NAMES, (source, list(asked)))
    return dict(await cursor.fetchall())


async def name(conn: AsyncConnection[Any], source: str, other: str, external_id: str) -> None:
    """From now on the ticket is found by the other name as well."""
    await conn.execute(NAME, (source, other, external_id))
