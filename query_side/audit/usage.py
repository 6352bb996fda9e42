"""Who used the time of many tickets' clocks, summed: the report over `breakdown`.

There is no read table of it: what a ticket's past was used for may change as a whole with one late
update, one agreement or one policy version, so tickets are replayed when somebody asks.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, BeforeValidator, Field

from command_side.deciding.casefile import PolicyBook
from command_side.deciding.excusing import NOTHING_AGREED
from command_side.deciding.rebuilding import excused_by
from command_side.deciding.replayed import Stored
from command_side.event_store import Recorded, read_streams
from command_side.excuses import book_of
from engine.sla.instants import SECOND, micros, moment
from engine.sla.timeline import Fold
from engine.sla.uses import Time, Use, Uses
from query_side.audit.breakdown import Divided, Whose, assignees, divided, regardless_of_case, whose
from query_side.audit.replay import KnownThen, folded, opening
from query_side.audit.reported.filling import concerned
from query_side.reading import Asked, Instant, Period, choices, waiting
from query_side.reports.then import Stretch

MOST = 2000
"""Tickets that one report may take: it is answered while somebody waits."""
DAY = 86_400 * SECOND
PAGE = 20
"""Tickets read at a time: few, as nobody else is answered while they are decoded."""
READ = ("tickets", "ticket_clocks")
TICKETS: LiteralString = """
SELECT ticket_id, external_id FROM tickets t
WHERE created_at < %(until)s AND EXISTS (
    SELECT FROM ticket_clocks c
    WHERE c.ticket_id = t.ticket_id AND (c.stopped_at IS NULL OR c.stopped_at > %(since)s)
)
ORDER BY ticket_id LIMIT %(limit)s
"""
NAMED: LiteralString = """
SELECT ticket_id, external_id FROM tickets
WHERE ticket_id = ANY (%(tickets)s) ORDER BY ticket_id LIMIT %(limit)s
"""
Grouping = Literal["clock", "team", "assigned_to", "status", "rule", "day", "month"]
Key = tuple[object, ...]


class UsageGroup(Divided):
    """One group, by the names asked for; the others are left out."""

    clock: str | None = None
    team: str | None = Field(None, description="Null: none had it")
    assigned_to: str | None = Field(None, description="Null: nobody, or the name was erased")
    status: str | None = Field(None, description="Null: none was named yet")
    rule: str | None = Field(None, description="Null: none, so the customer tier")
    day: date | None = Field(None, description="In UTC")
    month: date | None = Field(None, description="Its first day, in UTC")


class Usage(BaseModel):
    """All groups of a period, and the whole of it."""

    since: Instant = Field(serialization_alias="from")
    until: Instant = Field(serialization_alias="to")
    tickets: int = Field(description="That had an open cycle in the period")
    groups: list[UsageGroup]
    total: Divided


class Question(Period):
    """Which period, and by what."""

    group_by: Annotated[list[Grouping], BeforeValidator(choices)] = Field(
        default_factory=lambda: ["clock"], description="One or more, in this order; a comma list"
    )
    known_at: Asked | None = Field(
        None, description="By what was known then; alone it implies `to`"
    )


def build(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    now: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/reports", tags=["Queries"])

    @router.get(
        "/breakdown",
        operation_id="get_usage",
        summary="Who used the time of all clocks",
        dependencies=[Depends(waiting(pool, *READ))],
        response_model_exclude_unset=True,
    )
    async def report(question: Annotated[Question, Query()]) -> Usage:
        """The breakdowns of all tickets within a period, summed: what was counted, paused, excused
        and out of hours. Calculated from the log as of `to`, now at the latest, by what is known
        now or was at `known_at`, for up to 2,000 tickets that had an open cycle in it; for more a
        shorter period has to be asked for."""
        at = now()
        until = min(question.until or question.known_at or at, at)
        since = question.begins(until)
        if since >= until:
            raise _wrong("from", "must be before `to`, and not to come")
        names = list(dict.fromkeys(question.group_by)) or ["clock"]
        sums = Sums(names, micros(since), micros(until))
        async with pool.connection() as conn:
            tickets = await _tickets(conn, question.known_at, since, until, at)
            if len(tickets) > MOST:
                raise _wrong(
                    "from", f"more than {MOST:,} tickets were open; ask for a shorter time"
                )
            excuses, concerning = await book_of(conn), 0
            known_at = None if question.known_at is None else micros(question.known_at)
            async for name, stream in _streams(conn, tickets, question.known_at):
                uses, opened = Uses(), opening(stream, book, name)
                then = KnownThen(book, known_at, opened.policy)
                agreed = excuses if excused_by(stream) else NOTHING_AGREED
                case, fold = folded(stream, opened, opened.policy, then, agreed, sums.until, uses)
                concerning += sums.add(fold, case.timeline, uses)
                await asyncio.sleep(0)  # others are answered meanwhile
        return Usage(
            since=since,
            until=until,
            tickets=concerning,
            groups=[
                UsageGroup.model_validate(
                    {**dict(zip(names, sums.shown[key], strict=True)), **divided(time)}
                )
                for key, time in sorted(sums.times.items(), key=_order)
            ],
            total=Divided(**divided(sums.total)),
        )

    return router


async def _tickets(
    conn: AsyncConnection[Any],
    known_at: datetime | None,
    since: datetime,
    until: datetime,
    now: datetime,
) -> Sequence[tuple[UUID, str]]:
    """By id, with what they are called: those that had an open cycle in the period; of another
    time's knowledge those that may have had one."""
    asked: dict[str, Any] = {"since": since, "until": until, "limit": MOST + 1}
    if known_at is None:
        return await (await conn.execute(TICKETS, asked)).fetchall()
    found = await concerned(conn, Stretch(since, until, until, known_at), now)
    asked["tickets"] = [*found.settled, *found.replayed]
    return await (await conn.execute(NAMED, asked)).fetchall()


async def _streams(
    conn: AsyncConnection[Any], tickets: Sequence[tuple[UUID, str]], known_at: datetime | None
) -> AsyncGenerator[tuple[str, Sequence[Recorded]]]:
    """Of each ticket what it is called, and its stream, as it was known."""
    for start in range(0, len(tickets), PAGE):
        page = tickets[start : start + PAGE]
        ids = [ticket for ticket, _ in page]
        streams = await read_streams(conn, ids, recorded_until=known_at)
        for ticket, name in page:
            if streams[ticket]:
                yield name, streams[ticket]


class Sums:
    """Times by group, within a period."""

    def __init__(self, names: Sequence[Grouping], since: int, until: int) -> None:
        self._names, self._since, self.until = names, since, until
        self.edges = [since, until, *(_midnights(since, until) if "day" in names else ())]
        if "month" in names:
            self.edges += [one for one in _midnights(since, until) if moment(one).day == 1]
        self.edges.sort()
        self.times: dict[Key, Time] = {}
        self.shown: dict[Key, Key] = {}
        """Of groups, as they are shown."""
        self.total = Time()

    def add(self, fold: Fold, timeline: Sequence[Stored], uses: Uses) -> bool:
        """What the cycles of a ticket used, folded to the end of the period; whether they did."""
        named, used = assignees(timeline), False
        for cycle in fold.cycles():
            for use in uses.of(cycle, self.until, self.edges):
                used |= self._add(cycle.rules.name, use, whose(use.had, named))
        return used

    def _add(self, clock: str, use: Use, said: Whose) -> bool:
        if not self._since <= use.start < self.until:
            return False
        alike = regardless_of_case(said)
        day = moment(use.start).date()
        key = self._key(clock, alike, day)
        self.shown.setdefault(key, self._key(clock, said, day))
        self.times[key] = self.times.get(key, Time()).plus(use.time)
        self.total = self.total.plus(use.time)
        return True

    def _key(self, clock: str, said: Whose, day: date) -> Key:
        values = {
            **said._asdict(),
            "rule": said.rule or None,
            "clock": clock,
            "day": day,
            "month": day.replace(day=1),
        }
        return tuple(values[name] for name in self._names)


def _order(group: tuple[Key, Time]) -> list[tuple[bool, str]]:
    """By the names, those without one last."""
    return [(one is None, str(one)) for one in group[0]]


def _midnights(since: int, until: int) -> Iterator[int]:
    first = since // DAY + 1
    yield from (number * DAY for number in range(first, -(-until // DAY)))


def _wrong(name: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("query", name), "msg": message}])
