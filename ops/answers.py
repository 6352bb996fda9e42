"""How people answer from where they are: the routes for it, and the links to them."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
from fastapi import APIRouter
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.desk import TicketDesk
from config.settings import Settings
from config.versions import PolicyBook
from engine.notify.links import Links
from ops.http import answers, slack_actions
from ops.http.answering import Answering
from ops.http.slack_pressing import Pressing
from projections.one_ticket import rows_of

logger = logging.getLogger(__name__)


def links(settings: Settings, now: Callable[[], datetime]) -> Links | None:
    """Those that messages have; None: they have none."""
    keys = settings.sla_link_key.get_secret_value().split()
    if keys and not settings.public_url:
        logger.warning("SLA_LINK_KEY is set and PUBLIC_URL is not: messages have no links")
    return Links(keys, settings.public_url, now) if keys and settings.public_url else None


def routes(
    settings: Settings,
    made: Links | None,
    desk: TicketDesk,
    reading: AsyncConnectionPool[AsyncConnection[Any]],
    book: PolicyBook,
    client: httpx.AsyncClient,
    now: Callable[[], datetime],
) -> APIRouter:
    """Who asks by them has no token: a signature shows who it is, or the link itself does."""
    router = APIRouter()
    pressing = Pressing(desk, lambda: book.newest, client, now)
    secret = settings.slack_signing_secret.get_secret_value()
    router.include_router(slack_actions.build(secret, pressing))
    answering = made and Answering(made, desk, reading, rows_of, lambda: book.newest, now)
    app_name, home = settings.app_name, settings.public_url
    router.include_router(answers.build(answering, app_name=app_name, public_url=home, now=now))
    return router
