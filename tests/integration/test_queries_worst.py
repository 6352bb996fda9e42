"""Who missed most, with the way to the rows and the timelines."""

import csv
import io
from typing import Any

import httpx

from tests.support.house import House, get
from tests.support.recorded import at, cycle, opened, text


def late(start: float, until: float | None, **more: Any) -> dict[str, Any]:
    """A deadline that was missed then; it ended, or goes on."""
    ended = None if until is None else text(at(until))
    return cycle(
        state="running" if until is None else "breached",
        due_at=text(at(start)) if until is None else None,
        breached_at=text(at(start)),
        overdue_from=text(at(start)),
        stopped_at=ended,
        **more,
    )


MET = cycle(
    clock="response",
    state="met",
    stopped_at=text(at(9)),
    due_at=None,
    breached_at=None,
    overdue_from=None,
    team="Front",
)


async def some(house: House) -> None:
    """At 11:40: T-1 was late twice, for 30 minutes in all, T-2 goes on for 70, T-3 kept all."""
    both = [late(10, 30, clock="response", team="Front"), late(60, 70, team="front")]
    await house.tell("T-1", opened("T-1", cycles=both))
    await house.tell("T-2", opened("T-2", cycles=[late(90, None, team="Back"), MET]))
    await house.tell("T-3", opened("T-3", cycles=[MET]))
    house.now = at(160)


async def test_tickets_that_were_late_for_longest_come_first(
    house: House, client: httpx.AsyncClient
) -> None:
    await some(house)

    found = await get(client, "/reports/worst")

    told = [(one["name"], one["breached"], one["late_seconds"]) for one in found["items"]]
    assert told == [("T-2", 1, 4200.0), ("T-1", 2, 1800.0)]
    assert (found["by"], found["total"]) == ("ticket", 2)
    first, second = found["items"]
    assert (first["still_open"], first["decided"], first["attainment_percent"]) == (1, 2, 50.0)
    latest = second["worst"]
    assert (latest["clock"], latest["late_seconds"]) == ("response", 1200.0)
    assert latest["href"] == f"/tickets/{second['ticket_id']}/timeline"
    rows = (await client.get(second["href"])).json()
    assert [one["external_id"] for one in rows["items"]] == ["T-1", "T-1"]
    assert {one["outcome"] for one in rows["items"]} == {"breached"}


async def test_teams_are_told_apart_without_regard_to_case_and_sorted_as_asked(
    house: House, client: httpx.AsyncClient
) -> None:
    await some(house)

    async def named(**asked: Any) -> list[tuple[str, int, int]]:
        found = await get(client, "/reports/worst", by="team", **asked)
        for one in found["items"]:
            rows = (await client.get(one["href"])).json()
            assert rows["total"] == one["breached"]
        return [(one["name"], one["breached"], one["tickets"]) for one in found["items"]]

    assert await named() == [("Back", 1, 1), ("Front", 2, 1)]
    assert await named(sort="breached") == [("Front", 2, 1), ("Back", 1, 1)]
    assert await named(sort="attainment_percent", limit=1) == [("Back", 1, 1)]
    assert await named(clock="response") == [("Front", 1, 1)]


async def test_the_worst_are_a_table_too(house: House, client: httpx.AsyncClient) -> None:
    await some(house)

    answer = await client.get("/reports/worst", params={"by": "clock", "format": "csv"})

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["name"], row["breached"], row["worst_external_id"]) for row in rows] == [
        ("resolution", "2", "T-2"),
        ("response", "1", "T-1"),
    ]
