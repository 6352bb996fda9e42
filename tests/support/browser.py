"""A real browser for the page, and news for the board that it shows."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.service import Program

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 15_000
"""ms until what is expected of a page has to be so: a busy machine takes its time."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def installed() -> str:
    """Where a browser is; without one, the test that asks is skipped."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium is installed (apt-get install chromium): the page is not tried")
    return found


@contextmanager
def chromium() -> Generator[Browser]:
    """Of one module: while it runs, this thread has an event loop that no other test may meet."""
    found = installed()
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


def tell(program: Program, token: str, *items: dict[str, Any]) -> None:
    """Returns when the board has them."""
    with httpx.Client(base_url=program.url, headers={"Authorization": f"Bearer {token}"}) as client:
        answer = client.post("/tickets", json={"tickets": items})
        assert answer.status_code == 200, answer.text
        asked = {"wait_for": answer.json()["position"]}
        assert client.get("/dashboard", params=asked).status_code == 200


def unusable(page: Page) -> list[str]:
    """What axe finds of the page as it is now that some people could not use: nothing, we hope."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)"
    )
    return [
        f"{one['id']}: {one['help']}: {node['html'][:160]} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]
