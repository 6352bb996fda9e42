"""What `/health` says of the calendars of who is on call."""

import httpx
from psycopg.types.json import Jsonb

from tests.support.house import House, get
from tests.support.recorded import at


async def test_health_says_which_calendars_are_out_of_date_and_have_gaps(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.runner.catch_up()
    house.now = at(25 * 60)
    for name, read_at, error, gaps in (
        ("fresh", at(24 * 60), "CAL_URL answers 503", []),
        ("holed", at(2 * 60), None, [{"start": 1, "end": 2}]),
        ("never", None, "CAL_URL is not set", []),
        ("new", None, None, []),
        ("old", at(59), "CAL_URL answers 410", []),
    ):
        await house.conn.execute(
            "INSERT INTO on_call_calendars (rotation, tried_at, tried_by, read_at, error, gaps)"
            " VALUES (%s, now(), 'me', %s, %s, %s)",
            (name, read_at, error, Jsonb(gaps)),
        )
    await house.conn.commit()

    found = await get(client, "/health")

    stale = {one["name"]: (one["stale"], one["gaps"]) for one in found["on_call"]}
    assert stale == {
        "fresh": (False, 0),
        "holed": (False, 1),
        "never": (True, 0),
        "new": (False, 0),
        "old": (True, 0),
    }
    kinds = [one["kind"] for one in found["troubles"]]
    assert (found["status"], kinds[-3:]) == ("degraded", ["on_call", "on_call", "uncovered"])
    await house.conn.execute("DELETE FROM on_call_calendars WHERE rotation IN ('never', 'old')")
    await house.conn.commit()
    house.last_tick_at = house.now
    found = await get(client, "/health")
    assert "on_call" not in [one["kind"] for one in found["troubles"]]
