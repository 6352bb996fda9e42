"""A lead's morning on the page, by keyboard alone, and what some people could not use: nothing."""

import re
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ops.wiring import now
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
            tell(program, CHIEF, *tickets())
            yield program


def tickets() -> list[dict[str, Any]]:
    """Two teams; Billing has one to save, one that is lost, and one that was done weeks ago."""

    def opened(name: str, hours: float, team: str, **facts: Any) -> dict[str, Any]:
        at = now() - timedelta(hours=hours)
        return item(name, created_at=at, updated_at=at, title=f"The {name} one", team=team, **facts)

    before = opened("before", 24 * 22, "Billing")
    over = item("before", "resolved", updated_at=now() - timedelta(days=21))
    return [
        before,
        over,
        opened("soon", 2.5, "Billing", assigned_to="ann"),
        opened("lost", 5, "Billing", assigned_to="bob"),
        opened("other", 1, "Network"),
        opened("slow", 1, "Network", priority="P1"),
    ]


@pytest.fixture
def context(browser: Browser, program: Program) -> Generator[BrowserContext]:
    context = browser.new_context(
        base_url=program.url, viewport={"width": 1440, "height": 900}, timezone_id="UTC"
    )
    context.set_default_timeout(15_000)
    context.add_init_script(f"sessionStorage.setItem('sla.token', '{CHIEF}')")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Generator[Page]:
    """No script of it may fail."""
    wrong: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield page
    assert wrong == []


def focused(page: Page) -> str:
    """The name of what a key press would meet."""
    return page.evaluate(
        """() => {
          const { ariaLabel, textContent, name, labels } = document.activeElement;
          return ariaLabel || textContent.trim() || labels?.[0]?.textContent.trim() || name;
        }"""
    )


def tab_to(page: Page, words: str) -> None:
    for _ in range(200):  # the browser goes round, by way of its own bar
        if focused(page).startswith(words):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no key leads to {words!r}: the focus is on {focused(page)!r}")


def test_the_whole_job_of_a_morning_is_done_by_keyboard(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#rows strong")).to_have_text(["soon", "other", "slow", "lost"])

    # Which ticket do I save first? It is opened and taken on.
    tab_to(page, "Skip to the tickets")
    page.keyboard.press("Enter")
    tab_to(page, "soon")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer-title")).to_have_text("The soon one")
    tab_to(page, "Your name")
    page.keyboard.type("kim")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer-body .facts")).to_contain_text("Acknowledged")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    expect(page.locator("#rows tr").first).to_contain_text("acknowledged")

    # The next one is snoozed, from its row.
    expect(page.locator("#rows button").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("s")
    expect(page.locator("#snooze-it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer-body .facts")).to_contain_text("Snoozed")
    page.keyboard.press("Escape")

    # Who needs help? One team alone is looked at, here and in the forecast.
    tab_to(page, "Billing")
    page.keyboard.press("Enter")
    expect(page.locator("#rows strong")).to_have_text(["soon", "lost"])
    page.keyboard.press("Control+Home")
    tab_to(page, "Forecast")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/views/forecast\?team=Billing$"))
    expect(page.locator("#sum")).to_contain_text("1 deadline in the next 48 hours")
    page.go_back()
    expect(page.locator("#rows strong")).to_have_text(["soon", "lost"])


def test_an_hour_of_the_forecast_leads_to_its_tickets(page: Page) -> None:
    page.goto("/views/forecast")
    plot = page.get_by_role("slider", name="Deadlines ahead")
    expect(page.locator("#sum")).to_contain_text("in the next 48 hours; usually")
    expect(page.locator("#teams tr")).to_contain_text(["Billing", "Network"])
    plot.press("Home")
    while "Network 1" not in (plot.get_attribute("aria-valuetext") or ""):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")

    expect(page.locator("#rows strong").last).to_have_text("other")
    chip = page.locator("#due .span")
    expect(chip).to_contain_text("Due ")
    chip.press("Enter")
    expect(page.locator("#rows tr")).to_have_count(4)

    page.goto("/views/forecast")
    page.get_by_role("button", name="14 days").click()
    expect(page).to_have_url(re.compile(r"by=day$"))
    expect(page.locator("#sum")).to_contain_text("3 deadlines in the next 14 days")
    page.get_by_role("button", name="Network").click()
    expect(page.locator("#sum")).to_contain_text("2 deadlines")
    page.go_back()
    expect(page.locator("#sum")).to_contain_text("3 deadlines")


def test_the_board_is_narrowed_by_what_is_so_of_clocks_and_the_address_holds_it(page: Page) -> None:
    page.goto("/")
    clocks = page.locator("[data-clocks]")
    clocks.locator("summary").press("Enter")
    clocks.get_by_label("Ever breached").select_option("true")
    expect(page.locator("#rows strong")).to_have_text(["lost"])
    clocks.get_by_label("Ever breached").select_option("")
    clocks.get_by_label("Of its own time").select_option("3600")
    clocks.get_by_label("Running now").select_option("true")
    expect(page.locator("#rows strong")).to_have_text(["soon", "lost"])
    expect(page).to_have_url(re.compile(r"running=true&remaining_less_than_seconds=3600$"))
    page.reload()
    expect(page.locator("#rows strong")).to_have_text(["soon", "lost"])
    expect(clocks.locator(".chosen")).to_have_text("2 chosen")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#rows tr")).to_have_count(4)
    expect(page).to_have_url(re.compile(r"/$"))


def test_who_needs_help_is_one_press_from_their_tickets(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#who-rows tr")).to_contain_text(["Billing", "Network"])
    page.get_by_role("button", name="Billing, breached: 1").click()
    expect(page.locator("#rows strong")).to_have_text(["lost"])
    page.get_by_role("button", name="Assignee").click()
    expect(page.locator("#who-rows tr")).to_contain_text(["bob", "ann"])
    page.goto("/#ticket/lost")
    page.get_by_role("button", name="Mute alerts like this").click()
    form = page.locator("#silence")
    expect(form.get_by_label("Team", exact=True)).to_have_value("Billing")
    expect(form.get_by_label("Reason")).to_be_focused()
    expect(form.get_by_label("Until")).not_to_have_value("")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_nobody_is_left_out(page: Page, scheme: Any, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/")
    expect(page.locator("#rows tr")).to_have_count(4)
    expect(page.locator("#hours li")).to_have_count(12)
    assert unusable(page) == []
    page.locator("[data-clocks] summary").click()
    assert unusable(page) == []
    page.goto("/#ticket/lost")
    expect(page.locator("#drawer-title")).to_have_text("The lost one")
    page.get_by_text("Why this promise?").click()
    assert unusable(page) == []
    page.goto("/views/forecast")
    expect(page.locator("#teams tr")).to_have_count(2)
    page.get_by_text("In numbers").click()
    assert unusable(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
