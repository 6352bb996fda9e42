"""A database that is frozen says nothing: whoever waits is told so, and nothing is stored twice."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from config.settings import Settings
from ops.bench.accounting import children_of
from ops.embedded.runfile import Running, conninfo
from ops.wiring import Service, now
from tests.support import ledger
from tests.support.clients import Json, item
from tests.support.desk import CONFIG
from tests.support.house import eventually

QUESTIONS = (
    "/health",
    "/ready",
    "/dashboard",
    "/tickets/known",
    "/tickets/known/sla",
    "/alerts",
    "/reports/attainment",
)


@asynccontextmanager
async def serving(folder: Path) -> AsyncGenerator[tuple[Service, httpx.AsyncClient]]:
    """A service with a PostgreSQL of its own, and a client of it."""
    config = folder / "sla_config.yaml"
    config.write_text(CONFIG)
    settings = Settings(sla_config=config, sla_data_dir=folder / "data")
    async with Service(settings, environment={}) as service:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
            yield service, client


def server_of(service: Service) -> Running:
    server = Running.read(service.settings.sla_data_dir / "postgres.json")
    assert server is not None
    return server


@asynccontextmanager
async def frozen(service: Service) -> AsyncGenerator[None]:
    """All of its server's processes stand still meanwhile."""
    postmaster = server_of(service).postmaster_pid
    pids = {postmaster}
    try:
        async with service.pool.connection() as conn:
            # From here on nobody begins another, which would go on beside those that are known.
            _signal(pids, signal.SIGSTOP)
            cursor = await conn.execute("SELECT pid FROM pg_stat_activity")
            pids.update([pid for (pid,) in await cursor.fetchall()])
        pids.update(children_of(postmaster))  # of some only the system knows yet
        _signal(pids, signal.SIGSTOP)
        yield
    finally:
        _signal(pids, signal.SIGCONT)


def _signal(pids: Collection[int], which: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # some of a server's processes come and go
            os.kill(pid, which)


async def test_a_frozen_database_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = now()
    batches: list[Json] = [
        {"tickets": [item(f"{name} {number}", updated_at=at) for number in range(3)]}
        for name in ("left", "right", "third", "fourth")
    ]
    async with serving(tmp_path) as (service, client):
        known: Json = {"tickets": [item("known", updated_at=at)]}
        assert (await client.post("/tickets", json=known)).status_code == 200

        async with frozen(service):
            for room in ("command_side.intake.writer", "ops.http.in_time"):
                monkeypatch.setattr(f"{room}.ANSWER_WITHIN_SECONDS", 0.5)
            monkeypatch.setattr("query_side.health.PATIENCE_SECONDS", 0.3)
            asked = [client.post("/tickets", json=batch) for batch in batches]
            asked.append(client.post("/tickets/known/acknowledge", json={"by": "jane"}))
            asked += [client.get(question) for question in QUESTIONS]
            scraped = asyncio.create_task(client.get("/metrics"))
            async with asyncio.timeout(9):  # the driver takes ten to let go of a statement
                answers = await asyncio.gather(*asked)
            for answer in answers[: -len(QUESTIONS)]:
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
                assert "may be stored or not" in answer.json()["detail"]
            assert {answer.status_code for answer in answers} == {503}
            numbers = await scraped  # what the process itself knows, and that this is all
            assert (numbers.status_code, "sla_database_reachable 0.0" in numbers.text) == (
                200,
                True,
            )
            assert service.writer.waiting > 0  # the database may yet take them
            monkeypatch.undo()

        again = await asyncio.gather(*(client.post("/tickets", json=batch) for batch in batches))
        for answer in again:
            assert answer.status_code == 200
            outcomes = {result["outcome"] for result in answer.json()["results"]}
            assert outcomes <= {"accepted", "duplicate"}
        await eventually(lambda: service.writer.waiting == 0)
        assert service.writer.outcomes["accepted"] == 13  # each once, by whichever request
        server = server_of(service)
        await ledger.the_log_is_sound(conninfo(server.socket_dir, port=server.port))
