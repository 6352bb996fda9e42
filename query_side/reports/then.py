"""READ: at which instant, and by what was known when, a report is answered; the rows that it sums
over are those of the read tables, or, where these cannot say, are made from the log."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Final, LiteralString, NamedTuple

from fastapi.exceptions import RequestValidationError
from psycopg import AsyncConnection
from psycopg.errors import InvalidParameterValue
from psycopg_pool import AsyncConnectionPool
from pydantic import Field

from engine.sla.policy import Policy
from query_side.reading import Asked, Period, snapshot
from query_side.reports.relation import LOCKED, TABLES

UNKNOWN_THERE: Final = "is not known to the database, whose time zones may be older"


class Then(Period):
    """Which time a report is about, and as of when it is answered."""

    as_of: Asked | None = Field(
        default=None, description="As it stood then, from what had happened until then; default now"
    )
    known_at: Asked | None = Field(
        default=None,
        description="By what was known then, updates, agreements and versions of the configuration"
        " alike; alone it implies `as_of`",
    )

    @property
    def is_now(self) -> bool:
        """Whether the read tables can say."""
        return self.as_of is None and self.known_at is None

    def instant(self, now: datetime) -> datetime:
        """As of when it is answered."""
        return self.as_of or self.known_at or now

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """From when to when, in UTC. Raises RequestValidationError where that is no time at all."""
        until = (self.until or now).astimezone(UTC)
        since = self.begins(until).astimezone(UTC)
        if since >= until:
            wrong = "must be after `from`; it is now unless you say otherwise"
            raise RequestValidationError([{"loc": ("query", "to"), "msg": wrong}])
        return since, until


class Stretch(NamedTuple):
    """Which cycles are asked for: those that count in [since, until), as of an instant, by what was
    known at another (None: by all that is)."""

    since: datetime
    until: datetime
    as_of: datetime
    known_at: datetime | None


class Rows(NamedTuple):
    """Where the rows of a report are, and what else it needs to know of their instant."""

    conn: AsyncConnection
    cycles: LiteralString
    now: datetime
    policy: Policy
    """Whose goals are shown: the newest that was known."""


Replayed = Callable[[Stretch], AbstractAsyncContextManager[Rows]]
"""Makes the rows of another instant. Raises RequestValidationError where that is too much work."""


class Sources:
    """Where reports find their rows."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        now: Callable[[], datetime],
        policy: Callable[[], Policy],
        replayed: Replayed,
    ) -> None:
        """`policy` is the newest."""
        self.pool, self._now, self._policy, self._replayed = pool, now, policy, replayed

    def at(self, question: Then) -> datetime:
        """As of when it is answered."""
        return question.instant(self._now())

    @asynccontextmanager
    async def rows(
        self, question: Then, since: datetime, until: datetime, at: datetime
    ) -> AsyncGenerator[Rows]:
        """Of the cycles that may count in [since, until). Raises as `Replayed` does, and
        RequestValidationError where the time zone is one that the database does not know."""
        try:
            if question.is_now:
                async with snapshot(self.pool, LOCKED) as conn:
                    yield Rows(conn, TABLES, at, self._policy())
            else:
                async with self._replayed(Stretch(since, until, at, question.known_at)) as rows:
                    yield rows
        except InvalidParameterValue as error:
            wrong = {"loc": ("query", "time_zone"), "msg": UNKNOWN_THERE}
            raise RequestValidationError([wrong]) from error
