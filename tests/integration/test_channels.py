"""Which channels a service writes to: those of all versions that it has all it needs for."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from config.settings import Settings
from ops.wiring import Service
from tests.support.desk import Clock, until
from tests.support.items import opening, update
from tests.support.receiver import Receiver, receiving
from tests.support.service import database_url_of
from tests.support.smtp import mailbox
from tests.support.web import calling

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


async def asked(service: Service, path: str) -> dict[str, Any]:
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        return (await client.get(path)).json()


async def previewed(service: Service) -> dict[str, str | None]:
    """By channel that would be told of a breach: why nothing can be sent there."""
    async with calling(service.app) as client:
        answer = await client.post("/notifications/preview", json={"severity": "breached"})
    return {one["channel"]: one["unreachable"] for one in answer.json()["messages"]}


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
    furnished_database_url: str, tmp_path: Path, then: str, told_at: str
) -> None:
    clock = Clock()
    async with receiving() as old, receiving() as new:
        addresses = {"OPS_URL": old, "NEW_URL": new}
        urls = {name: receiver.url for name, receiver in addresses.items()}
        async with serving(furnished_database_url, tmp_path, OPS, clock, **urls) as service:
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


async def test_a_warning_is_a_mail_and_what_becomes_of_it_another_of_its_thread(
    furnished_database_url: str, tmp_path: Path
) -> None:
    clock = Clock()
    async with mailbox() as box:
        mail = f"host: 127.0.0.1, port: {box.port}, security: none, from: sla@example.com"
        channel = f"mail: {{type: email, {mail}, to: team@example.com}}"
        config = CONFIG.replace("CHANNEL", channel)

        async def come(count: int) -> None:
            async def have() -> bool:
                return len(box.mails) == count

            await until(have)

        async with serving(furnished_database_url, tmp_path, config, clock) as service:
            await post(service, opening(0))
            clock.set(52)
            service.watch.wake()
            await come(1)
            # It was resolved in time, as is told late.
            await post(service, update(30, status="resolved"))
            await come(2)
    (to, first), (_, second) = box.mails
    assert to == ["team@example.com"]
    assert first["Subject"] == "SLA warning: resolution of T-1"
    assert second["Subject"] == "Withdrawn: resolution warning of T-1"
    assert first["References"] == second["References"]


def said(caplog: pytest.LogCaptureFixture) -> dict[str, tuple[int, str]]:
    """By channel: how loudly it was logged that nothing can be sent there, and why."""
    return {
        record.__dict__["channel"]: (record.levelno, record.__dict__["reason"])
        for record in caplog.records
        if record.message == "nothing can be sent to a channel"
    }


async def test_a_channel_that_cannot_be_written_to_is_said_at_the_start_with_its_variable(
    furnished_database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = CONFIG.replace(
        "CHANNEL",
        "open: {type: webhook, url_env: OPEN_URL},"
        " signed: {type: webhook, url_env: SIGNED_URL, secret_env: SIGNED_SECRET},"
        " forgotten: {type: webhook, url_env: FORGOTTEN_URL, secret_env: FORGOTTEN_SECRET},"
        " urgent: {type: slack, url_env: URGENT_URL},"
        " bot: {type: slack, token_env: BOT_TOKEN, channel: C012AB3CD},"
        " meeting: {type: teams, url_env: TEAMS_URL},"
        " pager: {type: pagerduty, routing_key_env: PAGER_KEY},"
        " mail: {type: email, host: mail.example.com, from: sla@example.com, to: [a@example.com],"
        " user_env: MAIL_USER, password_env: MAIL_PASSWORD}",
    )
    given = {
        "OPEN_URL": "http://localhost/open\n",
        "SIGNED_URL": "http://localhost/signed",
        "SIGNED_SECRET": "a secret\n",
        "FORGOTTEN_URL": "http://localhost/forgotten",
        "FORGOTTEN_SECRET": "\n",
    }
    async with serving(furnished_database_url, tmp_path, config, Clock(), **given) as service:
        assert service.courier.channels.keys() == {"open", "signed"}
        health, told = await asked(service, "/health"), await previewed(service)
        lacking = {
            "forgotten": "FORGOTTEN_SECRET",
            "urgent": "URGENT_URL",
            "bot": "BOT_TOKEN",
            "meeting": "TEAMS_URL",
            "pager": "PAGER_KEY",
            "mail": "MAIL_USER",
        }
        why = {name: (logging.WARNING, f"{one} is not set") for name, one in lacking.items()}
        assert said(caplog) == why
        await service.reloader.take(config + "# a new version\n")
        assert len([line for line in caplog.messages if line.startswith("nothing can")]) == len(why)
    assert "a secret" not in caplog.text
    assert [one["kind"] for one in health["troubles"]].count("channel") == len(why)
    shown = {one["name"]: one["reason"] for one in health["outbox"]["unreachable"]}
    assert shown == {name: reason for name, (_, reason) in why.items()}
    assert told == {"open": None, "signed": None, **shown}


@pytest.mark.parametrize(
    ("told", "why"),
    [("anna", None), ("ben", "it has no `to`, and nobody who is told has an `email`")],
)
async def test_mail_for_people_alone_reaches_only_who_has_an_address(
    furnished_database_url: str, tmp_path: Path, told: str, why: str | None
) -> None:
    channels = "{mail: {type: email, host: mail.example.com, from: sla@example.com}}"
    route = "routes: [{match: {}, to: ['on-call:ops']}]"
    config = f"""{CONFIG.replace("{channels: {CHANNEL}}", f"{{channels: {channels}, {route}}}")}
people: {{anna: {{name: Anna, email: anna@example.com}}, ben: {{name: Ben, slack: U02}}}}
on_call: {{ops: {{calendar_file: none.ics, fallback: [{told}], tell_by: [mail]}}}}
"""
    async with serving(furnished_database_url, tmp_path, config, Clock()) as service:
        assert service.config_version() == 1
        assert await previewed(service) == {"mail": why}


@pytest.mark.parametrize(
    ("notifications", "wanted"),
    [("", False), ("notifications: {routes: [{match: {}, to: [slack]}]}", True)],
    ids=["as it comes", "a route names it"],
)
async def test_without_a_slack_one_runs_well_unless_the_file_sends_something_there(
    furnished_database_url: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    notifications: str,
    wanted: bool,
) -> None:
    caplog.set_level(logging.INFO)
    config = CONFIG.replace("notifications: {channels: {CHANNEL}}", notifications)
    async with serving(furnished_database_url, tmp_path, config, Clock()) as service:
        health = await asked(service, "/health")
        told = await previewed(service)
    assert told == {"slack": "SLACK_WEBHOOK_URL is not set"}
    assert ("channel" in [one["kind"] for one in health["troubles"]]) == wanted
    [(level, reason)] = said(caplog).values()
    assert level == (logging.WARNING if wanted else logging.INFO)
    assert reason == "SLACK_WEBHOOK_URL is not set"
