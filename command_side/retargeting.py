"""Brings the tickets that are open under a new policy version; those that are closed, too, where it
counts since a time before its acceptance."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side import policies
from command_side.deciding.casefile import PolicyBook
from command_side.desk import Page, TicketDesk
from command_side.passes import Pass
from engine.sla.instants import moment

PAGE = 500
LOCK = 5_710_926_428_164_209_347


class Retargeting(Pass):
    """Applies the versions of the configuration."""

    what, lock = "retargeting", LOCK

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        desk: TicketDesk,
        book: PolicyBook,
        now: Callable[[], datetime],
        *,
        new_deadline: Callable[[datetime], None] = lambda at: None,
    ) -> None:
        super().__init__(pool, now, new_deadline=new_deadline)
        self._desk, self._book = desk, book

    def newest(self) -> int:
        return self._book.current.version

    def changed_at(self) -> datetime:
        return moment(self._book.current.accepted_at)

    async def last_applied(self, conn: AsyncConnection[Any]) -> int:
        return await policies.last_applied(conn)

    async def page(self, after: UUID, now: datetime) -> Page:
        return await self._desk.retarget(after, now, PAGE, self.applied)

    async def mark(self, conn: AsyncConnection[Any], number: int, count: int) -> None:
        await policies.mark_applied(conn, number, count, now=self._now())
