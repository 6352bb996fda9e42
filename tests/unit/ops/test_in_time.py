"""Whoever asks is answered in time, whatever takes so long, and however long it takes to let go."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from ops.http.in_time import InTime
from tests.support.patience import time_passes


async def stuck(_: Request) -> PlainTextResponse:
    """As a driver whose server is frozen: it takes its time to be cancelled."""
    try:
        await asyncio.Future[None]()
    finally:
        await let_go.wait()
    return PlainTextResponse("never")


async def slow_to_tell(_: Request) -> StreamingResponse:
    async def pieces() -> AsyncIterator[str]:
        yield "begun, "
        with pytest.MonkeyPatch.context() as patched:
            await time_passes(patched, LONG)
            yield "ended"

    return StreamingResponse(pieces())


async def take(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def break_down(_: Request) -> PlainTextResponse:
    raise ZeroDivisionError


let_go = asyncio.Event()
LONG = 3600.0
"""Seconds: longer than anybody is let wait."""
ROUTES = [
    Route("/stuck", stuck, methods=["GET", "POST"]),
    Route("/health", stuck),
    Route("/slow", slow_to_tell),
    Route("/take", take, methods=["POST"]),
    Route("/broken", break_down),
]


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    let_go.clear()
    transport = httpx.ASGITransport(InTime(Starlette(routes=ROUTES), but=["/none"]))
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        yield client
    let_go.set()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is let wait."""
    monkeypatch.setattr("ops.http.in_time.ANSWER_WITHIN_SECONDS", 0.1)
    monkeypatch.setattr("ops.http.in_time.PROBES_WITHIN_SECONDS", 0.05)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("path", ["/stuck", "/health"])
async def test_a_question_that_takes_too_long_is_answered_all_the_same(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "took too long" in answer.json()["detail"]


@pytest.mark.usefixtures("soon")
async def test_of_a_command_that_takes_too_long_nobody_knows_what_became(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/stuck", json={})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "may be stored or not" in answer.json()["detail"]


async def test_an_answer_that_has_begun_is_told_to_its_end(client: httpx.AsyncClient) -> None:
    assert (await client.get("/slow")).text == "begun, ended"


async def test_who_sends_slowly_is_waited_for(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.http.in_time.ANSWER_WITHIN_SECONDS", LONG)

    async def pieces() -> AsyncGenerator[bytes]:
        for _ in range(4):
            await time_passes(monkeypatch, LONG / 2)
            yield b" "

    assert (await client.post("/take", content=pieces())).text == "4"


async def test_what_breaks_down_is_told_as_ever(client: httpx.AsyncClient) -> None:
    with pytest.raises(ZeroDivisionError):
        await client.get("/broken")
