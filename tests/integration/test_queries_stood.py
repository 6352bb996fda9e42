"""Reports count a cycle where it was breached, whatever has become of its ticket since."""

from typing import Any

import httpx

from projections.rebuild import rebuild
from projections.ticket_clocks import TicketClocks
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
