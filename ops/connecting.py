"""The desks as the service gets them: their readings, and the secrets that they sign with."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.connect import api
from command_side.connect.inbox import Connected, Inbox
from command_side.connect.source import Source
from config.addresses import NoAddress, Variables
from config.loading import Loaded
from config.settings import Settings
from ops.http.application import Desks

logger = logging.getLogger(__name__)


def connected(newest: Loaded | None, environment: Mapping[str, str]) -> Mapping[str, Connected]:
    """By name; one without its secret is there, and nobody can write to it."""
    found: dict[str, Connected] = {}
    for block in () if newest is None else newest.sources:
        source = Source.model_validate(block.options.model_dump(by_alias=True))
        secrets: list[str] = []
        if source.secret_env is not None:
            try:
                secrets = Variables(environment).text(source.secret_env).split()
            except NoAddress as error:
                about = {"source": block.name, "reason": str(error)}
                logger.warning("nothing of a desk can be verified", extra=about)
        found[block.name] = Connected(source, secrets)
    return found


def unverified(connected: Mapping[str, Connected]) -> Sequence[str]:
    """Those whose secret is not set."""
    return [name for name, one in connected.items() if not (one.source.unsigned or one.secrets)]


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
