"""How people answer from where they are: the routes for it, and the links to them."""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

import httpx
from fastapi import APIRouter
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.desk import TicketDesk
from config.addresses import NoAddress, Variables
from config.loading import Loaded
from config.settings import Settings
from config.versions import PolicyBook
from engine.notify.links import Links
from engine.notify.pagerduty import PagerDutyOptions
from engine.notify.pagerduty_api import PagerDutyApi
from ops.http import answers, pagerduty_answers, slack_actions
from ops.http.answering import Answering
from ops.http.pagerduty_answers import Account, PagerDutyAnswers
from ops.http.slack_pressing import Pressing
from projections.one_ticket import rows_of

logger = logging.getLogger(__name__)


def links(settings: Settings, now: Callable[[], datetime]) -> Links | None:
    """Those that messages have; None: they have none."""
    keys = settings.sla_link_key.get_secret_value().split()
    if keys and not settings.public_url:
        logger.warning("SLA_LINK_KEY is set and PUBLIC_URL is not: messages have no links")
    return Links(keys, settings.public_url, now) if keys and settings.public_url else None


def pagers(loaded: Loaded | None) -> Mapping[str, PagerDutyOptions]:
    """The channels, by name, in whose PagerDuty people may acknowledge."""
    options = {one.name: one.options for one in (loaded.channels if loaded else ())}
    return {
        name: one
        for name, one in options.items()
        if isinstance(one, PagerDutyOptions) and one.webhook_secret_env is not None
    }


def missing(loaded: Loaded | None, environment: Mapping[str, str]) -> Iterator[str]:
    """What is not taken for want of a variable."""
    for name, options in pagers(loaded).items():
        try:
            _secrets(options, environment)
        except NoAddress as error:
            yield (
                f"notifications.channels.{name}: {error} here: nothing that is acknowledged in"
                " PagerDuty is taken"
            )


def say_missing(loaded: Loaded | None, environment: Mapping[str, str]) -> None:
    """Log it, once for each version."""
    for said in missing(loaded, environment):
        logger.warning(said)


def _secrets(options: PagerDutyOptions, environment: Mapping[str, str]) -> tuple[list[str], str]:
    """What its webhooks are signed with, and the token. Raises NoAddress."""
    given = Variables(environment)
    secrets = given.text(options.webhook_secret_env or "").split()
    return secrets, given.text(options.api_token_env or "")


class Parts(Protocol):
    """Of the service, those that answers need."""

    now: Callable[[], datetime]
    desk: TicketDesk
    reading: AsyncConnectionPool[AsyncConnection[Any]]
    book: PolicyBook
    client: httpx.AsyncClient


def routes(
    settings: Settings, environment: Mapping[str, str], made: Links | None, of: Parts
) -> APIRouter:
    """Who asks by them has no token: a signature shows who it is, or the link itself does."""
    router, now = APIRouter(), of.now

    def newest() -> Loaded | None:
        return of.book.newest

    def account(channel: str) -> Account | None:
        options = pagers(newest()).get(channel)
        if options is None:
            return None
        try:
            secrets, token = _secrets(options, environment)
        except NoAddress:
            return None
        return Account(secrets, PagerDutyApi(token, options.api_url, of.client))

    secret = settings.slack_signing_secret.get_secret_value()
    pressing = Pressing(of.desk, newest, of.client, now)
    answering = made and Answering(made, of.desk, of.reading, rows_of, newest, now)
    paged = PagerDutyAnswers(account, of.desk, of.reading, rows_of, newest, now)
    app_name, home = settings.app_name, settings.public_url
    router.include_router(slack_actions.build(secret, pressing))
    router.include_router(answers.build(answering, app_name=app_name, public_url=home, now=now))
    router.include_router(pagerduty_answers.build(paged))
    return router
