"""From a mail to an answer, on a phone: a whole service, a mail server, and a real browser."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
from playwright.async_api import Browser, async_playwright, expect
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from config.settings import Settings
from ops.wiring import Service
from tests.support.browser import FLAGS, installed
from tests.support.desk import Clock, until
from tests.support.items import opening
from tests.support.service import database_url_of
from tests.support.smtp import Mailbox, mailbox
from tests.support.web import serving

CONFIG = """
sla_targets: {{GOLD: {{P1: {{resolution: 60m, escalation: {{}}}}}}}}
people:
  anna: {{name: Anna Berg, email: anna@example.com, time_zone: Europe/Berlin}}
on_call:
  it: {{calendar_file: it.ics, fallback: [anna], tell_by: [mail]}}
notifications:
  routes: [{{match: {{}}, to: [on-call:it, mail]}}]
  channels:
    mail: {{type: email, host: 127.0.0.1, port: {port}, security: none, from: sla@example.com,
      to: desk@example.com}}
"""
KEY = "k" * 32


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    found = installed()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        await browser.close()


def links(box: Mailbox, to: str) -> dict[str, str]:
    """Those of the newest mail to somebody, by what they are for."""
    mail = next(mail for who, mail in reversed(box.mails) if who == [to])
    text = cast(Any, mail.get_body(("plain",))).get_content()
    return dict(re.findall(r"^(Acknowledge|Snooze 1 h): (\S+)", text, re.MULTILINE))


async def test_who_is_woken_by_a_mail_has_it_in_two_touches(
    furnished_database_url: str, tmp_path: Path
) -> None:
    clock, there = Clock(), list[Service]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await there[0].app(scope, receive, send)

    async with serving(app) as url, mailbox() as box, chromium() as browser:
        file = tmp_path / "sla_config.yaml"
        file.write_text(CONFIG.format(port=box.port))
        settings = Settings(
            database_url=SecretStr(database_url_of(furnished_database_url)),
            sla_link_key=SecretStr(KEY),
            public_url=url,
            api_tokens=SecretStr("a-token:admin"),
            api_tokens_file=None,
            sla_config=file,
            sla_data_dir=tmp_path,
            scheduler_interval=3600,
        )
        async with Service(settings, now=lambda: clock.now, environment={}) as service:
            there.append(service)
            headers = {"Authorization": "Bearer a-token"}
            async with httpx.AsyncClient(base_url=url, headers=headers) as desk:
                item = opening(0, title="Checkout is down")
                await desk.post("/tickets", json={"tickets": [item]})
                clock.set(52)
                service.watch.wake()

                async def have_come() -> bool:
                    return len(box.mails) == 2

                await until(have_come)
                hers, everybodys = (links(box, f"{who}@example.com") for who in ("anna", "desk"))

                phone = await browser.new_context(
                    viewport={"width": 390, "height": 844}, java_script_enabled=False
                )
                page, wrong = await phone.new_page(), list[str]()
                page.on("console", lambda said: wrong.append(said.text))
                await page.goto(hers["Acknowledge"])
                await expect(page.locator("h1")).to_have_text("Acknowledge T-1?")
                button = page.locator("button")
                await expect(button).to_have_css("background-color", "rgb(47, 95, 208)")
                await button.click()
                await expect(page.locator("h1")).to_have_text("T-1 is acknowledged")
                assert (await desk.get("/tickets/T-1")).json()["acknowledged_by"] == "anna"
                await page.reload()  # asks nobody whether to send it again
                await expect(page.locator("h1")).to_have_text("T-1 is acknowledged")

                await page.goto(everybodys["Snooze 1 h"])
                await button.click()  # the browser itself asks for the name
                await expect(page.locator("h1")).to_have_text("Snooze T-1 for an hour?")
                await page.locator("input").fill("Ben")
                await page.keyboard.press("Enter")
                await expect(page.locator("h1")).to_have_text("T-1 is snoozed")
                assert (await desk.get("/tickets/T-1")).json()["snoozed_until"] is not None
                assert wrong == []
                await phone.close()
