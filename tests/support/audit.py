"""The audit room over HTTP, without a network."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

import httpx
from fastapi import FastAPI

from config.versions import PolicyBook
from ops.http import problems
from query_side import errors
from query_side.audit import breakdown, differences, drawing, sla, timeline, usage
from tests.support.desk import Pool, Process, minutes
from tests.support.items import at, text
from tests.support.standing import Stands

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


class _Lent:
    """The routes of the process that has them now: making them takes longer than most tests."""

    process: Process

    def __init__(self) -> None:
        pool = cast(Pool, Stands(lambda: self.process.pool))
        book = cast(PolicyBook, Stands(lambda: self.process.book))
        self.app = FastAPI()
        for room in (sla, timeline, breakdown, drawing, differences, usage):
            self.app.include_router(room.build(pool, book, lambda: self.process.now()))
        problems.install(self.app, {errors.NotFound: 404})


_SPARE: list[_Lent] = []


@asynccontextmanager
async def auditing(process: Process) -> AsyncGenerator[Auditor]:
    """The audit routes of this process, at its time; timelines ask the outbox, too."""
    one = _SPARE.pop() if _SPARE else _Lent()
    one.process = process
    transport = httpx.ASGITransport(one.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        yield Auditor(client)
    _SPARE.append(one)
