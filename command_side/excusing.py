"""Brings every ticket that a change of what is excused concerns under it, closed ones too."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.desk import Page, TicketDesk
from command_side.excuses import Excuses, last_applied, mark_applied
from command_side.passes import Pass
from engine.sla.instants import moment

PAGE = 500
"""Heads that are looked at in one transaction; only of those concerned the streams are read."""


class Excusing(Pass):
    """Applies the changes of the list."""

    what, lock = "excusing", 5_710_926_428_164_209_349

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        desk: TicketDesk,
        excuses: Excuses,
        now: Callable[[], datetime],
        *,
        new_deadline: Callable[[datetime], None] = lambda at: None,
    ) -> None:
        super().__init__(pool, now, new_deadline=new_deadline)
        self._desk, self._excuses = desk, excuses

    def newest(self) -> int:
        return self._excuses.book.number

    def changed_at(self) -> datetime:
        return moment(self._excuses.book.changed_at(self.newest()))

    async def last_applied(self, conn: AsyncConnection[Any]) -> int:
        return await last_applied(conn)

    async def page(self, after: UUID, now: datetime) -> Page:
        return await self._desk.excuse(after, now, PAGE, self.applied)

    async def mark(self, conn: AsyncConnection[Any], number: int, count: int) -> None:
        await mark_applied(conn, number, count, now=self._now())
