"""Which channels a service writes to: those of all versions that it has all it needs for."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from config.settings import Settings
from ops.wiring import Service
from tests.support.desk import Clock, until
from tests.support.items import opening, update
from tests.support.receiver import Receiver, receiving
from tests.support.service import database_url_of

CONFIG = """
sla_targets: {GOLD: {P1: {resolution: 60m, escalation: {}}}}
alert_thresholds: {warning: 15, critical: 5}
on_change: {apply_to: new_tickets}
notifications: {channels: {CHANNEL}}
"""
OPS = CONFIG.replace("CHANNEL", "ops: {type: webhook, url_env: OPS_URL}")


@asynccontextmanager
async def serving(
    database_url: str, folder: Path, config: str, clock: Clock, **environment: str
) -> AsyncGenerator[Service]:
    file = folder / "sla_config.yaml"
    file.write_text(config)
    settings = Settings(
        database_url=SecretStr(database_url_of(database_url)),
        sla_config=file,
        sla_data_dir=folder,
        scheduler_interval=3600,
    )
    async with Service(settings, now=lambda: clock.now, environment=environment) as service:
        yield service


async def post(service: Service, item: object) -> None:
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        answer = await client.post("/tickets", json={"tickets": [item]})
    assert answer.json()["accepted"] == 1


async def hears(receiver: Receiver, kind: str) -> None:
    """Waits until `ops` has been told something of this kind there."""

    async def told() -> bool:
        return any(key.endswith(f":{kind}:ops") for key in receiver.keys)

    await until(told)


@pytest.mark.parametrize(
    ("then", "told_at"),
    [
        ("pager: {type: webhook, url_env: NEW_URL}", "OPS_URL"),
        ("ops: {type: webhook, url_env: NEW_URL}", "NEW_URL"),
    ],
    ids=["renamed", "moved"],
)
async def test_an_older_versions_tickets_are_told_of_where_its_channel_is_by_now(
    database_url: str, tmp_path: Path, then: str, told_at: str
) -> None:
    clock = Clock()
    async with receiving() as old, receiving() as new:
        addresses = {"OPS_URL": old, "NEW_URL": new}
        urls = {name: receiver.url for name, receiver in addresses.items()}
        async with serving(database_url, tmp_path, OPS, clock, **urls) as service:
            await post(service, opening(0))
            await service.reloader.take(CONFIG.replace("CHANNEL", then))
            assert service.config_version() == 2

            clock.set(52)
            service.watch.wake()
            await hears(addresses.pop(told_at), "alert")

            # It was resolved in time, as is told late: the warning is taken back.
            await post(service, update(30, status="resolved"))
            await hears(old if told_at == "OPS_URL" else new, "retracted")
        (silent,) = addresses.values()
        assert not silent.keys


async def test_a_webhook_without_its_secret_is_not_used_and_the_variable_is_named(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = CONFIG.replace(
        "CHANNEL",
        "open: {type: webhook, url_env: OPEN_URL},"
        " signed: {type: webhook, url_env: SIGNED_URL, secret_env: SIGNED_SECRET},"
        " forgotten: {type: webhook, url_env: FORGOTTEN_URL, secret_env: FORGOTTEN_SECRET}",
    )
    given = {
        "OPEN_URL": "http://localhost/open",
        "SIGNED_URL": "http://localhost/signed",
        "SIGNED_SECRET": "a secret",
        "FORGOTTEN_URL": "http://localhost/forgotten",
    }
    async with serving(database_url, tmp_path, config, Clock(), **given) as service:
        assert service.courier.channels.keys() == {"open", "signed"}
    named = [record.__dict__["variable"] for record in caplog.records if "secret" in record.message]
    assert named == ["FORGOTTEN_SECRET"]
    assert "a secret" not in caplog.text
