"""What Prometheus scrapes: numbers that the parts keep anyway, read when somebody asks."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.intake.writer import Writer
from engine.notify.courier import Courier
from engine.watch import Watch
from projections.all import PROJECTORS
from projections.dead_letters import unsent
from projections.status import ProjectionStatus, status
from projections.turning import dead_channels
from query_side.live import Tailer


class Parts(Protocol):
    """The running service, as far as it is measured."""

    reading: AsyncConnectionPool[AsyncConnection[Any]]
    writer: Writer
    watch: Watch
    courier: Courier
    tailer: Tailer
    now: Callable[[], datetime]

    def lost_log_lines(self) -> int: ...
    def config_version(self) -> int | None: ...
    def config_error(self) -> str | None: ...


class _Numbers(Collector):
    def __init__(
        self,
        parts: Parts,
        projections: Iterable[ProjectionStatus],
        unsent: Mapping[str, int],
        dead: Collection[str],
    ) -> None:
        self._parts, self._projections, self._unsent = parts, projections, unsent
        self._dead = dead

    def collect(self) -> Iterable[Metric]:
        parts = self._parts
        items = CounterMetricFamily(
            "sla_observations", "Items of POST /tickets by what became of them.", labels=["outcome"]
        )
        for outcome, count in parts.writer.outcomes.items():
            items.add_metric([outcome], count)
        yield items
        yield GaugeMetricFamily(
            "sla_write_queue_items", "Items waiting to be stored.", value=parts.writer.waiting
        )
        yield CounterMetricFamily(
            "sla_tickets_followed",
            "Tickets for which something fell due.",
            value=parts.watch.raised,
        )
        if parts.watch.last_tick_at is not None:
            age = max(0.0, (parts.now() - parts.watch.last_tick_at).total_seconds())
            yield GaugeMetricFamily(
                "sla_engine_last_tick_age_seconds", "Since the engine last looked.", value=age
            )
        courier, by = parts.courier, ["channel", "result"]
        for name, meaning, counts in (
            ("sla_messages", "Messages to channels by what became of them.", courier.messages),
            ("sla_notices", "Notices by what became of them, a message's each.", courier.notices),
        ):
            told = CounterMetricFamily(name, meaning, labels=by)
            for (channel, result), count in counts.items():
                told.add_metric([channel, result.replace(" ", "_")], count)
            yield told
        tickets = GaugeMetricFamily(
            "sla_tickets_told",
            "Tickets that messages told of, since the start.",
            labels=["channel"],
        )
        each = GaugeMetricFamily(
            "sla_messages_per_ticket",
            "Messages sent for each of them: below 1 where several tickets share one.",
            labels=["channel"],
        )
        for channel, told in courier.tickets.items():
            tickets.add_metric([channel], told.count())
            each.add_metric([channel], courier.messages[channel, "sent"] / max(1, told.count()))
        yield from (tickets, each)
        outbox = GaugeMetricFamily(
            "sla_outbox_notices", "Notices that are not sent, or given up.", labels=["state"]
        )
        for state, count in self._unsent.items():
            outbox.add_metric([state], count)
        yield outbox
        wanted = [why for why in courier.unreachable.values() if why.wanted]
        yield GaugeMetricFamily(
            "sla_channels_without_address",
            "Channels that are to be told something and cannot be.",
            value=len(wanted),
        )
        dead = GaugeMetricFamily(
            "sla_channel_dead", "1: it has taken nothing for `dead_after`.", labels=["channel"]
        )
        for channel in sorted(self._dead):
            dead.add_metric([channel], 1)
        yield dead
        yield GaugeMetricFamily(
            "sla_live_streams",
            "Open WebSockets and event streams.",
            value=parts.tailer.open_streams,
        )
        yield CounterMetricFamily(
            "sla_log_lines_lost",
            "Lines of the log that nobody took, or that there was no room for.",
            value=parts.lost_log_lines(),
        )
        yield GaugeMetricFamily(
            "sla_config_version", "Version in force.", value=parts.config_version() or 0
        )
        yield GaugeMetricFamily(
            "sla_config_refused",
            "1 while the file is refused, or is not watched.",
            value=bool(parts.config_error()),
        )
        behind = GaugeMetricFamily(
            "sla_projection_behind_events", "Events not applied yet.", labels=["projection"]
        )
        seconds = GaugeMetricFamily(
            "sla_projection_behind_seconds", "Age of the oldest of them.", labels=["projection"]
        )
        parked = GaugeMetricFamily(
            "sla_projection_parked_events", "Events put aside.", labels=["projection"]
        )
        for one in self._projections:
            behind.add_metric([one.name], one.behind_events)
            seconds.add_metric([one.name], one.behind_seconds)
            parked.add_metric([one.name], one.parked)
        yield from (behind, seconds, parked)


def build(parts: Parts) -> APIRouter:
    """The route for Prometheus."""
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def metrics() -> Response:
        async with parts.reading.connection() as conn:
            projections = await status(conn, PROJECTORS, now=parts.now())
            notices = await unsent(conn)
            dead = await dead_channels(conn)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Numbers(parts, projections, notices, dead))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
