"""Who may come in, in one process: its door, its open streams, and the tokens that it knows of."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from time import monotonic
from typing import Any

from asgi_correlation_id import correlation_id
from fastapi import APIRouter
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side import token_api
from command_side.tokens import Tokens, TokenUses
from config.settings import Settings
from ops.http import auth
from ops.http.door import Door
from ops.http.held import Streams


class Admitting:
    """What the log says of tokens is followed; when they were used is written now and then."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        settings: Settings,
        now: Callable[[], datetime],
    ) -> None:
        """Raises BadTokens."""
        self._now = now
        self.tokens, self._uses = Tokens(pool), TokenUses(pool)
        self.door = Door(
            auth.tokens(settings),
            self.tokens.book,
            self._uses.used,
            now,
            monotonic,
            home=settings.public_url,
            hosts=settings.allowed_hosts.replace(",", " ").split(),
            requests_a_minute=settings.token_requests_a_minute,
            proxy_keys=settings.sla_proxy_key.get_secret_value().split(),
        )
        self.streams = Streams(self.door)

    def routes(self) -> APIRouter:
        """By which tokens are made, listed and revoked."""
        return token_api.build(self.tokens, self._now, correlation_id=correlation_id.get)

    def followers(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What is to be done again and again, each by itself: a token expires also while the
        database is away."""
        return {
            "tokens": self.tokens.follow,
            "streams": self._look,
            "when tokens were used": self._keep,
        }

    async def close(self) -> None:
        """Writes what is not written yet, if it can."""
        with suppress(Exception):  # the database may be what ends it all
            await self._uses.write()

    async def _look(self) -> None:
        self.streams.look()

    async def _keep(self) -> None:
        await self._uses.keep(self._now())
