"""The page in a real browser: one service and one browser for all of it."""

import re
from collections.abc import Generator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ops.wiring import now
from tests.support.browser import Start, cut_off, tab, tell, visitor
from tests.support.clients import item
from tests.support.service import Program, until

CONFIG = """
rules:
  - name: Payments outage
    when: {team: payments}
    any: {resolution: 1h}
  - name: Nothing for the sandbox
    when: {source: sandbox}
    any: none
sla_targets:
  ENTERPRISE:
    P0: {response: 30m, resolution: 3h}
    P1: {response: 2h, resolution: 72h}
"""
CHIEF, READER = "chief/of=the(desk)", "reader"
"""The first has signs that a WebSocket's subprotocol may not hold as they are."""
LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
"""As when somebody comes back to the tab: the page refreshes at once."""
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="module")
def program(start: Start) -> Generator[Program]:
    with start(CONFIG, f"{CHIEF}:admin {READER}:read") as program:
        tell(program, CHIEF, *tickets())
        yield program


def tickets() -> list[dict[str, Any]]:
    """One that can be saved though its response is late, one that is waited for, one that nobody
    can save any more, and one that was closed too late."""

    def opened(name: str, hours: float, **facts: Any) -> dict[str, Any]:
        at = now() - timedelta(hours=hours)
        return item(name, created_at=at, updated_at=at, title=f"The {name} one", **facts)

    earlier = {"updated_at": now() - timedelta(hours=1)}
    closed = item("closed", "resolved", resolution_due_at=now() - timedelta(hours=2), **earlier)
    return [
        opened("soon", 2.6, assigned_to="Doe, Ann"),
        opened("later", 0.5, priority="P1"),
        opened("missed", 5, assigned_to="bob", team="Billing", organization="Acme & Sons"),
        opened("closed", 6),
        closed,
    ]


@pytest.fixture
def context(browser: Browser, program: Program) -> Generator[BrowserContext]:
    with visitor(browser, program) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, program: Program) -> Generator[Page]:
    """A tab of somebody who may do everything."""
    with tab(context, program, CHIEF, expected="404|ERR_FAILED") as page:
        page.add_init_script(SHIFTS)
        yield page


def shown(page: Page) -> list[str]:
    """The tickets on the board, in their order."""
    expect(page.locator("#page")).to_contain_text("Page")
    return page.locator("#rows strong").all_inner_texts()


def test_a_link_in_a_message_asks_for_the_token_and_then_shows_its_ticket(
    context: BrowserContext,
) -> None:
    page = context.new_page()
    page.goto("/#ticket/soon")
    asking, token = page.locator("#sign-in"), page.locator("#sign-in input[name=token]")
    expect(asking).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(asking).to_be_visible()
    for given, answer in (("wrong", "does not know"), ("\u2713", "a character that none has")):
        token.fill(given)
        page.keyboard.press("Enter")
        expect(page.locator("#sign-in-refused")).to_contain_text(answer)

    token.fill(CHIEF)
    page.keyboard.press("Enter")

    expect(asking).to_be_hidden()
    expect(page.locator("#drawer-title")).to_have_text("The soon one")
    assert page.url.endswith("/#ticket/soon")
    expect(page.locator("#link")).to_have_text("Live")

    another = context.new_page()  # for this session, all tabs have it
    another.goto("/#ticket/later")
    expect(another.locator("#drawer-title")).to_have_text("The later one")
    assert another.evaluate("localStorage.getItem('sla.token')") is None

    another.keyboard.press("Escape")
    another.click("#sign-out")
    for one in (page, another):
        expect(one.locator("#sign-in")).to_be_visible()


def test_a_token_is_kept_on_the_device_where_somebody_wants_it(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    page.fill("#sign-in input[name=token]", READER)
    page.check("#sign-in input[name=remember]")
    page.keyboard.press("Enter")
    assert shown(page)
    page.close()

    page = context.new_page()
    page.goto("/#ticket/soon")

    expect(page.locator("#drawer-title")).to_have_text("The soon one")
    page.fill("#acknowledge input[name=by]", "ann")
    page.click("#acknowledge button[type=submit]")
    refused = page.locator("#acknowledge-refused")
    expect(refused).to_contain_text("Your token may read, but not acknowledge.")
    refused.get_by_role("button", name="Use another token").click()
    expect(page.locator("#sign-in")).to_be_visible()
    page.keyboard.press("Escape")  # they may keep the one that they have
    expect(page.locator("#sign-in")).to_be_hidden()
    expect(page.locator("#drawer-title")).to_have_text("The soon one")


def test_the_board_shows_what_can_be_saved_first_and_nothing_that_is_closed(page: Page) -> None:
    page.goto("/")

    assert shown(page) == ["soon", "later", "missed"]
    first = page.locator("#rows tr").first
    expect(first.locator("td.due")).to_contain_text("Resolution")
    expect(first.locator("td.due .over")).to_have_text(
        re.compile(r"^also 2 h \d\d min over$")  # from 06 on, as long as the tests take
    )
    expect(page.locator("#count")).to_have_text("3 open tickets")
    expect(page.locator("#sources-open")).to_be_hidden()  # no desk is connected
    expect(page.locator(".tile[data-state=breached] .tile-number")).to_have_text("2")
    chips = page.locator("#due button b")
    expect(chips.nth(0)).to_have_text("1")
    expect(chips.nth(1)).to_have_text("2")

    page.get_by_role("button", name="Due in 1 h").click()
    expect(page.locator("#rows tr")).to_have_count(1)
    assert page.url.endswith("/?due=1h")
    page.go_back()
    expect(page.locator("#rows tr")).to_have_count(3)
    page.select_option("select[name=phase]", "all")
    expect(page.locator("#rows tr")).to_have_count(4)


def test_a_list_of_names_filters_by_those_that_are_chosen(page: Page) -> None:
    page.goto("/")
    assert shown(page)

    people = page.locator("[data-list=assigned_to]")
    people.locator("summary").click()
    names = people.locator("li")
    expect(names).to_have_text(["nobody1", "bob1", "Doe, Ann1"])
    names.filter(has_text="Ann").locator("input").check()
    expect(page.locator("#rows tr")).to_have_count(1)
    names.filter(has_text="nobody").locator("input").check()
    expect(page.locator("#rows tr")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(people.locator(".choices")).to_be_hidden()

    page.reload()
    assert shown(page) == ["soon", "later"]
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#rows tr")).to_have_count(3)


@pytest.mark.parametrize(
    ("address", "question"), [("/", "/dashboard"), ("/views/forecast", "/forecast")]
)
def test_a_name_with_a_comma_is_asked_for_as_one(page: Page, address: str, question: str) -> None:
    with page.expect_request(lambda one: urlsplit(one.url).path == question) as asked:
        page.goto(f"{address}?assigned_to=Doe,+Ann")
    assert parse_qs(urlsplit(asked.value.url).query)["assigned_to"] == [r"Doe\, Ann"]


def test_what_only_some_sources_say_is_a_list_where_any_says_it(page: Page) -> None:
    page.goto("/")
    teams = page.locator("[data-list=team]")
    teams.locator("summary").click()
    teams.locator("li", has_text="Billing").locator("input").check()
    expect(page.locator("#rows strong")).to_have_text(["missed"])
    expect(page.locator("#rows tr")).to_contain_text("Billing")
    expect(page.locator("[data-list=rule]")).to_be_hidden()
    page.goto("/#ticket/missed")
    expect(page.locator("#drawer-body .facts")).to_contain_text("Billing")


def test_the_address_holds_the_customer_that_is_looked_at(page: Page) -> None:
    page.goto("/")
    customers = page.locator("[data-list=organization]")
    customers.locator("summary").click()
    customers.locator("input[type=checkbox]").check()
    expect(page.locator("#rows strong")).to_have_text(["missed"])
    expect(page).to_have_url(re.compile(r"/\?organization=Acme\+%26\+Sons$"))
    page.reload()
    assert shown(page) == ["missed"]
    expect(customers.locator(".chosen")).to_have_text("Acme & Sons")


def test_a_refresh_changes_what_changed_and_leaves_the_rest_in_place(
    page: Page, program: Program
) -> None:
    page.goto("/?sort=external_id")
    assert shown(page) == ["later", "missed", "soon"]
    page.wait_for_load_state("networkidle")  # what comes with the filters' counts is no refresh
    page.evaluate(
        """() => {
          window.row = document.querySelector("#rows tr:nth-child(2)");
          getSelection().selectAllChildren(row.querySelector("strong"));
          window.before = shifted;
        }"""
    )

    changed = item("missed", "in progress", updated_at=now(), assigned_to="carol")
    begun = now() - timedelta(hours=2.75)
    tell(program, CHIEF, changed, item("another", created_at=begun, updated_at=begun))
    page.evaluate(LOOK_AGAIN)

    expect(page.locator("#rows tr")).to_have_count(4)
    expect(page.locator("#feed li").first).to_contain_text("another")
    expect(page.locator("#rows tr").nth(2)).to_contain_text("carol")
    assert page.evaluate("row === document.querySelector('#rows tr:nth-child(3)')")
    assert page.evaluate("String(getSelection())") == "missed"
    # They glide there, which no browser counts as a shift, and then are where they belong.
    page.evaluate(
        "Promise.allSettled(document.getAnimations().map(({ finished }) => finished))"
        ".then(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))))"
    )
    assert page.evaluate("shifted - before") < 0.001
    tell(program, CHIEF, item("another", "resolved", updated_at=now()))
    page.evaluate(LOOK_AGAIN)
    expect(page.locator("#rows tr")).to_have_count(3)
    assert page.evaluate("row === document.querySelector('#rows tr:nth-child(2)')")
    assert page.evaluate("String(getSelection())") == "missed"


@pytest.mark.parametrize(
    "address",
    [
        "/?page=9999",
        "/?page=x&sort=size&phase=none&due=never&sla_state=odd",
        "/?priority=P0,P1&q=" + "e" * 300,
        "/#/ticket/%E0%A4%A",
        "/#ticket/%",
    ],
)
def test_no_address_ends_the_page(page: Page, address: str) -> None:
    page.goto(address)

    expect(page.locator("#page")).to_have_text("Page 1 of 1")
    expect(page.locator("#link")).to_have_text("Live")
    if "#" in address:
        expect(page.locator("#drawer-body")).to_contain_text("no ticket")


def test_a_ticket_tells_its_story_in_the_time_zone_of_whoever_reads_it(
    browser: Browser, program: Program
) -> None:
    context = browser.new_context(base_url=program.url, timezone_id="Asia/Kolkata")
    page = context.new_page()
    page.add_init_script(f"sessionStorage.setItem('sla.token', '{READER}')")
    page.goto("/#ticket/closed")
    page.get_by_text("What happened, and why").click()

    told = page.locator("#drawer-body [data-kind]").all_inner_texts()

    answer = httpx.get(
        f"{program.url}/tickets/closed/timeline",
        params={"tz": "Asia/Kolkata"},
        headers={"Authorization": f"Bearer {CHIEF}"},
    ).json()
    assert sorted(told) == sorted(entry["explanation"] for entry in answer["entries"])
    late = page.locator("li[data-state=breached]:has([data-kind=clock_stopped_late])")
    expect(late).to_contain_text("stopped too late: the status changed from open to resolved")
    expect(page.locator("#drawer-body")).to_contain_text("by the ticket's own date")
    context.close()


def test_a_ticket_tells_why_it_is_promised_what_it_is(page: Page) -> None:
    page.goto("/#ticket/soon")
    why = page.locator("#drawer-body .promise")
    why.get_by_text("Why this promise?").click()

    expect(why.locator("li")).to_have_text(
        [
            "Payments outage: it has no team, and the rule asks for payments",
            "Nothing for the sandbox: source is default, not sandbox",
            "enterprise: customer tier is enterprise, and no rule before it matches",
        ]
    )
    expect(why).to_contain_text("Customer tier enterprise is promised at priority P0: response")
    page.evaluate(LOOK_AGAIN)  # a refresh leaves it open
    expect(why.locator("li[data-matched=true]")).to_be_visible()


def test_the_page_works_where_the_browser_keeps_nothing(context: BrowserContext) -> None:
    page = context.new_page()
    refused = "{ get() { throw new DOMException('no', 'SecurityError') } }"
    for name in ("localStorage", "sessionStorage"):
        page.add_init_script(f"Object.defineProperty(window, '{name}', {refused})")
    page.goto("/")
    page.fill("#sign-in input[name=token]", READER)
    page.keyboard.press("Enter")

    assert shown(page)


def test_the_page_says_what_is_wrong_and_what_to_do(page: Page, program: Program) -> None:
    page.goto("/")
    assert shown(page)
    told = page.locator("#troubles")
    expect(told).to_be_hidden()
    expect(page.locator("#age")).to_contain_text("as of")
    file = program.folder / "sla_config.yaml"

    def says(words: str | None) -> bool:
        page.evaluate(LOOK_AGAIN)
        page.wait_for_timeout(200)
        return told.is_hidden() if words is None else words in told.inner_text()

    file.write_text("sla_targets: {ENTERPRISE: {P0: {resolution: 4x}}}\n")
    until(lambda: says("configuration was refused"), "the page says so")
    file.write_text(CONFIG)
    until(lambda: says(None), "the page says nothing any more")

    page.route("**/health", lambda route: route.abort())  # as where the network is gone
    until(lambda: says("does not answer"), "the page says that")
    expect(page.locator("#link")).to_have_text("Not up to date")
    page.fill("#filters input[name=q]", "no such ticket")
    expect(page.locator("#empty")).to_contain_text("says nothing: see above what is wrong")


def test_on_a_phone_nothing_is_cut_off(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    assert shown(page)
    for width in (390, 360, 320):
        assert (width, cut_off(page, width, "#rows *, .top *, .filters *")) == (width, [])


def test_on_paper_the_tickets_are_whole_and_no_buttons_are_left(page: Page) -> None:
    page.set_viewport_size({"width": 700, "height": 900})
    page.goto("/?priority=P0")
    assert shown(page)
    page.emulate_media(media="print")

    for gone in ("#filters", ".pager", "#theme", "#sign-out", ".feed"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.locator("#told")).to_contain_text("Open, P0 · 2 open tickets · page 1 of 1")
    cut = page.evaluate(
        """() => [...document.querySelectorAll("#rows td, #rows td *")]
          .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
          .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert cut == []


def test_the_pages_of_the_api_load_from_here_alone_and_run(page: Page, program: Program) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))

    page.goto("/docs")

    expect(page.locator("#swagger-ui")).to_contain_text("/dashboard/facets")
    here = (f"{program.url}/", "data:", "blob:")
    assert [url for url in asked if not url.startswith(here)] == []
    assert complaints == []
