"""READ: all routes of the queries, put together."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fastapi import APIRouter
from psycopg_pool import AsyncConnectionPool

from query_side import (
    alerts,
    conflicts,
    dashboard,
    excuses,
    facets,
    forecast,
    groups,
    health,
    silences,
    sla_config,
    streams,
    tickets,
    web,
    webhooks,
)
from query_side.audit import commands, stored_events
from query_side.dashboard import Excused, Stood
from query_side.filtering import Policies
from query_side.health import HealthSource
from query_side.live import Tailer
from query_side.reports import alerts as alert_report
from query_side.reports import attainment, cycles, worst
from query_side.reports.then import Rows, Sources, Stretch
from query_side.tickets import Folded


class Past(Protocol):
    """How things stood at another instant, or by what was known then."""

    def rows(self, asked: Stretch) -> AbstractAsyncContextManager[Rows]:
        """Of reports."""
        ...

    def board(
        self, as_of: datetime, known_at: datetime | None
    ) -> AbstractAsyncContextManager[Stood]: ...


@dataclass(frozen=True, slots=True)
class Routers:
    """The routes by who may use them."""

    open: APIRouter
    """The page, its files, the probes and what webhooks bring: no token."""
    read: APIRouter
    """Queries and streams; the streams include a WebSocket."""
    audit: APIRouter
    """The log itself."""
    ticket: APIRouter
    """To read, and the last one of all: its path is the beginning of others."""


def build(
    pool: AsyncConnectionPool,
    now: Callable[[], datetime],
    tailer: Tailer,
    source: HealthSource,
    app_name: str,
    folded: Folded,
    policies: Policies,
    excused: Excused,
    past: Past,
) -> Routers:
    """The pool's connections must not be in autocommit mode; `app_name` is for people to see,
    `folded` for tickets that the tables do not have yet, `policies` are all versions, `excused`
    is for what stands still by agreement, and `past` says how things stood."""
    everyone, readers, auditors = APIRouter(), APIRouter(), APIRouter()
    everyone.include_router(web.build(app_name))
    everyone.include_router(health.build(pool, now, source))
    everyone.include_router(webhooks.build())
    readers.include_router(streams.build(tailer))
    readers.include_router(tickets.build(pool, now, folded))
    readers.include_router(dashboard.build(pool, now, excused, policies, past.board))
    readers.include_router(facets.build(pool, now, policies))
    readers.include_router(groups.build(pool, now, policies))
    readers.include_router(forecast.build(pool, now, policies))
    sources = Sources(pool, now, lambda: policies()[-1], past.rows)
    readers.include_router(attainment.build(sources))
    readers.include_router(cycles.build(sources))
    readers.include_router(worst.build(sources))
    readers.include_router(alert_report.build(sources))
    readers.include_router(alerts.build(pool))
    readers.include_router(conflicts.build(pool))
    readers.include_router(sla_config.build(pool))
    readers.include_router(silences.build(pool, now))
    readers.include_router(excuses.build(pool, now))
    auditors.include_router(stored_events.build(pool))
    auditors.include_router(commands.build(pool))
    ticket = tickets.itself(pool, now, folded)
    return Routers(open=everyone, read=readers, audit=auditors, ticket=ticket)
