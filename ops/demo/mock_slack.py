"""A stand-in for Slack's incoming webhooks, to watch messages arrive and to rehearse failures."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from ops.demo.mock_slack_page import HEADERS, page

Json = dict[str, Any]

KEPT = 1000
MOST_BLOCKS = 50
LONGEST_HEADER = 150
LONGEST_FIELD = 2000
LONGEST_TEXT = 3000
MOST_FIELDS = 10
LONGEST_METADATA = 8000


class Behaviour(BaseModel):
    """What the next requests meet; posted to /behave, `{}` for none of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fail: int = Field(default=0, ge=0)
    """So many requests are refused."""
    status: int = Field(default=500, ge=200, le=599)
    words: str | None = None
    """The body of the refusals, such as a proxy's sign-in page with status 200."""
    retry_after: float | None = Field(default=None, ge=0)
    """Seconds, sent with the refusals."""
    delay_seconds: float = Field(default=0, ge=0, le=60)
    """Before every answer, until told otherwise."""


class Received:
    """What came in, newest last, and how to meet the next."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.messages: deque[Json] = deque(maxlen=KEPT)
        self.count = 0
        self.refused = 0
        self.behaviour = Behaviour()
        self.left_to_fail = 0

    def behave(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.left_to_fail = behaviour.fail

    def keep(self, path: str, payload: Json) -> None:
        self.count += 1
        self.messages.append(
            {
                "number": self.count,
                "received_at": self.now().isoformat(),
                "path": path,
                "dedup_keys": dedup_keys(payload),
                "payload": payload,
            }
        )

    def clear(self) -> None:
        self.messages.clear()
        self.count = self.refused = 0


def create_app(now: Callable[[], datetime]) -> FastAPI:
    """The server; it keeps the last 1000 messages, in memory."""
    app = FastAPI(title="Mock Slack", openapi_url=None)
    received = Received(now)

    @app.post("/services/{path:path}")
    async def incoming(path: str, request: Request) -> Response:
        """Slack's incoming webhook: `ok`, or a refusal in Slack's words."""
        body = await request.body()
        behaviour = received.behaviour
        refused = received.left_to_fail > 0
        received.left_to_fail -= refused
        if behaviour.delay_seconds:
            await asyncio.sleep(behaviour.delay_seconds)
        if refused:
            received.refused += 1
            return _refusal(behaviour)
        payload = parse(body, request.headers.get("content-type", ""))
        error = "invalid_payload" if payload is None else fault(payload)
        if payload is None or error:
            received.refused += 1
            return HTMLResponse(error, status_code=400)
        received.keep(path, payload)
        return HTMLResponse("ok")  # Slack's own type, though it is no HTML

    @app.get("/received")
    async def read() -> Json:
        """What came in, oldest first."""
        return {
            "count": received.count,
            "refused": received.refused,
            "messages": list(received.messages),
        }

    @app.delete("/received", status_code=204)
    async def forget() -> None:
        received.clear()

    @app.post("/behave")
    async def behave(behaviour: Behaviour) -> Behaviour:
        received.behave(behaviour)
        return behaviour

    @app.get("/")
    async def look() -> HTMLResponse:
        """The messages as people would see them."""
        return HTMLResponse(page(list(received.messages), received.count), headers=HEADERS)

    return app


def _refusal(behaviour: Behaviour) -> Response:
    headers = {} if behaviour.retry_after is None else {"Retry-After": f"{behaviour.retry_after:g}"}
    usual = "rate_limited" if behaviour.status == 429 else "told_to_fail"
    words = usual if behaviour.words is None else behaviour.words
    return HTMLResponse(words, status_code=behaviour.status, headers=headers)


def parse(body: bytes, content_type: str) -> Json | None:
    """The payload, sent as JSON or as the form field `payload`; None when it is neither."""
    try:
        text = body.decode()
        if content_type.startswith("application/x-www-form-urlencoded"):
            text = parse_qs(text).get("payload", [""])[0]
        payload: object = json.loads(text)
    except ValueError:
        return None
    return cast("Json", payload) if isinstance(payload, dict) else None


def fault(payload: Json) -> str | None:
    """What Slack would refuse this for, in its words; None: nothing."""
    text, blocks = payload.get("text"), payload.get("blocks")
    if not text and not blocks and not payload.get("attachments"):
        return "no_text"
    if text is not None and not isinstance(text, str):
        return "invalid_payload"
    try:
        if blocks and (len(blocks) > MOST_BLOCKS or not all(map(_fits, blocks))):
            return "invalid_blocks"
    except (AttributeError, KeyError, TypeError):
        return "invalid_blocks"
    metadata = payload.get("metadata")
    if metadata is not None and not (
        isinstance(metadata, dict)
        and set(cast("Json", metadata)) == {"event_type", "event_payload"}
    ):
        return "invalid_metadata_format"
    if len(json.dumps(metadata)) > LONGEST_METADATA:
        return "metadata_too_large"
    return None


def _fits(block: Json) -> bool:
    match block["type"]:
        case "header":
            text = block["text"]
            return text["type"] == "plain_text" and 0 < len(text["text"]) <= LONGEST_HEADER
        case "section":
            fields: list[Json] = block.get("fields") or []
            return (
                ("text" in block or bool(fields))
                and ("text" not in block or 0 < len(block["text"]["text"]) <= LONGEST_TEXT)
                and len(fields) <= MOST_FIELDS
                and all(0 < len(field["text"]) <= LONGEST_FIELD for field in fields)
            )
        case "context":
            elements = block["elements"]
            return 0 < len(elements) <= MOST_FIELDS and all(
                len(element.get("text", "")) <= LONGEST_TEXT for element in elements
            )
        case "divider" | "image" | "actions" | "rich_text" | "markdown":
            return True
        case _:
            return False


def dedup_keys(payload: Json) -> list[str]:
    """The keys of the alerts in a message; of a very large one, those that its metadata held."""
    metadata: Json = payload.get("metadata") or {}
    about: Json = metadata.get("event_payload") or {}
    try:
        alerts: list[Json] = about.get("alerts") or [about]
        return [str(alert["dedup_key"]) for alert in alerts if "dedup_key" in alert]
    except (AttributeError, TypeError):  # somebody else's message
        return []
