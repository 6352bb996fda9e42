"""What a stranger may take: connections, the head of a request, and time to send it.

Uvicorn bounds none of it: a connection that says nothing stays, and a head is kept whatever its
size. All here is asked before a token can be.
"""

import asyncio
import sys
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from ops.http.unread import ReadOrCutOff
from ops.logging import PROBES

if sys.platform != "win32":
    import resource

MOST = 1024
"""Connections at a time, besides those of streams, which are counted elsewhere."""
SPARE = 16
"""More of them for probes, when all others are busy."""
DESCRIPTORS = 16_384
"""Open files that the process asks for, if it may have as many."""
OTHER_DESCRIPTORS = 256
"""Open files that are no connections: of the database, of the log, of channels."""

HEAD_BYTES = 32 * 1024
HEADERS = 100
PIPELINED = 16
"""Requests that may wait for the answer to the one before."""

HEAD_SECONDS = 20.0
BODY_SECONDS = 20.0
BODY_BYTES_A_SECOND = 64 * 1024
"""Who sends less for more than `BODY_SECONDS` is not waited for."""
LINGER_SECONDS = 5.0
"""For a body that nobody wants any more, so that its sender gets to read why."""
NEVER = float("inf")

TOO_LARGE = f"A request has at most {HEADERS} headers, and {HEAD_BYTES} bytes before its body."
PROBE_PATHS = frozenset(path.encode() for path in PROBES)


def most_connections(streams: int) -> int:
    """How many are let in, with so many streams among them; raises the limit of open files, whose
    default is low on many systems: at that limit nobody is let in any more."""
    wanted = MOST + streams
    if sys.platform == "win32":
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < DESCRIPTORS:
        raised = DESCRIPTORS if hard < 0 else min(DESCRIPTORS, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
        except (OSError, ValueError):  # macOS has a limit of its own
            raised = soft
        soft = raised
    return wanted if soft < 0 else min(wanted, max(soft - OTHER_DESCRIPTORS, SPARE))


class Admitted(ServerState):
    """What uvicorn keeps of its connections, and how many there may be."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def is_full(self) -> bool:
        return len(self.connections) > self.most

    def has_spare(self) -> bool:
        return len(self.connections) <= self.most + SPARE


class Refused(Exception):
    """Ends the parsing of a request; the connection then answers and closes."""


class Bounded(ReadOrCutOff):
    """Uvicorn's HTTP, but for peers that send too much, too slowly, or nothing."""

    server_state: Admitted
    cycle: Any  # None before the first request
    parser: Any  # None once the connection is lost

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.waits_since = self.loop.time()
        """Since when no request is there; meaningless while one is."""
        self._late_at = self.waits_since + HEAD_SECONDS
        self._is_idle = False
        self._in_head = True
        self._kept = 0
        self._refusal: tuple[int, str] | None = None
        self._upgraded = False

    @property
    def waits(self) -> bool:
        """Whether nothing is being done for it."""
        return self._in_head and not self.pipeline and self._is_answered()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        state = self.server_state
        if state.is_full() and not _make_room(state.connections, self) and not state.has_spare():
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._is_idle:
            self._is_idle = False
            self._late_at = self.loop.time() + HEAD_SECONDS
        for start in range(0, len(data), HEAD_BYTES):
            piece = data[start : start + HEAD_BYTES]
            # What leads to neither a complete head nor a piece of a body, the parser keeps: lines,
            # also those that may follow a body.
            self._kept += len(piece)
            super().data_received(piece)
            if self._upgraded or self.transport.is_closing():
                return
            if self._kept > HEAD_BYTES:
                self._refuse(431, TOO_LARGE)
                return

    def handle_websocket_upgrade(self) -> None:
        self._upgraded = True
        super().handle_websocket_upgrade()

    def on_headers_complete(self) -> None:
        size, hosts = len(self.url), 0
        for name, value in self.headers:
            size += len(name) + len(value)
            hosts += name == b"host"
        if size > HEAD_BYTES or len(self.headers) > HEADERS:
            self._raise(431, TOO_LARGE)
        if hosts != 1 and (hosts or self.parser.get_http_version() != "1.0"):
            self._raise(400, "The request must name one Host.")
        if len(self.pipeline) >= PIPELINED:
            self._raise(503, "Too many requests at once on one connection.")
        if self.server_state.is_full() and self.url.partition(b"?")[0] not in PROBE_PATHS:
            self._raise(503, "Too many connections. Send the request again in a moment.")
        self._in_head, self._kept = False, 0
        self._late_at = self.loop.time() + BODY_SECONDS
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._kept = 0
        self._late_at += len(body) / BODY_BYTES_A_SECOND
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head, self._late_at = True, NEVER
        super().on_message_complete()
        if self._is_answered():
            self._idle()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._in_head:
            self._late_at = min(self._late_at, self.loop.time() + LINGER_SECONDS)
        elif self._is_answered():
            self._idle()

    def send_400_response(self, msg: str) -> None:
        self._refuse(*(self._refusal or (400, msg)))

    def look(self, now: float) -> None:
        """Ends the connection if its peer is late."""
        if now > self._late_at and not self.transport.is_closing():
            if self._in_head and not self._kept:
                self.transport.close()  # nobody has asked for anything
            else:
                self._refuse(408, "The request took too long to come.")

    def _is_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _idle(self) -> None:
        now = self.loop.time()
        self.waits_since, self._late_at, self._is_idle = now, now + self.timeout_keep_alive, True

    def _raise(self, status: int, detail: str) -> None:
        self._refusal = (status, detail)
        raise Refused

    def _refuse(self, status: int, detail: str) -> None:
        """Says why, unless that could be taken for the answer to something else, and closes."""
        cycle = self.cycle
        if not self._is_answered():
            cycle.disconnected = True
            cycle.message_event.set()
            if self._in_head or cycle.response_started:
                self.transport.abort()
                return
        elif not self._in_head:  # it has its answer
            self.transport.abort()
            return
        self.transport.write(_answer(status, detail))
        self.transport.close()


def _make_room(connections: Iterable[asyncio.Protocol], newest: Bounded) -> bool:
    """Closes the connection that is missed least: one that has never asked for anything, rather
    than one between two requests. False when all are busy."""
    waiting = [
        one for one in connections if isinstance(one, Bounded) and one.waits and one is not newest
    ]
    if not waiting:
        return False
    least = min(waiting, key=lambda one: (one.cycle is not None, one.waits_since))
    least.connections.discard(least)  # it counts no more, though the end takes a turn of the loop
    least.transport.abort()
    return True


def _answer(status: int, detail: str) -> bytes:
    """The problem as the application would answer it, where none is reached."""
    from ops.http.problems import (
        problem,  # loads FastAPI, which commands that import this do without
    )

    said = problem(status, detail, headers={"Connection": "close"})
    lines = b"".join(b"%b: %b\r\n" % header for header in said.raw_headers)
    first = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
    return first + lines + b"\r\n" + bytes(said.body)


class Watchful(uvicorn.Server):
    """Looks at every connection once a second: no timer for each request."""

    def __init__(self, config: uvicorn.Config, most: int) -> None:
        super().__init__(config)
        self.server_state = Admitted(most)

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Bounded):
                    connection.look(now)
        return await super().on_tick(counter)
