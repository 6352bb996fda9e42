"""The five views under one bar, in a real browser: one service and one browser for all of it."""

import re
from collections.abc import Generator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from ops.wiring import now
from query_side import web
from tests.support.browser import chromium, tell, unusable
from tests.support.clients import item
from tests.support.database import temporary_database
from tests.support.service import Program, running, service

CONFIG = "sla_targets: {ENTERPRISE: {P0: {resolution: 3h}, P1: {resolution: 72h}}}"
CHIEF = "chief"


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def program(
    browser: Browser, server: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Program]:
    with temporary_database(server, migrated_template) as (_, database):
        folder = tmp_path_factory.mktemp("service")
        program = service(folder, CONFIG, database=database, API_TOKENS=f"{CHIEF}:admin")
        with running(program):
            at = now() - timedelta(hours=2)
            soon = item("soon", created_at=at, updated_at=at, team="Billing", assigned_to="ann")
            other = item("other", created_at=at, updated_at=at, priority="P1", team="Network")
            tell(program, CHIEF, soon, other)
            yield program


@pytest.fixture
def page(browser: Browser, program: Program) -> Generator[Page]:
    """Of somebody in Japan; no script of it may fail, and nothing may be asked of another host."""
    wrong: list[str] = []
    context = browser.new_context(
        base_url=program.url, viewport={"width": 1440, "height": 900}, timezone_id="Asia/Tokyo"
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((program.url, "data:")) else wrong.append(asked.url)
        ),
    )
    page.add_init_script(f"sessionStorage.setItem('sla.token', '{CHIEF}')")
    yield page
    context.close()
    assert wrong == []


def test_each_view_has_its_address_and_the_bar_says_which_one_it_is(page: Page) -> None:
    page.goto("/")
    for view, name in web.VIEWS.items():
        page.locator("#views").get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_url(re.compile(f"{web.address(view)}$"))
        expect(page.locator("#views [aria-current=page]")).to_have_text(name)
        expect(page.locator("#age")).to_contain_text("as of")
    page.go_back()
    expect(page.locator("#views [aria-current=page]")).to_have_text("What-if")


def test_what_is_filtered_in_one_view_is_filtered_in_the_next(page: Page) -> None:
    page.goto("/?team=Billing&sort=priority&q=soon")
    expect(page.locator("#rows tr")).to_have_count(1)

    page.get_by_role("link", name="Audit").click()
    expect(page).to_have_url(re.compile(r"/views/audit\?team=Billing$"))
    page.get_by_role("link", name="Now", exact=True).click()

    expect(page).to_have_url(re.compile(r"/\?team=Billing$"))
    expect(page.locator("#rows strong")).to_have_text(["soon"])
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_role("link", name="Audit")).to_have_attribute(
        "href", re.compile(r"/views/audit$")
    )


def test_times_are_of_the_viewers_zone_or_of_utc_and_the_device_keeps_which(page: Page) -> None:
    page.goto("/#ticket/soon")
    created = page.locator("#drawer-body .facts time").first
    instant = created.get_attribute("datetime")
    there = created.inner_text()
    page.keyboard.press("Escape")
    zone = page.locator("#zone")
    expect(zone).to_have_text("Times: Asia/Tokyo")

    zone.press("Enter")

    expect(zone).to_have_text("Times: UTC")
    page.goto("/views/forecast#ticket/soon")
    expect(zone).to_have_text("Times: UTC")
    expect(created).not_to_have_text(there)
    shown = "new Date('%s').toLocaleString(undefined, %s)"
    how = "{dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC'}"
    expect(created).to_have_text(page.evaluate(shown % (instant, how)))


def test_a_chosen_theme_is_there_before_anything_is_painted(page: Page) -> None:
    page.goto("/views/audit")
    for name in ("system", "light", "dark"):
        expect(page.locator("#theme")).to_have_text(f"Theme: {name}")
        if name != "dark":
            page.locator("#theme").press("Enter")
    nothing = "export class Shell { start() {} }"
    page.route(
        "**/shell.js", lambda asked: asked.fulfill(body=nothing, content_type="text/javascript")
    )
    page.goto("/views/what-if")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


DRAWN = """async ([address, look]) => {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: look });
  document.head.append(link);
  await new Promise((done) => link.addEventListener("load", done));
  const { Chart } = await import(address);
  const hour = (number) => new Date(Date.UTC(2026, 0, 5, number)).toISOString();
  window.picked = [];
  const chart = new Chart(document.querySelector("#main"), {
    title: "Work", pick: (point, series) => picked.push([point, series?.name ?? null]),
  });
  chart.show({
    at: [0, 1, 2, 3].map(hour), step: 3600, words: (instant) => instant.slice(11, 16),
    series: [
      { name: "Billing", kind: "bars", values: [1, 2, 0, 1] },
      { name: "Network", kind: "bars", values: [1, 0, 4, null] },
      { name: "Usual", kind: "steps", values: [2, 2, 3, 3], colour: "text", dashed: true },
    ],
  });
}"""


def test_a_picture_is_read_by_mouse_keyboard_and_table(page: Page) -> None:
    page.goto("/views/audit")
    here = f"/web/{web.VERSION}"
    page.evaluate(DRAWN, [f"{here}/shared/chart.js", f"{here}/vendor/uplot/uPlot.min.css"])
    plot = page.get_by_role("slider", name="Work")
    expect(plot.locator("canvas")).to_be_visible()
    assert unusable(page) == []

    plot.press("ArrowRight")
    expect(plot).to_have_attribute("aria-valuetext", "01:00: Billing 2 · Network 0 · Usual 2")
    plot.press("End")
    expect(page.locator(".pointed")).to_have_text("03:00: Billing 1 · Usual 3")
    plot.press("Enter")
    box = plot.locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 5 / 8, box["y"] + box["height"] * 0.9, steps=3)
    expect(page.locator(".pointed")).to_have_text("02:00: Billing 0 · Network 4 · Usual 3")
    page.mouse.down()
    page.mouse.up()
    assert page.evaluate("picked") == [[3, None], [2, "Network"]]

    page.get_by_text("In numbers").click()
    rows = page.get_by_role("table", name="Work").get_by_role("row")
    expect(rows.nth(3)).to_have_text("02:00043")
    drawn = "document.querySelector('canvas')?.toDataURL()"
    before = page.evaluate(drawn)
    page.emulate_media(color_scheme="dark")
    assert any(page.evaluate(drawn) != before or page.wait_for_timeout(50) for _ in range(100))
    page.set_viewport_size({"width": 390, "height": 844})
    narrow = "document.querySelector('canvas').getBoundingClientRect().width < 390"
    # Not `wait_for_function`: where it has to ask again, the page's guard refuses its script.
    assert any(page.evaluate(narrow) or page.wait_for_timeout(50) for _ in range(100))
    assert unusable(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
