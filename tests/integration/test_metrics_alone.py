"""`/metrics` on a port of its own: it is answered there, with nothing else, and not beside it."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import ASGIApp

from config.settings import Settings
from ops.http.application import metrics_alone
from ops.http.serving import PortTaken, address, listener, serving
from ops.metrics import route
from ops.wiring import Service
from tests.support.desk import CONFIG
from tests.support.service import running, service

PORT = 9464


def alone(service: Service) -> FastAPI:
    return metrics_alone(route.build(service))


@asynccontextmanager
async def asking(app: ASGIApp) -> AsyncGenerator[httpx.AsyncClient]:
    with listener("127.0.0.1", 0) as bound:
        async with (
            serving(app, bound),
            httpx.AsyncClient(base_url=address(bound), trust_env=False) as client,
        ):
            yield client


@pytest.fixture
def unstarted() -> Service:
    """Its database answers nobody: what the process knows of itself is there all the same."""
    settings = Settings(api_tokens=SecretStr("secret:admin"), database_url=SecretStr(""))
    return Service(settings, environment={}, metrics_port=PORT)


async def test_the_port_for_metrics_answers_them_and_asks_for_no_token(unstarted: Service) -> None:
    async with asking(alone(unstarted)) as client:
        answer = await client.get("/metrics")
        assert answer.status_code == 200
        assert "\nsla_database_reachable 0.0\n" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert (await client.get("/metrics", params={"of": "all"})).status_code == 422


@pytest.mark.parametrize("path", ["/", "/health", "/docs", "/openapi.json", "/dashboard"])
async def test_the_port_for_metrics_answers_nothing_else(unstarted: Service, path: str) -> None:
    async with asking(alone(unstarted)) as client:
        answer = await client.get(path, headers={"Authorization": "Bearer secret"})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_the_main_port_says_where_metrics_are(unstarted: Service) -> None:
    async with asking(unstarted.app) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Metrics are answered on port 9464 (METRICS_PORT), not here."


async def test_who_came_to_a_port_in_the_meantime_is_told_of(unstarted: Service) -> None:
    """A bound socket keeps nobody from binding the same until one of them listens."""
    with (
        listener("127.0.0.1", 0) as first,
        listener("127.0.0.1", first.getsockname()[1]) as second,
    ):
        first.listen()
        with pytest.raises(PortTaken, match="address already in use"):
            async with serving(alone(unstarted), second):
                pass


def test_a_worker_has_its_metrics_where_the_environment_says(
    furnished_database_url: str, tmp_path: Path
) -> None:
    port = 20_000 + os.getpid() % 10_000  # below all that the system gives to who takes any
    worker = service(
        tmp_path, CONFIG, database=furnished_database_url, role="worker", METRICS_PORT=str(port)
    )
    with running(worker), httpx.Client(trust_env=False) as client:
        beside = f"http://127.0.0.1:{port}/metrics"
        assert "sla_engine_last_tick_age_seconds" in client.get(beside).text
        assert client.get(f"{worker.url}/metrics").status_code == 404
        assert client.get(f"{worker.url}/ready").status_code == 200
        assert f"Metrics, and nothing else: {beside}" in worker.said()
