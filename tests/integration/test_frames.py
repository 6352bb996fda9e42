"""Messages that are framed once and written together arrive as if each had been sent alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from ops.http.serving import listener, serving

LARGE = "é" * 40_000
"""Two of them fill what a connection buffers before it asks to wait."""
TEXTS: Sequence[str] = [f"text {number}" for number in range(200)] + [LARGE] * 20 + ["last"]


async def tell(websocket: WebSocket) -> None:
    await websocket.accept()
    for text in TEXTS:
        await websocket.send_text(text)
    await websocket.send_bytes(b"bytes")
    await websocket.send_text("after them")
    await websocket.close(1013, "enough")


async def wait(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.receive()


@pytest.fixture
async def address() -> AsyncIterator[str]:
    app = Starlette(routes=[WebSocketRoute("/tell", tell), WebSocketRoute("/wait", wait)])
    bound = listener("127.0.0.1", 0)
    port: int = bound.getsockname()[1]
    async with serving(app, bound):
        yield f"ws://127.0.0.1:{port}"


async def everything(socket: ClientConnection) -> list[str | bytes]:
    got: list[str | bytes] = []
    try:
        while True:
            got.append(await socket.recv())
    except ConnectionClosed:
        return got


async def test_everything_arrives_in_order_before_the_close(address: str) -> None:
    async with connect(f"{address}/tell") as one, connect(f"{address}/tell") as other:
        got = await asyncio.gather(everything(one), everything(other))

    assert got == [[*TEXTS, b"bytes", "after them"]] * 2
    assert (one.close_code, one.close_reason) == (1013, "enough")


async def test_nothing_is_compressed_for_each_that_is_the_same_for_all(address: str) -> None:
    async with connect(f"{address}/wait", compression="deflate") as socket:
        assert await socket.recv() == "hello"
        assert socket.protocol.extensions == []


async def test_pings_are_answered_and_a_client_may_leave(address: str) -> None:
    async with connect(f"{address}/wait") as socket:
        await socket.recv()
        await (await socket.ping())
        await socket.close(1000)
    assert socket.close_code == 1000
