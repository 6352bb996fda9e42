"""Deadlines to come as a picture: by hour and team, against what is usually done."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.house import House, get
from tests.support.recorded import at, cycle, opened, text

AFTER = timedelta(microseconds=1)
WEEK = 7 * 24 * 60
NONE = dict.fromkeys(("due_at", "warning_at", "critical_at", "breached_at", "overdue_from"))


def due(minutes: float, clock: str = "resolution", **facts: Any) -> dict[str, Any]:
    """A clock that runs and will be breached then."""
    when = text(at(minutes) + AFTER)
    return cycle(clock=clock, due_at=text(at(minutes)), overdue_from=when, **facts)


def ended(minutes: float, state: str = "met", team: str | None = None) -> dict[str, Any]:
    """One that was stopped then, by a team."""
    return cycle(state=state, team=team, stopped_at=text(at(minutes)), elapsed_seconds=60.0, **NONE)


BILLING = {"team": "Billing"}


async def filled(house: House) -> None:
    """The time is 09:10; `at` counts minutes from 09:00."""
    for week in (1, 2):
        for number, state in enumerate(("met", "breached", "cancelled")):
            name, over = f"old-{week}-{number}", [ended(70 - week * WEEK, state, "billing")]
            await house.tell(name, opened(name, cycles=over, said={"team": "Network"}))
    older = [ended(-2 * WEEK - 180)]
    await house.tell("older", opened("older", cycles=older, priority="P3"))
    running: dict[str, dict[str, Any]] = {
        "soon": {"cycles": [due(30), due(75, "response")], "said": BILLING},
        "later": {"cycles": [due(80)], "said": {"team": "billing"}},
        "other": {"cycles": [due(119)], "priority": "P2"},
        "paused": {"cycles": [due(100, state="paused", resumes_at=text(at(40)))]},
    }
    for name, facts in running.items():
        await house.tell(name, opened(name, **facts))
    house.now = at(10)


async def test_deadlines_are_counted_by_hour_and_team_against_what_is_usual(
    house: House, client: httpx.AsyncClient
) -> None:
    await filled(house)

    found = await get(client, "/forecast", hours=3, by="hour", weeks=2)

    assert [(one["from"], one["until"], one["count"]) for one in found["buckets"]] == [
        (text(at(10)), text(at(60)), 1),
        (text(at(60)), text(at(120)), 4),
        (text(at(120)), text(at(180)), 0),
    ]
    shares = {one["team"]: one["count"] for one in found["buckets"][1]["teams"]}
    assert shares == {None: 2, found["teams"][0]["team"]: 2}
    assert [one["usual"] for one in found["buckets"]] == [0.0, 2.0, 0.0]
    assert [(one["team"].lower(), one["count"], one["usual"]) for one in found["teams"][:1]] == [
        ("billing", 3, 2.0)
    ]
    assert found["usual_weeks"] == 2
    assert (await get(client, "/forecast", hours=3))["buckets"] == []
    by_day = await get(client, "/forecast", hours=15, by="day", time_zone="Europe/Berlin")
    assert [one["count"] for one in by_day["buckets"]] == [5]


async def test_the_filters_are_the_boards_and_what_is_usual_is_of_the_same_people(
    house: House, client: httpx.AsyncClient
) -> None:
    await filled(house)

    async def counted(**asked: Any) -> list[tuple[int, float | None]]:
        found = await get(client, "/forecast", hours=2, by="hour", weeks=2, **asked)
        return [(one["count"], one["usual"]) for one in found["buckets"]]

    assert await counted(team="BILLING", phase="waiting") == [(1, 0.0), (2, 2.0)]
    assert await counted(priority="P2") == [(0, 0.0), (1, 0.0)]
    assert await counted(assigned_to="john.doe") == [(1, 0.0), (4, 2.0)]
    assert await counted(unassigned=True) == [(0, 0.0), (0, 0.0)]
    assert await counted(clock="response") == [(0, 0.0), (1, 0.0)]
    found = await get(client, "/forecast", hours=2, team="billing")
    assert [one["team"] for one in found["items"]] == ["Billing", "Billing", "billing"]


async def test_without_a_whole_week_nothing_is_usual(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("soon", opened("soon", cycles=[due(30)]))
    house.now = at(10)
    found = await get(client, "/forecast", hours=1, by="hour")
    assert [(one["count"], one["usual"]) for one in found["buckets"]] == [(1, None)]
    assert (found["usual_weeks"], found["teams"][0]["usual"]) == (0, None)


async def test_the_board_lists_what_the_picture_counts(
    house: House, client: httpx.AsyncClient
) -> None:
    await filled(house)

    async def listed(**asked: Any) -> set[str]:
        found = await get(client, "/dashboard", **asked)
        return {one["external_id"] for one in found["items"]}

    hour = {"due_from": text(at(60)), "due_before": text(at(120))}
    assert await listed(**hour) == {"soon", "later", "other", "paused"}
    assert await listed(due_before=text(at(60))) == {"soon"}
    assert await listed(due_from=text(at(100))) == {"other", "paused"}
    assert await listed(**hour, due_within_seconds=60 * 69) == {"soon"}
    assert await listed(due_before=text(at(30) + AFTER)) == set()


@pytest.mark.parametrize("asked", [{"hours": 745, "by": "hour"}, {"by": "week"}, {"weeks": 0}])
async def test_what_cannot_be_drawn_is_refused(
    client: httpx.AsyncClient, asked: dict[str, Any]
) -> None:
    assert (await client.get("/forecast", params=asked)).status_code == 422
