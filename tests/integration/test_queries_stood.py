"""Reports count a cycle where it was breached, whatever has become of its ticket since."""

from datetime import datetime
from typing import Any, get_args

import httpx

from ops.demo.extract import incidents
from projections.rebuild import rebuild
from projections.ticket_clocks import TicketClocks
from query_side.reports.attainment import Grouping
from tests.support.desk import working
from tests.support.house import get, open_house
from tests.support.items import opening, update

CONFIG = """
sla_targets:
  GOLD:
    P1: {resolution: 2h}
    P3: {resolution: 8h}
"""
HOUR = 60
ANN = {"priority": "P1", "assigned_to": "ann", "team": "Payments", "type": "incident"}
BOB = {"priority": "P3", "assigned_to": "bob", "team": "Billing", "type": "request"}


async def counted(client: httpx.AsyncClient) -> dict[tuple[Any, ...], tuple[int, int]]:
    """By priority and person: how many cycles are breached, and open."""
    asked = {"group_by": "priority,assigned_to,team,type"}
    found = await get(client, "/reports/attainment", **asked)
    for group in found["groups"]:
        page = (await client.get(group["href"])).json()
        assert page["total"] == group["breached"] + group["open"] + group["met"]
    return {
        (one["priority"], one["assigned_to"], one["team"], one["type"]): (
            one["breached"],
            one["open"],
        )
        for one in found["groups"]
    }


async def test_who_and_what_was_judged_stays_with_its_breach_and_is_so_after_a_rebuild(
    furnished_database_url: str,
) -> None:
    url = furnished_database_url
    async with working(url, CONFIG) as process:
        await process.post(*(opening(0, f"T-{number}", **ANN) for number in range(4)), when=1)
        await process.tick(3 * HOUR)
        await process.post(opening(0, "unseen", **ANN), when=9 * HOUR)
        handed = [update(9 * HOUR, name, **BOB) for name in ("T-0", "T-1", "unseen")]
        await process.post(*handed, when=9 * HOUR + 1)
        await process.post(update(1 * HOUR, "T-1", assigned_to="carl"), when=9 * HOUR + 2)
        await process.post(update(3 * HOUR, "T-2", **BOB), when=9 * HOUR + 3)  # 8 h are not over
        async with open_house(url) as house, house.client() as client:
            house.now = process.now()
            await house.runner.catch_up()
            expected = {
                ("P1", "ann", "Payments", "incident"): (3, 0),
                ("P1", "carl", "Payments", "incident"): (1, 0),
                ("P3", "bob", "Billing", "request"): (1, 0),
            }
            assert await counted(client) == expected
            before = (await get(client, "/reports/cycles", sort="external_id"))["items"]
            await rebuild(house.pool, TicketClocks(), now=lambda: house.now)
            after = (await get(client, "/reports/cycles", sort="external_id"))["items"]
            assert after == before
            assert {one["policy"] for one in after} == {1}


INCIDENTS = """
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: ["08:00-18:00"]}}
goals: {response: 95, resolution: 90}
sla_targets:
  ENTERPRISE:
    calendar: office
    P2: {response: 2h, resolution: 16h}
    P3: {response: 4h, resolution: 40h}
  PREMIUM:
    P1: {response: 30m, resolution: 8h}
    P2: {response: 2h, resolution: 16h}
  STANDARD:
    calendar: office
    P2: {response: 2h, resolution: 16h}
    P3: {response: 4h, resolution: 40h}
"""


def with_more(item: dict[str, Any]) -> dict[str, Any]:
    """An incident also says of which type it is, and the team of whoever has it."""
    more: dict[str, Any] = {"type": item["title"].split(" / ")[0]}
    if (person := item.get("assigned_to")) is not None:
        more["team"] = f"Team {int(person.split()[-1]) % 7}"
    return {**item, **more}


async def test_every_group_of_the_incidents_that_ship_leads_to_exactly_its_rows(
    furnished_database_url: str,
) -> None:
    url = furnished_database_url
    items = [with_more(one) for one in incidents()]
    newest = max(datetime.fromisoformat(one["updated_at"]) for one in items)
    async with working(url, INCIDENTS) as process:
        result = await process.post(*items, when=newest)
        assert {one.outcome for one in result} == {"accepted"}
        async with open_house(url) as house, house.client() as client:
            house.now, house.policy = process.now(), process.book.current
            await house.runner.catch_up()
            period = {"from": "2016-01-01T00:00:00Z", "time_zone": "Europe/Berlin"}
            groups = breached = 0
            for name in (*get_args(Grouping), "assigned_to,team,clock", "week,priority,type"):
                asked = {**period, "group_by": name}
                found = await get(client, "/reports/attainment", **asked)
                for group in [*found["groups"], found["total"]]:
                    counts = [group[one] for one in ("met", "breached", "open", "cancelled")]
                    answer = await client.get(group["href"])
                    assert answer.status_code == 200, (name, group, answer.text)
                    assert answer.json()["total"] == sum(counts), (name, group)
                groups += len(found["groups"])
                breached = found["total"]["breached"]
            assert breached > 5
            assert groups > 100
