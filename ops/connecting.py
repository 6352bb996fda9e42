"""The desks as the service gets them: their readings, and the secrets that they sign with."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.connect import api
from command_side.connect.forgetting import parked_for
from command_side.connect.inbox import Connected, Inbox
from command_side.connect.source import Source
from config.addresses import NoAddress, Variables
from config.loading import Loaded
from config.settings import Settings
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


def desks(connected: Mapping[str, Connected]) -> Mapping[str, Desk]:
    """As the health page asks for them."""
    return {
        name: Desk(one.source.unsigned or bool(one.secrets), parked_for(one.source))
        for name, one in connected.items()
    }


def routes(
    inbox: Inbox,
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    now: Callable[[], datetime],
    settings: Settings,
) -> Desks:
    """What desks call, and what people ask about them."""
    return Desks(
        api.build(inbox, now, public_url=settings.public_url, max_bytes=settings.max_body_bytes),
        api.build_reads(inbox, pool, now),
        api.build_commands(inbox, pool),
    )
