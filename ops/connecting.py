"""The desks as the service gets them: their readings, and the secrets that they sign with."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
from asgi_correlation_id import correlation_id
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.connect import api
from command_side.connect.acquainted import Acquainted
from command_side.connect.catching_up import CatchingUp, Reachable
from command_side.connect.forgetting import parked_for
from command_side.connect.inbox import Connected, Inbox
from command_side.connect.source import Source
from command_side.intake.writer import Writer
from config.addresses import NoAddress, Variables
from config.loading import Loaded
from config.settings import Settings
from config.versions import PolicyBook
from engine.desks.calling import Api
from engine.desks.known import DESKS
from ops.http.application import Desks
from query_side.desk_health import Desk

logger = logging.getLogger(__name__)


def sources(loaded: Loaded) -> Mapping[str, Source]:
    """By name. Their blocks were checked by this model when the configuration was read."""
    return {one.name: one.options for one in loaded.sources if isinstance(one.options, Source)}


def connected(newest: Loaded | None, environment: Mapping[str, str]) -> Mapping[str, Connected]:
    """By name; one without its secret is there, and nobody can write to it."""
    found: dict[str, Connected] = {}
    if newest is None:
        return found
    for name, source in sources(newest).items():
        secrets: list[str] = []
        if source.secret_env is not None:
            try:
                secrets = Variables(environment).text(source.secret_env).split()
            except NoAddress as error:
                about = {"source": name, "reason": str(error)}
                logger.warning("nothing of a desk can be verified", extra=about)
        found[name] = Connected(source, secrets)
    return found


def desks(connected: Mapping[str, Connected], raw: timedelta | None) -> Mapping[str, Desk]:
    """As the health page asks for them; `raw` is how long deliveries are kept of one that does not
    say."""
    return {
        name: Desk(one.source.unsigned or bool(one.secrets), parked_for(one.source, raw))
        for name, one in connected.items()
    }


def reachable(
    newest: Loaded | None,
    environment: Mapping[str, str],
    client: httpx.AsyncClient,
    now: Callable[[], datetime],
) -> Mapping[str, Reachable]:
    """Those whose API can be asked, by name; one without its token is told of, and not asked."""
    found: dict[str, Reachable] = {}
    if newest is None:
        return found
    for name, source in sources(newest).items():
        if source.api_token_env is None:
            continue
        try:
            found[name] = _reachable(source, source.api_token_env, environment, client, now)
        except NoAddress as error:
            about = {"source": name, "reason": str(error)}
            logger.warning("a desk's API cannot be asked", extra=about)
    return found


def _reachable(
    source: Source,
    token_env: str,
    environment: Mapping[str, str],
    client: httpx.AsyncClient,
    now: Callable[[], datetime],
) -> Reachable:
    """Raises NoAddress."""
    variables, asking = Variables(environment), DESKS[source.desk]
    user = None if source.api_user_env is None else variables.text(source.api_user_env)
    headers = asking.headers(user, variables.text(token_env))
    url = source.api_url or asking.url or ""
    return Reachable(source, asking, Api(client, url, headers, now, private=source.api_private))


class Connecting:
    """The desks of one process: what they send, and what their APIs are asked for."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        writer: Writer,
        now: Callable[[], datetime],
        environment: Mapping[str, str],
        client: httpx.AsyncClient,
        owner: str,
        book: PolicyBook,
    ) -> None:
        self._now, self._environment, self._client = now, environment, client
        self._pool = pool
        self.inbox = Inbox(pool, writer, now, book)
        self.catching_up = CatchingUp(pool, writer, now, owner)
        self._raw: timedelta | None = None

    def adopt(self, newest: Loaded | None) -> None:
        """From now on those of this configuration."""
        self.inbox.connected = connected(newest, self._environment)
        self._raw = newest.retention.raw if newest else None
        asked = reachable(newest, self._environment, self._client, self._now)
        self.catching_up.reachable = asked

    def desks(self) -> Mapping[str, Desk]:
        """As the health page asks for them."""
        return desks(self.inbox.connected, self._raw)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self.inbox.run(stop))
            both.create_task(self.catching_up.run(stop))

    def routes(self, pool: AsyncConnectionPool[AsyncConnection[Any]], settings: Settings) -> Desks:
        """What desks call, and what people ask about them; `pool` is for that."""
        url, most = settings.public_url, settings.max_body_bytes
        acquainted = Acquainted(self._now)
        return Desks(
            api.build(self.inbox, self._now, acquainted, public_url=url, max_bytes=most),
            api.build_reads(self.inbox, pool, self._now),
            api.build_commands(
                self.inbox,
                self._pool,
                self.catching_up,
                self._now,
                correlation_id=correlation_id.get,
            ),
            acquainted.knows,
        )
