"""The desk: one method per command, each deciding on what is stored and appending what follows."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool

from command_side import event_store
from command_side.acting import who
from command_side.concerned import Asks, seems_concerned
from command_side.deciding import people, ticking
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import AlertTold, Ticket
from command_side.deciding.excusing import NOTHING_AGREED, ExcuseBook
from command_side.deciding.head import Head, NeedsStream
from command_side.deciding.on_call import NOBODY_ON_CALL, RotaBook
from command_side.deciding.opening import opened, replayed
from command_side.deciding.repairing import may_move
from command_side.deciding.replayed import Replayed
from command_side.deciding.silencing import InForce
from command_side.deciding.ticking import Settled
from command_side.deciding_each import decide_each
from command_side.event_store import Append, AppendOutcome, Recorded, StoredHead, encode
from command_side.intake.batches import ATTEMPTS, Contended
from command_side.keeping import append_settled
from engine import tracing
from engine.notify.message import Delivery
from engine.sla.instants import micros, moment
from engine.sla.policy import Policy, UnknownVersion
from engine.sla.stored_fold import StoredFold

logger = logging.getLogger(__name__)

PUT_OFF = timedelta(minutes=1)
"""Until a ticket is tried again about which nothing could be decided."""


Settle = Callable[[AsyncConnection[Any], Sequence[StoredHead], datetime], Awaitable[list[Settled]]]
"""Decides about heads that are claimed, and appends what follows."""


class TicketUnknown(Exception):
    """There is no such ticket."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What one transaction of a tick did."""

    count: int
    """Tickets on which something was due."""
    next_due_at: datetime | None
    """The earliest deadline that is left."""
    raised: Sequence[datetime] = ()
    """When each milestone that was raised was due, or came to be known if that was later."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of a change did, or of making heads anew."""

    last: UUID | None
    """Where to go on; None: that was the end."""
    count: int
    """Tickets whose promises moved, or all of the page."""
    next_due_at: datetime | None
    """The earliest deadline that came up."""


class TicketDesk:
    """Commands about tickets, on PostgreSQL."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        book: PolicyBook,
        *,
        learn: Callable[[], Awaitable[None]],
        silences: Callable[[], InForce] = InForce,
        ended: Callable[[int], Sequence[UUID]] = lambda now: (),
        appended: Callable[[], None] = lambda: None,
        excuses: ExcuseBook = NOTHING_AGREED,
        on_call: RotaBook = NOBODY_ON_CALL,
    ) -> None:
        """`learn` brings the book up to date when another process has used a newer version;
        `silences` are those in force, `ended` those that somebody has ended before their time;
        `appended` is called after every commit that wrote events: a wake-up for readers;
        `excuses` is what is agreed not to count, and `on_call` who is on call, as it becomes
        known."""
        self._pool = pool
        self._excuses = excuses
        self._on_call = on_call
        self._book = book
        self._learn = learn
        self._silences = silences
        self._ended = ended
        self._appended = appended

    def policies(self) -> Sequence[Policy]:
        """Those that tickets stand under, as far as this process knows."""
        return self._book.all

    # Time
    async def raise_due(self, now: datetime, limit: int) -> Tick:
        """Raises and takes back what is due by `now` on at most `limit` tickets.

        One transaction: claims heads that nobody else holds, and appends to these alone.
        """
        try:
            settled = await self._raise(now, limit, self._settle)
        except UnknownVersion:
            # Of those that are still unknown then, another release of the program may know more.
            settle = self._settle if await self._has_learnt() else self._settle_apart
            settled = await self._raise(now, limit, settle)
        except OperationalError:
            raise
        except Exception:
            logger.warning("some tickets are looked at one by one", exc_info=True)
            settled = await self._raise(now, limit, self._settle_apart)
        raised = [moment(at) for one in settled for at in one.raised]
        if settled:
            self._appended()
        if len(settled) == limit:  # there may be more, of those that have just been unmuted too
            return Tick(limit, now, raised)
        async with self._pool.connection() as conn:
            return Tick(len(settled), await event_store.next_due(conn), raised)

    async def _raise(self, now: datetime, limit: int, settle: Settle) -> list[Settled]:
        async with self._pool.connection() as conn, conn.transaction():
            heads = await event_store.claim_due(conn, now=now, limit=limit)
            if (ended := self._ended(micros(now))) and len(heads) < limit:
                left = limit - len(heads)
                heads += await event_store.claim_muted(conn, ended, now=now, limit=left)
            return await settle(conn, heads, now)

    async def _has_learnt(self) -> bool:
        try:
            await self._learn()
        except Exception as error:
            logger.warning("what tickets stand under is not known", extra={"error": str(error)})
            return False
        return True

    async def _settle(
        self, conn: AsyncConnection[Any], heads: Sequence[StoredHead], now: datetime
    ) -> list[Settled]:
        began = tracing.began()
        settled = await self._decide(conn, heads, now) if heads else []
        await append_settled(conn, settled, now, began)
        return settled

    async def _settle_apart(
        self, conn: AsyncConnection[Any], heads: Sequence[StoredHead], now: datetime
    ) -> list[Settled]:
        """One by one, so that whatever is wrong with a ticket keeps none of the others."""
        settled: list[Settled] = []
        for head in heads:
            try:
                async with conn.transaction():
                    settled += await self._settle(conn, [head], now)
            except OperationalError:
                raise
            except Exception:
                one = _put_off(head, now)
                await event_store.append(conn, [one.append], now=now)
                settled.append(one)
        return settled

    async def _decide(
        self, conn: AsyncConnection[Any], heads: Sequence[StoredHead], now: datetime
    ) -> list[Settled]:
        settled: list[Settled] = []
        claimed = {head.ticket_id: head for head in heads}

        def decide(ticket: UUID, stream: Sequence[Recorded] | None) -> None:
            head = claimed[ticket]
            try:
                case = opened(head, stream, self._book, self._excuses)
                case.on_call = self._on_call
                silences = self._silences()
                settled.append(ticking.decide(case, silences=silences, now=micros(now)))
            except (NeedsStream, UnknownVersion):
                raise
            except Exception:  # must not keep the other tickets
                settled.append(_put_off(head, now))

        await decide_each(conn, claimed, decide)
        return settled

    async def retarget(self, after: UUID, now: datetime, limit: int, judged: int = 0) -> Page:
        """Brings those of the next `limit` tickets after an id that it may concern under the
        policy in force; all have been `judged` by the versions up to that.

        One transaction; what stands under it already is left alone, so that going over the same
        tickets again does no harm.
        """
        return await self._move(
            after, now, limit, lambda _, fold: may_move(self._book.all, fold, judged)
        )

    async def excuse(self, after: UUID, now: datetime, limit: int, judged: int = 0) -> Page:
        """Brings those of the next `limit` tickets after an id that it may concern under what is
        excused now; otherwise as `retarget`."""

        def may_concern(head: Head, fold: StoredFold) -> bool:
            return self._excuses.may_concern(max(head.excuses, judged), fold)

        return await self._move(after, now, limit, may_concern)

    async def _move(self, after: UUID, now: datetime, limit: int, asks: Asks) -> Page:
        def is_behind(stored: StoredHead) -> bool:
            return seems_concerned(stored, asks)

        try:
            heads, settled = await self._move_by(after, now, limit, is_behind, self._settle)
        except (OperationalError, UnknownVersion):
            raise
        except Exception:
            logger.warning("some tickets are looked at one by one", exc_info=True)
            heads, settled = await self._move_by(after, now, limit, is_behind, self._settle_apart)
        return self._page(heads, settled, limit, sum(one.retargeted for one in settled))

    async def _move_by(
        self,
        after: UUID,
        now: datetime,
        limit: int,
        is_behind: Callable[[StoredHead], bool],
        settle: Settle,
    ) -> tuple[list[StoredHead], list[Settled]]:
        """Only heads that seem to be behind are claimed, and looked at again then: whoever begins
        or changes a ticket meanwhile does it under what is new."""
        async with self._pool.connection() as conn, conn.transaction():
            heads = await event_store.read_heads(conn, after=after, limit=limit)
            found = [head.ticket_id for head in heads if is_behind(head)]
            if not found:
                return heads, []
            await event_store.claim(conn, found)
            claimed = await event_store.load(conn, found)
            behind = [head for ticket in found if is_behind(head := claimed[ticket])]
            return heads, await settle(conn, behind, now)

    async def rebuild(self, after: UUID, now: datetime, limit: int) -> Page:
        """Makes the heads of the next `limit` tickets after an id anew from their streams.

        What is due for them by now is raised on the way, as in a tick. One transaction."""
        async with self._pool.connection() as conn, conn.transaction():
            heads = await event_store.claim_page(conn, after=after, limit=limit)
            forgotten = [replace(head, state=b"") for head in heads if head.state]
            settled = await self._settle_apart(conn, forgotten, now)
        return self._page(heads, settled, limit, len(settled))

    def _page(
        self, heads: Sequence[StoredHead], settled: Sequence[Settled], limit: int, count: int
    ) -> Page:
        """What is said of a page that is committed."""
        if settled:
            self._appended()
        return Page(
            heads[-1].ticket_id if len(heads) == limit else None,
            count,
            min(
                (at for one in settled if (at := one.append.next_due_at) is not None), default=None
            ),
        )

    # People
    async def acknowledge(
        self,
        ticket: UUID,
        *,
        by: str,
        note: str | None,
        now: datetime,
        correlation_id: str | None,
        once: bool = False,
        but: str = "",
    ) -> int:
        """Holds the escalation; answers the position. Raises TicketUnknown, Contended.

        `once`: it came by a message. What is in the log under this correlation id is this command,
        which came again; where nothing of the ticket goes on, it raises TicketOver.
        `but`: the channel that it came by, which need not be told.
        """
        told = who(by, note=note, correlation_id=correlation_id, but=but, once=once)
        key = correlation_id if once else None
        return await self._command(
            ticket, lambda case: people.acknowledge(case, now=micros(now), **told), now, key
        )

    async def snooze(
        self,
        ticket: UUID,
        *,
        until: datetime,
        by: str,
        reason: str | None,
        now: datetime,
        correlation_id: str | None,
        once: bool = False,
    ) -> int:
        """Mutes a ticket until an instant; answers the position; `once`, and raises, as
        `acknowledge`; with it raises SnoozedAlready, too."""
        told = who(by, reason=reason, correlation_id=correlation_id, until=micros(until), once=once)
        key = correlation_id if once else None
        return await self._command(
            ticket, lambda case: people.snooze(case, now=micros(now), **told), now, key
        )

    async def _command(
        self,
        ticket: UUID,
        decide: Callable[[Replayed], Append],
        now: datetime,
        once: str | None,
    ) -> int:
        for _ in range(ATTEMPTS):
            try:
                outcome = await self._try(ticket, decide, now, once)
            except UnknownVersion:
                await self._learn()
                continue
            if isinstance(outcome, Recorded):
                return outcome.position
            if outcome.appended and outcome.position is not None:
                self._appended()
                return outcome.position
        raise Contended

    async def _try(
        self,
        ticket: UUID,
        decide: Callable[[Replayed], Append],
        now: datetime,
        once: str | None,
    ) -> AppendOutcome | Recorded:
        async with self._pool.connection() as conn, conn.transaction():
            await event_store.claim(conn, [ticket])
            head = (await event_store.load(conn, [ticket])).get(ticket)
            if head is None or not head.state:
                raise TicketUnknown(str(ticket))
            streams = await event_store.read_streams(conn, [ticket])
            if once is not None:
                for event in streams[ticket]:
                    if event.correlation_id == once:
                        return event
            case = replayed(head, streams[ticket], self._book, self._excuses)
            case.on_call = self._on_call
            return (await event_store.append(conn, [decide(case)], now=now))[0]

    async def record_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Keeps in the log that channels took messages, at whatever version the tickets are."""
        writes: dict[UUID, Append] = {}
        for one in deliveries:
            write = writes.setdefault(
                one.ticket_id, Append(one.ticket_id, "", "", None, [], None, None)
            )
            body = Ticket.Delivered(
                alerts=tuple([AlertTold(**told) for told in one.alerts]),
                channel=one.channel,
                dedup_key=one.dedup_key,
                delivered_at=micros(one.delivered_at),
                attempts=one.attempts,
            )
            write.events.append(encode(body, occurred_at=one.delivered_at))
        newest = max(one.delivered_at for one in deliveries)
        async with self._pool.connection() as conn:
            try:
                await event_store.append(conn, list(writes.values()), now=newest)
            except OperationalError:
                raise
            except Exception:
                await self._record_apart(conn, writes.values(), newest)
        self._appended()

    async def _record_apart(
        self, conn: AsyncConnection[Any], writes: Iterable[Append], now: datetime
    ) -> None:
        """What the log refuses is left out: it would keep all later deliveries from it."""
        for write in writes:
            try:
                await event_store.append(conn, [write], now=now)
            except OperationalError:
                raise
            except Exception:
                about = {"ticket_id": str(write.ticket_id)}
                logger.exception("a delivery is not in the log", extra=about)


def _put_off(head: StoredHead, now: datetime) -> Settled:
    """To be called while the error that is to blame is being handled."""
    logger.exception("a ticket is put off", extra={"ticket_id": str(head.ticket_id)})
    append = Append(head.ticket_id, "", "", head.version, [], head.state, now + PUT_OFF)
    return Settled(append)
