"""The five views under one bar, a lead's morning on them by keyboard alone, and what some people
could not use: nothing."""

import re
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from ops.wiring import now
from query_side import web
from tests.support.browser import (
    CHIEF,
    Start,
    tab,
    tell,
    until_so,
    unusable,
    unusable_in_either_scheme,
    visitor,
)
from tests.support.clients import item
from tests.support.service import Program

CONFIG = "sla_targets: {ENTERPRISE: {P0: {resolution: 3h}, P1: {resolution: 72h}}}"


@pytest.fixture(scope="module")
def program(start: Start) -> Generator[Program]:
    with start(CONFIG) as program:
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
def page(browser: Browser, program: Program) -> Generator[Page]:
    """Of somebody in Japan."""
    with visitor(browser, program, "Asia/Tokyo") as context, tab(context, program) as page:
        yield page


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


def asked_for(page: Page) -> list[str]:
    """The paths that the page asks for, once it has all that it was opened with."""
    page.wait_for_load_state("networkidle")
    found: list[str] = []
    page.on("request", lambda one: found.append(urlsplit(one.url).path))
    return found


COUNTS = {"/dashboard/facets", "/dashboard/groups", "/forecast"}
"""Each goes over all tickets."""


def test_a_page_that_is_turned_counts_nothing_anew(page: Page) -> None:
    def many(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "total": 120})

    page.route(re.compile(r"/dashboard\?"), many)
    page.goto("/")
    expect(page.locator("#page")).to_have_text("Page 1 of 3")
    expect(page.locator("#hours li")).to_have_count(12)
    asked = asked_for(page)
    page.locator("#next").click()
    expect(page.locator("#page")).to_have_text("Page 2 of 3")
    assert "/dashboard" in asked
    assert COUNTS.isdisjoint(asked)
    page.get_by_role("button", name="Due in 1 h").click()
    expect(page.locator("#page")).to_have_text("Page 1 of 3")
    until_so(page, lambda: COUNTS.issubset(asked), "all is counted anew")


@pytest.mark.parametrize("which", ["dashboard/groups", "forecast"])
def test_counts_that_come_late_are_not_shown_for_another_question(page: Page, which: str) -> None:
    page.goto("/")
    teams, hours = page.locator("#who-rows tr"), page.locator("#hours b")
    expect(teams).to_have_count(2)
    expect(hours).to_have_count(12)
    assert sum(map(int, hours.all_inner_texts())) == 2  # and each count moves at a full hour
    held: list[Route] = []
    page.route(re.compile(rf"/{which}\?.*q=nobody"), lambda route: held.append(route))
    search = page.locator("#filters input[name=q]")
    search.fill("nobody has this")
    expect(page.locator("#rows tr")).to_have_count(0)
    until_so(page, lambda: bool(held), "it is asked for")
    with (
        page.expect_response(re.compile("/dashboard/groups")),
        page.expect_response(re.compile("/forecast")),
    ):
        search.fill("")
    expect(page.locator("#rows tr")).to_have_count(4)
    for late in held:
        late.fulfill(response=late.fetch())
    page.evaluate("fetch('/health').then((answer) => answer.json())")  # after it has come
    expect(teams).to_have_count(2)
    assert sum(map(int, hours.all_inner_texts())) == 2


def test_a_page_that_nobody_looks_at_asks_nothing(page: Page, program: Program) -> None:
    page.clock.install()
    page.goto("/")
    expect(page.locator("#link")).to_have_text("Live")
    asked = asked_for(page)
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => !window.back })")
    allowed = {"Authorization": f"Bearer {CHIEF}"}
    said = {"by": "link:kim"}
    taken = httpx.post(f"{program.url}/tickets/slow/acknowledge", json=said, headers=allowed)
    assert taken.is_success
    expect(page.locator("#feed li").first).to_contain_text("By kim (through a link)")
    page.clock.run_for(40_000)
    page.evaluate("fetch('/ready')")
    assert asked == ["/ready"]
    page.evaluate("back = true; document.dispatchEvent(new Event('visibilitychange'))")
    row = page.locator("#rows tr", has_text="slow")
    expect(row).to_contain_text("acknowledged")
    row.locator("strong").click()
    expect(page.locator("#drawer-body .facts")).to_contain_text("kim (through a link), until")


@pytest.mark.parametrize(("width", "found"), [(1440, unusable_in_either_scheme), (390, unusable)])
def test_nobody_is_left_out(page: Page, width: int, found: Callable[[Page], list[str]]) -> None:
    """No colour depends on the width: on a phone one scheme will do."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/")
    expect(page.locator("#rows tr")).to_have_count(4)
    expect(page.locator("#hours li")).to_have_count(12)
    assert found(page) == []
    page.locator("[data-clocks] summary").click()
    assert found(page) == []
    page.goto("/#ticket/lost")
    expect(page.locator("#drawer-title")).to_have_text("The lost one")
    page.get_by_text("Why this promise?").click()
    assert found(page) == []
    page.goto("/views/forecast")
    expect(page.locator("#teams tr")).to_have_count(2)
    page.get_by_text("In numbers").click()
    assert found(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


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
    expect(page.locator("#rows strong")).to_have_text(["soon", "lost"])
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
    until_so(page, lambda: page.evaluate(drawn) != before, "it is drawn in other colours")
    page.set_viewport_size({"width": 390, "height": 844})
    narrow = "document.querySelector('canvas').getBoundingClientRect().width < 390"
    until_so(page, lambda: page.evaluate(narrow), "it is drawn anew")
    assert unusable(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
