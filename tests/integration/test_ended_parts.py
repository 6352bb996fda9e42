"""A part of the service that ends by a mistake is not missed in silence."""

import asyncio
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from config.settings import Settings
from ops.wiring import Service
from tests.support.desk import CONFIG
from tests.support.house import eventually
from tests.support.service import database_url_of


def service_in(folder: Path, database_url: str) -> Service:
    config = folder / "sla_config.yaml"
    config.write_text(CONFIG)
    settings = Settings(
        database_url=SecretStr(database_url_of(database_url)),
        sla_config=config,
        sla_data_dir=folder,
    )
    return Service(settings, environment={})


@pytest.mark.parametrize("part", ["writer", "tailer", "courier"])
async def test_health_names_a_part_that_has_ended(
    furnished_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    async def broken(stop: asyncio.Event) -> None:
        raise ZeroDivisionError

    service = service_in(tmp_path, furnished_database_url)
    monkeypatch.setattr(getattr(service, part), "run", broken)
    transport = httpx.ASGITransport(service.app)
    async with service, httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        await eventually(lambda: bool(service.ended_parts()))
        health, ready = await client.get("/health"), await client.get("/ready")

    assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
    assert health.json()["ended_parts"] == ["live" if part == "tailer" else part]
    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")


async def test_a_service_that_was_stopped_misses_nothing(
    furnished_database_url: str, tmp_path: Path
) -> None:
    async with service_in(tmp_path, furnished_database_url) as service:
        pass
    assert service.ended_parts() == []
