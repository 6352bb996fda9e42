"""Reports over a desk's tickets, now and as they stood, over HTTP without a network."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
from fastapi import FastAPI

from projections.alerts import Alerts
from projections.runner import Runner
from projections.ticket_clocks import TicketClocks
from projections.tickets import Tickets
from query_side import dashboard
from query_side.audit.excused_now import excused_now
from query_side.audit.reported.filling import Filling
from query_side.reports import alerts, attainment, cycles, worst
from query_side.reports.then import Sources
from tests.support.desk import Process
from tests.support.items import at, text

INSTANTS = ("from", "to", "as_of", "known_at")
UP_TO = (
    "counted_at",
    "policy",
    "elapsed_seconds",
    "paused_seconds",
    "excused_seconds",
    "out_of_hours_seconds",
)
"""Of cycles that go on, how far they have been counted: another look counts further. And by which
version: a replay knows of one before it has been applied."""


class Reports:
    """Asks; instants are minutes after nine."""

    def __init__(self, process: Process, runner: Runner, client: httpx.AsyncClient) -> None:
        self.process, self._runner, self.client = process, runner, client

    async def ask(self, path: str, *, expect: int = 200, **asked: Any) -> dict[str, Any]:
        """Of what is in the log by now."""
        await self._runner.catch_up()
        given = {
            name.rstrip("_"): text(at(value)) if name.rstrip("_") in INSTANTS else value
            for name, value in asked.items()
        }
        answer = await self.client.get(f"/{path}", params=given)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def board(self, **asked: Any) -> dict[str, Any]:
        """By ticket; without what counts up to the asking alone."""
        found = await self.ask("dashboard", size=500, **asked)
        for item in found["items"]:
            del item["position"]
        return {"summary": found["summary"], **{one["external_id"]: one for one in found["items"]}}

    async def attainment(self, **asked: Any) -> Any:
        """Without the addresses of rows, which name the instant."""
        found = await self.ask("reports/attainment", **asked)
        for group in (*found["groups"], found["total"]):
            del group["href"]
        return found

    async def cycles(self, **asked: Any) -> list[dict[str, Any]]:
        """All of them."""
        found = await self.ask("reports/cycles", sort="started_at", size=500, **asked)
        assert found["total"] == len(found["items"])
        for row in found["items"]:
            if row["state"] in ("running", "paused"):
                for name in UP_TO:
                    del row[name]
        return found["items"]


@asynccontextmanager
async def reporting(process: Process) -> AsyncGenerator[Reports]:
    """The routes of the reports of this process, at its time."""
    filling = Filling(process.pool, process.book, process.now)
    sources = Sources(process.pool, process.now, lambda: process.book.current, filling.rows)
    app = FastAPI()
    for report in (attainment, cycles, worst, alerts):
        app.include_router(report.build(sources))
    still = partial(excused_now, process.excuses.book)
    app.include_router(
        dashboard.build(process.pool, process.now, still, lambda: process.book.all, filling.board)
    )
    runner = Runner(process.pool, [Tickets(), TicketClocks(), Alerts()], process.now, "test")
    await runner.define_tables()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        yield Reports(process, runner, client)
