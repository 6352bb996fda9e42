"""The mock Slack's Web API: threads, updates and buttons, and refusals in Slack's words."""

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI, Request

from ops.demo.mock_slack import create_app
from ops.demo.mock_slack_people import Interactivity
from tests.support.notices import Clock
from tests.support.web import serving

BOT = {"Authorization": "Bearer xoxb-1-2"}
BUTTON = {
    "type": "button",
    "action_id": "go",
    "value": "T1",
    "text": {"type": "plain_text", "text": "Go"},
}
BLOCKS = [{"type": "actions", "elements": [BUTTON]}]


@dataclass
class App:
    """Whoever the buttons' presses go to."""

    heard: list[tuple[bytes, dict[str, str]]] = field(
        default_factory=list[tuple[bytes, dict[str, str]]]
    )


@pytest_asyncio.fixture
async def app() -> AsyncGenerator[tuple[App, httpx.AsyncClient], None]:
    pressed, receiver = App(), FastAPI(openapi_url=None)

    async def take(request: Request) -> None:
        pressed.heard.append((await request.body(), dict(request.headers)))

    receiver.add_api_route("/slack/actions", take, methods=["POST"])
    async with serving(receiver) as there:
        interactivity = Interactivity(f"{there}/slack/actions", "shh")
        async with (
            serving(create_app(Clock(), interactivity)) as url,
            httpx.AsyncClient(base_url=url, headers=BOT) as client,
        ):
            yield pressed, client


@pytest_asyncio.fixture
async def slack(app: tuple[App, httpx.AsyncClient]) -> httpx.AsyncClient:
    return app[1]


async def call(slack: httpx.AsyncClient, method: str, **payload: Any) -> dict[str, Any]:
    return (await slack.post(f"/api/{method}", json={"channel": "C1A", **payload})).json()


async def test_a_thread_is_a_message_and_what_replies_to_it(slack: httpx.AsyncClient) -> None:
    first = await call(slack, "chat.postMessage", text="breached")
    reply = await call(slack, "chat.postMessage", text="escalated", thread_ts=first["ts"])
    assert (first["ok"], first["channel"], first["message"]) == (True, "C1A", {"text": "breached"})
    assert reply["ts"] > first["ts"]
    assert (await call(slack, "chat.update", ts=first["ts"], text="resolved"))["ok"]
    page = (await slack.get("/")).text
    assert "breached" not in page
    assert page.index("resolved") < page.index("1 reply") < page.index("escalated")


@pytest.mark.parametrize(
    ("method", "payload", "error"),
    [
        ("chat.postMessage", {"text": "x", "channel": "#alerts"}, "channel_not_found"),
        ("chat.postMessage", {"text": "x", "channel": "C0ELSE"}, "not_in_channel"),
        ("chat.postMessage", {"text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"text": "x", "thread_ts": "1.2"}, "thread_not_found"),
        ("chat.postMessage", {"blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ("chat.postMessage", {"blocks": [*BLOCKS, *BLOCKS]}, "invalid_blocks"),
        (
            "chat.postMessage",
            {"blocks": [{"type": "actions", "elements": [BUTTON | {"text": {"text": "x" * 76}}]}]},
            "invalid_blocks",
        ),
        ("chat.postMessage", {}, "no_text"),
        ("chat.update", {"text": "x", "ts": "1.2"}, "message_not_found"),
    ],
)
async def test_it_refuses_what_slack_would(
    slack: httpx.AsyncClient, method: str, payload: dict[str, Any], error: str
) -> None:
    await slack.post("/behave", json={"not_in": ["C0ELSE"]})
    assert await call(slack, method, **payload) == {"ok": False, "error": error}


@pytest.mark.parametrize("token", ["Bearer xoxp-1", "Basic xoxb-1"])
async def test_without_a_bots_token_nothing_is_taken(slack: httpx.AsyncClient, token: str) -> None:
    answer = await slack.post(
        "/api/chat.postMessage",
        json={"channel": "C1A", "text": "x"},
        headers={"Authorization": token},
    )
    assert answer.json() == {"ok": False, "error": "invalid_auth"}


async def test_it_says_when_it_is_asked_too_often(slack: httpx.AsyncClient) -> None:
    await slack.post(
        "/behave", json={"fail": 1, "status": 429, "retry_after": 30, "only": "chat.update"}
    )
    ts = (await call(slack, "chat.postMessage", text="x"))["ts"]
    answer = await slack.post("/api/chat.update", json={"channel": "C1A", "ts": ts, "text": "y"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    assert answer.json() == {"ok": False, "error": "ratelimited"}


async def test_an_answer_can_be_lost(slack: httpx.AsyncClient) -> None:
    await slack.post("/behave", json={"fail": 1, "taken": True})
    assert not (await call(slack, "chat.postMessage", text="x"))["ok"]
    assert (await slack.get("/received")).json()["count"] == 1


async def test_what_somebody_has_deleted_is_gone(slack: httpx.AsyncClient) -> None:
    ts = (await call(slack, "chat.postMessage", text="x"))["ts"]
    assert (await call(slack, "chat.delete", ts=ts))["ok"]
    assert (await call(slack, "chat.delete", ts=ts))["error"] == "message_not_found"


async def test_a_button_of_its_page_sends_what_slack_would_signed(
    app: tuple[App, httpx.AsyncClient],
) -> None:
    pressed, slack = app
    ts = (await call(slack, "chat.postMessage", text="x", blocks=BLOCKS))["ts"]
    page = await slack.get("/")
    assert '<button class="" name="action_id" value="go">Go</button>' in page.text
    await slack.post("/press", data={"number": "1", "action_id": "go", "user": "U1"})
    [(body, headers)] = pressed.heard
    payload = json.loads(parse_qs(body.decode())["payload"][0])
    assert (payload["type"], payload["user"]["id"]) == ("block_actions", "U1")
    assert payload["container"]["message_ts"] == ts
    (action,) = payload["actions"]
    assert (action["action_id"], action["value"]) == ("go", "T1")
    at = headers["x-slack-request-timestamp"]
    signed = hmac.new(b"shh", f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    assert headers["x-slack-signature"] == f"v0={signed}"

    said = {"response_type": "ephemeral", "text": "Not *now*"}
    assert (await slack.post(payload["response_url"], json=said)).text == "ok"
    page = (await slack.get("/")).text
    assert "Only visible to you" in page
    assert "Not <b>now</b>" in page


async def test_there_is_no_pressing_what_is_not_there(slack: httpx.AsyncClient) -> None:
    answer = await slack.post("/press", data={"number": "1", "action_id": "go"})
    assert answer.status_code == 404
