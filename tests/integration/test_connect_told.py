"""What people are told of connected desks: how they stand, and what is to be mapped, with how often
it came."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest_asyncio

from tests.integration.test_connect import Connecting, connecting
from tests.support.desk import Process
from tests.support.lives import LIVES, MINUTES, STEPS, Told


@pytest_asyncio.fixture
async def desks(process: Process) -> AsyncGenerator[Connecting]:
    async with connecting(process) as found:
        process.clock.set(130)
        yield found


def told(number: int, **ticket: Any) -> Told:
    """One of Zammad's, with other values."""
    headers, body = LIVES["zammad"][1]()[number]
    return headers, {**body, "ticket": {**body["ticket"], **ticket}}


async def the_only(desks: Connecting) -> dict[str, Any]:
    (one,) = (await desks.http.get("/connect")).json()["sources"]
    return one


async def test_what_is_not_mapped_is_counted_until_it_is(desks: Connecting) -> None:
    desks.connect("zammad", priorities={"map": {"2 normal": "P2"}, "default": "P2"})
    await desks.send("zammad", told(0, priority="4 odd"))
    for number in (1, 3):
        await desks.send("zammad", told(number, state="With CAB", priority="4 odd"))
    await desks.send("zammad", told(4, state="Waiting for CAB"))

    one = await the_only(desks)
    assert (one["taken"], one["parked"]) == (1, 3)
    assert one["because"] == {
        "status 'With CAB' is not known": 2,
        "status 'Waiting for CAB' is not known": 1,
    }
    assert [(v["kind"], v["value"], v["count"], v["counts_as"]) for v in one["unmapped"]] == [
        ("priority", "4 odd", 3, "P2"),
        ("status", "With CAB", 2, None),
        ("status", "Waiting for CAB", 1, None),
    ]
    assert one["more_unmapped"] == 0
    assert one["yaml"].splitlines() == [
        '    statuses: {"With CAB": "<open, in_progress, on_hold, resolved or cancelled>",'
        ' "Waiting for CAB": awaiting_vendor}',
        '    priorities: {map: {"2 normal": P2, "4 odd": "<a priority>"}, default: P2}',
    ]
    parked = (await desks.http.get("/connect/parked?source=zammad")).json()
    assert [(one["because"], one["count"], one["yaml"]) for one in parked["reasons"]] == [
        (
            "status 'With CAB' is not known",
            2,
            '    statuses: {"With CAB": "<open, in_progress, on_hold, resolved or cancelled>"}',
        ),
        (
            "status 'Waiting for CAB' is not known",
            1,
            '    statuses: {"Waiting for CAB": awaiting_vendor}',
        ),
    ]
    assert (await desks.http.get("/connect/parked?source=nobody")).json()["reasons"] == []

    desks.connect("zammad", statuses={"with cab": "on_hold", "Waiting for CAB": "on_hold"})
    assert [one["kind"] for one in (await the_only(desks))["unmapped"]] == ["priority"]
    replayed = await desks.http.post("/connect/parked/replay?source=zammad")
    again = replayed.json()
    assert (again["tried"], again["parked"]) == (3, 0)
    desks.connect("zammad", priorities={"map": {"4 odd": "P2"}})
    one = await the_only(desks)
    assert (one["unmapped"], one["yaml"], one["because"]) == ([], "", {})


async def test_a_first_delivery_that_lacks_something_says_what_would_give_it(
    desks: Connecting,
) -> None:
    desks.connect("zammad", tiers={"map": {"other": "gold"}}, priorities={"map": {"1 low": "P2"}})
    await desks.send("zammad", told(0))
    parked = (await desks.http.get("/connect/parked")).json()["reasons"]
    assert [(one["because"], one["yaml"]) for one in parked] == [
        (
            "customer_tier: required on a ticket's first observation",
            "    tiers: {map: {other: gold, ACME: gold}}",
        )
    ]
    values = (await the_only(desks))["unmapped"]
    assert {(one["kind"], one["value"]) for one in values} == {
        ("tier", "ACME"),
        ("priority", "2 normal"),
    }


async def test_how_far_a_desk_is_behind_is_told_where_it_tells_a_time(desks: Connecting) -> None:
    desks.connect("zammad")
    one = await the_only(desks)
    assert (one["last_delivery_at"], one["lag_seconds"]) == (None, None)
    await desks.send("zammad", told(STEPS.index("closed")))
    assert (await the_only(desks))["lag_seconds"] == (130 - MINUTES["closed"]) * 60

    desks.inbox.connected = {}
    desks.connect("freshdesk")
    await desks.send("freshdesk", LIVES["freshdesk"][1]()[0])
    one = await the_only(desks)
    assert (one["taken"], one["lag_seconds"]) == (1, None)
    assert one["last_delivery_at"] == "2026-01-05T11:10:00Z"
