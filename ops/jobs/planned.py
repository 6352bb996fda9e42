"""The kind of job that says what a planned configuration would do to the tickets as they are."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from math import inf
from typing import Any, Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from command_side.previewed import MOST_LISTED, Previewed
from command_side.previewing import Prediction, preview
from command_side.repair_preview import preview as turning
from engine.sla.instants import moment
from ops.jobs.what_if import known, supposed
from ops.jobs.work import Say, Work
from ops.pools import connected
from query_side import spreadsheet

HEADS: LiteralString = "select count(*) from heads where source <> ''"


class Given(BaseModel):
    """What a job is told."""

    config: str
    changes: dict[str, Any] | None = None


class DeadlineMoved(BaseModel):
    """A clock of an open ticket whose deadline would be another one."""

    ticket_id: UUID
    external_id: str
    clock: str
    before: datetime | None = Field(description="Null: it does not run, or nothing is promised")
    after: datetime | None = Field(description="The same, as it would be")
    breached_at_once: bool = Field(description="It would be overdue the moment that is in force")
    href: str = Field(description="The ticket's timeline")


class Moves:
    """What is counted of predictions; of the deadlines only the first are kept."""

    def __init__(self) -> None:
        self.tickets = self.moved = self.breached = 0
        self._found: list[DeadlineMoved] = []

    def add(self, one: Prediction) -> None:
        """One open ticket more."""
        moves = [*_moves(one)]
        self.tickets += 1
        self.moved += one.before != one.after
        self.breached += bool(one.breached_at_once)
        self._found += moves
        if len(self._found) > 2 * MOST_LISTED:
            self._found = self.first()

    def first(self) -> list[DeadlineMoved]:
        """Those that are told."""
        return sorted(self._found, key=_urgency)[:MOST_LISTED]


def _moves(one: Prediction) -> Iterator[DeadlineMoved]:
    for clock in dict.fromkeys([*one.before, *one.after]):
        at_once = clock in one.breached_at_once
        if at_once or one.before.get(clock, 0) != one.after.get(clock, 0):
            before, after = one.before.get(clock), one.after.get(clock)
            yield DeadlineMoved(
                ticket_id=one.ticket_id,
                external_id=one.external_id,
                clock=clock,
                before=None if before is None else moment(before),
                after=None if after is None else moment(after),
                breached_at_once=at_once,
                href=f"/tickets/{one.ticket_id}/timeline",
            )


def _urgency(one: DeadlineMoved) -> tuple[bool, float, str]:
    due = one.after or one.before
    return not one.breached_at_once, inf if due is None else due.timestamp(), one.external_id


class OpenTickets(Previewed):
    """What would become of the tickets that are open, if a configuration were in force now."""

    about: Literal["open_tickets"] = Field("open_tickets", description="What is supposed: of now")
    at: datetime = Field(description="The instant at which it would be in force")
    open_tickets: int = Field(description="That were looked at")
    moved: int = Field(description="Of them, those with a deadline that would be another one")
    breached_at_once: int = Field(description="Of them, those with a clock that would be overdue")
    deadlines: list[DeadlineMoved] = Field(
        description="The first 1,000 that would be other ones: those overdue at once come first,"
        " then the soonest"
    )
    alerts_raised: int = Field(
        description="That would be; of those long past nobody would be told."
    )
    warnings: list[str] = Field(description="What is doubtful about the configuration")


def run(work: Work, say: Say) -> Any:
    """An `OpenTickets`. Raises Refused."""
    found = asyncio.run(_previewed(work, Given.model_validate(work.input), say))
    return found.model_dump(mode="json")


def as_csv(result: Any) -> str:
    """The deadlines that would be other ones."""
    columns = [name for name in DeadlineMoved.model_fields if name != "href"]
    return spreadsheet.as_csv(columns, result["deadlines"])


async def _previewed(work: Work, given: Given, say: Say) -> OpenTickets:
    now, looked = moment(work.at), 0
    async with await connected(work.conninfo) as conn:
        book = await known(conn)
        loaded = supposed(work, given.config, book)
        ((heads,),) = await (await conn.execute(HEADS)).fetchall()

        def told(count: int) -> None:  # all heads are looked at twice
            nonlocal looked
            looked += count
            say(min(looked // 2, heads), heads)

        say(0, heads)
        turned = await turning(conn, book, loaded.policy, now=now, looked=told)
        moves = Moves()
        async for one in preview(conn, book, loaded.policy, now=now, looked=told):
            moves.add(one)
    return OpenTickets.of(
        turned,
        about="open_tickets",
        at=now,
        open_tickets=moves.tickets,
        moved=moves.moved,
        breached_at_once=moves.breached,
        deadlines=moves.first(),
        alerts_raised=turned.alerts_raised,
        warnings=loaded.warnings,
    )
