"""The composition root: builds every part, knows the clock, starts and stops the whole."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic, time_ns
from typing import Literal
from uuid import uuid4

from asgi_correlation_id import correlation_id
from fastapi import FastAPI

from command_side import api as command_api
from command_side import event_store, excuse_api
from command_side.connect.source import Source
from command_side.desk import TicketDesk
from command_side.excuses import Excuses
from command_side.excusing import Excusing
from command_side.intake.batches import Intake
from command_side.intake.writer import Writer
from command_side.on_call import OnCall
from command_side.retargeting import Retargeting
from command_side.silences import Silences
from config.reloading import Reloader
from config.settings import Settings
from config.versions import PolicyBook
from config.watcher import Watcher
from engine.notify.channel_types import CHANNEL_TYPES
from engine.notify.courier import Courier
from engine.notify.freshening import Freshening
from engine.notify.port import Unreachable
from engine.notify.post import http_client
from engine.scheduler import Pulse
from engine.watch import LONGEST_SLEEP, ONLY_OTHERS_WRITE, Watch
from ops import answers, channels, connecting, replica, tracing
from ops import logging as logs
from ops.admitting import Admitting
from ops.applying import Applying
from ops.calendars import CalendarWatch, Reader
from ops.channels import ChannelBuilder
from ops.clock import Clock
from ops.embedded import EmbeddedPostgres, conninfo_from, impatient
from ops.first_configuration import first_configuration
from ops.following import follow_others
from ops.housekeeping import Housekeeping
from ops.http import applying
from ops.http.application import Routes, application
from ops.metrics import route as metrics
from ops.metrics.timings import Timings
from ops.policies import PolicyLog
from ops.pools import opened, opened_later
from ops.tasks import Tasks
from ops.timekeeping import Timekeeper
from ops.working import Working
from projections.all import PROJECTORS
from projections.one_ticket import rows_of
from projections.outbox_store import OutboxStore
from projections.runner import Runner
from projections.threads_store import ThreadStore
from query_side import api as query_api
from query_side.audit import api as audit_api
from query_side.audit.excused_now import excused_now
from query_side.audit.reported.filling import Filling
from query_side.desk_health import Desk
from query_side.health import ClockHealth
from query_side.live import Tailer

logger = logging.getLogger(__name__)

Role = Literal["all", "api", "worker"]
QUEUE_CAPACITY = 20_000
"""Items waiting to be written before requests are answered with 503."""
LATE_AFTER = 30.0
"""Real seconds that a due clock or an event may wait before /health calls it late."""


def now() -> datetime:
    """The clock. Nothing else reads one."""
    return datetime.now(UTC)


def _machine_clock() -> Clock:
    return Clock(now, monotonic)


async def sleep(pause: timedelta) -> None:
    await asyncio.sleep(pause.total_seconds())


class Service:
    """All parts of one process; `async with service:` runs them."""

    def __init__(
        self,
        settings: Settings,
        *,
        role: Role = "all",
        now: Callable[[], datetime] | None = None,
        sleep: Callable[[timedelta], Awaitable[None]] = sleep,
        speed: Callable[[], float] = lambda: 1.0,
        clock: Clock | None = None,
        environment: Mapping[str, str] | None = None,
        metrics_port: int | None = None,
    ) -> None:
        """`clock` is the machine's, compared with the database's by this service; where another
        `now` is given, nothing is compared. `environment` holds the channels' addresses; the
        process's own by default. `speed` is how many times as fast as the wall's clock `now`
        runs. `metrics_port` is where `/metrics` is answered instead; None: the app does it."""
        if now is None:
            clock = clock or _machine_clock()
            now = clock.now
        self.settings, self.role, self.now, self._speed = settings, role, now, speed
        environment = os.environ if environment is None else environment
        self._embedded: EmbeddedPostgres | None = None
        self._watcher: Watcher | None = None
        self._conninfo, self._exits = "", AsyncExitStack()
        self._tasks = Tasks(self._exits)
        self.owner = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:6]}"
        self.pool = opened_later(self._where, role, autocommit=True, most=8)
        self.reading, near = replica.reading(self._where, role, settings, self.projections())
        self._replica, self.replica = near, near.health
        self.sending = opened_later(self._where, role, autocommit=True, most=8)
        self.book = PolicyBook()
        self.timings = told = Timings(now)
        self.runner = Runner(self.reading, PROJECTORS, now, self.owner, applied=told.applied)
        self.policies = PolicyLog(
            self.pool,
            self.book,
            warning=settings.warning_threshold,
            critical=settings.critical_threshold,
            adopted=self._adopted,
        )
        self.silences = Silences(self.pool, now, ended=lambda: self.watch.wake())
        self.excuses = Excuses(self.pool)
        self.on_call = OnCall(self.pool)
        self.admitting = Admitting(self.pool, settings, now)
        self.desk = TicketDesk(
            self.pool,
            self.book,
            learn=self._learn,
            silences=self.silences.in_force,
            ended=self.silences.ended,
            appended=self.runner.wake,
            excuses=self.excuses.book,
            on_call=self.on_call.book,
        )
        longest = ONLY_OTHERS_WRITE if role == "worker" else LONGEST_SLEEP
        self.watch = Watch(self.desk, now, sleep, longest_sleep=longest, late=told.late.observe)
        due, wake, excuses = self.watch.new_deadline, self.runner.wake, self.excuses.book
        self._passes = (
            Retargeting(self.pool, self.desk, self.book, now, new_deadline=due),
            Excusing(self.pool, self.desk, self.excuses, now, new_deadline=due),
        )
        learn, rotas = self._learn, self.on_call.book
        self.intake = Intake(self.book, learn=learn, appended=wake, excuses=excuses, on_call=rotas)
        durable = told.durable.observe
        self.writer = Writer(
            self.pool, self.intake, now, capacity=QUEUE_CAPACITY, new_deadline=due, durable=durable
        )
        self.reloader = Reloader(
            self.book,
            self.policies.record,
            name=settings.sla_config.name,
            warning=settings.warning_threshold,
            critical=settings.critical_threshold,
            channel_types=CHANNEL_TYPES,
            source_type=Source,
            now=now,
        )
        self.client = http_client()
        self.connecting = connecting.Connecting(
            self.pool, self.writer, now, environment, self.client, self.owner, self.book
        )
        reader = Reader.of(self.client, environment, settings)
        self.calendars = CalendarWatch(self.book, self.on_call, reader, now)
        outbox, threads = OutboxStore(self.sending), ThreadStore(self.sending)
        self._timekeeper = Timekeeper(clock, self.pool, outbox, self._has_jumped)
        self.courier = Courier(outbox, {}, self.desk, now=now, owner=self.owner, told=told.taken)
        slack = settings.slack_webhook_url.get_secret_value()
        links = answers.links(settings, now)
        self.channels = ChannelBuilder(
            {**environment, "SLACK_WEBHOOK_URL": slack} if slack else environment,
            self.client,
            now,
            settings.public_url,
            threads,
            bool(settings.slack_signing_secret.get_secret_value()),
            links,
        )
        self.freshening = Freshening(threads, self.courier, now=now)
        self.tailer = Tailer(self.reading, now, limit=settings.ws_max_connections)
        self.runner.on_moved(self.courier.wake)
        self.runner.on_moved(self.tailer.wake)
        self.pulse = Pulse(self.watch.wake, self.courier.wake, interval=settings.scheduler_interval)
        self.working = Working(self.pool, self._where, settings, now, self.owner)
        given = Applying(self.pool, self.book, self.policies, now)
        routes = Routes(
            command_api.build(
                self.pool,
                self.desk,
                self.writer,
                self.silences,
                now,
                max_items=settings.max_batch_items,
                max_bytes=settings.max_body_bytes,
                correlation_id=correlation_id.get,
            ),
            excuse_api.build(
                self.pool, self.book, self.excuses, now, correlation_id=correlation_id.get
            ),
            applying.build(given),
            self.connecting.routes(self.reading, settings),
            query_api.build(
                self.reading,
                now,
                self.tailer,
                self,
                settings.app_name,
                rows_of,
                lambda: self.book.all,
                partial(excused_now, self.excuses.book),
                Filling(self.reading, self.book, now),
            ),
            audit_api.build(self.reading, self.book, now, self._unreachable),
            metrics.build(self) if metrics_port is None else metrics.elsewhere(metrics_port),
            answers.routes(settings, environment, links, self),
            self.working.routes(given, self.book),
            self.admitting.routes(),
        )
        self.app = application(
            routes,
            self.admitting.door,
            self.admitting.streams,
            self._lifespan,
            max_bytes=settings.max_body_bytes,
            app_name=settings.app_name,
            probes_only=role == "worker",
            replica=near.choice,
            debug=settings.debug,
        )
        self.tracing = tracing.of(self.app, environment, self.reading, self.owner, time_ns)

    # What the health page asks
    def projections(self) -> Sequence[str]:
        return [projector.name for projector in PROJECTORS]

    def last_tick_at(self) -> datetime | None:
        return self.watch.last_tick_at

    def engine_error(self) -> str | None:
        return self.watch.last_error

    def ended_parts(self) -> Sequence[str]:
        return self._tasks.ended

    def lost_log_lines(self) -> int:
        return logs.lost_lines()

    def losing_log_lines(self) -> bool:
        return logs.losing_lines()

    def config_version(self) -> int | None:
        return self.book.newest.policy.version if self.book.newest else None

    def config_error(self) -> str | None:
        unseen = self._watcher.status.error if self._watcher else None
        # What is in the log comes first: because of it, no file can be taken either.
        return self.policies.error or self.reloader.status.error or unseen

    def unreachable_channels(self) -> Mapping[str, Unreachable]:
        return self.courier.unreachable

    def desks(self) -> Mapping[str, Desk]:
        return self.connecting.desks()

    def unread_version(self) -> str | None:
        return self.policies.error

    def clock(self) -> ClockHealth:
        return self._timekeeper.health()

    def patience_seconds(self) -> float:
        return LATE_AFTER * max(1.0, self._speed())

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncGenerator[None]:
        async with self:
            yield

    async def __aenter__(self) -> "Service":
        try:
            await self._start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _start(self) -> None:
        self._tasks.clear()
        stop, keep_running = self._tasks.stop, self._tasks.keep_running
        self._exits.push_async_callback(self.client.aclose)
        self._conninfo = await self._database()
        await event_store.migrate(self._conninfo)
        sending = () if self.role == "api" else (self.sending,)  # which sends nothing
        await opened((self.pool, self.reading, *sending), self._exits)
        await self._replica.begin(self._tasks, self._exits)
        await self._exits.enter_async_context(tracing.kept(self.tracing))
        await self._timekeeper.compare()
        offered = await first_configuration(
            self.settings.sla_config, self.policies, self.reloader, self.book
        )
        await self.admitting.tokens.follow()
        await self.silences.follow()
        await self.excuses.follow()
        await self.on_call.follow()
        await self.runner.define_tables()
        self._watcher = watcher = Watcher(
            self.settings.sla_config, self.reloader.take, now=self.now, last=offered
        )
        watcher.start()
        self._exits.push_async_callback(asyncio.to_thread, watcher.stop)
        if self.role in ("all", "api"):
            keep_running("writer", self.writer.run(stop))
            keep_running("live", self.tailer.run(stop))
            keep_running("desks", self.connecting.run(stop))
        if self.role in ("all", "worker"):
            keep_running("projections", self.runner.run(stop))
            keep_running("watch", self.watch.run(stop))
            for one in self._passes:
                keep_running(one.what, one.run(stop))
            keep_running("courier", self.courier.run(stop))
            keep_running("freshening", self.freshening.run(stop))
            keep_running("calendars", self.calendars.run(stop))
            keep_running("jobs", self.working.run(stop))
            keep_running("housekeeping", Housekeeping(self.pool, self.book, self.now).run(stop))
            self.pulse.start()
            self._exits.callback(self.pulse.stop)
        keep_running("followers", self._follow_others(watcher))
        logger.info("the service is up", extra={"role": self.role})

    async def _learn(self) -> None:
        await self.policies.follow()
        await self.excuses.follow()

    async def close(self) -> None:
        """Finishes what is under way, then ends every part."""
        self._tasks.stop.set()
        await self.admitting.close()
        await self._exits.aclose()
        if self._embedded is not None:
            await asyncio.to_thread(self._embedded.stop)
            self._embedded = None

    def _where(self) -> str:
        """A server of our own has to move when others took the place of its socket."""
        return self._embedded.conninfo if self._embedded else self._conninfo

    async def _database(self) -> str:
        if url := self.settings.database_url.get_secret_value():
            return impatient(conninfo_from(url))
        self._embedded = EmbeddedPostgres(self.settings.sla_data_dir)
        return await asyncio.to_thread(self._embedded.start)

    async def _follow_others(self, watcher: Watcher) -> None:
        followers: dict[str, Callable[[], Awaitable[None]]] = {
            "clock": self._timekeeper.compare,
            "versions": self.policies.follow,
            "file": self.reloader.retry,
            "silences": self.silences.follow,
            "excuses": self.excuses.follow,
            "who is on call": self.on_call.follow,
            **self.admitting.followers(),
        }
        if self.role != "api":
            followers["a log that is ahead"] = self._timekeeper.set_back
        await follow_others(followers, self._tasks.stop, first=watcher.look)

    def _unreachable(self, named: Mapping[str, Collection[str]]) -> Mapping[str, Unreachable]:
        return self.channels.lacking(self.book.history(), named)

    def _has_jumped(self) -> None:
        if self.role != "api":
            self.pulse.reset()
        self.watch.wake()
        self.courier.wake()

    def _adopted(self) -> None:
        self.connecting.adopt(self.book.newest)
        answers.say_missing(self.book.newest, self.channels.environment)
        if self.role != "api":  # which sends nothing, and need not know where to
            channels.take(self.courier, self.channels.build(self.book.history()), self.book.newest)
        self.watch.wake()
