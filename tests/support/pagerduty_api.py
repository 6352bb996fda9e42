"""A PagerDuty that answers its REST API as documented, and refuses whoever has no token.

https://developer.pagerduty.com/api-reference: `list-alerts-for-an-incident`, `get-an-incident`,
`get-a-user`, and `authentication`, `errors` and `rate-limits` there.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tests.support.web import serving

TOKEN = "y_NbAkKc66ryYTWUXYEu"


@dataclass
class PagerDutyApi:
    """What it knows, and how it is told to answer instead."""

    url: str = ""
    alerts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """The keys of an incident's alerts."""
    keys: dict[str, str] = field(default_factory=dict[str, str])
    """Of incidents of a service without alerts."""
    users: dict[str, str] = field(default_factory=dict[str, str])
    """Addresses, by id."""
    instead: list[Response] = field(default_factory=list[Response])
    """For each of the next requests for an incident."""
    asked: list[str] = field(default_factory=list[str])

    def answer(self, path: str) -> Response:
        match path.strip("/").split("/"):
            case ["incidents", str(incident), "alerts"] if self.instead and incident:
                return self.instead.pop(0)
            case ["incidents", str(incident), "alerts"] if incident in self.alerts:
                found = [alert(incident, key) for key in self.alerts[incident]]
                page = {"limit": 100, "offset": 0, "more": False, "total": None}
                return JSONResponse({"alerts": found, **page})
            case ["incidents", str(incident)] if incident in self.alerts:
                key = self.keys.get(incident, "d3640fbd41094207a1c11e58e46b1662")
                about = {"id": incident, "type": "incident", "incident_key": key}
                return JSONResponse({"incident": about})
            case ["users", str(user)] if user in self.users:
                about = {"id": user, "type": "user", "name": "Sam", "email": self.users[user]}
                return JSONResponse({"user": about})
            case _:
                return refusal(404, 2100, "Not Found")


def alert(incident: str, key: str) -> dict[str, Any]:
    return {
        "id": "PT4KHLK",
        "type": "alert",
        "summary": "SLA breached",
        "status": "acknowledged",
        "alert_key": key,
        "severity": "critical",
        "incident": {"id": incident, "type": "incident_reference"},
    }


def refusal(status: int, code: int, message: str, **headers: str) -> Response:
    return JSONResponse({"error": {"message": message, "code": code}}, status, headers)


@asynccontextmanager
async def open_api() -> AsyncGenerator[PagerDutyApi]:
    """On a free port, in the test's own event loop."""
    api, app = PagerDutyApi(), FastAPI(openapi_url=None)

    async def take(request: Request) -> Response:
        api.asked.append(request.url.path)
        if request.headers.get("Authorization") != f"Token token={TOKEN}":
            return refusal(401, 2006, "Unauthorized")
        return api.answer(request.url.path)

    app.add_api_route("/{path:path}", take, methods=["GET"])
    async with serving(app) as api.url:
        yield api
