"""The board filtered by what is so of the clocks of tickets."""

from typing import Any

import httpx
import pytest

from query_side import filtering
from tests.support.house import House, get
from tests.support.recorded import at, cycle, opened, text
from tests.support.timelines import OFFICE, policy

NONE: dict[str, Any] = dict.fromkeys(("due_at", "breached_at", "overdue_from"))


@pytest.fixture(autouse=True, params=[filtering.FEW, 1], ids=["few", "many"])
def found_apart(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to how many are looked up by name: one finds the same tickets either way."""
    monkeypatch.setattr(filtering, "FEW", request.param)


async def listed(client: httpx.AsyncClient, **asked: Any) -> list[str]:
    """By name; the counts are of the same tickets, and so are the names to filter by."""
    found = await get(client, "/dashboard", sort="external_id", **asked)
    facets = await get(client, "/dashboard/facets", **asked)
    names = [item["external_id"] for item in found["items"]]
    assert found["total"] == sum(found["summary"].values()) == len(names)
    assert sum(one["count"] for one in facets["status"]) == len(names)
    return names


async def some_clocks(house: House) -> None:
    """At 9:50, ten minutes before the resolutions are due."""
    await house.tell("answered late", opened("answered late", cycles=[answered(at(20)), cycle()]))
    await house.tell("in time", opened("in time", cycles=[answered(None), cycle()]))
    spam = cycle(state="cancelled", due_at=None, stopped_at=text(at(30)), overdue_from=text(at(9)))
    await house.tell("spam", opened("spam", cycles=[spam]))
    rests = cycle(state="paused", elapsed_seconds=3000.0, **NONE)
    await house.tell("paused", opened("paused", cycles=[rests]))
    overdue = cycle(clock="Update", due_at=text(at(15)), overdue_from=text(at(15)))
    await house.tell("overdue", opened("overdue", cycles=[overdue]))
    house.now = at(50)


def answered(overdue_from: Any) -> dict[str, Any]:
    state = "met" if overdue_from is None else "breached"
    late = text(overdue_from)
    return cycle(
        clock="response",
        state=state,
        stopped_at=text(at(25)),
        due_at=None,
        breached_at=late,
        overdue_from=late,
    )


async def test_tickets_can_be_asked_for_by_what_was_ever_breached_of_them(
    house: House, client: httpx.AsyncClient
) -> None:
    await some_clocks(house)

    assert await listed(client, ever_breached=True) == ["answered late", "overdue"]
    assert await listed(client, ever_breached=False) == ["in time", "paused", "spam"]
    assert await listed(client, ever_breached=True, clock="RESPONSE") == ["answered late"]
    assert await listed(client, ever_breached=False, clock="response") == ["in time"]
    assert await listed(client, ever_breached=True, q="over") == ["overdue"]
    assert await listed(client, ever_breached=True, q="in time") == []


async def test_tickets_can_be_asked_for_by_their_clocks(
    house: House, client: httpx.AsyncClient
) -> None:
    await some_clocks(house)

    assert await listed(client, clock="response") == ["answered late", "in time"]
    assert await listed(client, clock="update,response") == ["answered late", "in time", "overdue"]
    assert await listed(client, clock="assignment") == []


async def test_tickets_can_be_asked_for_by_whether_a_clock_runs(
    house: House, client: httpx.AsyncClient
) -> None:
    await some_clocks(house)

    assert await listed(client, running=True) == ["answered late", "in time", "overdue"]
    assert await listed(client, running=False) == ["paused", "spam"]
    assert await listed(client, running=True, clock="response") == []
    both = await listed(client, running=True, ever_breached=True)
    assert both == ["overdue"]  # of one clock both is true


async def test_tickets_can_be_asked_for_by_how_little_is_left_to_a_clock(
    house: House, client: httpx.AsyncClient
) -> None:
    await some_clocks(house)
    everything = ["answered late", "in time", "overdue", "paused"]

    assert await listed(client, remaining_less_than_seconds=600) == ["overdue"]
    assert await listed(client, remaining_less_than_seconds=600.000001) == everything
    assert await listed(client, remaining_less_than_seconds=601, running=True) == [
        "answered late",
        "in time",
        "overdue",
    ]
    saved = {"remaining_less_than_seconds": 601, "ever_breached": False}
    assert await listed(client, **saved) == ["in time", "paused"]
    assert await listed(client, remaining_less_than_seconds=0) == ["overdue"]


async def test_what_is_left_to_a_clock_is_its_own_time(
    house: House, client: httpx.AsyncClient
) -> None:
    house.policy = policy({"resolution": "1h"}, calendar=OFFICE)
    tomorrow = {"due_at": text(at(24 * 60 + 30)), "overdue_from": text(at(24 * 60 + 30))}
    await house.tell("by hours", opened("by hours", cycles=[cycle(**tomorrow, calendar="office")]))
    await house.tell("always", opened("always", cycles=[cycle(**tomorrow)]))
    house.now = at(8 * 60)  # the office closes

    assert await listed(client, remaining_less_than_seconds=1800) == []
    assert await listed(client, remaining_less_than_seconds=1801) == ["by hours"]
    assert await listed(client, remaining_less_than_seconds=16.5 * 3600 + 1) == [
        "always",
        "by hours",
    ]
