"""What each process says of itself: it begins at 0 when that starts; take the sum over all."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from command_side.intake.writer import Writer
from config.versions import PolicyBook
from engine.notify.courier import Courier
from engine.notify.settling import What
from engine.watch import Watch
from ops import VERSION
from ops.metrics.meaning import Meaning, Values, by_one
from ops.metrics.timings import Timings
from query_side.desk_health import Desk
from query_side.health import ClockHealth
from query_side.live import Tailer


class Parts(Protocol):
    """The running service, as far as it is measured."""

    reading: AsyncConnectionPool[AsyncConnection[Any]]
    book: PolicyBook
    writer: Writer
    watch: Watch
    courier: Courier
    tailer: Tailer
    timings: Timings
    now: Callable[[], datetime]

    @property
    def role(self) -> str: ...

    def desks(self) -> Mapping[str, Desk]: ...
    def ended_parts(self) -> Sequence[str]: ...
    def lost_log_lines(self) -> int: ...
    def config_version(self) -> int | None: ...
    def config_error(self) -> str | None: ...
    def clock(self) -> ClockHealth: ...


def _results(counts: Mapping[tuple[str, What], int]) -> Values:
    return {(channel, what.replace(" ", "_")): count for (channel, what), count in counts.items()}


def _tick_age(parts: Parts) -> float | None:
    at = parts.watch.last_tick_at
    return None if at is None else max(0.0, (parts.now() - at).total_seconds())


def _per_ticket(courier: Courier) -> Values:
    return {
        (channel,): courier.messages[channel, "sent"] / max(1, told.count())
        for channel, told in courier.tickets.items()
    }


OF_PROCESS: Sequence[Meaning[Parts]] = (
    Meaning(
        "gauge",
        "sla_build_info",
        "1; the labels say which version runs, and in which role.",
        lambda parts: {(VERSION, parts.role): 1},
        ("version", "role"),
    ),
    Meaning(
        "counter",
        "sla_observations",
        "Items of POST /tickets by what became of them.",
        lambda parts: by_one(parts.writer.outcomes),
        ("outcome",),
    ),
    Meaning(
        "gauge",
        "sla_write_queue_items",
        "Items waiting to be stored.",
        lambda parts: parts.writer.waiting,
    ),
    Meaning(
        "histogram",
        "sla_update_durable_seconds",
        "From an item's receipt until it is stored and cannot be lost.",
        lambda parts: {(): parts.timings.durable},
    ),
    Meaning(
        "histogram",
        "sla_event_visible_seconds",
        "From when an event was recorded until the board shows it.",
        lambda parts: {(): parts.timings.visible},
    ),
    Meaning(
        "histogram",
        "sla_alert_late_seconds",
        "From when a milestone was due (or came to be known) until its alert is stored.",
        lambda parts: {(): parts.timings.late},
    ),
    Meaning(
        "histogram",
        "sla_alert_told_seconds",
        "From when an alert was raised until a channel took it: its turn, pace and retries, too.",
        lambda parts: {(channel,): one for channel, one in parts.timings.told.items()},
        ("channel",),
    ),
    Meaning(
        "counter",
        "sla_tickets_followed",
        "Tickets for which something fell due.",
        lambda parts: parts.watch.tickets_due,
    ),
    Meaning(
        "gauge",
        "sla_engine_last_tick_age_seconds",
        "Since this process's engine last looked; a process without one has none.",
        _tick_age,
    ),
    Meaning(
        "counter",
        "sla_messages",
        "Messages to channels by what became of them.",
        lambda parts: _results(parts.courier.messages),
        ("channel", "result"),
    ),
    Meaning(
        "counter",
        "sla_notices",
        "Notices by what became of them, a message's each.",
        lambda parts: _results(parts.courier.notices),
        ("channel", "result"),
    ),
    Meaning(
        "gauge",
        "sla_tickets_told",
        "Tickets that messages told of, since the start.",
        lambda parts: by_one({name: one.count() for name, one in parts.courier.tickets.items()}),
        ("channel",),
    ),
    Meaning(
        "gauge",
        "sla_messages_per_ticket",
        "Messages sent for each of them: below 1 where several tickets share one.",
        lambda parts: _per_ticket(parts.courier),
        ("channel",),
    ),
    Meaning(
        "gauge",
        "sla_channels_without_address",
        "Channels that are to be told something and cannot be.",
        lambda parts: sum(why.wanted for why in parts.courier.unreachable.values()),
    ),
    Meaning(
        "gauge",
        "sla_live_streams",
        "Open WebSockets and event streams.",
        lambda parts: parts.tailer.open_streams,
    ),
    Meaning(
        "counter",
        "sla_log_lines_lost",
        "Lines of the log that nobody took, or that there was no room for.",
        lambda parts: parts.lost_log_lines(),
    ),
    Meaning(
        "gauge",
        "sla_config_version",
        "Version of the configuration in force; 0: none is.",
        lambda parts: parts.config_version() or 0,
    ),
    Meaning(
        "gauge",
        "sla_config_refused",
        "1 while the file is refused, or is not watched.",
        lambda parts: bool(parts.config_error()),
    ),
    Meaning(
        "gauge",
        "sla_ended_parts",
        "Parts of this process that have ended by a mistake: it has to be restarted.",
        lambda parts: len(parts.ended_parts()),
    ),
    Meaning(
        "gauge",
        "sla_clock_ahead_seconds",
        "This machine's clock before the database's; negative: behind it.",
        lambda parts: parts.clock().ahead_seconds,
    ),
)
