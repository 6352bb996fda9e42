"""READ: whether this service can serve, and how well."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

import psycopg
from fastapi import APIRouter, Response, status
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout
from pydantic import BaseModel, Field

from engine.notify.port import Unreachable
from query_side.desk_health import Desk, DeskHealth
from query_side.on_call_health import OnCallHealth
from query_side.patience import Answer, within
from query_side.reading import Instant
from query_side.stored_health import (
    DeadChannel,
    ProjectionLag,
    Stored,
    findings,
    projection_lags,
    stored_health,
    takes_writes,
)
from query_side.troubles import Findings, Trouble, troubles

SERVICE = "SLA Tracker API"
PATIENCE_SECONDS = 2.0
Verdict = Literal["healthy", "degraded", "unhealthy"]


class HealthSource(Protocol):
    """What only the running program knows."""

    def projections(self) -> Sequence[str]:
        """The names of those that this program has: an earlier one may have had others."""
        ...

    def replica(self) -> "ReplicaHealth | None":
        """Of what is read there; None where there is none."""
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

    def lost_log_lines(self) -> int:
        """How many lines of its log this process could not write."""
        ...

    def losing_log_lines(self) -> bool:
        """Whether lines are being lost now."""
        ...

    def config_version(self) -> int | None:
        """The policy version in force; None before there is one."""
        ...

    def config_error(self) -> str | None:
        """Why the newest configuration file was refused; None when it was not."""
        ...

    def unread_version(self) -> str | None:
        """Why the newest version in the log cannot be read by this release; None: it can."""
        ...

    def unreachable_channels(self) -> Mapping[str, Unreachable]:
        """By name, those that this process cannot send to; none where it sends nothing."""
        ...

    def desks(self) -> Mapping[str, Desk]:
        """By name, those that are connected."""
        ...

    def clock(self) -> "ClockHealth":
        """How this process's clock stands to the database's."""
        ...

    def patience_seconds(self) -> float:
        """After how much of the clock's time something is late."""
        ...


class ConfigHealth(BaseModel):
    """The configuration in force."""

    version: int | None
    error: str | None = Field(description="Why a newer file was refused")


class EngineHealth(BaseModel):
    """This process's engine, and what all engines together have left undone."""

    last_tick_at: Instant | None
    error: str | None = Field(description="Why it cannot look for due clocks; the log says more")
    waiting_seconds: float | None = Field(
        description="For so long the oldest due clock has been waiting, for any engine; 0: none is."
    )


class ReplicaHealth(BaseModel):
    """The replica that answers what may be a little behind."""

    used: bool = Field(description="False: it is away or too far behind, the primary answers")
    behind_seconds: float | None = Field(description="Behind the primary; null: it does not answer")
    position: int | None = Field(description="Up to where its read tables are")


class DatabaseHealth(BaseModel):
    """The database, as seen from here."""

    reachable: bool
    replica: ReplicaHealth | None = Field(
        default=None, description="Of DATABASE_READ_URL; null: there is none"
    )


class UnreachableChannel(BaseModel):
    """A channel that nothing can be sent to."""

    name: str = Field(description="As the configuration has it")
    reason: str = Field(description="Such as the variable that is not set")
    wanted: bool = Field(
        description="Something is sent there by the configuration: that is a fault. False: nobody"
        " asks for it, as for `slack` where no SLACK_WEBHOOK_URL is set and no file names it"
    )


class OutboxHealth(BaseModel):
    """What is to be sent to channels."""

    dead: int | None = Field(description="Notices given up: `sla outbox status` says why")
    skipped: int | None = Field(
        description="Notices for channels without an address that nobody asks for"
    )
    held: int | None = Field(
        default=None,
        description="Notices that may have been sent in time that a restore has lost: `sla outbox"
        " held` lists them",
    )
    unreachable: list[UnreachableChannel] = Field(
        description="Channels without a usable address, where this process is one that sends"
    )
    dead_channels: list[DeadChannel] = Field(
        description="Channels that refuse or fail for long; they are tried all the same"
    )


class ClockHealth(BaseModel):
    """The clocks of this machine and of the database."""

    ahead_seconds: float | None = Field(
        default=None, description="Of this machine's before the database's; negative: behind it"
    )
    used: bool = Field(
        default=True,
        description="Whether this machine's is used; if it is too far off, the database's is",
    )
    jumped_seconds: float | None = Field(
        default=None,
        description="The time went forward within the last hour, or (negative) was set back",
    )
    jumped_at: Instant | None = Field(default=None, description="The time after that")


class LogHealth(BaseModel):
    """This process's log."""

    lost_lines: int = Field(description="Nobody took them, or there was no room for them")
    losing: bool = Field(description="Whether it is so now")


class Health(BaseModel):
    """`degraded` serves, but somebody should look."""

    status: Verdict
    service: str = SERVICE
    database: DatabaseHealth
    projections: list[ProjectionLag]
    outbox: OutboxHealth
    engine: EngineHealth
    config: ConfigHealth
    clock: ClockHealth
    log: LogHealth
    on_call: list[OnCallHealth] = Field(description="Each rotation whose calendars are read")
    desks: list[DeskHealth] = Field(
        description="Those with deliveries that no reading understands, or whose API is read"
    )
    ended_parts: list[str] = Field(
        description="Parts of this process that have ended by a mistake: it has to be restarted"
    )
    troubles: list[Trouble] = Field(
        description="What is wrong, the worst first, and what to do, in words; the page shows them"
    )


class Ready(BaseModel):
    """Whether requests should be sent here."""

    status: Literal["ready", "not ready"]
    reason: str | None = None


async def _answered(question: Coroutine[Any, Any, Answer]) -> Answer | None:
    """None when the database does not answer."""
    try:
        return await within(PATIENCE_SECONDS, question)
    except (psycopg.Error, PoolTimeout, PoolClosed, TimeoutError):
        return None


class _Serves(NamedTuple):
    read_tables: bool
    writes: bool


async def _serves(pool: AsyncConnectionPool, names: Sequence[str], now: datetime) -> _Serves:
    async with pool.connection() as conn:
        return _Serves(bool(await projection_lags(conn, names, now)), await takes_writes(conn))


async def _stored(
    pool: AsyncConnectionPool, names: Sequence[str], connected: Mapping[str, Desk], now: datetime
) -> Stored:
    async with pool.connection() as conn:
        return await stored_health(conn, names, connected, now)


def build(
    pool: AsyncConnectionPool, now: Callable[[], datetime], source: HealthSource
) -> APIRouter:
    """The routes for probes."""
    router = APIRouter(tags=["Operations"])

    @router.head("/health", include_in_schema=False)  # as monitors ask, by default
    @router.get(
        "/health",
        operation_id="get_health",
        summary="How the service is doing",
        responses={503: {"model": Health, "description": "It cannot serve"}},
    )
    async def health(response: Response) -> Health:
        """503 when it cannot serve, or a part of it has ended; `degraded` when the newest
        configuration file was refused or is not watched, a channel that it sends something to has
        no address or takes nothing for long, events are parked, no worker runs, a projection or a
        due clock has been waiting for more than 30 seconds, lines of the log are being lost, this
        machine's clock is off or the time has jumped, calendars of who is on call could not be read
        for a day, what a desk sends cannot be read or verified, its API cannot be read, or the
        engine fails or has not looked for as long. Dead and held notices, gaps in who is on
        call, and a replica that is not used are among the `troubles` only: nothing for a probe, but
        for a person (`sla status` ends with 1)."""
        at, patience = now(), source.patience_seconds()
        connected = source.desks()
        stored = await _answered(_stored(pool, source.projections(), connected, at))
        lags, on_call = (stored.lags, stored.on_call) if stored else ([], [])
        dead_channels, desks = (stored.dead_channels, stored.desks) if stored else ([], [])
        unreachable = source.unreachable_channels()
        ended, error, version = source.ended_parts(), source.config_error(), source.config_version()
        engine = EngineHealth(
            last_tick_at=source.last_tick_at(),
            error=source.engine_error(),
            waiting_seconds=stored.waiting_seconds if stored else None,
        )
        clock, unread, replica = source.clock(), source.unread_version(), source.replica()
        log = LogHealth(lost_lines=source.lost_log_lines(), losing=source.losing_log_lines())
        wrong = replace(
            findings(stored) if stored else Findings(database=False),
            ended=ended,
            engine_error=engine.error,
            waiting_seconds=max(engine.waiting_seconds or 0.0, _standing(engine, at, patience)),
            unreachable={name: why.reason for name, why in unreachable.items() if why.wanted},
            config_version=version,
            config_error=None if unread else error,
            unread_version=unread,
            replica_lost=replica is not None and not replica.used,
            clock_ahead_seconds=0.0 if clock.used else clock.ahead_seconds or 0.0,
            jumped_seconds=clock.jumped_seconds or 0.0,
            jumped_at=clock.jumped_at,
            losing_log_lines=log.losing,
            unverified=[name for name, one in connected.items() if not one.verified],
        )
        told = list(troubles(wrong, patience=patience))
        verdict = _verdict(told)
        if verdict == "unhealthy":
            response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return Health(
            status=verdict,
            database=DatabaseHealth(reachable=stored is not None, replica=replica),
            projections=lags,
            outbox=OutboxHealth(
                dead=stored.dead if stored else None,
                skipped=stored.skipped if stored else None,
                held=stored.held if stored else None,
                unreachable=[
                    UnreachableChannel(name=name, reason=why.reason, wanted=why.wanted)
                    for name, why in unreachable.items()
                ],
                dead_channels=dead_channels,
            ),
            engine=engine,
            config=ConfigHealth(version=version, error=error),
            clock=clock,
            log=log,
            on_call=on_call,
            desks=desks,
            ended_parts=list(ended),
            troubles=told,
        )

    @router.head("/ready", include_in_schema=False)
    @router.get(
        "/ready",
        operation_id="get_readiness",
        summary="Whether to send requests here",
        responses={503: {"model": Ready, "description": "Not yet, or not any more"}},
    )
    async def ready(response: Response) -> Ready:
        """Ready: the database answers and takes writes, the read tables exist, a configuration is
        in force, and no part of the process has ended."""
        stored = await _answered(_serves(pool, source.projections(), now()))
        reason = (
            "the database does not answer, or has no read tables yet"
            if not stored or not stored.read_tables
            else "the database takes no writes"
            if not stored.writes
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


def _standing(engine: EngineHealth, at: datetime, patience: float) -> float:
    """For how long this process's engine has not looked; 0 while that is no longer than usual."""
    if engine.last_tick_at is None:
        return 0.0
    seconds = (at - engine.last_tick_at).total_seconds()
    return seconds if seconds > patience else 0.0


def _verdict(told: Sequence[Trouble]) -> Verdict:
    kinds = {trouble.kind for trouble in told}
    if kinds & {"database", "ended"}:
        return "unhealthy"
    return "degraded" if kinds - {"undelivered", "uncovered", "replica"} else "healthy"
