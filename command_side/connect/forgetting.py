"""Which deliveries of desks are old enough to be dropped: later, and never in silence, what nobody
could read."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from command_side.connect.source import Source
from command_side.retaining import Outgrown

PARKED_FOR: Final = timedelta(days=90)
"""So long what nobody could read waits for a reading; longer where all is kept longer. /health
says a week before that it will be dropped."""
FOREVER: Final = timedelta(days=365 * 100)
SETTLED: Final = ("taken", "ignored")
PARKED: Final = ("parked",)
SOURCES: LiteralString = """
with recursive named as (
    (select source from deliveries order by source limit 1)
    union all
    select (select d.source from deliveries d where d.source > named.source order by 1 limit 1)
    from named where named.source is not null)
select source from named where source is not null
"""
WHICH: LiteralString = """
from deliveries
where source = %(source)s and received_at < %(before)s and state = any (%(states)s)
"""
DROP: LiteralString = (
    "with old as (select delivery_id "
    + WHICH
    + """
    and received_at >= coalesce(%(after)s, '-infinity'::timestamptz)
    order by received_at limit %(most)s for update skip locked
), gone as (
    delete from deliveries d using old where d.delivery_id = old.delivery_id
    returning d.received_at
)
select count(*), min(received_at), max(received_at) from gone
"""
)
WOULD: LiteralString = "select count(*), min(received_at), max(received_at) " + WHICH


def kept_for(source: Source | None, otherwise: timedelta | None) -> timedelta:
    """How long its deliveries are; `otherwise` is for one that does not say, None: for ever."""
    if source is not None and source.raw_days is not None:
        return timedelta(days=source.raw_days)
    return FOREVER if otherwise is None else otherwise


def parked_for(source: Source | None, otherwise: timedelta | None) -> timedelta:
    """How long what nobody could read of it is kept."""
    if source is None:  # nobody is there to read it, whatever is kept of the others
        return PARKED_FOR
    return max(kept_for(source, otherwise), PARKED_FOR)


async def outgrown(
    conn: AsyncConnection[Any],
    connected: Mapping[str, Source],
    otherwise: timedelta | None,
    now: datetime,
) -> list[Outgrown]:
    """Of all desks, also of those that are connected no more."""
    found: list[Outgrown] = []
    for (source,) in await (await conn.execute(SOURCES)).fetchall():
        known = connected.get(source)
        for what, age, states in (
            ("raw", kept_for(known, otherwise), SETTLED),
            ("parked", parked_for(known, otherwise), PARKED),
        ):
            given = {"source": source, "states": list(states)}
            found.append(Outgrown(what, now - age, DROP, WOULD, given, source))
    return found
