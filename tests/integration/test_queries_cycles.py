"""Reports over cycles lead to the very rows that they count, in every form."""

import io
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, get_args

import httpx
import pytest
from python_calamine import CalamineWorkbook

from query_side import time_zones
from query_side.reports.attainment import Grouping
from query_side.reports.then import UNKNOWN_THERE
from tests.support.house import House, get
from tests.support.recorded import NINE, at, cycle, observed, opened, text

AFTER = timedelta(microseconds=1)
MET = cycle(
    state="met",
    stopped_at=text(at(40)),
    elapsed_seconds=2400.0,
    **dict.fromkeys(("due_at", "warning_at", "critical_at", "breached_at", "overdue_from")),
)
OPEN = cycle(clock="response", due_at=text(at(600)), overdue_from=text(at(600) + AFTER))
MISSED = cycle(overdue_from=text(at(60) + AFTER))
SPAM = {**MET, "state": "cancelled"}
GROUPINGS = get_args(Grouping)


async def some(house: House) -> None:
    """Cycles of all outcomes, of somebody whose name has a comma, and of nobody."""
    for number, (person, cycles) in enumerate(
        [
            ("Doe, John", [MET, OPEN]),
            ("doe, john", [MISSED]),
            ("Doe", [SPAM, {**OPEN, "team": "Billing"}]),
            (None, [MET]),
            ('=HYPERLINK("x")', [{**MISSED, "rule": "Outage, big", "organization": "ACME"}]),
        ]
    ):
        name = f"T-{number}"
        await house.tell(
            name,
            opened(name, said={"type": "Incident"} if number % 2 else {}, cycles=cycles),
            observed(at(1), {}, {"assigned_to": person}, cycles=cycles),
        )
    house.now = at(90)


async def rows(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    answer = await client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_address_of_a_group_leads_to_its_rows_and_no_others(
    house: House, client: httpx.AsyncClient
) -> None:
    await some(house)
    for name in GROUPINGS:
        found = await get(client, "/reports/attainment", group_by=name)
        for group in [*found["groups"], found["total"]]:
            counts = {one: group[one] for one in ("met", "breached", "open", "cancelled")}
            page = await rows(client, group["href"])
            assert page["total"] == sum(counts.values())
            outcomes = [one["outcome"] for one in page["items"]]
            assert {one: outcomes.count(one) for one in counts} == counts
        assert found["total"]["open"] == 2


async def test_a_group_of_several_names_under_filters_leads_to_its_rows(
    house: House, client: httpx.AsyncClient
) -> None:
    await some(house)
    asked = {"assigned_to": "doe", "unassigned": "true", "group_by": "assigned_to,clock,week"}
    found = await get(client, "/reports/attainment", **asked)
    told = [(one["assigned_to"], one["clock"], one["week"]) for one in found["groups"]]
    assert told == [
        ("Doe", "resolution", "2026-W02"),
        ("Doe", "response", "2026-W02"),
        (None, "resolution", "2026-W02"),
    ]
    for group in found["groups"]:
        assert (await rows(client, group["href"]))["total"] == 1


async def test_a_group_of_what_a_text_with_a_comma_finds_leads_to_its_rows(
    house: House, client: httpx.AsyncClient
) -> None:
    await some(house)
    found = await get(client, "/reports/attainment", q="Doe, John", group_by="assigned_to")
    [group] = found["groups"]
    assert (group["met"], group["open"], group["breached"]) == (1, 1, 1)
    assert (await rows(client, group["href"]))["total"] == 3
    assert (await rows(client, found["total"]["href"]))["total"] == 3


async def test_a_time_zone_that_the_database_does_not_know_is_refused(
    house: House, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def newer(name: str) -> SimpleNamespace:
        return SimpleNamespace(key=name)

    # As where PostgreSQL is older than the zones of its machine.
    monkeypatch.setattr(time_zones, "ZoneInfo", newer)
    await some(house)
    for path, asked in (
        ("/reports/cycles", {"weekday": 1}),
        ("/reports/attainment", {"group_by": "hour"}),
        ("/reports/worst", {"hour": 9}),
    ):
        answer = await client.get(path, params={**asked, "time_zone": "Mars/Olympus"})
        assert answer.status_code == 422, answer.text
        [wrong] = answer.json()["detail"]
        assert (wrong["loc"], wrong["msg"]) == (["query", "time_zone"], UNKNOWN_THERE)


async def test_the_rows_of_a_week_are_of_that_week_alone(
    house: House, client: httpx.AsyncClient
) -> None:
    await some(house)
    later = {**MET, "stopped_at": text(at(8 * 24 * 60))}
    await house.tell("later", opened("later", cycles=[later]))
    house.now = at(9 * 24 * 60)
    found = await get(client, "/reports/attainment", group_by="week", clock="resolution")
    assert [(one["week"], one["met"]) for one in found["groups"]] == [
        ("2026-W02", 2),
        ("2026-W03", 1),
    ]
    [row] = (await rows(client, found["groups"][-1]["href"]))["items"]
    assert row["external_id"] == "later"


async def test_a_row_says_what_it_counts_as_and_where_its_ticket_is_explained(
    house: House, client: httpx.AsyncClient
) -> None:
    await some(house)
    found = await get(client, "/reports/cycles", sort="at", outcome="breached", size=1, page=2)
    assert (found["total"], found["page"], found["size"]) == (2, 2, 1)
    [row] = found["items"]
    assert (row["external_id"], row["outcome"], row["state"]) == ("T-4", "breached", "running")
    assert row["at"] == row["breached_at"] == text(at(60))
    assert row["rule"] == "Outage, big"
    assert row["href"] == f"/tickets/{row['ticket_id']}/timeline"
    still = await get(client, "/reports/cycles", outcome="open")
    assert {(one["breached_at"], one["at"]) for one in still["items"]} == {(None, text(NINE))}


async def test_a_file_has_all_rows_and_no_formula(house: House, client: httpx.AsyncClient) -> None:
    await some(house)
    asked = {"sort": "external_id", "size": 1, "time_zone": "Europe/Berlin"}

    answer = await client.get("/reports/cycles", params={**asked, "format": "csv"})
    lines = answer.text.splitlines()
    assert len(lines) == 1 + 7
    assert lines[0].startswith("ticket_id,external_id,source,clock,cycle,rule,team,type,tier,")
    assert "\"'=HYPERLINK" in lines[-1]
    assert "2026-01-05T10:00:00Z" in lines[-1]

    answer = await client.get("/reports/cycles", params={**asked, "format": "xlsx"})
    assert 'filename="cycles-20251206-20260105.xlsx"' in answer.headers["content-disposition"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    names, *cells = book.to_python()
    assert len(cells) == 7
    last = dict(zip(names, cells[-1], strict=True))
    assert last["assigned_to"] == '=HYPERLINK("x")'
    assert str(last["breached_at"]) == "2026-01-05 11:00:00"
    assert last["target_seconds"] == 3600.0

    answer = await client.get(
        "/reports/attainment", params={"group_by": "assigned_to", "format": "xlsx"}
    )
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    assert '=HYPERLINK("x")' in [one[0] for one in book.to_python()]


async def test_days_begin_where_the_time_zone_says(house: House, client: httpx.AsyncClient) -> None:
    late = {**MET, "stopped_at": text(at(15 * 60 - 30))}  # 00:30 in Berlin
    await house.tell("T-1", opened("T-1", cycles=[late]))
    house.now = at(48 * 60)
    for zone, day in (("UTC", "2026-01-05"), ("Europe/Berlin", "2026-01-06")):
        asked = {"group_by": "day,month", "time_zone": zone}
        found = await get(client, "/reports/attainment", **asked)
        assert [(one["day"], one["month"]) for one in found["groups"]] == [(day, "2026-01")]
        page = await rows(client, found["groups"][0]["href"])
        assert page["total"] == 1
    answer = await client.get("/reports/attainment", params={"time_zone": "Europe/Belin"})
    assert "did you mean 'Europe/Berlin'?" in answer.text


async def test_hours_and_weekdays_are_those_of_the_time_zone(
    house: House, client: httpx.AsyncClient
) -> None:
    await some(house)
    asked = {"group_by": "weekday,hour", "time_zone": "Pacific/Kiritimati"}
    found = await get(client, "/reports/attainment", **asked)
    told = [(one["weekday"], one["hour"], one["breached"], one["met"]) for one in found["groups"]]
    assert told == [(1, 23, 0, 2), (2, 0, 2, 0)]
    late = await get(client, "/reports/cycles", weekday="2,3", time_zone=asked["time_zone"])
    assert {one["external_id"] for one in late["items"]} == {"T-1", "T-4"}
    for wrong in ({"hour": 24}, {"weekday": 0}, {"policy": 2**31}, {"policy": -(10**16)}):
        assert (await client.get("/reports/cycles", params=wrong)).status_code == 422
