"""What people read on the page is whole, says what it means, and says it once."""

import re
from collections.abc import Generator
from datetime import datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from ops.wiring import now
from query_side import web
from tests.support.browser import CHIEF, Start, cut_off, tab, tell, visitor
from tests.support.clients import item
from tests.support.service import Program, until

CONFIG = "sla_targets: {ENTERPRISE: {P0: {response: 30m, resolution: 3h}}}"
ENDLESS = "https://desk.example.com/" + "aticketofoneword" * 5
BY = "somebody.with.a.long.name@subsidiary.example.com"


@pytest.fixture(scope="module")
def program(start: Start) -> Generator[Program]:
    """One ticket that was breached, one whose names are long, one that was done weeks ago."""
    with start(CONFIG) as program:
        before, lately = now() - timedelta(days=22), now() - timedelta(minutes=5)
        missed = now() - timedelta(minutes=31)
        said = {"assigned_to": BY, "team": "Unbreakable" * 6, "organization": "Customers" * 7}
        tell(
            program,
            CHIEF,
            item("before", created_at=before, updated_at=before),
            item("before", "resolved", updated_at=before + timedelta(days=1)),
            item("missed", created_at=missed, updated_at=missed),
            item("long", created_at=lately, updated_at=lately, **said),
            item(ENDLESS, created_at=missed, updated_at=missed, title=ENDLESS, **said),
        )
        yield program


@pytest.fixture
def page(browser: Browser, program: Program) -> Generator[Page]:
    with visitor(browser, program) as context, tab(context, program, expected="404") as page:
        yield page


BROKEN = """() => [...document.querySelectorAll("#rows .held")].filter((one) => {
  const words = document.createRange();
  words.selectNodeContents(one);
  return one.textContent === "acknowledged" && words.getClientRects().length !== 1;
}).length"""
"""How often that word stands on two lines."""


def test_a_long_name_is_put_on_lines_and_pushes_nothing_out(page: Page, program: Program) -> None:
    headers = {"Authorization": f"Bearer {CHIEF}"}
    path = f"{program.url}/tickets/long/acknowledge"
    position = httpx.post(path, json={"by": "ann"}, headers=headers).json()["position"]
    query, board = {"wait_for": position}, f"{program.url}/dashboard"
    until(lambda: httpx.get(board, params=query, headers=headers).is_success, "the board has it")
    page.goto("/?q=long")
    expect(page.locator("#rows")).to_contain_text("acknowledged")
    for width in (1440, 1024, 390, 320):
        assert (width, cut_off(page, width, "#rows *")) == (width, [])
        assert (width, page.evaluate(BROKEN)) == (width, 0)

    page.goto("/#ticket/long")
    expect(page.locator("#drawer-body .facts")).to_contain_text(BY)
    wide = "[...document.querySelectorAll('.facts dd')].filter((one) => one.scrollWidth > {})"
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(wide.format("one.clientWidth") + ".map((one) => one.outerHTML)") == []


PUSHES = """of => [...document.querySelectorAll(of)]
  .filter((one) => one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.outerHTML.slice(0, 80))"""
"""What these elements have that stands out of them."""


def test_a_snooze_that_was_a_mistake_is_made_shorter(page: Page, program: Program) -> None:
    headers = {"Authorization": f"Bearer {CHIEF}"}

    def told(what: str, **more: str) -> None:
        path = f"{program.url}/tickets/missed/{what}"
        position = httpx.post(path, json={"by": "ann", **more}, headers=headers).json()["position"]
        query = {"wait_for": position}
        assert httpx.get(f"{program.url}/dashboard", params=query, headers=headers).is_success

    told("acknowledge")
    told("snooze", until=(now() + timedelta(days=300)).isoformat())
    page.goto("/#ticket/missed")
    snoozed = page.locator("#drawer-body .facts > div", has_text="Snoozed")
    expect(snoozed).to_be_visible()
    far = snoozed.inner_text()
    form = page.locator("#acknowledge")
    expect(form.get_by_role("button")).to_have_text(["Snooze anew", "Mute alerts like this…"])
    form.get_by_label("Your name").fill("ann")
    form.get_by_label("Snooze for").select_option("for 1 min")
    form.get_by_role("button", name="Snooze anew").press("Enter")
    expect(snoozed).not_to_have_text(far, use_inner_text=True)
    ticket = httpx.get(f"{program.url}/tickets/missed", headers=headers).json()
    assert datetime.fromisoformat(ticket["snoozed_until"]) < now() + timedelta(minutes=2)


def test_an_address_for_an_id_is_put_on_lines_and_pushes_nothing_out(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#rows")).to_contain_text(ENDLESS)
    for width in (1440, 1024, 390, 320):
        assert (width, cut_off(page, width, "#rows *")) == (width, [])
        assert (width, page.evaluate(PUSHES, "#rows td.wide")) == (width, [])
    for view, place in (
        ("audit", "#found"),
        ("forecast", "#picture .legend"),
        ("attainment", "#rows"),
    ):
        page.goto(f"/views/{view}")
        expect(page.locator(place)).to_contain_text(
            "Unbreakable" if view == "forecast" else ENDLESS
        )
        for width in (1440, 390, 320):
            of = "#rows tbody th" if view == "attainment" else f"{place} *"
            assert (view, width, cut_off(page, width, of)) == (view, width, [])
    assert cut_off(page, 1440, "#rows td") == []


def test_a_level_without_a_name_of_its_own_is_not_called_by_its_number_twice(page: Page) -> None:
    page.goto("/")
    told = page.locator("#feed .feed-words").filter(has_text=re.compile("^Escalated · "))
    expect(told.first).to_be_visible()
    expect(page.locator("#feed .feed-words").filter(has_text=re.compile("^[0-9]"))).to_have_count(0)
    page.goto("/#ticket/missed")
    shown = page.locator("#drawer-body section").filter(has_text=re.compile("^Escalation"))
    expect(shown).to_have_text(re.compile("^EscalationLevel 3(?!: 3)"))


def test_a_ticket_that_there_is_not_is_said_to_be_none(page: Page) -> None:
    page.goto("/#ticket/nobody_knows_it")
    expect(page.locator("#drawer-title")).to_have_text("No such ticket")
    expect(page.locator("#drawer-body")).to_have_text("There is no ticket nobody_knows_it")
    page.goto("/views/audit?ticket=nobody_knows_it")
    expect(page.get_by_text("There is no ticket nobody_knows_it", exact=True)).to_be_visible()


def test_what_can_be_typed_against_a_trouble_stands_apart(page: Page) -> None:
    def ill(route: Route) -> None:
        answer = route.fetch()
        what = {"kind": "dead", "what": "Lost.", "remedy": "See `sla outbox status`, then ask."}
        route.fulfill(response=answer, json={**answer.json(), "troubles": [what]})

    page.route("**/health", ill)
    page.goto("/")
    expect(page.locator("#troubles code")).to_have_text("sla outbox status")
    expect(page.locator("#troubles")).to_have_text("Lost. See sla outbox status, then ask.")


WRITTEN = """
window.written = [];
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (words, x, y) {
  const wide = this.measureText(words).width;
  const left = x - { left: 0, start: 0, center: wide / 2, right: wide, end: wide }[this.textAlign];
  written.push({ words, whole: left >= 0 && left + wide <= this.canvas.width });
  write.call(this, words, x, y);
};
"""
YEARS = """async (address) => {
  const { Chart } = await import(address);
  const week = (number) => new Date(Date.UTC(2016, 1, 29 + 7 * number)).toISOString();
  const at = Array.from({ length: 560 }, (_, number) => week(number));
  written.length = 0;
  new Chart(document.querySelector("#main"), { title: "Years" }).show({
    at, step: 7 * 86400, series: [{ name: "Alerts", kind: "lines", values: at.map(() => 1) }],
  });
}"""


def test_what_is_written_below_a_picture_is_whole(page: Page) -> None:
    page.add_init_script(WRITTEN)
    for view, width in (("forecast", 1440), ("attainment", 1440), ("attainment", 390)):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/views/{view}")
        page.locator(".plot canvas").first.wait_for()
        words = page.evaluate("written.filter(({ words }) => words.trim())")
        assert [one["words"] for one in words if not one["whole"]] == []
        assert len(words) > 4


@pytest.mark.parametrize("width", [1440, 390])
def test_a_picture_of_years_says_which(page: Page, width: int) -> None:
    page.add_init_script(WRITTEN)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/views/audit")
    page.evaluate(YEARS, f"/web/{web.VERSION}/shared/chart.js")
    page.locator(".plot canvas").first.wait_for()
    words = page.evaluate("written.filter(({ words }) => /20[12][0-9]/.test(words))")
    assert len({one["words"] for one in words}) >= 2, page.evaluate("written")
    assert all(one["whole"] for one in words), words


BARS = """
window.bars = [];
const rect = Path2D.prototype.rect;
Path2D.prototype.rect = function (x, y, wide, high) {
  if (wide > 0 && wide < 200) bars.push([x, wide]); // what is wider frames them all
  rect.call(this, x, y, wide, high);
};
"""


@pytest.mark.parametrize("left", [timedelta(hours=12), timedelta(minutes=5)])
def test_the_days_to_come_are_as_wide_late_in_the_evening_as_in_the_morning(
    page: Page, left: timedelta
) -> None:
    """As wide as the shortest way from one to the next. The mouse finds each where it is."""
    ends: list[datetime] = []

    def late(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        ends.append(datetime.fromisoformat(told["buckets"][0]["until"]))
        told["buckets"][0]["from"] = (ends[-1] - left).isoformat()
        route.fulfill(response=answer, json=told)

    page.add_init_script(BARS)
    page.route(re.compile("/forecast.*[?&]hours="), late)
    page.goto("/views/forecast?by=day")
    box = page.locator(".plot canvas").first.bounding_box()
    assert box is not None
    bars: list[tuple[float, float]] = page.evaluate("bars")
    assert min(wide for _, wide in bars) > 1440 / 14 / 2
    tomorrow = sorted({x for x, _ in bars})[1]
    page.mouse.move(box["x"] + tomorrow + 3, box["y"] + 100, steps=3)
    expect(page.locator(".pointed")).to_have_text(re.compile(f"^{ends[-1]:%a}"))


DAYS = """async ([address, hours]) => {
  const { Chart } = await import(address);
  const at = hours.map((number) => new Date(Date.UTC(2026, 2, 25, number - 1)).toISOString());
  bars.length = 0;
  new Chart(document.querySelector("#main"), { title: "Days" }).show({
    at, step: 86400, words: (instant) => `day ${at.indexOf(instant)}`,
    series: [{ name: "Alerts", kind: "bars", values: at.map(() => 1) }],
  });
}"""


@pytest.mark.parametrize("fifth", [23, 25])
def test_the_mouse_is_told_of_the_day_it_is_on_after_clocks_were_changed(
    page: Page, fifth: int
) -> None:
    """One of the days has an hour less, or more, than the others."""
    page.add_init_script(BARS)
    page.goto("/views/forecast")
    begins = [24 * day + (fifth - 24) * (day > 4) for day in range(14)]
    page.evaluate(DAYS, [f"/web/{web.VERSION}/shared/chart.js", begins])
    box = page.locator(".plot canvas").first.bounding_box()
    assert box is not None
    bars: list[tuple[float, float]] = page.evaluate("bars")
    assert len(bars) == 14
    for day, (left, _) in enumerate(sorted(bars)[1:], 1):
        for beside, told in ((-1.5, day - 1), (1.5, day)):
            page.mouse.move(box["x"] + left + beside, box["y"] + 100, steps=2)
            expect(page.locator(".pointed")).to_have_text(f"day {told}: Alerts 1")


SPARE = """() => {
  const lists = document.querySelector("#lists");
  const ends = [...lists.children].map((one) => one.getBoundingClientRect().bottom);
  return lists.getBoundingClientRect().bottom - Math.max(...ends);
}"""


@pytest.mark.parametrize("view", ["", "views/forecast", "views/attainment"])
def test_on_a_phone_there_is_no_room_below_the_filters_but_for_those_that_may_come(
    page: Page, view: str
) -> None:
    """Before it is known which lists have names, all of them have their place."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.route("**/dashboard/facets*", lambda _: None)
    page.goto(f"/{view}")
    expect(page.locator("#lists [data-unknown]").first).to_be_attached()
    assert page.evaluate(SPARE) < 1


def test_without_a_whole_week_nothing_is_said_of_what_is_usual(page: Page) -> None:
    def young(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "usual_weeks": 0})

    page.goto("/views/forecast")
    expect(page.locator("#usual")).to_contain_text("the mean over the last")
    page.route("**/forecast?*", young)
    page.reload()
    expect(page.locator("#sum")).to_contain_text("no whole week yet")
    expect(page.locator("#usual")).to_be_hidden()


def test_an_auditor_is_told_that_no_ticket_is_breached(page: Page) -> None:
    def none(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "items": [], "total": 0})

    page.route("**/dashboard?*", none)
    page.goto("/views/audit")
    told = page.locator("#found-count")
    expect(told).to_have_text("no ticket is breached; type to find any other")
