"""The views Audit and Attainment in a real browser: one service and one browser for both."""

import json
import re
from collections.abc import Generator
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from ops.wiring import now
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

CONFIG = """
sla_targets:
  ENTERPRISE:
    goals: {resolution: 90}
    P0: {response: 1h, resolution: 3h}
"""


@pytest.fixture(scope="module")
def program(start: Start) -> Generator[Program]:
    """A ticket that was breached, until it was heard that it had waited for its customer."""
    with start(CONFIG) as program:
        opened = now() - timedelta(hours=5)
        tell(
            program,
            CHIEF,
            item("late", created_at=opened, updated_at=opened, title="The late one"),
            item("other", created_at=opened, updated_at=opened, team="Network"),
            item("done", created_at=opened, updated_at=opened, team="Access, Berlin"),
        )
        solved = opened + timedelta(minutes=20)
        tell(program, CHIEF, item("done", "resolved", updated_at=solved, assigned_to="ann"))
        waits = opened + timedelta(minutes=30)
        tell(program, CHIEF, item("late", "pending", updated_at=waits, updated_by="jane"))
        yield program


@pytest.fixture
def page(browser: Browser, program: Program) -> Generator[Page]:
    """Of somebody in Japan."""
    with (
        visitor(browser, program, "Asia/Tokyo") as context,
        tab(context, program, expected="422") as page,
    ):
        yield page


def usable_by_all(page: Page) -> bool:
    """By axe, on a desk, light and dark, and on a phone, where nothing is cut off either. No colour
    depends on the width."""
    for width, found in ((390, unusable), (1440, unusable_in_either_scheme)):
        page.set_viewport_size({"width": width, "height": 900})
        as_wide = f"document.documentElement.scrollWidth === {width}"
        until_so(page, lambda wide=as_wide: page.evaluate(wide), "pictures are drawn anew")
        assert found(page) == []
    return True


def test_a_ticket_is_audited_by_keyboard_alone(page: Page, program: Program) -> None:
    page.goto("/views/audit")
    expect(page.locator("#found a").first).to_be_visible()  # the breached ones are offered
    page.get_by_role("searchbox", name="Ticket").press_sequentially("late")
    expect(page.locator("#found strong")).to_have_text(["late"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/views/audit\?ticket=late&source=default$"))
    lanes = page.locator(".lane-head")
    expect(lanes).to_contain_text(["Ticket", "Response", "Resolution"])
    expect(lanes.nth(2)).to_contain_text("paused")
    strip = page.get_by_role("img", name=re.compile("30 min counted of 3 h"))
    expect(strip.locator(".counted")).to_have_count(1)
    expect(strip.locator(".paused")).to_have_count(1)
    expect(strip.locator("[data-withdrawn=true]").first).to_be_visible()
    expect(page.locator("#use")).to_contain_text("pending · nobody")

    # Once more before it was heard
    known = page.get_by_role("slider", name="By what was known")
    known.focus()
    while page.locator(".lane .overdue").count() == 0:
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(400)
    assert "known_at=" in page.url
    expect(lanes.nth(2)).to_contain_text("Breached")
    expect(page.locator("#asked")).to_contain_text("by what was known")
    assert known.get_attribute("aria-valuetext") == page.locator("#known-at output").inner_text()
    page.reload()
    expect(lanes.nth(2)).to_contain_text("Breached")

    page.get_by_role("button", name="Back to now").press("Enter")
    expect(lanes.nth(2)).to_contain_text("paused")
    paused = page.locator("#story li", has_text="jane changed the status from open to pending")
    paused.get_by_role("button", name="What did that change?").press("Enter")
    differs = page.locator("#differ")
    expect(differs).to_contain_text("Resolution clock: by what was known")
    expect(differs).to_contain_text("it was running, had missed its deadline of")
    expect(differs).to_contain_text("jane changed the status from open to pending")

    started = page.locator("#story li", has_text="Resolution clock started")
    started.get_by_role("button", name="As it stood then").press("Enter")
    expect(page.locator("#as-of output")).to_contain_text("(and 2 more)")
    page.get_by_role("button", name="What happened next").press("Enter")
    expect(page.locator("#story")).not_to_contain_text("breached")
    page.get_by_role("button", name="Resolution", exact=True).press("Enter")
    expect(page).to_have_url(re.compile("in_sight=resolution.1"))


def test_what_is_looked_at_as_of_now_is_asked_for_once(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto("/views/audit?ticket=late")
    expect(page.locator("#story li").first).to_be_visible()
    assert len([url for url in asked if "/late/timeline" in url]) == 1


def test_an_audit_can_be_passed_on(page: Page, program: Program) -> None:
    page.goto("/views/audit?ticket=late")
    expect(page.locator("#story li").first).to_be_visible()
    question = {"tz": "Asia/Tokyo"}
    with httpx.Client(base_url=program.url, headers={"Authorization": f"Bearer {CHIEF}"}) as client:
        told = client.get("/tickets/late/timeline", params=question).json()["entries"]
        lines = client.get("/tickets/late/timeline", params={**question, "format": "csv"}).text
        drawn = client.get("/tickets/late/stretches").json()["cycles"]
    with page.expect_download() as csv:
        page.get_by_role("button", name="Timeline as CSV").click()
    with page.expect_download() as as_json:
        page.get_by_role("button", name="as JSON").click()
    assert csv.value.suggested_filename == "timeline-late.csv"
    assert csv.value.path().read_bytes() == lines.encode()
    assert len(lines.splitlines()) == len(told) + 1
    assert json.loads(as_json.value.path().read_text())["entries"] == told

    page.locator("#numbers summary").press("Enter")
    rows = page.locator("#numbers table:first-of-type tbody tr")
    expect(rows).to_have_count(len(drawn[0]["stretches"]))
    there = rows.first.inner_text()
    page.locator("#zone").press("Enter")
    expect(page.locator("#zone")).to_have_text("Times: UTC")
    page.locator("#numbers summary").click()
    expect(rows.first).not_to_have_text(there)
    assert usable_by_all(page)
    page.emulate_media(media="print")
    for gone in ("#find", "#instants", ".about .actions", "#between"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.locator(".strip").first).to_be_visible()


def test_where_no_promise_was_decided_it_is_said_and_how_to_go_on(page: Page) -> None:
    groups = page.locator("#groups")
    page.goto(
        "/views/attainment?period=own&from=2020-01-01&to=2020-01-31&team=Network&unassigned=true"
    )
    expect(groups).to_contain_text("No promise that matches was decided in that time, or is open.")
    expect(groups.get_by_role("table")).to_have_count(0)
    expect(page.locator("#groups-count")).to_have_text("")
    expect(page.locator("#budgets")).to_have_text("Nothing was decided.")
    assert usable_by_all(page)
    groups.get_by_role("link", name="Clear filters").press("Enter")
    expect(groups).to_contain_text("No promise was decided in that time, or is open.")
    expect(groups).to_contain_text("POST /tickets brings them in")
    assert "team" not in page.url
    assert "unassigned" not in page.url
    groups.get_by_role("link", name="The last 12 months").press("Enter")
    expect(groups.locator("tbody tr")).to_have_count(3)
    page.goto("/views/attainment?known_at=2020-01-01T00:00:00Z")
    groups.get_by_role("link", name="As it stands now").press("Enter")
    expect(groups.locator("tbody tr")).to_have_count(3)


def test_every_number_of_the_attainment_leads_to_its_cycles_and_these_to_the_audit(
    page: Page,
) -> None:
    page.goto("/views/attainment?period=30-days")
    in_words = page.locator("#in-words")
    expect(in_words).to_contain_text("60 % of 5 promises kept; nothing was decided before")
    expect(page.locator("#figures li").nth(1)).to_contain_text("2")
    teams = page.locator("#groups tbody tr")
    expect(teams.locator("th")).to_have_text(["Network", "Access, Berlin", "no team"])
    expect(page.locator("#budgets")).to_contain_text("Resolution · enterprise · P0")
    expect(page.get_by_role("slider", name="Share of promises kept")).to_be_visible()
    rows = page.locator("#rows tbody tr")
    expect(rows).to_have_count(2)

    # Who, and which: by keyboard
    teams.first.get_by_role("link", name="2 were breached").press("Enter")
    expect(rows).to_have_count(2)
    expect(page.locator("#narrowed")).to_contain_text("Network")
    page.get_by_role("button", name="Clock").press("Enter")
    expect(page.locator("#rows th[aria-sort=ascending]")).to_have_text("Clock ▲")
    expect(rows.first).to_contain_text("Resolution")
    page.get_by_role("button", name="Clock").press("Enter")
    expect(rows.first).to_contain_text("Response")
    expect(page.locator("#rows th[aria-sort=descending]")).to_have_text("Clock ▼")
    page.go_back()
    page.go_back()
    page.get_by_role("button", name="Back to all that were breached").press("Enter")
    expect(rows).to_have_count(2)
    cells = page.locator("#heat a")
    assert sum(int(cell) for cell in cells.all_inner_texts()) == 2
    cells.first.press("Enter")
    expect(page.locator("#narrowed")).to_contain_text("days")
    rows.first.get_by_role("link").press("Enter")
    expect(page).to_have_url(re.compile("/views/audit.ticket=other&source=default&in_sight="))
    page.go_back()

    # A team with a comma in its name is one
    page.goto("/views/attainment?period=30-days")
    teams.get_by_role("link", name="Access, Berlin").press("Enter")
    expect(in_words).to_contain_text("100 % of 2 promises kept")
    expect(rows).to_have_count(0)
    teams_list = page.locator("[data-list=team]")
    expect(teams_list.locator(".chosen")).to_have_text("Access, Berlin")
    teams_list.locator("summary").press("Enter")
    teams_list.get_by_role("checkbox", name="Network").check()
    expect(in_words).to_contain_text("of 4 promises")
    for name in ("Network", "Access, Berlin"):
        teams_list.get_by_role("checkbox", name=name).uncheck()
    expect(in_words).to_contain_text("of 5 promises")
    page.keyboard.press("Escape")
    page.get_by_label("Clock").select_option("resolution")
    expect(in_words).to_contain_text("of 2 promises")
    page.get_by_label("By what was known").evaluate("(it) => it.closest('details').open = true")
    page.get_by_label("By what was known").fill("2020-01-01T00:00")
    page.get_by_label("By what was known").press("Tab")
    expect(in_words).to_contain_text("nothing was decided")


def test_a_report_that_needs_a_long_replay_is_waited_for_and_says_how_far_it_is(
    page: Page, program: Program
) -> None:
    """As where there are more tickets than are replayed while somebody waits."""
    job = {"state": "running", "done": 3, "total": 40, "remaining_seconds": 2, "href": "/jobs/1"}
    asked: list[str] = []

    def done(route: Route) -> None:
        question = asked[-1].replace("/attainment/jobs", "/attainment")
        allowed = {"Authorization": f"Bearer {CHIEF}"}
        result = httpx.get(question, headers=allowed).json()
        route.fulfill(json={**job, "state": "done", "result": result})

    def begun(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=202, json=job)

    refused = {"title": "Unprocessable Content", "status": 422, "detail": "too many tickets"}
    page.route(
        re.compile(r"/reports/attainment\?"), lambda one: one.fulfill(status=422, json=refused)
    )
    page.route(re.compile(r"/reports/attainment/jobs"), begun)
    page.route(re.compile(r"/jobs/1$"), done)
    known = (now() + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with page.expect_request(re.compile("/jobs/1$")):
        page.goto(f"/views/attainment?period=30-days&known_at={known}")
        expect(page.locator("#replaying")).to_contain_text("3 of 40 tickets are replayed")
    expect(page.locator("#in-words")).to_contain_text("60 % of 5 promises")
    expect(page.locator("#replaying")).to_be_hidden()
    assert len(asked) == 5  # each once


def test_the_attainment_is_saved_and_read_by_all(page: Page, program: Program) -> None:
    since = now() - timedelta(days=3)  # this week may have begun after it all
    page.goto(f"/views/attainment?period=own&from={since:%Y-%m-%d}&by=assigned_to")
    expect(page.locator("#groups tbody tr").first).to_be_visible()
    for name, kind, begins in (
        ("Save what is shown by group", "CSV", b"assigned_to,met,breached"),
        ("Save the cycles", "XLSX", b"PK"),
    ):
        with page.expect_download() as saved:
            page.get_by_role("group", name=name).get_by_role("button", name=kind).click()
        assert saved.value.path().read_bytes().startswith(begins)
    assert usable_by_all(page)
    page.emulate_media(media="print")
    for gone in ("#asked", "#pages", "#cycles-csv"):
        expect(page.locator(gone)).to_be_hidden()
