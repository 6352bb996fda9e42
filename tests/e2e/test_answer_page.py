"""From a mail to an answer, on a phone, and from PagerDuty: a whole service, whom nobody shows a
token."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from config.settings import Settings
from engine.notify.pagerduty import key_of
from ops.wiring import Service
from tests.support.browser import FLAGS, WITHIN, installed
from tests.support.desk import Clock, until
from tests.support.items import identity, opening
from tests.support.pagerduty import KEY as ROUTING_KEY
from tests.support.pagerduty_api import TOKEN, PagerDutyApi, open_api
from tests.support.pagerduty_webhooks import event, signature
from tests.support.service import database_url_of
from tests.support.smtp import Mailbox, mailbox
from tests.support.web import serving

CONFIG = """
sla_targets: {GOLD: {P1: {resolution: 60m, escalation: {}}}}
people:
  anna: {name: Anna Berg, email: anna@example.com, time_zone: Europe/Berlin}
on_call:
  it: {calendar_file: it.ics, fallback: [anna], tell_by: [mail]}
notifications:
  routes: [{match: {}, to: [on-call:it, mail]}]
  channels:
    mail: {type: email, host: 127.0.0.1, port: PORT, security: none, from: sla@example.com,
      to: desk@example.com}
    pager: {type: pagerduty, routing_key_env: K, webhook_secret_env: S, api_token_env: T,
      api_url: "API"}
"""
ENVIRONMENT = {"K": ROUTING_KEY, "S": "new old", "T": TOKEN}


@dataclass
class Whole:
    """A service at work, and what is around it."""

    url: str
    desk: httpx.AsyncClient
    """Which has a token."""
    box: Mailbox
    api: PagerDutyApi

    async def ticket(self) -> dict[str, Any]:
        return (await self.desk.get("/tickets/T-1")).json()

    async def is_annas(self) -> bool:
        return (await self.ticket())["acknowledged_by"] == "anna"

    async def is_snoozed(self) -> bool:
        return (await self.ticket())["snoozed_until"] is not None

    def links(self, to: str) -> dict[str, str]:
        """Those of the newest mail to somebody, by what they are for."""
        mail = next(mail for who, mail in reversed(self.box.mails) if who == [to])
        text = cast(Any, mail.get_body(("plain",))).get_content()
        return dict(re.findall(r"^(Acknowledge|Snooze 1 h): (\S+)", text, re.MULTILINE))


@pytest_asyncio.fixture
async def whole(furnished_database_url: str, tmp_path: Path) -> AsyncGenerator[Whole]:
    clock, there = Clock(), list[Service]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await there[0].app(scope, receive, send)

    async with serving(app) as url, mailbox() as box, open_api() as api:
        file = tmp_path / "sla_config.yaml"
        file.write_text(CONFIG.replace("PORT", str(box.port)).replace("API", api.url))
        settings = Settings(
            database_url=SecretStr(database_url_of(furnished_database_url)),
            sla_link_key=SecretStr("k" * 32),
            public_url=url,
            api_tokens=SecretStr("a-token:admin"),
            api_tokens_file=None,
            sla_config=file,
            sla_data_dir=tmp_path,
            scheduler_interval=3600,
        )
        headers = {"Authorization": "Bearer a-token"}
        async with (
            Service(settings, now=lambda: clock.now, environment=ENVIRONMENT) as service,
            httpx.AsyncClient(base_url=url, headers=headers) as desk,
        ):
            there.append(service)
            await desk.post("/tickets", json={"tickets": [opening(0, title="Checkout is down")]})
            clock.set(52)
            service.watch.wake()

            async def have_come() -> bool:
                return len(box.mails) == 2

            await until(have_come)
            yield Whole(url, desk, box, api)


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    found = installed()
    expect.set_options(timeout=WITHIN)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found, args=FLAGS, timeout=WITHIN
        )
        yield browser
        await browser.close()


async def test_who_is_woken_by_a_mail_has_it_in_two_touches(whole: Whole) -> None:
    hers, everybodys = (whole.links(f"{who}@example.com") for who in ("anna", "desk"))
    async with chromium() as browser:
        phone = await browser.new_context(
            viewport={"width": 390, "height": 844}, java_script_enabled=False
        )
        page, wrong = await phone.new_page(), list[str]()
        page.on("console", lambda said: wrong.append(said.text))
        headline, button = page.locator("h1"), page.locator("button")

        await page.goto(hers["Acknowledge"])
        await expect(headline).to_have_text("Acknowledge T-1?")
        await expect(button).to_have_css("background-color", "rgb(47, 95, 208)")
        await button.click()
        await expect(headline).to_have_text("T-1 is acknowledged")
        await until(whole.is_annas)
        await page.reload()  # asks nobody whether to send it again
        await expect(headline).to_have_text("T-1 is acknowledged")

        await page.goto(everybodys["Snooze 1 h"])
        await button.click()  # the browser itself asks for the name
        await expect(headline).to_have_text("Snooze T-1 for an hour?")
        await page.locator("input").fill("Ben")
        await page.keyboard.press("Enter")
        await expect(headline).to_have_text("T-1 is snoozed")
        await until(whole.is_snoozed)
        assert wrong == []
        await phone.close()


async def test_who_is_paged_acknowledges_there(whole: Whole) -> None:
    whole.api.users["PJ0LVEB"] = "anna@example.com"
    whole.api.alerts["PQ1K5C8"] = [key_of(identity(), "resolution", 1)]
    body = json.dumps(event(occurred_at="2026-01-05T09:52:00Z")).encode()

    async def sends(secret: str, channel: str = "pager") -> tuple[int, Any]:
        headers = {"X-PagerDuty-Signature": signature(secret, body)}
        async with httpx.AsyncClient(base_url=whole.url, headers=headers) as pagerduty:
            answer = await pagerduty.post(f"/pagerduty/{channel}", content=body)
        return answer.status_code, answer.json().get("taken")

    assert await sends("guess") == await sends("old", "mail") == (401, None)
    assert (await whole.ticket())["acknowledged_by"] is None
    assert await sends("old") == await sends("new") == (200, 1)
    await until(whole.is_annas)
