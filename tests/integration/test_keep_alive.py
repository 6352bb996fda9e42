"""A connection stays open for whoever may still send on it."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ops.http.serving import listener, serving
from tests.support.patience import time_passes

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
IDLE = 6
"""Seconds: more than the 5 after which httpx lets go of a connection by itself."""


async def greet(_: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def test_a_client_that_was_silent_for_a_while_is_answered_on_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bound = listener("127.0.0.1", 0)
    async with serving(Starlette(routes=[Route("/", greet)]), bound):
        reader, writer = await asyncio.open_connection(*bound.getsockname())
        for pause in (0, IDLE):
            await time_passes(monkeypatch, pause)
            writer.write(REQUEST)
            answer = await reader.readuntil(b"hello")
            assert answer.startswith(b"HTTP/1.1 200 OK")
        writer.close()
