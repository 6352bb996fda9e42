"""The mock Slack's people: whose press of a button goes to the service as Slack would send it."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import httpx
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from ops.demo.mock_slack_limits import Json, elements, parse
from ops.demo.mock_slack_received import Received

SOMEBODY = "U0DEMO1"
ANSWER_WITHIN = 3.0
"""Seconds: after these Slack shows people a warning sign."""


@dataclass(frozen=True, slots=True)
class Interactivity:
    """Where what people press is sent, and what signs it."""

    url: str
    secret: str


def build(received: Received, interactivity: Interactivity | None) -> APIRouter:
    """The buttons' side of the page."""
    router = APIRouter()

    @router.post("/press")
    async def press(request: Request) -> Response:
        """Someone presses a button of a message, as the page's form says; the page says what came
        of it."""
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        number, action_id = form.get("number", ""), form.get("action_id", "")
        user = form.get("user", SOMEBODY)
        message = _numbered(received, number)
        blocks: list[Json] = message["payload"].get("blocks", []) if message else []
        buttons = [one for block in blocks for one in elements(block)]
        button = next((one for one in buttons if one["action_id"] == action_id), None)
        if message is None or button is None:
            raise HTTPException(404, "There is no such button.")
        here = str(request.base_url).rstrip("/")
        payload = _payload(received, message, button, user, f"{here}/responses/{number}")
        if not await _sent(interactivity, payload):
            _whisper(received, message, "The app did not answer (says Slack). Try again.")
        return RedirectResponse("/", 303)

    @router.post("/responses/{number}")
    async def respond(number: str, request: Request) -> Response:
        """The response_url of a press."""
        said = parse(await request.body(), request.headers.get("content-type", "")) or {}
        message = _numbered(received, number)
        if message is None or said.get("response_type") != "ephemeral" or not said.get("text"):
            return Response("invalid_payload", 400)
        _whisper(received, message, str(said["text"]))
        return Response("ok")

    return router


def _numbered(received: Received, number: str) -> Json | None:
    return next((one for one in received.messages if str(one["number"]) == number), None)


def _whisper(received: Received, message: Json, text: str) -> None:
    """To be seen by who pressed, and nobody else."""
    message.setdefault("whispers", []).append(text)
    received.changes += 1


def _payload(received: Received, message: Json, button: Json, user: str, response_url: str) -> Json:
    received.changes += 1
    return {
        "type": "block_actions",
        "user": {"id": user, "username": user.lower(), "team_id": "T0DEMO"},
        "api_app_id": "A0DEMO",
        "token": "deprecated",
        "container": {"type": "message", "message_ts": message["ts"], "is_ephemeral": False},
        "message": {"type": "message", "ts": message["ts"], **message["payload"]},
        "trigger_id": f"{received.changes}.0",
        "team": {"id": "T0DEMO", "domain": "demo"},
        "channel": {"id": message.get("channel", "C0HOOK"), "name": "alerts"},
        "response_url": response_url,
        "actions": [
            {
                **{key: button[key] for key in ("action_id", "text", "value") if key in button},
                "block_id": "b1",
                "type": "button",
                "action_ts": f"{received.now().timestamp():.0f}.{received.changes:06}",
            }
        ],
    }


async def _sent(interactivity: Interactivity | None, payload: Json) -> bool:
    """Whether the service took it in time."""
    if interactivity is None:
        return False
    body = urlencode({"payload": json.dumps(payload)}).encode()
    # The service compares with its own clock, which in the demo is the same as ours.
    at = payload["actions"][0]["action_ts"].partition(".")[0]
    base = f"v0:{at}:".encode() + body
    signed = hmac.new(interactivity.secret.encode(), base, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": f"v0={signed}",
    }
    try:
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN, trust_env=False) as client:
            answer = await client.post(interactivity.url, content=body, headers=headers)
    except httpx.HTTPError:
        return False
    return answer.is_success
