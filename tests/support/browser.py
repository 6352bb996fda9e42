"""A real browser for the page, and news for the board that it shows."""

import re
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from importlib.resources import files
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.patience import PATIENCE
from tests.support.service import Program, until

Start = Callable[..., AbstractContextManager[Program]]
CHIEF = "chief"
"""The token of somebody who may do everything."""
COLOURS = ["color-contrast", "link-in-text-block"]
"""What axe asks of colours, of all that it asks unless told otherwise."""
BROWSERS = (
    *("chromium-headless-shell", "chrome-headless-shell"),
    *("chromium", "chromium-browser", "google-chrome"),
)
"""The first two are the same engine without windows around its pages: half of the work."""
WITHIN = PATIENCE * 1000
"""ms until what is expected of a page has to be so."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # One process for all pages, which are of one site: to begin another takes a tenth of a second.
    *("--renderer-process-limit=1", "--process-per-site", "--disable-site-isolation-trials"),
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
    expect.set_options(timeout=WITHIN)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS, timeout=WITHIN)
        yield browser
        browser.close()


@contextmanager
def visitor(
    browser: Browser, program: Program, time_zone: str = "UTC"
) -> Generator[BrowserContext]:
    """Somebody whose browser keeps nothing of that service but what it may cache, on a desk.

    The window stays for the next one: to open one, and to load the scripts anew, is half of the
    work of a test."""
    window = _window(browser, program.url, time_zone)
    context = window.context
    yield context
    for page in context.pages:
        if page is not window:
            page.close()
    context.clear_cookies()
    context.clear_permissions()
    session: Any = context.new_cdp_session(window)
    session.send("Storage.clearDataForOrigin", {"origin": program.url, "storageTypes": "all"})
    session.detach()


def _window(browser: Browser, url: str, time_zone: str) -> Page:
    """Its first tab, which stays empty."""
    for context in browser.contexts:
        if context.pages and context.pages[0].url == f"about:blank#{url}/{time_zone}":
            return context.pages[0]
    context = browser.new_context(
        base_url=url,
        viewport={"width": 1440, "height": 900},
        timezone_id=time_zone,
        locale="en-US",
    )
    context.set_default_timeout(WITHIN)
    page = context.new_page()
    page.goto(f"about:blank#{url}/{time_zone}")
    return page


@contextmanager
def tab(
    context: BrowserContext, program: Program, token: str | None = CHIEF, *, expected: str = "$^"
) -> Generator[Page]:
    """Of somebody with that token, or without one.

    No script of it may fail, no other host may be asked, and what the browser calls an error has to
    match `expected`."""
    wrong: list[str] = []
    page = context.new_page()

    def said(words: str) -> None:
        if not re.search(expected, words):
            wrong.append(words)

    def asked(url: str) -> None:
        if not url.startswith((program.url, "data:", "blob:")):
            wrong.append(url)

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda one: said(one.text) if one.type == "error" else None)
    page.on("request", lambda one: asked(one.url))
    if token is not None:
        page.add_init_script(f"sessionStorage.setItem('sla.token', '{token}')")
    yield page
    assert wrong == [], wrong


def until_so(page: Page, true: Callable[[], bool], what: str) -> None:
    """Waits for something of which no element says so; the page goes on meanwhile. Not
    `wait_for_function`: where it has to ask again, the page's guard refuses its script."""
    give_up = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < give_up, f"still not after {PATIENCE} s: {what}"
        page.wait_for_timeout(50)


def tell(program: Program, token: str, *items: dict[str, Any]) -> None:
    """Returns when the board has them."""
    with httpx.Client(base_url=program.url, headers={"Authorization": f"Bearer {token}"}) as client:
        answer = client.post("/tickets", json={"tickets": items})
        assert answer.status_code == 200, answer.text
        asked = {"wait_for": answer.json()["position"]}
        until(lambda: client.get("/dashboard", params=asked).is_success, "the board has them")


def cut_off(page: Page, width: int, of: str) -> list[str]:
    """On a screen so wide, what of these elements is not all to be seen; and the page itself."""
    page.set_viewport_size({"width": width, "height": 844})
    return page.evaluate(
        """([of, width]) => [...document.querySelectorAll(of)]
          .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
          .concat(document.documentElement.scrollWidth === width ? [] : document.body)
          .map((one) => one.outerHTML.slice(0, 80))""",
        [of, width],
    )


def unusable(page: Page) -> list[str]:
    """What axe finds of the page as it is now that some people could not use: nothing, we hope."""
    return _found(page, "resultTypes: ['violations']")


def unusable_in_either_scheme(page: Page) -> list[str]:
    """The same in light and in dark, which differ in colours alone."""
    page.emulate_media(color_scheme="light")
    found = unusable(page)
    page.emulate_media(color_scheme="dark")
    return found + _found(page, f"resultTypes: ['violations'], runOnly: {COLOURS}")


def _found(page: Page, options: str) -> list[str]:
    if not page.evaluate("'axe' in window"):
        axe = files("axe_playwright_python").joinpath("axe.min.js")
        page.evaluate(axe.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        f"axe.run({{ {options} }}).then(({{ violations }}) => violations)"
    )
    return [
        f"{one['id']}: {one['help']}: {node['html'][:160]} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]
