"""Server-sent events for readers that do not read: their places come back, and nothing breaks."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.support.house import House, eventually
from tests.support.patience import PATIENCE
from tests.support.recorded import opened, raised


async def takes_no_event(app: FastAPI, left: Awaitable[object]) -> None:
    """Answers a request for events until the one who made it has left."""
    request = iter([{"type": "http.request", "body": b""}])

    async def receive() -> Any:
        if begun := next(request, None):
            return begun
        await left
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Future[None]()  # the other side's buffers are full

    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/alerts/stream",
        "headers": [],
        "query_string": b"after=0",
    }
    async with asyncio.timeout(PATIENCE):
        await app(scope, receive, send)


async def test_a_reader_of_events_that_takes_nothing_any_more_loses_its_place(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("query_side.streams.SEND_SECONDS", 0.01)
    await house.tell("T-1", opened("T-1"), raised("T-1"))
    tailer = house.tailer()
    async with house.running(tailer):
        await takes_no_event(house.app(tailer), asyncio.Future[None]())

    assert tailer.open_streams == 0


async def test_a_reader_of_events_may_leave_while_many_wait_for_it(house: House) -> None:
    for number in range(10):
        await house.tell(f"T-{number}", opened(f"T-{number}"), raised(f"T-{number}"))
    tailer = house.tailer()
    left = asyncio.Event()
    async with house.running(tailer):
        reading = asyncio.create_task(takes_no_event(house.app(tailer), left.wait()))
        await eventually(lambda: tailer.open_streams == 1)
        for _ in range(100):
            await house.rows("alerts")  # what waits fills all that is between meanwhile
        left.set()
        await reading

    assert tailer.open_streams == 0


async def test_an_old_stream_ends_where_it_can_be_resumed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("query_side.event_stream.LIFETIME_SECONDS", 0.0)
    tailer = house.tailer(heartbeat_seconds=0.01)
    transport = httpx.ASGITransport(house.app(tailer))
    async with (
        house.running(tailer),
        httpx.AsyncClient(transport=transport, base_url="http://sla") as client,
    ):
        said = (await client.get("/alerts/stream")).text  # nobody has raised anything
        assert "heartbeat" in said
        await house.tell("T-1", opened("T-1"), raised("T-1"))
        while "heartbeat" in said:  # until the tailer has read it
            resumed = {"Last-Event-ID": said.split("\nid: ")[1].split("\n")[0]}
            said = (await client.get("/alerts/stream", headers=resumed)).text
    assert said.count("data: ") == 1
    assert '"external_id":"T-1"' in said
    assert said.endswith("retry: 500\n\n")
    assert tailer.open_streams == 0
