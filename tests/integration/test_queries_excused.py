"""Reports and lists of excused time, beside the figures that had counted it."""

from typing import Any

import httpx

from query_side import sql
from query_side.excuses import WHICH
from tests.support.desk import working
from tests.support.excuses import CONFIG, EVENING, excuse, item, lived, withdraw
from tests.support.house import House, get, open_house
from tests.support.plans import rows_looked_at
from tests.support.recorded import at, cycle, opened, text

MET = cycle(
    state="met",
    stopped_at=text(at(80)),
    elapsed_seconds=3_000.0,
    uncounted_seconds=1_800.0,
    breached_at_unexcused=text(at(60)),
    overdue_from_unexcused=text(at(60.01)),
    **dict.fromkeys(("due_at", "warning_at", "critical_at", "breached_at", "overdue_from")),
)
KEPT = {**MET, "uncounted_seconds": 0, "breached_at_unexcused": None}
KEPT["overdue_from_unexcused"] = None
LATE = cycle(
    due_at=text(at(150)),
    breached_at=text(at(150)),
    overdue_from=text(at(150.01)),
    uncounted_seconds=5_400.0,
    breached_at_unexcused=text(at(60)),
    overdue_from_unexcused=text(at(60.01)),
)


async def total(client: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    return (await get(client, "/reports/attainment", **asked))["total"]


async def test_attainment_is_shown_with_and_without_what_is_excused(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("kept", opened("kept", cycles=[KEPT]))
    assert (await total(client))["attainment_percent_excused_counted"] is None
    await house.tell("saved", opened("saved", cycles=[MET]))
    await house.tell("running", opened("running", cycles=[LATE]))
    house.now = at(100)

    found = await total(client)
    assert (found["met"], found["breached"], found["attainment_percent"]) == (2, 0, 100)
    assert found["attainment_percent_excused_counted"] == 33.33
    assert found["elapsed_mean_seconds"] == 3_000

    counted = await total(client, excused="without")
    assert (counted["met"], counted["breached"], counted["attainment_percent"]) == (1, 2, 33.33)
    assert counted["elapsed_mean_seconds"] == 3_900


async def test_of_two_groups_only_that_with_excused_time_has_both_figures(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("saved", opened("saved", priority="P1", cycles=[MET]))
    await house.tell("kept", opened("kept", priority="P2", cycles=[KEPT]))
    house.now = at(100)
    found = await get(client, "/reports/attainment", group_by="priority")
    assert [
        (one["priority"], one["attainment_percent"], one["attainment_percent_excused_counted"])
        for one in found["groups"]
    ] == [("P1", 100, 0), ("P2", 100, None)]


async def test_the_board_says_of_which_tickets_a_clock_stands_still_by_agreement(
    database_url: str,
) -> None:
    async with working(database_url, CONFIG) as process, open_house(database_url) as house:
        for name, said in (("excused", {}), ("other", {"priority": "P2"}), ("closed", {})):
            await process.post(item(0, "open", name, **said), when=0)
        await process.post(item(30, "resolved", "closed"), when=30)
        await excuse(process, (60, 120), priority="P1")
        await process.excusing.apply()
        await house.runner.catch_up()
        house.excuses = process.excuses.book
        found: dict[float, set[str]] = {}
        async with house.client() as client:
            for minute in (59, 60, 120):
                house.now = at(minute)
                items = (await get(client, "/dashboard"))["items"]
                still = {one["external_id"]: one["standing_still"] for one in items}
                found[minute] = {name for name, why in still.items() if why == "excused"}
    assert found == {59: set(), 60: {"excused"}, 120: set()}


async def test_on_the_board_no_clock_stands_still_that_is_promised_nothing(
    database_url: str,
) -> None:
    """Neither the one that never was, nor the one that is not any more."""
    async with working(database_url, CONFIG) as process, open_house(database_url) as house:
        await process.post(item(0, "open", "never"), when=0)
        await process.post(item(0, "open", "no more"), when=0)
        await process.post(item(10, "open", "no more", priority="P3"), when=10)
        await excuse(process, (60, 120), clocks=["response"])
        await excuse(process, (60, 120), priority="P3")
        await process.post(item(20, "open", "no more", priority="P3", title="It"), when=20)
        await process.excusing.apply()
        await house.runner.catch_up()
        house.excuses = process.excuses.book
        house.now = at(90)
        async with house.client() as client:
            for asked in ({}, {"as_of": text(at(90))}):
                items = (await get(client, "/dashboard", **asked))["items"]
                assert [one["standing_still"] for one in items] == [None, None]


async def test_the_list_says_how_each_stands_and_how_far_it_is_applied(
    database_url: str,
) -> None:
    async with working(database_url, CONFIG) as process, open_house(database_url) as house:
        await lived(process, "T-1")
        process.clock.set(EVENING)
        over = await excuse(process, (60, 120), priority="P1")
        await excuse(process, (EVENING - 10, None), clocks=["resolution"])
        await excuse(process, (EVENING + 60, EVENING + 120))
        gone = await excuse(process, (0, 30))
        await withdraw(process, gone)
        assert await process.excusing.apply() == 1
        house.now = at(EVENING)
        await house.runner.catch_up()
        async with house.client() as client:
            found = await get(client, "/excuses")
            standing = await get(client, "/excuses", over=False)
            past = await get(client, "/excuses", over=True)
    assert (found["total"], standing["total"], past["total"]) == (4, 2, 2)
    assert {one["state"] for one in standing["items"]} == {"planned", "in_force"}
    assert {one["state"] for one in past["items"]} == {"ended", "withdrawn"}
    by_state = {one["state"]: one for one in found["items"]}
    assert set(by_state) == {"planned", "in_force", "ended", "withdrawn"}
    first = by_state["ended"]
    assert (first["excuse_id"], first["from"], first["until"]) == (
        *(str(over), text(at(60)), text(at(120))),
    )
    assert (first["match"], first["granted_by"], first["reason"]) == (
        *({"priority": "P1"}, "ann", "network outage"),
    )
    assert first["applied"] == {"done": 1, "total": 1}
    assert (by_state["in_force"]["until"], by_state["in_force"]["clocks"]) == (None, ["resolution"])
    assert by_state["withdrawn"]["withdrawn_reason"] == "no agreement"


async def test_one_that_was_ended_before_it_began_is_over_in_the_list_and_where_it_is_asked_for(
    database_url: str,
) -> None:
    async with working(database_url, CONFIG) as process, open_house(database_url) as house:
        process.clock.set(EVENING)
        for ends in (EVENING, EVENING + 30):
            planned = await excuse(process, (EVENING + 60, EVENING + 120))
            await process.excuses.end(
                planned, at=at(ends), by="ann", now=process.now(), correlation_id=None
            )
        house.now = at(EVENING)
        await house.runner.catch_up()
        async with house.client() as client:
            past = await get(client, "/excuses", over=True)
            standing = await get(client, "/excuses", over=False)
    assert [one["state"] for one in past["items"]] == ["ended", "ended"]
    assert (past["total"], standing["total"]) == (2, 0)


async def test_what_many_changes_have_moved_is_counted_in_one_pass(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.conn.execute(
        "INSERT INTO excuses"
        " (excuse_id, number, windows, match, unless, reason, granted_at, starts_at, position)"
        " SELECT n, n, 1, '{}', '{}', '', %(at)s, %(at)s, n FROM generate_series(1, 60) n",
        {"at": at(0)},
    )
    # Each ticket has come under one change, or under several at once.
    await house.conn.execute(
        "INSERT INTO excuse_moves SELECT n, gen_random_uuid(), n - 1 - mod(k, least(n, 7))"
        " FROM generate_series(1, 60) n, generate_series(1, 20) k"
    )
    await house.conn.execute("ANALYZE excuse_moves")
    await house.conn.commit()
    cursor = await house.conn.execute(
        "SELECT e, (SELECT count(*) FROM excuse_moves WHERE number >= e AND previous < e)"
        " FROM generate_series(1, 60) e"
    )
    moved = {str(number): count for number, count in await cursor.fetchall()}
    found = await get(client, "/excuses")
    assert {one["excuse_id"]: one["applied"]["done"] for one in found["items"]} == moved
    asked = {"now": at(0), "over": None, "limit": 100, "offset": 0}
    query = sql.load("excuses").replace("{which}", WHICH)
    assert await rows_looked_at(house.conn, query, asked) < 3_000
