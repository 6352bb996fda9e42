"""Real HTTP servers for tests, in the test's own event loop, and who asks without one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from socket import socket
from typing import Any

import httpx
import uvicorn


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    def capture_signals(self) -> Any:
        return nullcontext()  # Ctrl-C belongs to pytest

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@asynccontextmanager
async def serving(app: Any) -> AsyncGenerator[str, None]:
    """Serve an ASGI application on a free port of this machine; gives its address."""
    server = _Server(
        uvicorn.Config(
            app,
            port=0,
            log_config=None,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
    )
    task = asyncio.create_task(server.serve())
    await server.listening.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


JSON = {"Content-Type": "application/json"}
DEEP = '{"a": ' * 300 + "1" + "}" * 300
UNFIT = (
    (r'{"team": "\ud800"}', "team: half a surrogate pair"),
    (r'{"\ud800": "team"}', "half a surrogate pair"),
    ('{"team": NaN}', "team: is no number"),
    (DEEP, "more than 200 lists and objects within each other"),
)
"""Objects as JSON, of which nothing can be stored or told, and what is wrong."""


def calling(app: Any, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    """Asks an ASGI application without a network, as if it were at http://sla."""
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://sla", headers=headers)


class _Arriving(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    """A network on which everybody answers so; a body has still to be read, as a real one has."""

    def arriving(request: httpx.Request) -> httpx.Response:
        given = answer(request)
        stream = _Arriving(given.content)
        return httpx.Response(given.status_code, headers=given.headers, stream=stream)

    return httpx.MockTransport(arriving)
