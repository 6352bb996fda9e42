"""What a link in a message leads to, and what becomes of it once somebody says so."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.events import Ticket
from command_side.deciding.people import SnoozedAlready, TicketOver
from command_side.desk import TicketDesk
from command_side.event_store import Recorded, read_streams
from config.loading import Loaded
from config.people import Person
from engine.notify.links import HOUR, Asked, Links, NoLink, once
from engine.sla.instants import moment
from ops.http.people import addressed, time_zone
from query_side import tickets
from query_side.tickets import Folded, TicketDetails

Kind = Literal["asks", "done", "over", "already", "expired", "stranger", "gone", "unknown"]
OVER = ("done", "cancelled")
"""Phases in which nothing of a ticket goes on."""


@dataclass(frozen=True, slots=True)
class Led:
    """Where a link leads by now."""

    kind: Kind
    """asks: whether it is meant · done: by this very link · over: what it was about · already: by
    somebody else · stranger: it was made for one whom nobody knows any more · gone: its ticket is
    not known · unknown: it is none of ours."""
    asked: Asked | None = None
    ticket: TicketDetails | None = None
    person: Person | None = None
    """Whom it was made for; None: whoever has it."""
    by: str = ""
    """Who did it, where it is done already."""
    at: datetime | None = None
    """When that was, or when what it was about was over."""
    until: datetime | None = None
    """How long it holds."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Looks at links, and has them take effect. Both raise what the database does."""

    links: Links
    desk: TicketDesk
    pool: AsyncConnectionPool[AsyncConnection[Any]]
    """Its connections must not be in autocommit mode."""
    folded: Folded
    newest: Callable[[], Loaded | None]
    now: Callable[[], datetime]

    async def look(self, token: str) -> Led:
        """What there is to say of a link; nothing changes, however often it is opened."""
        try:
            asked = self.links.read(token)
        except NoLink:
            return Led("unknown")
        if asked.expires_at <= self.now():
            return Led("expired", asked)
        person = self.known(asked.person)
        if asked.person and person is None and "@" not in asked.person:
            return Led("stranger", asked)
        return replace(await self._by_now(asked, once(token)), asked=asked, person=person)

    async def take(self, token: str, asked: Asked, person: Person | None, name: str) -> None:
        """Do what a link asks, in the name of whom it was made for, else under the name given."""
        now = self.now()
        by = person.key if person else f"link:{name}"
        told: dict[str, Any] = {"by": by, "correlation_id": once(token), "once": True, "now": now}
        # Since it was looked at: the page that follows says so.
        with suppress(TicketOver, SnoozedAlready):
            if asked.action == "acknowledge":
                await self.desk.acknowledge(asked.ticket_id, note=None, **told)
            else:
                await self.desk.snooze(asked.ticket_id, until=now + HOUR, reason=None, **told)

    def known(self, who: str) -> Person | None:
        """Somebody of the newest configuration, by key or address."""
        newest = self.newest()
        people = newest.people if newest else ()
        by_key = next((one for one in people if one.key == who), None)
        return by_key or addressed(newest, who)

    def name_of(self, key: str) -> str | None:
        """What they are called; None: they are not of the configuration."""
        person = self.known(key)
        return person.name if person else None

    def zone(self, person: Person | None) -> str:
        """The person's, else that of the promises."""
        return time_zone(self.newest(), person)

    def holds_for(self) -> timedelta:
        """How long an acknowledgement holds, by the newest configuration."""
        newest = self.newest()
        return timedelta(microseconds=newest.policy.ack_timeout) if newest else HOUR

    async def _by_now(self, asked: Asked, press: str) -> Led:
        """By the log itself: the read tables may be a moment behind what was just pressed."""
        now, topics = self.now(), (Ticket.Acknowledged.TOPIC, Ticket.Snoozed.TOPIC)
        async with self.pool.connection() as conn:
            rows = await self.folded(conn, asked.ticket_id)
            ticket = await tickets.details_of(rows, conn, now=now)
            # Last: of a link that is pressed twice at once, what the ticket shows by now would
            # else be somebody else's doing, as its own press would not be found yet.
            streams = await read_streams(conn, [asked.ticket_id], topics=topics)
        if ticket is None:
            return Led("gone")
        for event in streams[asked.ticket_id]:
            if event.correlation_id == press:
                return _done(event, ticket)
        cycle = next(
            (
                row
                for row in rows["ticket_clocks"]
                if (row["clock"], row["cycle"]) == (asked.clock, asked.cycle)
            ),
            None,
        )
        if ticket.phase in OVER or (cycle is not None and cycle["stopped_at"] is not None):
            return Led("over", ticket=ticket, at=None if cycle is None else cycle["stopped_at"])
        if asked.action == "acknowledge" and (until := held_until(ticket, cycle, now)):
            by = ticket.acknowledged_by or ""
            return Led("already", ticket=ticket, by=by, at=ticket.acknowledged_at, until=until)
        snoozed = ticket.snoozed_until
        if asked.action == "snooze" and snoozed is not None and snoozed >= now + HOUR:
            return Led("already", ticket=ticket, until=snoozed)
        return Led("asks", ticket=ticket)


def held_until(
    ticket: TicketDetails, cycle: Mapping[str, Any] | None, now: datetime
) -> datetime | None:
    """Until when somebody has it; None: nobody does. Of a resolution that has begun since, what
    was acknowledged before it holds no more."""
    at, until = ticket.acknowledged_at, ticket.acknowledged_until
    if at is None or until is None or until <= now:
        return None
    if cycle is not None and cycle["clock"] == "resolution" and at < cycle["started_at"]:
        return None
    return until


def _done(event: Recorded, ticket: TicketDetails) -> Led:
    match event.body:
        case Ticket.Acknowledged(until=until) | Ticket.Snoozed(until=until):
            ends = moment(until)
        case _:
            ends = None
    by = event.personal.by or ""
    return Led("done", ticket=ticket, by=by, at=event.occurred_at, until=ends)
