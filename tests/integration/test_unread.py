"""A connection whose peer has stopped reading is let go, whatever was still to be written to it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ops.http.frames import SharedFrames
from ops.http.serving import listener, serving
from ops.http.unread import ReadOrCutOff
from tests.support.patience import PATIENCE

LARGE = "é" * 40_000
NEVER = 3600.0


async def tell(_: Request) -> StreamingResponse:
    async def without_end() -> AsyncIterator[str]:
        while True:
            yield LARGE
            await asyncio.sleep(0)  # where it ends when nobody is there any more

    return StreamingResponse(without_end())


async def talk(websocket: WebSocket) -> None:
    """Gives up once a message takes too long."""
    await websocket.accept()
    with suppress(TimeoutError):  # so it gives up
        while True:
            async with asyncio.timeout(0.1):
                await websocket.send_text(LARGE)


APP = Starlette(routes=[Route("/tell", tell), WebSocketRoute("/talk", talk)])
REQUESTS = {
    "a response": "GET /tell HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a WebSocket": "GET /talk HTTP/1.1\r\nHost: localhost\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
}


@pytest.fixture(autouse=True)
def happened(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[str]:
    """What connections hear: that more waits than is buffered, that they are lost."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    def overhear(protocol: type, name: str) -> None:
        original = getattr(protocol, name)

        def overheard(self: object, *arguments: object) -> None:
            original(self, *arguments)
            heard.put_nowait(name)

        monkeypatch.setattr(protocol, name, overheard)

    for protocol in (ReadOrCutOff, SharedFrames):
        overhear(protocol, "pause_writing")
        overhear(protocol, "connection_lost")
    return heard


@asynccontextmanager
async def served(request: str) -> AsyncGenerator[None]:
    """A server, and a client that outlives it: it sends the request, and never reads."""
    bound = listener("127.0.0.1", 0)
    bound.listen()
    _, writer = await asyncio.open_connection(*bound.getsockname(), limit=1)
    writer.write(request.encode())
    async with serving(APP, bound):
        yield
    writer.transport.abort()


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
async def test_it_is_let_go_after_a_while(
    request_: str,
    happened: asyncio.Queue[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("ops.http.unread.SECONDS", 0.1)
    async with served(request_), asyncio.timeout(PATIENCE):
        assert await happened.get() == "pause_writing"
        assert await happened.get() == "connection_lost"

    assert complaints(caplog) == []


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
async def test_it_does_not_hold_up_a_server_that_ends(
    request_: str,
    happened: asyncio.Queue[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("ops.http.unread.SECONDS", NEVER)
    monkeypatch.setattr("ops.http.unread.LEAVING_SECONDS", 0.1)
    async with served(request_), asyncio.timeout(PATIENCE):
        assert await happened.get() == "pause_writing"

    assert complaints(caplog) == []
