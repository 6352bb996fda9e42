"""What became of what desks have sent, in figures: each question looks at no more than it says."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

MOST_UNMAPPED = 20_000
"""Deliveries, the newest, in which values that are not mapped are counted."""
MOST_PARKED = 10_000
"""Deliveries, the oldest, in which reasons are counted."""
MOST_REASONS = 200

COUNTS = """
with names as (select unnest(%(names)s::text[]) as source),
counted as (
    select d.source, d.state, count(*) as count, null::timestamptz as oldest
    from names join deliveries d on d.source = names.source and d.received_at > %(since)s
        and d.state <> 'parked'
    group by 1, 2
    union all
    select d.source, case when l.delivery_id is null then 'parked' else 'let be' end, count(*),
        min(d.received_at) filter (where l.delivery_id is null)
    from deliveries d left join deliveries_let_be l on l.delivery_id = d.delivery_id
    where d.state = 'parked' group by 1, 2)
select n.source,
    coalesce(sum(c.count) filter (where c.state in ('read', 'taken')), 0)::bigint as taken,
    coalesce(sum(c.count) filter (where c.state = 'ignored'), 0)::bigint as ignored,
    coalesce(sum(c.count) filter (where c.state = 'parked'), 0)::bigint as parked,
    coalesce(sum(c.count) filter (where c.state = 'let be'), 0)::bigint as let_be,
    min(c.oldest) as oldest_parked,
    (select max(received_at) from deliveries d where d.source = n.source) as newest,
    (select jsonb_path_query_first(d.items, '$[*].said[last].updated_at') #>> '{}'
        from deliveries d where d.source = n.source and d.state = 'taken'
        order by received_at desc limit 1) as told_at,
    (select d.received_at from deliveries d where d.source = n.source and d.state = 'taken'
        order by received_at desc limit 1) as received_at
from names n left join counted c on c.source = n.source
group by n.source
"""
UNMAPPED = """
select d.source, key, count(*) as count, max(d.received_at) as newest
from (
    select source, unmapped, received_at from deliveries d where unmapped <> '{}'
        and (state <> 'parked'
            or not exists (select from deliveries_let_be l where l.delivery_id = d.delivery_id))
    order by received_at desc limit %s) d, unnest(d.unmapped) key
group by 1, 2 order by 3 desc, 2
"""
REASONS = """
select d.source, why.why, count(distinct d.delivery_id) as count, min(d.received_at) as oldest,
    array_remove(array_agg(distinct why.key), null) as keys
from (
    select delivery_id, source, items, unmapped, received_at from deliveries d
    where state = 'parked' and (%(source)s::text is null or source = %(source)s)
        and not exists (select from deliveries_let_be l where l.delivery_id = d.delivery_id)
    order by received_at limit %(deliveries)s) d,
lateral (
    select distinct w.why, k.key from jsonb_array_elements(d.items) i
    cross join jsonb_array_elements_text(i -> 'because') w (why)
    left join jsonb_array_elements_text(i -> 'unmapped') k (key) on true
    where i ->> 'outcome' = 'parked'
        and not coalesce((i -> 'remarks') ? w.why, false)) why
group by 1, 2 order by 3 desc, 1, 2 limit %(reasons)s
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """Deliveries of one desk: since an instant, but of what is parked all."""

    source: str
    taken: int
    ignored: int
    parked: int
    """But for those that somebody has let be."""
    let_be: int
    oldest_parked: datetime | None
    newest: datetime | None
    """When it sent last."""
    told_at: str | None
    """When it says that happened which it told last."""
    received_at: datetime | None
    """When that came."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not mapped: see `unmapped.Key`."""

    source: str
    key: str
    count: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """Why deliveries are parked that nobody has let be."""

    source: str
    why: str
    count: int
    oldest: datetime
    keys: list[str]
    """What is not mapped of what they say."""


async def counts(
    conn: AsyncConnection[Any], names: Collection[str], since: datetime
) -> dict[str, Counted]:
    """By name."""
    async with conn.cursor(row_factory=class_row(Counted)) as cursor:
        await cursor.execute(COUNTS, {"names": list(names), "since": since})
        return {one.source: one for one in await cursor.fetchall()}


async def unmapped(conn: AsyncConnection[Any]) -> list[Unknown]:
    """Of all desks, the most frequent first."""
    async with conn.cursor(row_factory=class_row(Unknown)) as cursor:
        await cursor.execute(UNMAPPED, (MOST_UNMAPPED,))
        return await cursor.fetchall()


async def reasons(conn: AsyncConnection[Any], source: str | None) -> list[Reason]:
    """The most frequent first."""
    values = {"source": source, "deliveries": MOST_PARKED, "reasons": MOST_REASONS}
    async with conn.cursor(row_factory=class_row(Reason)) as cursor:
        await cursor.execute(REASONS, values)
        return await cursor.fetchall()
