"""READ: whether this service can serve, and how well."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, Protocol

import psycopg
from fastapi import APIRouter, Response, status
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout
from pydantic import BaseModel, Field

from query_side import sql
from query_side.reading import Instant

SERVICE = "SLA Tracker API"
PATIENCE_SECONDS = 2.0
LAG_IS_DEGRADED_SECONDS = 30.0
Verdict = Literal["healthy", "degraded", "unhealthy"]


class HealthSource(Protocol):
    """What only the running program knows."""

    def projections(self) -> Sequence[str]:
        """The names of those that this program has: an earlier one may have had others."""
        ...

    def last_tick_at(self) -> datetime | None:
        """When this process's engine last looked for due clocks; None: it has no engine."""
        ...

    def engine_error(self) -> str | None:
        """What kind of error this process's engine met when it last looked; None: none."""
        ...

    def ended_parts(self) -> Sequence[str]:
        """Parts of this process that have ended though nobody stopped them."""
        ...

    def config_version(self) -> int | None:
        """The policy version in force; None before there is one."""
        ...

    def config_error(self) -> str | None:
        """Why the newest configuration file was refused; None when it was not."""
        ...


class ProjectionLag(BaseModel):
    """One projection."""

    name: str
    position: int
    behind_events: int
    behind_seconds: float = Field(description="Age of its oldest event not yet applied")
    parked: int = Field(description="Events left out because they could not be processed")


class ConfigHealth(BaseModel):
    """The configuration in force."""

    version: int | None
    error: str | None = Field(description="Why a newer file was refused")


class EngineHealth(BaseModel):
    """This process's engine."""

    last_tick_at: Instant | None
    error: str | None = Field(description="Why it cannot look for due clocks; the log says more")


class DatabaseHealth(BaseModel):
    """The database, as seen from here."""

    reachable: bool


class OutboxHealth(BaseModel):
    """What is to be sent to channels."""

    dead: int | None = Field(description="Notices given up: `sla outbox status` says why")


class Health(BaseModel):
    """`degraded` serves, but somebody should look."""

    status: Verdict
    service: str = SERVICE
    database: DatabaseHealth
    projections: list[ProjectionLag]
    outbox: OutboxHealth
    engine: EngineHealth
    config: ConfigHealth
    ended_parts: list[str] = Field(
        description="Parts of this process that have ended by a mistake: it has to be restarted"
    )


class Ready(BaseModel):
    """Whether requests should be sent here."""

    status: Literal["ready", "not ready"]
    reason: str | None = None


async def _stored(
    pool: AsyncConnectionPool, names: Sequence[str], now: datetime
) -> tuple[list[ProjectionLag] | None, int | None]:
    """How far these projections are, and how many notices are dead; None when the database does not
    answer."""
    try:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            pool.connection() as conn,
            conn.cursor(row_factory=class_row(ProjectionLag)) as cursor,
        ):
            await cursor.execute(sql.load("health"), {"now": now, "names": list(names)})
            lags = await cursor.fetchall()
            found = await conn.execute("SELECT count(*) FROM outbox WHERE state = 'dead'")
            return lags, (await found.fetchone() or (None,))[0]
    except (psycopg.Error, PoolTimeout, PoolClosed, TimeoutError):
        return None, None


def build(
    pool: AsyncConnectionPool, now: Callable[[], datetime], source: HealthSource
) -> APIRouter:
    """The routes for probes."""
    router = APIRouter(tags=["Operations"])

    @router.head("/health", include_in_schema=False)  # as monitors ask, by default
    @router.get(
        "/health",
        summary="How the service is doing",
        responses={503: {"model": Health, "description": "It cannot serve"}},
    )
    async def health(response: Response) -> Health:
        """503 when it cannot serve, or a part of it has ended; `degraded` when the newest
        configuration file was refused or is not watched, events are parked, a projection is more
        than 30 seconds behind, or the engine fails or has not looked for due clocks for as long."""
        at = now()
        lags, dead = await _stored(pool, source.projections(), at)
        engine = EngineHealth(last_tick_at=source.last_tick_at(), error=source.engine_error())
        error = source.config_error()
        ended = list(source.ended_parts())
        verdict = "unhealthy" if ended else _verdict(lags, error, engine, at)
        if verdict == "unhealthy":
            response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return Health(
            status=verdict,
            database=DatabaseHealth(reachable=lags is not None),
            projections=lags or [],
            outbox=OutboxHealth(dead=dead),
            engine=engine,
            config=ConfigHealth(version=source.config_version(), error=error),
            ended_parts=ended,
        )

    @router.head("/ready", include_in_schema=False)
    @router.get(
        "/ready",
        summary="Whether to send requests here",
        responses={503: {"model": Ready, "description": "Not yet, or not any more"}},
    )
    async def ready(response: Response) -> Ready:
        """Ready: the database answers, the read tables exist, a configuration is in force, and no
        part of the process has ended."""
        lags, _ = await _stored(pool, source.projections(), now())
        reason = (
            "the database does not answer, or has no read tables yet"
            if not lags
            else "no configuration is in force"
            if source.config_version() is None
            else "a part of the process has ended: restart it"
            if source.ended_parts()
            else None
        )
        if reason is not None:
            response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return Ready(status="ready" if reason is None else "not ready", reason=reason)

    return router


def _verdict(
    lags: list[ProjectionLag] | None, error: str | None, engine: EngineHealth, at: datetime
) -> Verdict:
    if lags is None:
        return "unhealthy"
    slow = any(lag.parked or lag.behind_seconds > LAG_IS_DEGRADED_SECONDS for lag in lags)
    last = engine.last_tick_at
    stands = last is not None and (at - last).total_seconds() > LAG_IS_DEGRADED_SECONDS
    return "degraded" if slow or stands or engine.error or error else "healthy"
