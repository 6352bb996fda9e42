"""Logs are one line an event, correlated, and never hold a secret."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from asgi_correlation_id import CorrelationIdMiddleware
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from ops.http.serving import listener, serving
from ops.logging import NOISY, AccessLog, configure

Captured = pytest.CaptureFixture[str]
logger = logging.getLogger("command_side.desk")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    names = [None, "uvicorn", "uvicorn.error", *NOISY]
    before = {name: logging.getLogger(name).level for name in names}
    root = logging.getLogger()
    handlers = list(root.handlers)
    yield
    for handler in root.handlers:
        handler.flush()
    root.handlers[:] = handlers
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def said(captured: Captured) -> str:
    """All that was logged until now: a thread writes it."""
    for handler in logging.getLogger().handlers:
        handler.flush()
    return captured.readouterr().out


def lines(captured: Captured) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(captured).splitlines()]


async def answer(request: Request) -> PlainTextResponse:
    logger.info("deciding", extra={"tickets": 3})
    if request.url.path == "/broken":
        raise RuntimeError("no such table")
    return PlainTextResponse("fine")


async def alerts(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close(1013)


app = CorrelationIdMiddleware(
    AccessLog(
        Starlette(
            routes=[
                *(Route(path, answer) for path in ("/tickets", "/health", "/broken")),
                WebSocketRoute("/ws/alerts", alerts),
            ]
        )
    ),
    header_name="X-Correlation-ID",
    validator=None,
)


async def get(path: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla.test") as client:
        return await client.get(path, headers=headers)


def test_a_line_is_json_with_what_the_room_said(capsys: Captured) -> None:
    configure("info", json=True)
    logger.warning("retrying", extra={"attempt": 2, "channel": "slack"})
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "message": "retrying",
        "level": "warning",
        "logger": "command_side.desk",
        "attempt": 2,
        "channel": "slack",
    }


@pytest.mark.parametrize("value", [b"\xff", "\ud800"])
def test_what_utf_8_does_not_have_is_logged_all_the_same(capsys: Captured, value: Any) -> None:
    configure("INFO", json=True)
    logger.info("odd", extra={"value": value, "said": "Bearer sesame"})
    line = json.loads(said(capsys))
    assert line["value"] == ascii(value)
    assert "sesame" not in line["said"]


def test_lines_below_the_level_are_dropped(capsys: Captured) -> None:
    configure("WARNING", json=True)
    logger.info("unheard")
    assert lines(capsys) == []


def test_a_watcher_that_is_being_stopped_is_no_error(capsys: Captured) -> None:
    configure("INFO", json=True)
    watchdog = logging.getLogger("watchdog.observers.inotify")
    watchdog.error("InotifyEmitter.queue_events() called when the thread is inactive")
    watchdog.error("something else")
    assert json.loads(said(capsys))["message"] == "something else"


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown log level 'LOUD'"):
        configure("LOUD", json=True)


def test_configuring_twice_does_not_say_everything_twice(capsys: Captured) -> None:
    configure("INFO", json=True)
    configure("INFO", json=True)
    logger.info("once")
    assert len(lines(capsys)) == 1


def test_people_get_plain_text(capsys: Captured) -> None:
    configure("INFO", json=False)
    logger.info("listening", extra={"port": 8000})
    out = said(capsys)
    assert "listening" in out
    assert "port=8000" in out
    assert not out.startswith("{")


@pytest.mark.parametrize("as_json", [True, False])
def test_what_strangers_ask_for_moves_no_cursor(capsys: Captured, as_json: bool) -> None:
    configure("INFO", json=as_json)
    moving = "/\x1b[2J\x1b]0;title\x07"
    logger.info("request", extra={"path": moving, "who": "eve\u202e"})
    logger.warning("no %s", moving)
    try:
        raise RuntimeError(moving)
    except RuntimeError:
        logger.exception("gone")
    out = said(capsys)
    assert ("\x1b" in out, "\x07" in out) == (False, False)
    assert out.count("[2J") >= 3
    assert as_json or "\u202e" not in out


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_is_logged_without_local_variables(capsys: Captured, as_json: bool) -> None:
    def fail(password: str) -> None:
        raise RuntimeError(f"away for {len(password)} s")

    configure("INFO", json=as_json)
    try:
        fail("sesame"[::-1])
    except RuntimeError:
        logger.exception("gone")
    out = said(capsys)
    assert "RuntimeError: away for 6 s" in out
    assert "emases" not in out


@pytest.mark.parametrize(
    "text",
    [
        "GET /ws/alerts?after=7&token=sesame&severity=breached",
        "Authorization: Bearer sesame",
        "authorization: bearer   sesame",
        "sec-websocket-protocol: bearer, sesame",
        "sec-websocket-protocol: Bearer,sesame",
        "authorization: BEARER sesame",
        "POST https://hooks.slack.com/services/sesame answered 500",
        "cannot connect to postgresql://sla:sesame@db:5432/sla",
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_secrets_are_never_logged(capsys: Captured, text: str, as_json: bool) -> None:
    configure("INFO", json=as_json)
    logger.error("failed: %s", text, extra={"detail": text})
    out = said(capsys)
    assert "[redacted]" in out
    assert "sesame" not in out


@pytest.mark.parametrize("as_json", [True, False])
async def test_a_websockets_token_is_never_logged(capsys: Captured, as_json: bool) -> None:
    configure("DEBUG", json=as_json)
    bound = listener("127.0.0.1", 0)
    url = f"ws://127.0.0.1:{bound.getsockname()[1]}/ws/alerts"
    async with serving(app, bound):
        for opening in (
            connect(url, subprotocols=[Subprotocol("bearer"), Subprotocol("sesame")]),
            connect(f"{url}?%74oken=sesame"),  # which is decoded
            connect(url, additional_headers={"Authorization": "Bearer sesame"}),
        ):
            async with opening:
                pass
    out = said(capsys)
    assert "websocket closed" in out
    assert "sesame" not in out


@pytest.mark.parametrize("as_json", [True, False])
def test_no_line_has_codes_for_colours(capsys: Captured, as_json: bool) -> None:
    configure("INFO", json=as_json)
    styled = {"color_message": "Started \x1b[36m%d\x1b[0m"}  # as uvicorn says it
    logging.getLogger("uvicorn.error").info("Started %d", 7, extra=styled)
    out = said(capsys)
    assert "Started 7" in out
    assert "color" not in out
    assert "\x1b" not in out
    assert "u001b" not in out


async def test_every_line_of_a_request_carries_its_correlation_id(capsys: Captured) -> None:
    configure("INFO", json=True)
    await get("/tickets", **{"X-Correlation-ID": "order-66"})
    assert {line["correlation_id"] for line in lines(capsys)} == {"order-66"}


async def test_a_request_is_logged_with_its_latency_and_without_its_query(capsys: Captured) -> None:
    configure("INFO", json=True)
    await get("/tickets?token=sesame")
    line = lines(capsys)[-1]
    assert (line["message"], line["method"], line["path"]) == ("request", "GET", "/tickets")
    assert line["status"] == 200
    assert line["duration_ms"] >= 0


async def test_a_request_that_fails_is_logged_as_500(capsys: Captured) -> None:
    configure("INFO", json=True)
    await get("/broken")
    assert lines(capsys)[-1]["status"] == 500


async def test_probes_are_logged_at_debug_only(capsys: Captured) -> None:
    configure("INFO", json=True)
    await get("/health")
    assert [line["message"] for line in lines(capsys)] == ["deciding"]


async def test_a_websocket_is_logged_with_the_code_it_closed_with(capsys: Captured) -> None:
    configure("INFO", json=True)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        del message

    await app({"type": "websocket", "path": "/ws/alerts", "headers": []}, receive, send)
    line = lines(capsys)[-1]
    assert (line["message"], line["path"], line["status"]) == (
        "websocket closed",
        "/ws/alerts",
        1013,
    )
