"""A whole service and its Slack: told in a thread, answered by a button, shown where it began."""

from pathlib import Path

import httpx
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from config.settings import Settings
from ops.demo.mock_slack import create_app
from ops.demo.mock_slack_people import Interactivity
from ops.wiring import Service
from tests.support.desk import Clock, until
from tests.support.items import opening
from tests.support.service import database_url_of
from tests.support.web import serving

CONFIG = """
sla_targets: {GOLD: {P1: {resolution: 60m, escalation: {}}}}
notifications:
  channels: {it: {type: slack, token_env: BOT, channel: C0ALERTS, base_url: SLACK/api}}
"""


async def test_a_ticket_is_told_of_acknowledged_by_a_button_and_shown_as_such(
    furnished_database_url: str, tmp_path: Path
) -> None:
    clock, there = Clock(), list[Service]()

    async def service_app(scope: Scope, receive: Receive, send: Send) -> None:
        await there[0].app(scope, receive, send)

    async with serving(service_app) as ours:
        mock = create_app(lambda: clock.now, Interactivity(f"{ours}/slack/actions", "shh"))
        async with serving(mock) as url, httpx.AsyncClient(base_url=url) as slack:
            file = tmp_path / "sla_config.yaml"
            file.write_text(CONFIG.replace("SLACK", url))
            settings = Settings(
                database_url=SecretStr(database_url_of(furnished_database_url)),
                slack_signing_secret=SecretStr("shh"),
                api_tokens=SecretStr("a-token:admin"),
                sla_config=file,
                sla_data_dir=tmp_path,
                scheduler_interval=3600,
            )
            environment = {"BOT": "xoxb-1"}
            async with Service(settings, now=lambda: clock.now, environment=environment) as service:
                there.append(service)

                async def says(word: str) -> bool:
                    messages = (await slack.get("/received")).json()["messages"]
                    return any(word in one["payload"]["text"] for one in messages)

                async with httpx.AsyncClient(
                    base_url=ours, headers={"Authorization": "Bearer a-token"}
                ) as people:
                    await people.post("/tickets", json={"tickets": [opening(0)]})
                    clock.set(52)
                    service.watch.wake()
                    await until(lambda: says("SLA warning"))
                    press = {"number": "1", "action_id": "sla_acknowledge", "user": "U1"}
                    await slack.post("/press", data=press)
                    await until(lambda: says("Acknowledged: T-1, warning"))
                    ticket = (await people.get("/tickets/T-1")).json()
                    assert ticket["acknowledged_by"] == "slack:U1"
