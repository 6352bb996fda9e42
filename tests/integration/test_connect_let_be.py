"""What is parked and of no use is let be by whoever has looked at it, and asks for nobody from then
on."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import pytest_asyncio

from query_side.desk_health import desk_health
from tests.integration.test_connect import Connecting, connecting
from tests.integration.test_connect_told import the_only, told
from tests.support.desk import Process
from tests.support.lives import LIVES
from tests.support.operated import operated

ODD = {"With CAB": "on_hold", "Odd": "on_hold"}


@pytest_asyncio.fixture
async def desks(process: Process) -> AsyncGenerator[Connecting]:
    """With two deliveries that are parked."""
    async with connecting(process) as found:
        process.clock.set(129)
        found.connect("zammad")
        await found.send("zammad", told(1, state="With CAB"))
        process.clock.set(130)
        await found.send("zammad", told(3, state="Odd"))
        yield found


async def parked(desks: Connecting) -> list[dict[str, Any]]:
    return (await desks.http.get("/connect/parked")).json()["deliveries"]


async def let_be(desks: Connecting, **asked: Any) -> dict[str, Any]:
    answer = await desks.http.post("/connect/parked/let-be", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def replay(desks: Connecting, *named: str) -> tuple[int, int]:
    query = {"delivery": list(named)} if named else {}
    found = (await desks.http.post("/connect/parked/replay", params=query)).json()
    return found["tried"], found["parked"]


async def asking(desks: Connecting) -> tuple[int, int]:
    """How many ask for somebody: as desks are shown, and as /health and /metrics count them."""
    async with desks.process.pool.connection() as conn:
        found = await desk_health(conn, {}, desks.process.now())
    return (await the_only(desks))["parked"], sum(one.parked for one in found)


async def given(desks: Connecting) -> list[tuple[str, str | None, str | None]]:
    items = await operated(desks.process.pool)
    return [(one["about"], one["by"], one["reason"]) for one in items]


async def test_what_is_let_be_stays_and_asks_for_nobody(desks: Connecting) -> None:
    assert await asking(desks) == (2, 2)
    one = await the_only(desks)
    assert (one["let_be"], len(one["because"]), bool(one["yaml"])) == (0, 2, True)

    done = await let_be(desks, source="zammad", reason="of the rehearsal", by="ann")

    assert (done["let_be"], done["left_alone"]) == (2, [])
    assert await given(desks) == [("let_deliveries_be zammad: 2", "ann", "of the rehearsal")]
    assert await asking(desks) == (0, 0)
    one = await the_only(desks)
    assert (one["let_be"], one["because"], one["oldest_parked_at"]) == (2, {}, None)
    assert (one["unmapped"], one["yaml"]) == ([], "")
    assert [(one["let_be_at"], one["let_be_reason"]) for one in await parked(desks)] == 2 * [
        ("2026-01-05T11:10:00Z", "of the rehearsal")
    ]
    reasons = (await desks.http.get("/connect/parked")).json()["reasons"]
    assert reasons == []

    again = await let_be(desks, source="zammad")
    assert (again["let_be"], again["position"], len(await given(desks))) == (0, None, 1)


async def test_what_waits_is_listed_before_what_was_let_be(desks: Connecting) -> None:
    first, second = [one["delivery_id"] for one in await parked(desks)]
    stranger = str(uuid4())
    done = await let_be(desks, deliveries=[first, stranger])
    assert (done["let_be"], done["left_alone"]) == (1, [stranger])
    assert [(one["delivery_id"], one["let_be_at"] is None) for one in await parked(desks)] == [
        (second, True),
        (first, False),
    ]
    assert await asking(desks) == (1, 1)
    assert list((await the_only(desks))["because"]) == ["status 'Odd' is not known"]
    assert await given(desks) == [(f"let_deliveries_be {first}: 1", None, None)]

    elsewhere = await let_be(desks, source="jira", deliveries=[second])
    assert (elsewhere["let_be"], elsewhere["left_alone"]) == (0, [second])


async def test_what_is_let_be_is_named(desks: Connecting) -> None:
    for asked in (b"{}", b'{"reason": "all of it"}', b'{"deliveries": []}'):
        answer = await desks.http.post("/connect/parked/let-be", content=asked)
        assert answer.status_code == 422
    assert await asking(desks) == (2, 2)


async def test_what_was_let_be_is_read_again_only_if_it_is_named(desks: Connecting) -> None:
    first, second = [one["delivery_id"] for one in await parked(desks)]
    await let_be(desks, source="zammad")
    assert await replay(desks) == (0, 0)
    assert await replay(desks, first) == (1, 1)  # in vain: it asks for somebody again
    assert await asking(desks) == (1, 1)

    desks.connect("zammad", statuses=ODD)
    assert await replay(desks) == (1, 0)
    assert [one["delivery_id"] for one in await parked(desks)] == [second]
    assert await replay(desks, second) == (1, 0)
    one = await the_only(desks)
    assert (one["taken"], one["parked"], one["let_be"]) == (2, 0, 0)


async def test_what_only_came_too_early_is_read_all_the_same(desks: Connecting) -> None:
    """Who let it be could not know that its ticket becomes known."""
    desks.inbox.connected = {}
    desks.connect("github", tiers={})
    life = LIVES["github"][1]()
    assert (await desks.send("github", life[5])).json()["parked"] == 1
    await let_be(desks, source="github")
    desks.connect("github")
    assert (await desks.send("github", life[0])).json()["taken"] == 1
    await desks.inbox.catch_up()
    one = await the_only(desks)
    assert (one["taken"], one["parked"], one["let_be"]) == (2, 0, 0)


async def test_what_was_let_be_goes_with_its_delivery(desks: Connecting) -> None:
    await let_be(desks, source="zammad")
    async with desks.process.pool.connection() as conn:
        await conn.execute("delete from deliveries")
        cursor = await conn.execute("select count(*) from deliveries_let_be")
        assert await cursor.fetchone() == (0,)
