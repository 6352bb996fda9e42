"""HTTP servers inside a program of ours: on a port that was taken beforehand, ended in order."""

import asyncio
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TypeVar

import uvicorn
from starlette.types import ASGIApp

from ops.http.connections import Bounded, Watchful, most_connections
from ops.http.frames import SharedFrames

Answer = TypeVar("Answer")

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LEAVE_WITHIN = 5  # seconds for open requests and streams when the server ends
_KEEP_ALIVE = 75
"""Seconds that a connection may be idle. A client that sends on one just as it is closed here gets
no answer, and cannot know whether it was heard: clients and proxies must be those who let go, and
they keep idle connections for 5 (httpx) to 60 seconds (nginx, load balancers)."""
_LONGEST_WORD = 64 * 1024
"""Bytes of a WebSocket's message to us: nothing that it says is heeded."""
_SEND_BUFFER = 128 * 1024
"""Bytes that the kernel keeps of what a peer has yet to take. By itself it would let this grow to
megabytes, and whoever takes nothing would be noticed so much later."""
_DOORS = 16
"""Uvloop lets one connection in per listening socket and turn of the loop, and a turn answers all
who are in: under load, whoever connects would wait for each connection before it to come in."""


class PortTaken(Exception):
    """Somebody else listens there, or the address is not ours to listen on."""


def listener(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 takes a free one. Raises PortTaken."""
    taken: OSError | None = None
    with suppress(socket.gaierror):  # no such host: refused below
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            bound = socket.socket(family, kind, protocol)
            try:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                bound.bind(address)
            except OSError as error:
                bound.close()
                taken = error
            else:
                return bound
    raise _taken(host, port, taken) from taken


def _taken(host: str, port: int, error: OSError | None) -> PortTaken:
    reason = (error.strerror or str(error)).lower() if error else "no such host"
    return PortTaken(f"Cannot listen on {host}:{port}: {reason}.")


def address(bound: socket.socket) -> str:
    """Where a browser on this machine finds a server on this socket."""
    name: tuple[str, int] = bound.getsockname()[:2]
    host, port = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name[0], name[0]), name[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(Watchful):
    """Leaves signals to `until_interrupted`: uvicorn's own handlers would interrupt the clean-up
    of whatever surrounds the server."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@asynccontextmanager
async def serving(
    app: ASGIApp,
    bound: socket.socket,
    *,
    leave: Callable[[], None] = lambda: None,
    streams: int = 0,
) -> AsyncGenerator[asyncio.Task[None], None]:
    """The application answers on the socket as long as the context lasts.

    `leave` ends the answers that have no end of their own: the server waits for all at its end.
    `streams` is how many of them there may be.
    Yields the server's task, which ends early only when the server fails. Raises PortTaken when
    somebody else has begun to listen there since the socket was bound.
    """
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        # A message for all would be compressed for each, which takes longer than all else together.
        ws_per_message_deflate=False,
        ws=SharedFrames,
        http=Bounded,
        ws_max_size=_LONGEST_WORD,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_LEAVE_WITHIN,
    )
    server = _Server(config, most_connections(streams))
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    try:
        bound.listen(config.backlog)  # whoever connects from now on will be answered
    except OSError as error:
        host, port = bound.getsockname()[:2]
        raise _taken(host, port, error) from error
    doors = [bound, *(bound.dup() for _ in range(_DOORS - 1))]
    task = asyncio.create_task(server.serve(sockets=doors))
    try:
        yield task
    finally:
        leave()
        server.should_exit = True
        try:
            await task
        finally:
            for door in doors[1:]:
                door.close()


def until_interrupted(main: Callable[[], Coroutine[object, object, Answer]]) -> Answer | None:
    """Runs `main` to its end, or until Ctrl-C or SIGTERM cancels it: then the answer is None.

    A second signal does not wait for the clean-up.
    """

    async def cancelled_by_signals() -> Answer | None:
        loop, task = asyncio.get_running_loop(), asyncio.create_task(main())

        def interrupt() -> None:
            for each in _SIGNALS:
                loop.remove_signal_handler(each)
            task.cancel()

        # Loops on Windows have no such handlers, and say so with NotImplementedError; there the
        # runner turns Ctrl-C into the same cancellation.
        with suppress(NotImplementedError):
            for each in _SIGNALS:
                loop.add_signal_handler(each, interrupt)
        await asyncio.wait({task})
        return None if task.cancelled() else task.result()

    fastest = uvicorn.Config("", log_config=None).get_loop_factory()
    try:
        with asyncio.Runner(loop_factory=fastest) as runner:
            return runner.run(cancelled_by_signals())
    except KeyboardInterrupt:
        return None
