"""A stand-in for Slack, to watch messages arrive, press their buttons, and rehearse failures."""

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from ops.demo import mock_slack_api, mock_slack_people
from ops.demo.mock_slack_limits import Json, fault, parse
from ops.demo.mock_slack_page import HEADERS, page
from ops.demo.mock_slack_people import Interactivity
from ops.demo.mock_slack_received import Behaviour, Received


def create_app(now: Callable[[], datetime], interactivity: Interactivity | None = None) -> FastAPI:
    """The server; it keeps the last 1000 messages, in memory."""
    app = FastAPI(title="Mock Slack", openapi_url=None)
    received = Received(now)
    app.include_router(mock_slack_api.build(received))
    app.include_router(mock_slack_people.build(received, interactivity))

    @app.post("/services/{path:path}")
    async def incoming(path: str, request: Request) -> Response:
        """Slack's incoming webhook: `ok`, or a refusal in Slack's words."""
        body = await request.body()
        failing = await received.meets_failure("webhook")
        if failing and not received.behaviour.taken:
            return _refusal(received.behaviour)
        payload = parse(body, request.headers.get("content-type", ""))
        error = "invalid_payload" if payload is None else fault(payload)
        if payload is None or error:
            received.refused += 1
            return HTMLResponse(error, status_code=400)
        received.keep(payload, path=path)
        if failing:
            return _refusal(received.behaviour)
        return HTMLResponse("ok")  # Slack's own type, though it is no HTML

    @app.get("/received")
    async def read() -> Json:
        """What came in, oldest first."""
        return {
            "count": received.count,
            "refused": received.refused,
            "updates": received.updates,
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
        shown = page(list(received.messages), received.count, received.changes)
        return HTMLResponse(shown, headers=HEADERS)

    return app


def _refusal(behaviour: Behaviour) -> Response:
    headers = {} if behaviour.retry_after is None else {"Retry-After": f"{behaviour.retry_after:g}"}
    usual = "rate_limited" if behaviour.status == 429 else "told_to_fail"
    words = usual if behaviour.words is None else behaviour.words
    return HTMLResponse(words, status_code=behaviour.status, headers=headers)
