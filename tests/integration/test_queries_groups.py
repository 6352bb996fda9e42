"""Who has how much: the board's tickets by team or assignee, in which states."""

from typing import Any

import httpx

from tests.support.house import House, get
from tests.support.recorded import at, observed, opened


async def desk(house: House) -> None:
    """Billing has one that is breached, Network two that are warnings; one is nobody's."""
    tickets: dict[str, tuple[str, str | None, str]] = {
        "B-1": ("breached", "ann", "Billing"),
        "B-2": ("compliant", "Ann", "billing"),
        "N-1": ("warning", "bob", "Network"),
        "N-2": ("warning", None, "Network"),
    }
    for name, (state, who, team) in tickets.items():
        alone = dict.fromkeys(("warning_at", "critical_at", "breached_at"))
        event = opened(name, said={"team": team})
        assigned = observed(at(1), {}, {"assigned_to": who}, state=state, **alone)
        await house.tell(name, event, assigned)
    house.now = at(10)


async def grouped(client: httpx.AsyncClient, **asked: Any) -> list[tuple[str | None, int, int]]:
    found = await get(client, "/dashboard/groups", **asked)
    return [(one["value"], one["total"], one["breached"]) for one in found["items"]]


async def test_those_who_need_help_come_first_and_names_ignore_case(
    house: House, client: httpx.AsyncClient
) -> None:
    await desk(house)
    assert await grouped(client) == [("Billing", 2, 1), ("Network", 2, 0)]
    found = await get(client, "/dashboard/groups", by="assigned_to", limit=2)
    assert [one["total"] for one in found["items"]] == [2, 1]
    assert (found["items"][0]["value"].lower(), found["total"]) == ("ann", 3)


async def test_groups_count_under_the_filters_but_their_own(
    house: House, client: httpx.AsyncClient
) -> None:
    await desk(house)
    assert len(await grouped(client, team="Billing")) == 2
    assert await grouped(client, by="assigned_to", team="network") == [
        (None, 1, 0),
        ("bob", 1, 0),
    ]
    assert await grouped(client, sla_state="warning") == [("Network", 2, 0)]
    assert await grouped(client, by="assigned_to", unassigned=True, team="billing") != []
    assert await grouped(client, phase="done") == []
