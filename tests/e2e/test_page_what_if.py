"""The view What-if in a real browser: one service and one browser for all of it."""

import re
from collections.abc import Generator
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from ops.jobs.table import AT_ONCE
from ops.wiring import now
from tests.support.browser import CHIEF, Start, tab, tell, unusable, visitor
from tests.support.clients import item
from tests.support.service import Program

CONFIG = """\
sla_targets:
  ENTERPRISE:
    P0: {response_minutes: 30, resolution: 4h}
  STANDARD:
    P0: {resolution: 72h}
"""
PATIENCE = 180_000
"""Milliseconds: a job gives way to whatever else the machine does."""
HELD = """
insert into jobs (job_id, kind, input, state, created_at, attempts, taken_by, taken_until)
values (%s, 'what_if', '{}', 'running', now(), 1, 'somebody', now() + interval '55 s')
"""


@pytest.fixture(scope="module")
def program(start: Start) -> Generator[Program]:
    with start(CONFIG) as program:
        begun = now() - timedelta(days=2)
        ended = begun + timedelta(hours=3)
        tell(
            program,
            CHIEF,
            item("kept", created_at=begun, updated_at=begun, team="Billing"),
            item("kept", "resolved", created_at=begun, updated_at=ended, team="Billing"),
            item("open", updated_at=now() - timedelta(minutes=150), team="Network"),
        )
        yield program
    assert program.complaints() == []


@pytest.fixture
def page(browser: Browser, program: Program) -> Generator[Page]:
    with visitor(browser, program) as context, tab(context, program, expected="422") as page:
        page.goto("/views/what-if")
        expect(page.get_by_role("slider", name="P0 response")).to_be_visible()
        yield page


def test_a_shorter_promise_is_tried_by_keyboard_and_its_answer_passed_on(page: Page) -> None:
    slider = page.get_by_role("slider", name="P0 resolution").first
    slider.focus()
    for _ in range(2):
        slider.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "ENTERPRISE 2 hours")
    expect(page.locator(".knob[data-moved] .was")).to_have_text("4 hours → 2 hours")
    expect(page.locator("#changed")).to_have_text("1 change")
    assert unusable(page) == []

    page.get_by_role("button", name="Run").press("Enter")

    lead = page.locator(".lead")
    expect(lead).to_have_text(
        "Of 2 tickets, 2 would have gone otherwise: 1 kept → missed, 1 open → missed.",
        timeout=PATIENCE,
    )
    expect(page.locator(".proof")).to_contain_text("Proven")
    table = page.get_by_role("table", name="Before and after by group")
    expect(table.get_by_role("row").nth(1)).to_have_text(
        re.compile("enterprise · P0 · resolution100 %0 %.10002\\+2")
    )
    load = page.get_by_role("table", name="Load on teams, before and after")
    expect(load.get_by_role("row").nth(1)).to_contain_text("Billing")
    assert unusable(page) == []
    page.get_by_role("button", name="open → missed 1").click()
    expect(page.get_by_role("button", name="kept", exact=True)).to_have_count(0)
    page.get_by_role("button", name="open", exact=True).click()
    expect(page.locator("#drawer-title")).to_contain_text("open")
    page.keyboard.press("Escape")
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    assert saved.value.path().read_text().startswith("tier,priority,clock,met_before")

    shared = page.url
    assert re.search(r"\?job=[0-9a-f-]{36}$", shared)
    page.get_by_role("button", name="As it is").click()
    expect(page.locator("#changed")).to_have_text("Nothing is changed yet")
    page.goto("/views/what-if")
    page.goto(shared)
    expect(lead).to_contain_text("1 kept → missed")
    expect(slider).to_have_attribute("aria-valuetext", "ENTERPRISE 2 hours")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    assert unusable(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_mistake_is_shown_where_it_is_and_a_planned_change_says_what_it_does(page: Page) -> None:
    page.get_by_text("Open tickets now").click()
    written = page.get_by_role("textbox", name="ENTERPRISE P0 response, as it is written")
    written.fill("soon")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name=re.compile("'soon' is no target")).click()
    expect(page.locator(".knob[data-wrong]")).to_have_count(1)
    expect(page.get_by_role("slider", name="P0 response")).to_be_focused()
    assert unusable(page) == []

    page.get_by_text("YAML", exact=True).click()
    text = page.get_by_label("The configuration, as its file would have it")
    assert text.input_value() == CONFIG
    text.fill(CONFIG.replace("resolution: 4h", "resolutoin: 2h"))
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name=re.compile("^Line 3: .*did you mean 'resolution'")).click()
    expect(page.locator("#lines [data-wrong]")).to_have_text("3")
    expect(text).to_be_focused()
    expect(text).to_have_attribute("aria-invalid", "true")
    assert unusable(page) == []

    text.fill(CONFIG.replace("resolution: 4h", "resolution: 2h"))
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#answer-title")).to_have_text("What would become of open tickets")
    expect(page.locator(".lead")).to_have_text(
        "Of 1 open ticket, 1 would have another deadline; 1 would be overdue at once.",
        timeout=PATIENCE,
    )
    due = page.get_by_role("table", name="Deadlines that would be other ones")
    expect(due.get_by_role("row").nth(1)).to_have_text(re.compile("^openResolution.*Missed$"))
    assert unusable(page) == []
    page.go_back()
    expect(page.locator("#answer")).to_contain_text("Move a slider")


def test_what_waits_says_so_and_is_cancelled(page: Page, database: str) -> None:
    held = [uuid4() for _ in range(AT_ONCE)]
    with psycopg.connect(database, autocommit=True) as conn:
        conn.cursor().executemany(HELD, [[one] for one in held])
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#how-far")).to_have_text("It waits for its turn")
        assert unusable(page) == []
        page.get_by_role("button", name="Cancel").press("Enter")
        expect(page.locator("#answer")).to_have_text("It was cancelled.")
        expect(page.locator("#runs li").first).to_contain_text("Cancelled")
        conn.execute("delete from jobs where job_id = any (%s)", [held])
