"""Tokens: the commands about them, the list as it is known here, and when each was last used."""

import asyncio
import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side import event_store
from command_side.acting import signed
from command_side.deciding.events import Body, TokenMade, TokenRevoked
from command_side.deciding.tokens import (
    ID_LENGTH,
    PREFIX,
    SCOPES,
    STREAM,
    Token,
    TokenBook,
    hashed,
)
from command_side.event_store import Append, encode
from command_side.intake.batches import ATTEMPTS, Contended
from engine.sla.instants import micros

SIGNS: Final = string.ascii_letters + string.digits
"""Of a secret: a double click takes all of it, and no address has to escape it."""
SECRET_LENGTH: Final = 43
"""256 random bits, and a little more."""
USES_EVERY: Final = timedelta(minutes=1)
"""How often a process writes when its tokens were used."""

USED: LiteralString = """
insert into token_uses as u (token_id, used_at)
select * from unnest(%(ids)s::text[], %(at)s::timestamptz[])
on conflict (token_id) do update set used_at = greatest(u.used_at, excluded.used_at)
"""
LAST_USED: LiteralString = "select token_id, used_at from token_uses"

Some = TypeVar("Some", bound=Body)


class TokenUnknown(Exception):
    """There is no such token, or it was revoked before."""


class TokenNameTaken(Exception):
    """A token of this name opens something: what was done by which could not be told apart."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token that is to be made."""

    name: str
    scopes: Sequence[str]
    expires_at: datetime | None
    requests_a_minute: int | None
    by: str | None


@dataclass(frozen=True, slots=True)
class Made:
    """A new token. Nothing but this ever holds its secret."""

    token_id: str
    token: str
    position: int


class Tokens:
    """Every change is an event of one stream, so that all processes come to know of it."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool
        self.book = TokenBook()
        self._one_at_a_time = asyncio.Lock()

    async def follow(self) -> None:
        """Reads on in the log, for others make and revoke too."""
        async with self._one_at_a_time:
            async with self._pool.connection() as conn:
                came = await event_store.read_on(conn, STREAM, self.book.number)
            for event in came:
                self.book.take(event)

    async def make(self, wanted: Wanted, *, now: datetime, correlation_id: str | None) -> Made:
        """Good at once here, elsewhere in a second. Raises TokenNameTaken, Contended."""
        secret = "".join(secrets.choice(SIGNS) for _ in range(SECRET_LENGTH))

        def decide() -> TokenMade:
            if self.book.named(wanted.name, micros(now)) is not None:
                raise TokenNameTaken(f"a token named {wanted.name!r} is in use")
            token_id = _new_id()
            while self.book.token(token_id) is not None:
                token_id = _new_id()
            return TokenMade(
                token_id=token_id,
                name=wanted.name,
                hash=hashed(_spelled(token_id, secret)).hex(),
                scopes=tuple(one for one in SCOPES if one in wanted.scopes),
                expires_at=None if wanted.expires_at is None else micros(wanted.expires_at),
                requests_a_minute=wanted.requests_a_minute,
            )

        body, position = await self._append(decide, wanted.by, now, correlation_id)
        return Made(body.token_id, _spelled(body.token_id, secret), position)

    async def revoke(
        self, token: str, *, reason: str, by: str | None, now: datetime, correlation_id: str | None
    ) -> tuple[Token, int]:
        """By its id, or the name of one that is in use; where in the log that is. Raises
        TokenUnknown, Contended."""

        def decide() -> TokenRevoked:
            known = self.book.token(token) or self.book.named(token, micros(now))
            if known is None or known.revoked_at is not None:
                raise TokenUnknown
            return TokenRevoked(token_id=known.token_id, reason=reason)

        body, position = await self._append(decide, by, now, correlation_id)
        revoked = self.book.token(body.token_id)
        if revoked is None:
            raise TokenUnknown
        return revoked, position

    async def last_used(self) -> Mapping[str, datetime]:
        """By id, to the minute; those that never were are missing."""
        async with self._pool.connection() as conn:
            return dict(await (await conn.execute(LAST_USED)).fetchall())

    async def _append(
        self,
        decide: Callable[[], Some],
        by: str | None,
        now: datetime,
        correlation_id: str | None,
    ) -> tuple[Some, int]:
        """The next change; where another process is first, it is decided again."""
        for _ in range(ATTEMPTS):
            await self.follow()
            body = decide()
            event = encode(
                body, occurred_at=now, personal=signed(by), correlation_id=correlation_id
            )
            write = Append(STREAM, "", "tokens", self.book.number, [event], None, None)
            async with self._pool.connection() as conn:
                (outcome,) = await event_store.append(conn, [write], now=now)
            if outcome.appended and outcome.position is not None:
                await self.follow()
                return body, outcome.position
        raise Contended


class TokenUses:
    """When tokens were used last: told to all once a minute, since nobody asks to the second, and
    an event for each request would be most of the log."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool
        self._used: dict[str, datetime] = {}
        self._written_at: datetime | None = None

    def used(self, token_id: str, now: datetime) -> None:
        """At each request: it only remembers."""
        self._used[token_id] = now

    async def keep(self, now: datetime) -> None:
        """To be called often: writes what is new, if the last time was a minute ago."""
        last = self._written_at
        if self._used and (last is None or not timedelta() <= now - last < USES_EVERY):
            await self.write()
            self._written_at = now

    async def write(self) -> None:
        """What is not written yet; what cannot be is kept for the next time."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            async with self._pool.connection() as conn:
                await conn.execute(USED, {"ids": list(used), "at": list(used.values())})
        except BaseException:
            self._used = used | self._used
            raise


def _new_id() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(ID_LENGTH))


def _spelled(token_id: str, secret: str) -> str:
    return f"{PREFIX}{token_id}_{secret}"
