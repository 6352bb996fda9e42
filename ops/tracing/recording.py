"""Makes spans of what busy paths tell: those only lay it down, and a task takes it up.

What comes out of the log, long after the request and in another process, is found by its ticket:
it belongs to the trace of the last request by which that ticket was changed before.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from fastapi import FastAPI
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from engine import tracing
from ops.tracing.exporting import Way
from ops.tracing.identity import span_id, trace_id
from ops.tracing.requests import Traced

logger = logging.getLogger(__name__)

MOST = 10_000
"""What may lie there; more is let go, as the busy paths must not wait."""
PAUSE = 0.25
"""Seconds between looks at it."""
SECOND = 1_000_000_000
_LAST: LiteralString = """
LATERAL (
    SELECT correlation_id FROM events
    WHERE originator_id = e.originator_id AND correlation_id IS NOT NULL
        AND notification_id <= e.notification_id
    ORDER BY originator_version DESC LIMIT 1
) c
"""
OF_POSITIONS: LiteralString = f"""
SELECT e.notification_id, e.originator_id, e.recorded_at, c.correlation_id
FROM events e, {_LAST} WHERE e.notification_id = ANY(%s)
"""
OF_NOTICES: LiteralString = f"""
SELECT o.dedup_key, e.originator_id, e.recorded_at, c.correlation_id
FROM outbox o JOIN events e ON e.notification_id = o.position, {_LAST}
WHERE o.dedup_key = ANY(%s) AND e.originator_id = o.ticket_id
"""


@dataclass(slots=True)
class Found:
    """What the log says: of which ticket, when it was recorded, and of which request it comes."""

    positions: dict[int, tuple[UUID, datetime, str]]
    notices: dict[str, tuple[UUID, datetime, str]]


class Tracing:
    """Of one process; `start` once the database is there, `close` before it goes."""

    def __init__(
        self,
        environment: Mapping[str, str],
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        owner: str,
        nanoseconds: Callable[[], int],
    ) -> None:
        """`nanoseconds` since 1970 are what the wall's clock shows."""
        self._pool = pool
        self.now = nanoseconds
        self._way = Way(environment, owner)
        self._lying: deque[Callable[[Found], None]] = deque()
        self._positions: set[int] = set()
        self._notices: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    def start(self) -> None:
        """From now on it is told."""
        tracing.spans = self
        self._task = asyncio.create_task(self._run(), name="traces")

    def around(self, app: FastAPI) -> None:
        """Its requests are told too."""
        app.add_middleware(Traced, recorder=self)

    async def close(self) -> None:
        """What lies there is still sent, unless that takes too long."""
        tracing.spans = None
        self._ending.set()
        if self._task is not None:
            await self._task  # it may hold what it is just taking up
        await self._take_up()
        await asyncio.to_thread(self._way.close)

    async def _run(self) -> None:
        while not self._ending.is_set():
            with suppress(TimeoutError):  # nothing has ended meanwhile
                async with asyncio.timeout(PAUSE):
                    await self._ending.wait()
            await self._take_up()

    async def _take_up(self) -> None:
        lying, self._lying = self._lying, deque()
        positions, self._positions = self._positions, set()
        notices, self._notices = self._notices, set()
        try:
            found = await self._ask(positions, notices)
            for number, make in enumerate(lying):
                make(found)
                if number % 100 == 99:
                    await asyncio.sleep(0)
        except Exception as error:  # a trace is never worth a service
            logger.debug("some spans are lost", extra={"error": repr(error)})

    async def _ask(self, positions: Collection[int], notices: Collection[str]) -> Found:
        found = Found({}, {})
        if positions or notices:
            async with self._pool.connection() as conn:
                for what, ticket, at, request in await _rows(conn, OF_POSITIONS, positions):
                    found.positions[what] = ticket, at, request
                for what, ticket, at, request in await _rows(conn, OF_NOTICES, notices):
                    found.notices[what] = ticket, at, request
        return found

    def _lay(self, make: Callable[[Found], None]) -> bool:
        if len(self._lying) >= MOST:
            return False
        self._lying.append(make)
        return True

    # What is told

    def identify(self, correlation_id: str) -> Mapping[str, str]:
        trace = trace_id(correlation_id)
        return {"trace_id": f"{trace:032x}", "span_id": f"{span_id(trace, 'request'):016x}"}

    def requested(
        self,
        correlation_id: str,
        name: str,
        began: int,
        about: Mapping[str, Any],
        error: str | None,
        caller: tuple[int, int, bool] | None,
    ) -> None:
        """A request was answered. `caller` is the trace and the span that it is a part of."""
        ended, trace = self.now(), trace_id(correlation_id)

        def make(_: Found) -> None:
            parent = caller if caller is not None and caller[0] == trace else None
            links = [caller] if caller is not None and parent is None else []
            self._span(
                trace,
                name,
                ("request",),
                parent and parent[1],
                began,
                ended,
                about,
                kind=SpanKind.SERVER,
                error=error,
                recorded=parent[2] if parent else None,
                links=links,
            )

        self._lay(make)

    def stored(self, correlation_id: str | None, waited: float, began: int, items: int) -> None:
        if correlation_id is None:
            return
        ended, trace = self.now(), trace_id(correlation_id)

        def make(_: Found) -> None:
            request = span_id(trace, "request")
            came = began - int(waited * SECOND)
            self._span(trace, "queue", ("queue", came), request, came, began, {"sla.items": items})
            about = {
                "db.system.name": "postgresql",
                "db.operation.name": "append",
                "db.stored_procedure.name": "append_events",
                "sla.items": items,
            }
            self._span(
                trace, "append", ("append",), request, began, ended, about, kind=SpanKind.CLIENT
            )

        self._lay(make)

    def projected(
        self, correlation_ids: Collection[str], names: Sequence[str], events: int, began: int
    ) -> None:
        if not correlation_ids:
            return
        ended = self.now()

        def make(_: Found) -> None:
            about = {
                "db.system.name": "postgresql",
                "sla.projections": tuple(names),
                "sla.events": events,
            }
            for one in correlation_ids:
                trace = trace_id(one)
                parent, what = span_id(trace, "append"), ("project", names[0], began)
                self._span(trace, "project", what, parent, began, ended, about)

        self._lay(make)

    def decided(self, positions: Sequence[int], began: int) -> None:
        ended = self.now()

        def make(found: Found) -> None:
            for position in positions:
                if (one := found.positions.get(position)) is None:
                    continue
                ticket, at, correlation_id = one
                trace = trace_id(correlation_id)
                about = {"sla.ticket_id": str(ticket), "sla.position": position}
                parent, what = span_id(trace, "append"), ("decide", ticket, at.timestamp())
                self._span(trace, "decide", what, parent, began, ended, about)

        if self._lay(make):
            self._positions.update(positions)

    def sent(self, channel: str, keys: Sequence[str], began: int, error: str | None) -> None:
        ended = self.now()

        def make(found: Found) -> None:
            told: dict[int, list[tuple[str, UUID, datetime]]] = {}
            for key in keys:
                if (one := found.notices.get(key)) is not None:
                    told.setdefault(trace_id(one[2]), []).append((key, one[0], one[1]))
            for trace, notices in told.items():
                self._message(trace, channel, notices, began, ended, error)

        if self._lay(make):
            self._notices.update(keys)

    def _message(
        self,
        trace: int,
        channel: str,
        notices: Sequence[tuple[str, UUID, datetime]],
        began: int,
        ended: int,
        error: str | None,
    ) -> None:
        about = {
            "messaging.system": "sla_outbox",
            "messaging.destination.name": channel,
            "messaging.batch.message_count": len(notices),
        }
        key, ticket, at = notices[0]
        decided, waits = span_id(trace, "decide", ticket, at.timestamp()), ("outbox", key, began)
        put = int(at.timestamp() * SECOND)
        self._span(trace, f"outbox {channel}", waits, decided, min(put, began), began, about)
        self._span(
            trace,
            f"send {channel}",
            ("send", key, began),
            span_id(trace, *waits),
            began,
            ended,
            {
                **about,
                "messaging.operation.type": "send",
                "messaging.operation.name": "send",
                "messaging.message.id": key,
            },
            kind=SpanKind.PRODUCER,
            error=error,
        )

    def _span(
        self,
        trace: int,
        name: str,
        what: Iterable[object],
        parent: int | None,
        began: int,
        ended: int,
        about: Mapping[str, Any],
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        error: str | None = None,
        recorded: bool | None = None,
        links: Sequence[tuple[int, int, bool]] = (),
    ) -> None:
        if recorded is None:  # as every process decides of this trace
            sampler = self._way.provider.sampler
            decision = sampler.should_sample(None, trace, name).decision
            recorded = decision is Decision.RECORD_AND_SAMPLE
        if not recorded:
            return
        self._way.ids.trace, self._way.ids.span = trace, span_id(trace, *what)
        context = None
        if parent is not None:
            above = SpanContext(trace, parent, is_remote=True, trace_flags=TraceFlags(1))
            context = set_span_in_context(NonRecordingSpan(above))
        span = self._way.tracer.start_span(
            name,
            context,
            kind,
            {**about, **({"error.type": error} if error else {})},
            start_time=began,
        )
        for to, at, _ in links:
            span.add_link(SpanContext(to, at, is_remote=True))
        if error:
            span.set_status(Status(StatusCode.ERROR))
        span.end(ended)


async def _rows(
    conn: AsyncConnection[Any], query: LiteralString, given: Collection[Any]
) -> list[tuple[Any, ...]]:
    return await (await conn.execute(query, [list(given)])).fetchall() if given else []
