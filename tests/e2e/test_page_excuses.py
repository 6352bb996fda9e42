"""Excused time, silences, and the desks that are connected, on the page: in a real browser."""

import re
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from ops.wiring import now
from tests.support.browser import CHIEF, Start, cut_off, tab, tell, visitor
from tests.support.clients import item
from tests.support.lives import LIVES
from tests.support.service import Program

CONFIG = """
sla_targets: {ENTERPRISE: {P0: {resolution: 3h}, P1: {resolution: 72h}}}
sources:
  helpdesk:
    desk: zammad
    unsigned: true
    tiers: {default: enterprise}
    priorities: {map: {2 normal: P1}}
  eu: {desk: jira, secret_env: NOT_SET}
"""
READER = "reader"


@pytest.fixture(scope="module")
def program(start: Start) -> Generator[Program]:
    with start(CONFIG, f"{CHIEF}:admin {READER}:read") as program:
        at = now() - timedelta(hours=4)
        late = item("late", created_at=at, updated_at=at, title="The late one")
        other = item("other", created_at=at, updated_at=at, priority="P1")
        tell(program, CHIEF, late, other)
        yield program


@pytest.fixture
def page(browser: Browser, program: Program) -> Generator[Page]:
    """Of somebody whose clock is on UTC; each test says who it is."""
    with (
        visitor(browser, program) as context,
        tab(context, program, None, expected="403|422") as page,
    ):
        yield page


def opened(page: Page, token: str) -> None:
    page.add_init_script(f"sessionStorage.setItem('sla.token', '{token}')")
    page.goto("/")
    expect(page.locator("#page")).to_contain_text("Page")
    page.get_by_role("button", name="Excused time").click()


def filled(page: Page, *, hours: float) -> None:
    """From so many hours ago on, and going on."""
    page.get_by_text("Excuse some time").click()
    since = now() - timedelta(hours=hours)
    page.locator("#excuse").get_by_label("From").fill(f"{since:%Y-%m-%dT%H:%M}")
    page.locator("#excuse").get_by_label("Priority", exact=True).fill("P0")
    page.locator("#excuse").get_by_label("Reason").fill("the uplink was down")
    page.locator("#excuse").get_by_label("Your name").fill("ann")
    page.keyboard.press("Enter")


def test_time_is_excused_once_its_effect_was_seen_and_is_ended_and_withdrawn(page: Page) -> None:
    opened(page, CHIEF)
    expect(page.locator("#excuses-empty")).to_be_visible()
    filled(page, hours=3.5)
    told = page.locator("#excuse-found")
    expect(told).to_contain_text("It concerns 1 ticket. 1 verdict would change")
    expect(told).to_contain_text("late resolution: breached → running")
    expect(told).to_contain_text("enterprise p0 resolution: 0 % (0 of 1) → none decided")
    page.locator("#excuse").get_by_label("Tags").fill(
        "vip"
    )  # another question, and not yet answered
    expect(told).to_be_hidden()
    page.locator("#excuse").get_by_label("Tags").fill("")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Grant it")).to_be_focused()

    page.keyboard.press("Enter")

    one = page.locator("#excuses-items > li")
    expect(one).to_contain_text("in force")
    expect(one).to_contain_text("the uplink was down")
    expect(one).to_contain_text("going on")
    expect(one).to_contain_text("priority P0 · all clocks · 1 ticket")
    expect(one).to_contain_text("Granted by ann")

    row = page.locator("#rows tr").filter(has_text="The late one")
    expect(row.locator("td.due")).to_have_text("standing still: excused")
    page.evaluate("location.hash = 'ticket/late'")
    clock = page.locator("#drawer .clocks")
    expect(clock).to_contain_text("standing still: excused")
    expect(clock).to_contain_text(re.compile(r"3 h 3\d min excused"))  # it goes on
    page.keyboard.press("Escape")

    one.get_by_text("End or withdraw it").click()
    one.get_by_role("button", name="End it now").click()
    expect(one.locator(".pill")).to_have_text("ended")
    one.get_by_text("Withdraw it", exact=True).click()
    one.get_by_label("Why it is withdrawn").fill("no agreement")
    page.keyboard.press("Enter")
    expect(one).to_contain_text("Withdrawn by ann")
    expect(one.get_by_text("Withdraw it", exact=True)).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#excuses")).to_be_hidden()


def test_whoever_may_only_read_sees_what_is_excused_and_why_they_may_not_excuse(page: Page) -> None:
    opened(page, READER)
    filled(page, hours=1)
    refused = page.locator("#excuse-refused")
    expect(refused).to_contain_text("needs a token with the scope “admin”")
    refused.get_by_role("button", name="Use another token").click()
    page.fill("#sign-in input[name=token]", CHIEF)
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in")).to_be_hidden()

    page.locator("#excuse").get_by_label("Clocks").fill("resolutoin")
    page.keyboard.press("Enter")

    expect(refused).to_contain_text("did you mean 'resolution'?")


def test_some_tickets_are_left_out_and_a_window_repeats(page: Page) -> None:
    opened(page, CHIEF)
    form = page.locator("#excuse")
    page.get_by_text("Excuse some time").click()
    for name, hours in (("From", 3), ("Until", 2)):
        edge = now() - timedelta(hours=hours)
        form.get_by_label(name).first.fill(f"{edge:%Y-%m-%dT%H:%M}")
    form.get_by_label("Reason").fill("maintenance")
    form.get_by_label("Your name").fill("ann")
    form.get_by_text("Except some tickets, or repeat it").click()
    expect(form.get_by_label("Time zone", exact=True)).to_have_value("UTC")
    form.get_by_label("Not priority").fill("P0, P1")
    form.get_by_label("Rule").fill("FREQ=DAILY")
    page.keyboard.press("Enter")
    expect(page.locator("#excuse-refused")).to_contain_text("COUNT")
    form.get_by_label("Rule").fill("FREQ=DAILY;COUNT=3")
    page.keyboard.press("Enter")
    told = page.locator("#excuse-found")
    expect(told).to_contain_text("It changes nothing for the tickets that are there now")
    form.get_by_label("Not priority").fill("P1")
    page.keyboard.press("Enter")
    expect(told).to_contain_text("It concerns 1 ticket")

    page.get_by_role("button", name="Grant it").click()

    one = page.locator("#excuses-items > li").first
    expect(one).to_contain_text("3 times (FREQ=DAILY;COUNT=3, UTC)")
    expect(one).to_contain_text("every ticket but not priority P1 · all clocks · 1 ticket")
    expect(form.get_by_label("Time zone", exact=True)).to_have_value("UTC")


def test_a_warning_names_a_tier_as_it_was_typed(page: Page) -> None:
    opened(page, CHIEF)
    filled(page, hours=1)
    page.locator("#excuse").get_by_label("Tier", exact=True).fill("gold_plus")
    page.keyboard.press("Enter")
    warned = page.locator("#excuse-found .refused")
    expect(warned).to_have_text("Nothing is promised to the customer tier 'gold_plus'.")


def test_on_a_phone_nothing_of_it_is_cut_off(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, CHIEF)
    filled(page, hours=1)
    page.locator("#excuse-except summary").click()
    expect(page.get_by_role("button", name="Grant it")).to_be_visible()
    for width in (390, 320):
        assert (width, cut_off(page, width, "#excuses *")) == (width, [])


def test_what_a_desk_sends_that_is_not_mapped_is_shown_with_what_maps_it(
    page: Page, program: Program
) -> None:
    for number in (1, 2):
        _, body = LIVES["zammad"][1]()[number]
        body["ticket"] |= {"number": f"67{number}", "state": "With CAB"}
        httpx.post(f"{program.url}/connect/helpdesk", json=body)
    httpx.post(f"{program.url}/connect/eu", json={})
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.set_viewport_size({"width": 390, "height": 844})
    page.add_init_script(f"sessionStorage.setItem('sla.token', '{READER}')")
    page.goto("/")
    page.get_by_role("button", name="Desks 2 need somebody").press("Enter")

    desk = page.get_by_role("listitem", name="helpdesk")
    expect(desk.locator(".pill")).to_have_text("parked")
    expect(desk.get_by_text("2 deliveries: status 'With CAB' is not known")).to_be_visible()
    eu = page.get_by_role("listitem", name="eu")
    expect(eu).to_contain_text("secret that it signs with")
    expect(eu).to_contain_text("1 request was refused within a day, the last ")
    desk.get_by_role("button", name="Copy the lines").press("Enter")
    expect(desk.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == (
        '    statuses: {"With CAB": "<open, in_progress, on_hold, resolved or cancelled>"}\n'
    )
    wide = "[...document.querySelectorAll('#sources *')].map((one) => one.getBoundingClientRect())"
    assert page.evaluate(f"{wide}.filter(({{ right }}) => right > innerWidth + 1).length") == 0

    desk.get_by_role("button", name="Read them again").press("Enter")
    desk.get_by_role("button", name="Use another token").press("Enter")
    page.fill("#sign-in input[name=token]", CHIEF)
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in")).to_be_hidden()
    expect(desk.get_by_role("button", name="Use another token")).to_be_hidden()
    desk.get_by_role("button", name="Read them again").press("Enter")
    expect(desk.get_by_role("status")).to_have_text("2 deliveries read again, 2 still parked.")

    desk.get_by_label("Why they are of no use").fill("from the rehearsal")
    page.keyboard.press("Enter")
    expect(desk.get_by_role("status")).to_have_text("2 deliveries let be.")
    expect(desk.locator(".pill")).not_to_have_text("parked")
    expect(desk.get_by_role("button", name="Read them again")).to_be_hidden()
    expect(desk.locator(".facts")).to_contain_text("Let be2")
    expect(page.get_by_role("button", name="Desks 1 needs somebody")).to_be_attached()
    page.keyboard.press("Escape")
    expect(page.locator("#sources")).to_be_hidden()


def test_the_board_is_asked_for_what_was_just_done_here(page: Page, program: Program) -> None:
    page.add_init_script(f"sessionStorage.setItem('sla.token', '{CHIEF}')")
    page.goto("/")
    page.get_by_role("button", name="The late one").click()
    page.locator("#acknowledge [name=by]").fill("ann")
    with (
        page.expect_response(re.compile("/acknowledge$")) as done,
        page.expect_request(re.compile("/dashboard[?].*wait_for=")) as asked,
    ):
        page.locator("#acknowledge-it").click()
    assert asked.value.url.endswith(f"wait_for={done.value.json()['position']}")


def test_alerts_are_muted_from_the_page_which_shows_what_that_has_muted(
    page: Page, program: Program
) -> None:
    page.add_init_script(f"sessionStorage.setItem('sla.token', '{CHIEF}')")
    page.goto("/")
    page.get_by_role("button", name="Silences").click()
    expect(page.locator("#silences-empty")).to_be_visible()
    page.get_by_text("Mute some alerts").click()
    expect(page.locator("#known-customer_tier option")).to_have_attribute("value", "enterprise")
    form = page.locator("#silence")
    form.get_by_label("Until").fill(f"{now() + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    form.get_by_label("Level", exact=True).fill(">=9")
    form.get_by_label("Reason").fill("tests")
    form.get_by_label("Your name").fill("ann")
    page.keyboard.press("Enter")
    refused = page.locator("#silence-refused")
    expect(refused).to_contain_text("no ticket is ever on level >=9: the highest is 3")
    form.get_by_label("Level", exact=True).fill("")
    form.get_by_label("Tier", exact=True).fill("enterprise")
    page.keyboard.press("Enter")

    one = page.locator("#silences-items > li")
    expect(one).to_contain_text("in force")
    expect(one).to_contain_text("tier enterprise")
    expect(one).to_contain_text("It has muted nothing so far")
    at = now() - timedelta(hours=72, minutes=5)
    muted = item("muted", created_at=at, updated_at=at, priority="P1", title="The muted one")
    tell(program, CHIEF, muted)
    expect(one).to_contain_text("It has muted 2 alerts of 1 ticket")
    one.get_by_text("It has muted 2 alerts").click()
    one.get_by_role("button", name="muted").first.click()
    expect(page.locator("#drawer-title")).to_have_text("The muted one")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Silences").click()
    one.get_by_text("End it", exact=True).click()
    one.get_by_role("button", name="End it now").click()
    expect(one.locator(".pill")).to_have_text("over")
    expect(one).to_contain_text("ended before its time")
    expect(one.get_by_role("button", name="End it now")).to_have_count(0)


def test_alerts_like_those_of_a_team_with_a_comma_are_muted_and_no_others(
    page: Page, program: Program
) -> None:
    tell(program, CHIEF, item("comma", team="Payments, EU", priority="P1, urgent"))
    page.add_init_script(f"sessionStorage.setItem('sla.token', '{CHIEF}')")
    page.goto("/#ticket/comma")
    page.get_by_role("button", name="Mute alerts like this").click()
    form = page.locator("#silence")
    expect(form.get_by_label("Team", exact=True)).to_have_value("Payments\\, EU")
    form.get_by_label("Severity", exact=True).fill("warning, critical")
    form.get_by_label("Reason").fill("tests")
    form.get_by_label("Your name").fill("ann")
    with page.expect_request(lambda one: one.method == "POST" and "silences" in one.url) as asked:
        page.keyboard.press("Enter")
    said: Any = asked.value.post_data_json
    assert said["matchers"] == {
        "customer_tier": ["enterprise"],
        "priority": ["P1, urgent"],
        "team": ["Payments, EU"],
        "severity": ["warning", "critical"],
    }
    suggested = "#known-priority option[value='P1\\\\, urgent']"
    expect(page.locator(suggested)).to_have_count(1)
