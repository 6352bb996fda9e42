"""Takes the documentation's pictures anew: `python -m tests.support.pictures`.

Of a made-up desk, told to a real service and looked at by a real browser.
"""

from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from playwright.sync_api import Page, ViewportSize

from ops.wiring import now
from tests.support.browser import chromium
from tests.support.helpdesk import CONFIG, Desk
from tests.support.service import ROOT, Program, running, service

FOLDER = ROOT / "docs" / "pictures"
TICKETS, OPEN, DAYS = 2_000, 45, 70
VIEWS = {
    "now": "/",
    "forecast": "/views/forecast",
    "attainment": "/views/attainment",
}
SIZE: ViewportSize = {"width": 1440, "height": 900}


def main() -> None:
    with TemporaryDirectory() as folder, chromium() as browser:
        program = service(Path(folder), CONFIG)
        with running(program):
            _tell(program)
            page = browser.new_page(base_url=program.url, viewport=SIZE, color_scheme="light")
            for name, address in VIEWS.items():
                page.goto(address)
                _take(page, name)
            page.goto("/views/audit")  # the breached ones are offered
            page.locator("#found a").first.click()
            page.locator(".lane-head").first.wait_for()
            _take(page, "audit")
            page.goto("/views/what-if")
            slider = page.get_by_role("slider", name="P1 resolution").first
            slider.focus()
            for _ in range(2):
                slider.press("ArrowLeft")
            page.get_by_role("button", name="Run").click()
            page.get_by_role("table", name="Before and after by group").wait_for()
            page.locator(".lead").scroll_into_view_if_needed()
            _take(page, "what-if")


def _tell(program: Program) -> None:
    told, position = Desk(TICKETS, OPEN, now(), DAYS).told(), 0
    with httpx.Client(base_url=program.url, timeout=60) as client:
        while items := list(islice(told, 250)):
            answer = client.post("/tickets", json={"tickets": items}).raise_for_status()
            position = answer.json()["position"]
        client.get("/dashboard", params={"wait_for": position}).raise_for_status()


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
