"""Under which external ids tickets are kept whose names have changed, or that have several."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from command_side.deciding.events import ticket_id

NAMES = "select name, external_id from ticket_names where source = %s and name = any(%s)"
TICKETS = "select ticket_id from heads where ticket_id = any(%s) and source <> ''"
ADD = """
insert into ticket_names (source, name, external_id, named_at)
select %s, name, external_id, %s from unnest(%s::text[], %s::text[]) as n (name, external_id)
on conflict do nothing
"""
LEAD = """
insert into ticket_names (source, name, external_id, named_at) values (%s, %s, %s, %s)
on conflict (source, name)
do update set external_id = excluded.external_id, named_at = excluded.named_at, settled = false
"""
FOLLOW = """
update ticket_names set external_id = %s where source = %s and external_id = %s
"""
UNSETTLED = """
select n.source, n.name, n.external_id, h.ticket_id is not null
from ticket_names n
left join heads h on (h.source, h.external_id) = (n.source, n.name)
where not n.settled and n.named_at < %s
order by n.named_at limit %s
"""
SETTLE = """
update ticket_names set settled = true
where (source, name) in (select * from unnest(%s::text[], %s::text[]))
"""


@dataclass(frozen=True, slots=True)
class Found:
    """Under which external id a ticket is kept."""

    external_id: str
    known: bool
    """Whether there is such a ticket."""
    others: Sequence[str] = ()
    """Tickets that were taken for others until now, and are this one."""


class Names:
    """Of all tickets that one delivery tells of, asked for at once; and those that it adds."""

    def __init__(self, source: str, kept: dict[str, str], there: set[str]) -> None:
        self._source, self._kept, self._there = source, kept, there
        self._added: dict[str, str] = {}

    def find(self, asked: Sequence[str]) -> Found:
        """Its own name first; what leads elsewhere counts more than what does not."""
        leading = [self._kept[one] for one in asked if one in self._kept]
        candidates = list(
            dict.fromkeys([*leading, *(one for one in asked if one not in self._kept)])
        )
        known = [one for one in candidates if one in self._there]
        if known:
            return Found(known[0], True, known[1:])
        return Found((leading or asked)[0], False)

    def add(self, asked: Iterable[str], external_id: str) -> None:
        """The ticket is found by these as well from now on."""
        for one in asked:
            if one != external_id and self._kept.get(one) is None:
                self._kept[one] = self._added[one] = external_id

    async def keep(self, conn: AsyncConnection[Any], now: datetime) -> None:
        """Stores those that were added."""
        if self._added:
            names, ids = list(self._added), list(self._added.values())
            await conn.execute(ADD, (self._source, now, names, ids))
            self._added.clear()

    async def lead(
        self, conn: AsyncConnection[Any], others: Iterable[str], external_id: str, now: datetime
    ) -> None:
        """From now on these, and whatever leads to them, lead there."""
        for one in others:
            await conn.execute(FOLLOW, (external_id, self._source, one))
            await conn.execute(LEAD, (self._source, one, external_id, now))
            self._kept = {
                name: external_id if kept == one else kept for name, kept in self._kept.items()
            } | {one: external_id}


async def names_of(conn: AsyncConnection[Any], source: str, asked: Iterable[str]) -> Names:
    """What is known of these."""
    names = list(dict.fromkeys(asked))
    kept = dict(await (await conn.execute(NAMES, (source, names))).fetchall())
    by_ids = {ticket_id(source, one): one for one in (*names, *kept.values())}
    cursor = await conn.execute(TICKETS, (list(by_ids),))
    return Names(source, kept, {by_ids[one] for (one,) in await cursor.fetchall()})


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A name that leads to a ticket since a while."""

    source: str
    name: str
    external_id: str
    is_ticket: bool
    """There is one of its own as well."""


async def unsettled(conn: AsyncConnection[Any], before: datetime, limit: int) -> list[Unsettled]:
    """Those since before then of which it has not been seen to that no ticket is left behind."""
    cursor = await conn.execute(UNSETTLED, (before, limit))
    return [Unsettled(*row) for row in await cursor.fetchall()]


async def settle(conn: AsyncConnection[Any], names: Sequence[Unsettled]) -> None:
    """It has been seen to."""
    values = [one.source for one in names], [one.name for one in names]
    await conn.execute(SETTLE, values)
