"""The board as it stood at another instant, or by what was known then: the tables that it asks,
made for one transaction under their own names, so that every question about it is the same one."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import DECISIONS, CycleFacts, Facts, Ticket, seconds
from command_side.deciding.excusing import NOTHING_AGREED, ExcuseBook
from command_side.deciding.rebuilding import excused_by
from command_side.deciding.replayed import Replayed
from command_side.event_store import Recorded, read_streams
from command_side.excuses import book_of
from engine.sla.excuses import within
from engine.sla.instants import micros, moment, moment_or_none
from engine.sla.policy import Policy
from engine.sla.timeline import Fold
from query_side import sql
from query_side.audit.replay import folded
from query_side.audit.reported.known import position_at
from query_side.dashboard import LOCKED, Stood

MOST: Final = 2000
"""Tickets that are replayed while somebody waits."""
PAGE: Final = 20
"""Tickets read at a time: few, as nobody else is answered while they are decoded."""
OTHERS: LiteralString = "SELECT ticket_id FROM concerned_tickets WHERE NOT settled"


class Decided:
    """The policy book up to the version by which a ticket was decided last, as `life` has it."""

    def __init__(self, book: PolicyBook, stream: Sequence[Recorded]) -> None:
        newest = max(one.body.facts.policy for one in stream if isinstance(one.body, DECISIONS))
        self.all = tuple(one for one in book.all if one.version <= newest)
        self._book = book

    @property
    def current(self) -> Policy:
        return self.all[-1]

    def version(self, number: int) -> Policy:
        return self._book.version(number)


@asynccontextmanager
async def board(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    now: datetime,
    as_of: datetime,
    known_at: datetime | None,
) -> AsyncGenerator[Stood]:
    """Raises RequestValidationError where too many tickets have to be replayed, and UnknownVersion
    where this process has yet to learn a version of the configuration."""
    async with pool.connection() as conn, conn.transaction():
        async with conn.pipeline():
            await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            await conn.execute(LOCKED)
        position = await position_at(conn, known_at)
        arguments = {
            "position": position,
            "by_then": await position_at(conn, min(as_of, now)),
            "at": as_of,
            "ahead": as_of > now,
        }
        await _each(conn, sql.load("board_then"))
        await conn.execute(sql.load("board_concerned"), arguments, prepare=False)
        others = [ticket for (ticket,) in await (await conn.execute(OTHERS)).fetchall()]
        if len(others) > MOST:
            raise RequestValidationError([{"loc": ("query", "as_of"), "msg": _too_many(others)}])
        still = await _replay(conn, book, as_of, known_at, others)
        await _each(conn, sql.load("board_views"))
        yield Stood(conn, position, still, frozenset(others))


def _too_many(others: Sequence[UUID]) -> str:
    return (
        f"{len(others):,} tickets have changed since, and would have to be replayed from the log;"
        f" {MOST:,} at most are while somebody waits: ask for a later instant"
    )


async def _each(conn: AsyncConnection[Any], statements: LiteralString) -> None:
    for statement in statements.split(";"):
        await conn.execute(statement)


async def _replay(
    conn: AsyncConnection[Any],
    book: PolicyBook,
    as_of: datetime,
    known_at: datetime | None,
    tickets: Sequence[UUID],
) -> set[UUID]:
    """Their rows; answers of which a clock stands still by agreement."""
    excuses, still = await book_of(conn), set[UUID]()
    for start in range(0, len(tickets), PAGE):
        page = tickets[start : start + PAGE]
        rows: list[dict[str, Any]] = []
        clocks: list[dict[str, Any]] = []
        for stream in (await read_streams(conn, page, recorded_until=known_at)).values():
            await asyncio.sleep(0)  # others are answered meanwhile
            opened = stream[0].body if stream else None
            if not isinstance(opened, Ticket.Opened):
                continue
            then = Decided(book, stream)
            agreed: ExcuseBook = excuses if excused_by(stream) else NOTHING_AGREED
            at = micros(as_of)
            case, fold = folded(stream, opened, opened.policy, then, agreed, at)
            if at < fold.created_at:
                continue
            case.head.observations = len(case.timeline)
            facts = case.facts(fold, at)
            rows.append(_ticket(stream, opened, case, facts, as_of))
            clocks += [_clock(stream[0].ticket_id, facts, one) for one in facts.cycles]
            if _stands_still(fold, at):
                still.add(stream[0].ticket_id)
        await _put(conn, "replayed_tickets", rows)
        await _put(conn, "replayed_clocks", clocks)
    return still


def _stands_still(fold: Fold, at: int) -> bool:
    """By agreement: out of hours is not asked for."""
    return any(within(one.windows, at, at + 1) for one in fold.counting())


def _ticket(
    stream: Sequence[Recorded],
    opened: Ticket.Opened,
    case: Replayed,
    facts: Facts,
    as_of: datetime,
) -> dict[str, Any]:
    plain, personal = case.current(micros(as_of))
    said = {**plain, **personal}
    row: dict[str, Any] = {
        "ticket_id": stream[0].ticket_id,
        "source": opened.source,
        "external_id": opened.external_id,
        **{name: said.get(name) for name in SAID},
        "tags": Jsonb(said.get("tags") or []),
        "position": stream[-1].position,
        **{name: getattr(facts, name) for name in DECIDED},
        **{name: moment_or_none(getattr(facts, name)) for name in WHEN},
        **dict.fromkeys(TAKEN_ON),
    }
    for event in stream:
        body = event.body
        if event.occurred_at > as_of:
            continue
        if isinstance(body, Ticket.Acknowledged):
            row["acknowledged_at"], row["acknowledged_by"] = event.occurred_at, event.personal.by
            row["acknowledged_until"] = moment(body.until)
        elif isinstance(body, Ticket.Snoozed):
            row["snoozed_until"] = moment(body.until)
    return row


SAID: Final = (
    "title",
    "description",
    "assigned_to",
    "updated_by",
    "team",
    "type",
    "organization",
)
DECIDED: Final = (
    "status",
    "phase",
    "priority",
    "customer_tier",
    "observations",
    "late",
    "policy",
    "state",
    "rule",
    "on_purpose",
    "level",
)
WHEN: Final = (
    "created_at",
    "newest_at",
    "warning_at",
    "critical_at",
    "breached_at",
    "due_at",
    "resumes_at",
)
TAKEN_ON: Final = ("acknowledged_at", "acknowledged_by", "acknowledged_until", "snoozed_until")
OF_A_CLOCK: Final = ("clock", "cycle", "state", "severity", "calendar", "policy", "team", "rule")
WHEN_OF_A_CLOCK: Final = (
    "started_at",
    "stopped_at",
    "first_stopped_at",
    "counted_at",
    "due_at",
    "warning_at",
    "critical_at",
    "breached_at",
    "overdue_from",
    "resumes_at",
)


def _clock(ticket: UUID, facts: Facts, one: CycleFacts) -> dict[str, Any]:
    return {
        "ticket_id": ticket,
        **{name: getattr(one, name) for name in OF_A_CLOCK},
        **{name: moment_or_none(getattr(one, name)) for name in WHEN_OF_A_CLOCK},
        "target_seconds": None if one.target is None else seconds(one.target),
        "elapsed_seconds": seconds(one.elapsed),
        "customer_tier": one.customer_tier or facts.customer_tier,
        "priority": one.priority or facts.priority,
        "organization": one.organization,
    }


async def _put(
    conn: AsyncConnection[Any], table: LiteralString, rows: Sequence[Mapping[str, Any]]
) -> None:
    """All of the same columns."""
    if not rows:
        return
    columns = SQL(", ").join(Identifier(name) for name in rows[0])
    statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), columns)
    async with conn.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(tuple(row.values()))
