"""The intake: batches of observations, decided in memory on what is stored, appended at once."""

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from os import urandom
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from command_side import event_store, policies
from command_side.deciding import excusing
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.excusing import NOTHING_AGREED, ExcuseBook
from command_side.deciding.head import Head, HeadUnreadable, NeedsStream, newest_of
from command_side.deciding.ingesting import ObservationKey, Submission, decide
from command_side.deciding.on_call import NOBODY_ON_CALL, RotaBook
from command_side.deciding.problems import Problem
from command_side.deciding_each import decide_each
from command_side.event_store import Append, AppendOutcome, Outdated, Recorded, StoredHead
from command_side.set_back import AHEAD
from engine.sla.instants import micros, moment
from engine.sla.policy import UnknownVersion

logger = logging.getLogger(__name__)

SALT_BYTES = 16
ATTEMPTS = 20
"""Times that something is decided at most: again when others had been faster, or a version of the
configuration had to be learnt."""


OUR_FAULT = Problem((), "Something is wrong on our side, not with the item; the log says what.")


class Contended(Exception):
    """Others kept changing this ticket; try again."""


class Intake:
    """Stores observations: all of a batch in one round trip to load and one to append."""

    def __init__(
        self,
        book: PolicyBook,
        *,
        learn: Callable[[], Awaitable[None]],
        appended: Callable[[], None] = lambda: None,
        salt: Callable[[], bytes] = lambda: urandom(SALT_BYTES),
        excuses: ExcuseBook = NOTHING_AGREED,
        on_call: RotaBook = NOBODY_ON_CALL,
    ) -> None:
        """`learn` brings the book up to date when another process has used a newer version;
        `appended` is called after every commit that wrote events: a wake-up for readers; `salt`
        gives a new ticket's."""
        self._book, self._excuses, self._on_call = book, excuses, on_call
        self._salt = salt
        self._learn = learn
        self._appended = appended

    async def ingest(
        self, conn: AsyncConnection[Any], submissions: Sequence[Submission], now: datetime
    ) -> datetime | None:
        """Decides and stores a batch; every submission has its outcome afterwards.

        `conn` is in autocommit. Answers the earliest deadline that came up. What lost a race is
        decided again; raises Contended when that does not end.
        """
        soonest: datetime | None = None
        waiting: dict[UUID, list[Submission]] = defaultdict(list)
        for one in submissions:
            waiting[one.received.ticket_id].append(one)
        lost: dict[UUID, list[Submission]] = {}
        for _ in range(ATTEMPTS):
            try:
                writes, outcomes = await self._try(conn, waiting, now, claimed=bool(lost))
            except (UnknownVersion, Outdated):
                await self._learn()
                continue
            if not writes:
                return soonest
            self._appended()
            lost = {}
            for write, outcome in zip(writes, outcomes, strict=True):
                if not outcome.appended:
                    lost[write.ticket_id] = waiting[write.ticket_id]
                    continue
                for one in waiting[write.ticket_id]:
                    one.position = outcome.position
                if write.next_due_at is not None:
                    soonest = min(soonest or write.next_due_at, write.next_due_at)
            if not lost:
                return soonest
            waiting = defaultdict(list, lost)
        raise Contended

    async def _try(
        self,
        conn: AsyncConnection[Any],
        waiting: dict[UUID, list[Submission]],
        now: datetime,
        *,
        claimed: bool,
    ) -> tuple[list[Append], list[AppendOutcome]]:
        """`claimed` holds the heads from the start: who has lost once does not lose again.

        They all exist then; to insert one while others are held could end in a deadlock.
        """
        async with conn.transaction() if claimed else nullcontext():
            if claimed:
                await event_store.claim(conn, list(waiting))
            writes, basis = await self._decide(conn, waiting, now, claimed=claimed)
            # A pass brings all tickets that are there under a new version. One that was decided by
            # an older version and is stored after the pass would be left behind: by `basis` such
            # an append is refused, and what it stores decided again.
            return writes, await event_store.append(conn, writes, now=now, basis=basis)

    async def _decide(
        self,
        conn: AsyncConnection[Any],
        waiting: dict[UUID, list[Submission]],
        now: datetime,
        *,
        claimed: bool,
    ) -> tuple[list[Append], Mapping[UUID, int]]:
        """What to append, and the versions of the configuration, and of what is excused, by which
        it was decided."""
        heads = await event_store.load(conn, [*waiting, policies.STREAM, excusing.STREAM])
        for stream, known in self._basis().items():
            newest = heads.pop(stream, None)
            if newest is not None and newest.version > known:
                # No ticket shall begin under a version that is past. To learn takes a connection,
                # for which nobody may wait who holds heads: others hold connections and wait for
                # those.
                if claimed:
                    raise UnknownVersion(f"version {newest.version} has come meanwhile")
                await self._learn()
        hashes = await self._hashes(conn, waiting, heads)
        conflicts = await self._conflicts(conn, waiting, heads, hashes)
        writes: list[Append] = []
        basis, instant = self._basis(), self._instant(now)

        def decide_one(ticket: UUID, stream: Sequence[Recorded] | None) -> None:
            head = heads.get(ticket)
            try:
                append = decide(
                    ticket,
                    waiting[ticket],
                    head=head,
                    stream=stream,
                    # To look for an id takes time even where there is nothing: Python hashes it.
                    hashes=hashes.get(ticket, {}) if hashes else {},
                    conflicts=conflicts.get(ticket, set()) if conflicts else set(),
                    book=self._book,
                    now=instant,
                    salt=b"" if head is not None else self._salt(),
                    excuses=self._excuses,
                    on_call=self._on_call,
                )
            except (NeedsStream, UnknownVersion):
                raise
            except Exception:  # must not keep the other tickets of the batch
                logger.exception("a ticket is not decided", extra={"ticket_id": str(ticket)})
                for one in waiting[ticket]:
                    one.outcome, one.late, one.problems = "rejected", False, [OUR_FAULT]
                return
            if append is not None:
                writes.append(append)

        await decide_each(conn, waiting, decide_one)
        return writes, basis

    def _basis(self) -> Mapping[UUID, int]:
        """What is known of the streams on which decisions rest."""
        return {
            policies.STREAM: self._book.current.version,
            excusing.STREAM: self._excuses.number,
        }

    def _instant(self, now: datetime) -> int:
        """By which a batch is decided: not before the current version was accepted, though the
        clock of the machine that accepted it may be a little ahead of ours. One that is far ahead
        must not take the tickets with it."""
        accepted_at = self._book.current.accepted_at
        return max(micros(now), accepted_at if accepted_at <= micros(now + AHEAD) else 0)

    async def _hashes(
        self,
        conn: AsyncConnection[Any],
        waiting: Mapping[UUID, Sequence[Submission]],
        heads: Mapping[UUID, StoredHead],
    ) -> dict[UUID, dict[ObservationKey, bytes]]:
        """The content hashes stored under the keys that the submissions name: none under one that
        is newer than all that the head knows of."""
        keys: list[tuple[UUID, datetime, int]] = []
        for ticket, submissions in waiting.items():
            if (head := heads.get(ticket)) is None:
                continue
            newest = newest_of(head.state)
            for one in submissions:
                at, revision = one.received.named_at, one.received.revision
                if at is not None and (newest is None or (at, revision) <= newest):
                    keys.append((ticket, moment(at), revision))
        found: dict[UUID, dict[ObservationKey, bytes]] = defaultdict(dict)
        for (ticket, at, revision), content in (
            await event_store.content_hashes(conn, keys)
        ).items():
            found[ticket][micros(at), revision] = content
        return found

    async def _conflicts(
        self,
        conn: AsyncConnection[Any],
        waiting: dict[UUID, list[Submission]],
        heads: Mapping[UUID, StoredHead],
        hashes: dict[UUID, dict[ObservationKey, bytes]],
    ) -> dict[UUID, set[bytes]]:
        """Conflicting contents that are stored already, of the tickets that may bring one again."""
        asked = [
            ticket
            for ticket, stored in hashes.items()
            if _may_conflict(heads.get(ticket), waiting[ticket], stored)
        ]
        found: dict[UUID, set[bytes]] = defaultdict(set)
        for ticket, content in await event_store.known_conflicts(conn, asked):
            found[ticket].add(content)
        return found


def _may_conflict(
    head: StoredHead | None,
    submissions: Sequence[Submission],
    stored: Mapping[ObservationKey, bytes],
) -> bool:
    try:
        salt = None if head is None or not head.state else Head.load(head.state).salt
    except HeadUnreadable:
        return True
    return salt is not None and any(
        stored.get((at, one.received.revision), content) != content
        for one in submissions
        if (at := one.received.named_at) is not None
        for content in [one.received.content_hash(at, salt)]
    )
