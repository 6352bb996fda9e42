"""What all questions share: parameters, instants, and reading at a known position."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, LiteralString, cast
from uuid import UUID

from fastapi import Query
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field

from query_side.errors import Lost, NotYet

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
LONGEST_WAIT_SECONDS = 5.0
COMMA = "\\,"
"""In a list of names, one that belongs to a name."""
IS_KNOWN: LiteralString = """
%(position)s = 0 OR EXISTS (SELECT FROM events WHERE notification_id = %(position)s)
"""
LOGGED: LiteralString = "SELECT coalesce(max(notification_id), 0)," + IS_KNOWN + "FROM events"
REACHED: LiteralString = (
    "SELECT min(position)," + IS_KNOWN + "FROM projections WHERE name = ANY(%(names)s)"
    " HAVING count(*) = %(count)s"
)
USUAL = timedelta(days=30)
"""What a report is about when nobody says."""

Instant = Annotated[datetime, AfterValidator(lambda instant: instant.astimezone(UTC))]
"""An instant in answers: RFC 3339 with Z, whatever the database's time zone."""


def _within(instant: datetime) -> datetime:
    if not EARLIEST <= instant < LATEST:
        raise ValueError("must lie between 1970 and 2100")
    return instant


Asked = Annotated[AwareDatetime, AfterValidator(_within)]
"""An instant that somebody asks about."""
AsOf = Annotated[
    Asked | None,
    Query(
        description="What was true then; by default now. May lie in the future: if nothing else"
        " happens."
    ),
]
KnownAt = Annotated[
    Asked | None,
    Query(
        description="By what was known then, events and policy versions alike; alone it implies"
        " `as_of`."
    ),
]


class Paged(BaseModel):
    """Which page is asked for."""

    page: int = Field(default=1, ge=1, le=1_000_000)
    limit: int = Field(default=100, ge=1, le=1000)
    wait_for: int | None = None

    @property
    def offset(self) -> int:
        """How many come before it."""
        return (self.page - 1) * self.limit


async def count(
    conn: AsyncConnection, table: LiteralString, given: Mapping[str, Any] | None = None
) -> int:
    """How many rows it has: what all pages hold. `table` may say which, by what is given."""
    counted = await conn.execute("SELECT count(*) FROM " + table, given)
    return (await counted.fetchone() or (0,))[0]


class Standing(Paged):
    """Which page, and of what."""

    over: bool | None = Field(
        default=None,
        description="Only what is over, or false: only what is in force or planned; absent: all",
    )


class Period(BaseModel):
    """Which time a report is about."""

    since: Asked | None = Field(
        default=None,
        alias="from",
        description="From this instant on; by default 30 days before `to`",
    )
    until: Asked | None = Field(
        default=None, alias="to", description="Until just before this instant; by default now"
    )
    wait_for: int | None = None

    def begins(self, until: datetime) -> datetime:
        """Its first instant, where it ends then."""
        return self.since or until - USUAL


def split(value: Any) -> Any:
    """`a,b` and `a&b` mean the same; an empty one says nothing."""
    if not isinstance(value, list):
        return value
    texts = ",".join(str(part) for part in cast("list[Any]", value)).split(",")
    return [text.strip() for text in texts if text.strip()]


def choices(value: Any) -> Any:
    """As `split`, for words of ours, in any case."""
    found = split(value)
    return [text.lower() for text in found] if isinstance(value, list) else found


def names(value: Any) -> Any:
    """As `split`; and what holds a comma may be one name, such as `Doe, John`, besides a list. By a
    backslash before its comma it is that name and nothing else."""
    if not isinstance(value, list):
        return value
    found: list[str] = []
    for text in (str(part).strip() for part in cast("list[Any]", value)):
        if COMMA in text:
            found += [one.replace(COMMA, ",").strip() for one in re.split(r"(?<!\\),", text)]
        else:
            listed = split([text])
            found += [text, *listed] if len(listed) > 1 else listed
    return [one for one in found if one]


Several = Annotated[list[str], BeforeValidator(names)]
"""A filter that may be repeated or hold a comma list; empty: no filter."""


def small(values: Iterable[str]) -> list[str]:
    """In small letters, as PostgreSQL has them: of some, such as a Turkish İ or a Greek Σ that ends
    a word, its locales differ, so that there are two spellings."""
    found: dict[str, None] = {}
    for value in values:
        found[value.lower()] = None
        if not value.isascii():
            found["".join(letter.lower()[0] for letter in value)] = None
    return list(found)


def folded(values: list[str]) -> list[str] | None:
    """As filters compare: without regard to case; None when there is no filter."""
    return small(values) or None


def parse_uuid(text: str | None) -> UUID | None:
    """None when it is none."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


WaitFor = Annotated[
    int | None,
    Query(
        ge=0,
        description="Answer only once this position (as answered by a command) is applied: "
        "reads your own write. After 5 seconds: 504; lost in a restore: 410.",
    ),
]


def waiting(pool: AsyncConnectionPool, *projections: str) -> Callable[..., Awaitable[None]]:
    """A dependency that waits until these projections have applied `wait_for`; without any, until
    the log has it."""

    async def wait(wait_for: WaitFor = None) -> None:
        if wait_for is not None:
            await wait_until(pool, projections, wait_for)

    return wait


async def wait_until(
    pool: AsyncConnectionPool, projections: tuple[str, ...], position: int
) -> None:
    """Raises NotYet after 5 seconds, and Lost where it was and is no more."""
    give_up = time.monotonic() + LONGEST_WAIT_SECONDS
    pause = 0.005
    while True:
        reached, is_known = await how_far(pool, projections, position)
        if reached >= position:
            if not is_known:
                raise Lost(position)
            return
        if time.monotonic() + pause > give_up:
            raise NotYet(position, reached)
        await asyncio.sleep(pause)
        pause = min(0.05, pause * 1.5)


async def how_far(
    pool: AsyncConnectionPool, projections: tuple[str, ...], position: int
) -> tuple[int, bool]:
    """How far they are, and whether the log has that position: it may be beyond its end, or lost in
    a restore. Without projections: how far the log is itself."""
    given = {"names": list(projections), "count": len(projections), "position": position}
    async with pool.connection() as conn:
        cursor = await conn.execute(REACHED if projections else LOGGED, given)
        return await cursor.fetchone() or (0, False)


@asynccontextmanager
async def snapshot(
    pool: AsyncConnectionPool, lock_tables: LiteralString
) -> AsyncGenerator[AsyncConnection]:
    """A connection whose queries all see one state of these tables.

    They are locked (as any reading does) before the snapshot is taken: a projection that was
    rebuilt and swapped in between would else be seen half empty. What is asked is not compiled, and
    nobody helps: either pays for questions of many seconds, and is most of what a short one takes
    where it is chosen. Indexes are to be used as where rows are read from memory, as boards' are:
    by its default PostgreSQL takes a row elsewhere for four times as dear as the next one. All that
    is said here, not as the connection begins: what stands between may lend connections by
    transaction.
    """
    async with pool.connection() as conn, conn.transaction():
        async with conn.pipeline():
            await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            await conn.execute("SET LOCAL jit = off")
            await conn.execute("SET LOCAL max_parallel_workers_per_gather = 0")
            await conn.execute("SET LOCAL random_page_cost = 1.1")
            await conn.execute(lock_tables)
        yield conn
