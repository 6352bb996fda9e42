"""A ticket's life is one trace, in whichever process it goes on; and nothing waits for traces."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg_pool import AsyncConnectionPool
from pydantic import SecretStr

from config.settings import Settings
from engine import tracing as seam
from ops import tracing
from ops.logging import configure
from ops.tracing import exporting
from ops.tracing.recording import Tracing
from ops.wiring import Role, Service, now
from tests.support.desk import until
from tests.support.house import eventually
from tests.support.otlp import Receiver, receiving
from tests.support.patience import PATIENCE
from tests.support.service import ROOT, database_url_of
from tests.support.web import calling

CONFIG = """
sla_targets:
  GOLD: {P1: {resolution: 60m}}
notifications:
  channels:
    ops: {type: webhook, url_env: OPS_URL}
"""
CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
NOON = 1_767_614_400_000_000_000
"""Nanoseconds since 1970."""
PARENT = {"traceparent": f"00-{CALLER}-{SPAN}-01"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    monkeypatch.setattr(exporting, "LEAVE_WITHIN", 60.0)  # of a busy machine


@asynccontextmanager
async def running(
    database: str,
    receiver: Receiver,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    role: Role,
    later: timedelta = timedelta(),
) -> AsyncGenerator[Service]:
    """`later` is by how much its clock is ahead."""
    config = folder / "sla_config.yaml"
    config.write_text(CONFIG)
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OPS_URL": f"{receiver.url}/hook",
    }
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    settings = Settings(
        database_url=SecretStr(database_url_of(database)), sla_config=config, sla_data_dir=folder
    )
    clock = partial(_at, later)
    async with Service(settings, role=role, now=clock, environment=environment) as service:
        yield service


def _at(later: timedelta) -> datetime:
    return now() + later


async def post(service: Service, headers: dict[str, str]) -> httpx.Response:
    """A ticket whose time is up in an hour."""
    created_at = service.now().isoformat()
    ticket = {
        "external_id": "T-1",
        "title": "-",
        "customer_tier": "gold",
        "priority": "P1",
        "status": "open",
        "created_at": created_at,
        "updated_at": created_at,
    }
    async with calling(service.app) as client:
        return await client.post("/tickets", json={"tickets": [ticket]}, headers=headers)


async def test_a_ticket_s_life_is_one_trace_across_processes(
    furnished_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as receiver:
        given = (furnished_database_url, receiver, tmp_path, monkeypatch)
        async with running(*given, "api") as api:
            answer = await post(api, PARENT)
        assert answer.json()["accepted"] == 1, answer.text
        assert answer.headers["x-correlation-id"] == CALLER  # and so it is stored
        async with running(*given, "worker", timedelta(hours=2)):
            async with asyncio.timeout(PATIENCE):
                await receiver.messages.wait()
    assert {one.trace for one in receiver.spans} == {CALLER}
    request, queue, append = (receiver.named(one) for one in ("POST /tickets", "queue", "append"))
    assert (request.parent, request.kind, request.failed) == (SPAN, 2, False)
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/tickets",
        "http.response.status_code": 200,
        "url.path": "/tickets",
        "url.scheme": "http",
    }
    assert queue.parent == append.parent == request.id
    assert append.attributes["db.system.name"] == "postgresql"
    assert append.seconds <= request.seconds
    projected = [one for one in receiver.spans if one.name == "project"]
    decided = [one for one in receiver.spans if one.name == "decide"]
    assert projected
    assert decided
    assert {one.parent for one in (*projected, *decided)} == {append.id}
    waited, sent = receiver.named("outbox ops"), receiver.named("send ops")
    assert waited.parent in {one.id for one in decided}
    assert (sent.parent, sent.kind, sent.failed) == (waited.id, 4, False)
    assert sent.attributes["messaging.destination.name"] == "ops"
    assert sent.attributes["messaging.operation.type"] == "send"
    assert len({one.id for one in receiver.spans}) == len(receiver.spans)
    assert {one["service.name"] for one in receiver.resources} == {"sla-tracker"}
    assert len({one["service.instance.id"] for one in receiver.resources}) == 2


async def test_a_request_with_an_id_of_its_own_keeps_it_and_links_its_caller(
    furnished_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with receiving() as receiver:
        given = (furnished_database_url, receiver, tmp_path, monkeypatch)
        async with running(*given, "api") as api:
            configure("INFO", json=True)
            answer = await post(api, {**PARENT, "X-Correlation-ID": "order 66"})
            logging.getLogger().handlers[-1].flush()
    assert answer.headers["x-correlation-id"] == "order 66"
    request = receiver.named("POST /tickets")
    assert (request.parent, request.links) == ("", [(CALLER, SPAN)])
    assert request.trace == receiver.named("append").trace != CALLER
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [line] = [line for line in lines if line["message"] == "request"]
    assert (line["trace_id"], line["span_id"]) == (request.trace, request.id)
    assert line["correlation_id"] == "order 66"


@pytest.mark.parametrize("behaviour", [{"hangs": True}, {"status": 400}])
async def test_nothing_waits_for_who_does_not_take_traces_and_it_is_said_once(
    behaviour: dict[str, Any],
    furnished_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    monkeypatch.setattr(exporting, "LEAVE_WITHIN", 0.2)
    async with receiving(**behaviour) as receiver:
        given = (furnished_database_url, receiver, tmp_path, monkeypatch)
        async with running(*given, "all") as service:
            for _ in range(3):
                asked = receiver.asked
                assert (await post(service, {})).status_code == 200
                await eventually(lambda asked=asked: receiver.asked > asked)
            told = "traces are not taken, and are lost until they are"
            await eventually(lambda: told in caplog.messages)
            receiver.hangs, receiver.status = False, 200

            async def are_taken_again() -> bool:
                """Those of one request may be lost once more, where the machine is slow."""
                assert (await post(service, {})).status_code == 200
                return "traces are taken again" in caplog.messages

            await until(are_taken_again)
    assert caplog.messages.count(told) == 1
    assert not [one for one in caplog.records if one.name.startswith("opentelemetry")]
    assert seam.spans is None


async def test_what_is_taken_up_just_as_a_process_ends_is_sent_all_the_same(
    furnished_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        receiving() as receiver,
        AsyncConnectionPool[Any](furnished_database_url, min_size=1, open=False) as pool,
    ):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        told = Tracing({}, pool, "a process", lambda: NOON)
        async with pool.connection():  # there is no other: who asks the log has to wait
            told.start()
            told.stored("a request", 0.0, NOON, 1)
            told.decided([1], NOON)
            await eventually(lambda: pool.get_stats().get("requests_waiting") == 1)
            ending = asyncio.create_task(told.close())
            await asyncio.sleep(0)  # it has begun
        await ending
    assert {one.name for one in receiver.spans} == {"queue", "append"}


def test_where_nobody_asks_for_traces_nothing_of_them_is_loaded() -> None:
    packages = ("command_side", "query_side", "projections", "engine", "config", "ops")
    files = [path for one in packages for path in (ROOT / one).rglob("*.py")]
    needing = {path.name for path in files if "from opentelemetry" in path.read_text()}
    assert needing == {"exporting.py", "recording.py"}
    lead_there = [
        line
        for path in files
        if path.parent.name != "tracing" or path.name == "__init__.py"
        for line in path.read_text().splitlines()
        if "ops.tracing.exporting import" in line or "ops.tracing.recording import" in line
    ]
    assert [one.startswith("    ") for one in lead_there] == [True, True]  # types, and where asked
    assert not tracing.asked({})
    there = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
    assert tracing.asked(there)
    assert not tracing.asked({**there, "OTEL_SDK_DISABLED": "true"})


async def test_without_the_extra_a_service_runs_and_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "ops.tracing.recording", None)
    there = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
    service = Service(Settings(), environment=there)
    await service.client.aclose()
    assert service.tracing is None
    assert "traces are asked for, and cannot be sent" in caplog.messages
