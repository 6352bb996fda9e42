"""A PagerDuty that takes events as its documentation says, refuses the rest, and keeps its alerts.

https://developer.pagerduty.com/docs/send-alert-event, and `events-api-v2-overview` there. `EVENT`
holds what its published description of the API asks for (https://github.com/PagerDuty/api-schema,
reference/events-v2/openapiv3.json, which has no licence and so is not here), with the lengths and
conditions that the documentation adds, and takes nothing that neither of them names.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from jsonschema import Draft202012Validator

from tests.support.web import serving

KEY = "e93facc04764012d7bfb002500d5d1a6"
LARGEST = 512 * 1024
RFC3339 = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"
TEXT = {"type": "string", "minLength": 1}
PAYLOAD: dict[str, Any] = {
    "type": "object",
    "required": ["summary", "source", "severity"],
    "additionalProperties": False,
    "properties": {
        "summary": {**TEXT, "maxLength": 1024},
        "source": TEXT,
        "severity": {"enum": ["critical", "error", "warning", "info"]},
        "timestamp": {"type": "string", "pattern": RFC3339},
        "component": TEXT,
        "group": TEXT,
        "class": TEXT,
        "custom_details": {"type": "object"},
    },
}
LINK = {
    "type": "object",
    "required": ["href"],
    "properties": {"href": {"type": "string", "pattern": "^https?://"}, "text": {"type": "string"}},
}
EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["routing_key", "event_action"],
    "additionalProperties": False,
    "properties": {
        "routing_key": {"type": "string"},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "maxLength": 255},
        "payload": PAYLOAD,
        "links": {"type": "array", "items": LINK},
        "client": TEXT,
        "client_url": {"type": "string", "pattern": "^https?://"},
    },
    "if": {"properties": {"event_action": {"const": "trigger"}}},
    "then": {"required": ["payload"]},
    "else": {"required": ["dedup_key"]},
}
CHECK: Any = Draft202012Validator(EVENT)


@dataclass
class PagerDuty:
    """What came, what became of it, and how it is told to answer instead."""

    url: str = ""
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Those that were taken."""
    alerts: dict[str, str] = field(default_factory=dict[str, str])
    """By key: triggered, acknowledged or resolved."""
    instead: list[tuple[int, dict[str, str]]] = field(
        default_factory=list[tuple[int, dict[str, str]]]
    )
    """A status and headers for each of the next requests; 202 is as it goes."""

    def take(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        key = event["dedup_key"]
        is_open = self.alerts.get(key, "resolved") != "resolved"
        if event["event_action"] == "trigger":
            # One that is acknowledged stays so.
            self.alerts[key] = self.alerts[key] if is_open else "triggered"
        elif is_open:  # else it is dropped
            done = {"acknowledge": "acknowledged", "resolve": "resolved"}
            self.alerts[key] = done[event["event_action"]]


def _invalid(error: str) -> JSONResponse:
    said = {"status": "invalid event", "message": "Event object is invalid", "errors": [error]}
    return JSONResponse(said, 400)


@asynccontextmanager
async def open_pagerduty() -> AsyncGenerator[PagerDuty]:
    """On a free port, in the test's own event loop."""
    pagerduty = PagerDuty()
    app = FastAPI(openapi_url=None)

    async def enqueue(request: Request) -> JSONResponse:
        if pagerduty.instead and (told := pagerduty.instead.pop(0))[0] != 202:
            return JSONResponse({"status": "told to"}, told[0], headers=told[1])
        if len(await request.body()) > LARGEST:
            return JSONResponse({"status": "too large"}, 413)
        event = await request.json()
        for error in CHECK.iter_errors(event):
            return _invalid(f"{error.json_path}: {error.message}")
        if len(event["routing_key"]) != 32:
            return _invalid("Length of 'routing_key' is incorrect (should be 32 characters)")
        if event.pop("routing_key") != KEY:
            return _invalid("Invalid routing key")
        pagerduty.take(event)
        done = {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}
        return JSONResponse(done, 202)

    app.add_api_route("/v2/enqueue", enqueue, methods=["POST"])
    async with serving(app) as pagerduty.url:
        yield pagerduty
