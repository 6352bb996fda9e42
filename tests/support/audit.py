"""The audit room over HTTP, without a network."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx
from fastapi import FastAPI

from ops.http import problems
from query_side import errors
from query_side.audit import breakdown, differences, drawing, sla, timeline, usage
from tests.support.desk import Process, minutes
from tests.support.items import at, text

OFFICE = """
sla_targets:
  GOLD:
    calendar: office
    P1: {resolution: 4h, escalation: {}}
calendars:
  office: {timezone: UTC, hours: {mon-fri: ["09:00-12:00", "13:00-17:00"]}}
"""


def told_at(minute: float) -> str:
    """An instant as sentences tell it."""
    return at(minute).strftime("%a %Y-%m-%d %H:%M UTC")


class Auditor:
    """Asks about tickets; instants are minutes after nine."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def ask(self, path: str, *, expect: int = 200, **asked: Any) -> dict[str, Any]:
        moments = {
            name: text(at(value)) if name in ("as_of", "known_at") else value
            for name, value in asked.items()
        }
        response = await self.client.get(path, params=moments)
        assert response.status_code == expect, response.text
        return response.json()

    async def sla(self, name: str = "T-1", **asked: Any) -> dict[str, Any]:
        return await self.ask(f"/tickets/{name}/sla", **asked)

    async def clock(self, clock: str, name: str = "T-1", **asked: Any) -> dict[str, Any]:
        """The newest cycle of a clock."""
        answer = await self.sla(name, **asked)
        return [one for one in answer["clocks"] if one["name"] == clock][-1]

    async def timeline(self, name: str = "T-1", **asked: Any) -> list[dict[str, Any]]:
        return (await self.ask(f"/tickets/{name}/timeline", **asked))["entries"]

    async def told(self, name: str = "T-1", **asked: Any) -> list[tuple[float, str, str]]:
        """Minute, kind and explanation of each entry."""
        return [
            (
                minutes(datetime.fromisoformat(entry["occurred_at"])),
                entry["kind"],
                entry["explanation"],
            )
            for entry in await self.timeline(name, **asked)
        ]


@asynccontextmanager
async def auditing(process: Process) -> AsyncGenerator[Auditor]:
    """The audit routes of this process, at its time."""
    app = FastAPI()
    app.include_router(sla.build(process.pool, process.book, process.now))
    app.include_router(timeline.build(process.pool, process.book, process.now))
    app.include_router(breakdown.build(process.pool, process.book, process.now))
    app.include_router(drawing.build(process.pool, process.book, process.now))
    app.include_router(differences.build(process.pool, process.book, process.now))
    app.include_router(usage.build(process.pool, process.book, process.now))
    problems.install(app, {errors.NotFound: 404})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        yield Auditor(client)
