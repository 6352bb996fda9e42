"""What desks send at its worst: spoilt values, more than fits, and what comes before it could."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
import pytest_asyncio

from command_side.connect.deliveries import Delivery
from command_side.connect.itemizing import parts
from command_side.connect.reading import Read
from command_side.connect.source import Source
from command_side.deciding.events import Ticket, ticket_id
from tests.integration.test_connect import Connecting, connecting, stream
from tests.support.desk import Process
from tests.support.desks import signed
from tests.support.lives import LIVES, encoded


@pytest_asyncio.fixture
async def desks(process: Process) -> AsyncGenerator[Connecting]:
    async with connecting(process) as found:
        yield found


async def test_what_was_before_a_change_is_checked_as_well(desks: Connecting) -> None:
    """And whatever is wrong with one delivery keeps no other waiting."""
    desks.connect("jira")
    told = LIVES["jira"][1]()[5][1]
    for number, was in enumerate(("x" * 2_000, "half\0")):
        items = [{"field": "assignee", "fromString": was, "toString": "Ann"}]
        body = {**told, "changelog": {"id": "1", "items": items}}
        headers = {"x-atlassian-webhook-identifier": str(number)}
        answer = await desks.send("jira", (headers, body))
        assert (answer.status_code, answer.json()["parked"]) == (200, 1)
    await desks.inbox.take_up()


@pytest.mark.parametrize("stamp", ["1" * 5_000, "²", "", "2026"])
async def test_a_time_that_is_none_is_no_signature(desks: Connecting, stamp: str) -> None:
    desks.connect("zendesk")
    body = encoded(LIVES["zendesk"][1]()[0][1])
    headers = signed("zendesk", body, stamp.encode("ascii", "replace").decode())
    answer = await desks.http.post("/connect/zendesk", content=body, headers=headers)
    assert answer.status_code == 401


async def test_an_address_is_there_for_a_desk_that_asks_before_it_takes_it(
    desks: Connecting,
) -> None:
    desks.connect("jira")
    for address in ("/connect/jira", "/connect/jira?token=x", "/connect/nobody"):
        answer = await desks.http.head(address)
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("number", ["²", "9" * 5_000])
async def test_an_order_that_is_no_number_orders_nothing(desks: Connecting, number: str) -> None:
    desks.connect("jira")
    headers, told = LIVES["jira"][1]()[0]
    answer = await desks.send("jira", (headers, {**told, "changelog": {"id": number}}))
    assert (answer.status_code, answer.json()["taken"]) == (200, 1)


async def test_what_comes_before_its_ticket_is_known_is_read_once_it_is(desks: Connecting) -> None:
    desks.connect("github", tiers={})
    name, life = LIVES["github"]
    desks.process.clock.set(130)
    assert (await desks.send("github", life()[5])).json()["parked"] == 1
    desks.connect("github")
    await desks.send("github", life()[0])

    await desks.inbox.catch_up()

    connected = (await desks.http.get("/connect")).json()["sources"][0]
    assert (connected["taken"], connected["parked"]) == (2, 0)
    assert len(await stream(desks.process, ticket_id("github", name))) == 2


async def test_all_that_came_before_its_ticket_was_known_is_read_at_once(
    desks: Connecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("command_side.connect.inbox.PAGE", 2)
    life = LIVES["servicenow"][1]()
    known, last = life[0][1], life[5][1]
    acme: dict[str, Any] = {"map": {"ACME": "gold"}}
    desks.process.clock.set(130)
    names = [f"INC{number}" for number in range(5)]
    desks.connect("servicenow", tiers={})
    for name in names:
        await desks.send("servicenow", ({}, {**last, "number": name}))
    desks.connect("servicenow", tiers=acme)
    for name in names:
        await desks.send("servicenow", ({}, {**known, "number": name}))

    monkeypatch.setattr("command_side.connect.inbox.parts", _fails_at_one)
    await desks.inbox.catch_up()

    connected = (await desks.http.get("/connect")).json()["sources"][0]
    assert (connected["taken"], connected["parked"]) == (9, 1)


async def test_one_that_cannot_be_read_again_keeps_no_other_parked(
    desks: Connecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = LIVES["servicenow"][1]()[5][1]
    desks.process.clock.set(130)
    desks.connect("servicenow", tiers={})
    for number in range(3):
        await desks.send("servicenow", ({}, {**last, "number": f"INC{number}"}))
    desks.connect("servicenow", tiers={"map": {"ACME": "gold"}})
    parked = (await desks.http.get("/connect/parked")).json()["deliveries"]

    with monkeypatch.context() as patched:
        patched.setattr("command_side.connect.inbox.parts", _fails_at_one)
        answer = await desks.http.post("/connect/parked/replay")

    assert answer.status_code == 200
    found = answer.json()
    assert (found["tried"], found["parked"], found["failed"]) == (3, 1, 1)
    left = (await desks.http.get("/connect/parked")).json()["deliveries"]
    assert left == [one for one in parked if "INC1" in one["body"]]
    again = (await desks.http.post("/connect/parked/replay")).json()
    assert (again["tried"], again["parked"], again["failed"]) == (1, 0, 0)


def _fails_at_one(one: Delivery, source: Source) -> Sequence[Read]:
    if b"INC1" in one.body:
        raise RuntimeError
    return parts(one, source)


async def test_what_is_parked_for_another_ticket_or_a_desk_that_is_gone_keeps_none_waiting(
    desks: Connecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("command_side.connect.inbox.PAGE", 1)
    life = LIVES["servicenow"][1]()
    known, last = life[0][1], life[5][1]
    stranger = {**known, "number": "INC1", "company": {"value": "SHOP"}}
    later = {**last, "number": "INC2"}
    acme: dict[str, Any] = {"map": {"ACME": "gold"}}
    desks.process.clock.set(130)
    desks.connect("github", tiers={})
    await desks.send("github", LIVES["github"][1]()[5])
    desks.connect("github")
    await desks.send("github", LIVES["github"][1]()[0])
    desks.inbox.connected = {}
    desks.connect("servicenow", tiers=acme)
    both = (await desks.send("servicenow", ({}, {"result": [known, stranger]}))).json()
    assert (both["taken"], both["parked"]) == (1, 1)
    desks.connect("servicenow", tiers={})
    assert (await desks.send("servicenow", ({}, later))).json()["parked"] == 1
    desks.connect("servicenow", tiers=acme)
    await desks.send("servicenow", ({}, {**known, "number": "INC2"}))

    await desks.inbox.catch_up()

    assert len(await stream(desks.process, ticket_id("servicenow", "INC2"))) == 2


async def test_a_delivery_of_too_many_tickets_is_kept_and_not_read(desks: Connecting) -> None:
    desks.connect("servicenow")
    answer = await desks.send("servicenow", ({}, {"result": [{"number": "1"}] * 1_001}))
    assert (answer.json()["taken"], answer.json()["parked"]) == (0, 1)
    assert "1,000 are read at once" in answer.json()["because"][0]


async def test_an_issue_that_was_moved_is_one_ticket_whichever_tells_first(
    desks: Connecting,
) -> None:
    desks.connect("github")
    name, life = LIVES["github"]
    desks.process.clock.set(130)
    await desks.send("github", life()[0])
    told = life()[5][1]
    moved: dict[str, Any] = {
        **told,
        "repository": {"full_name": "acme/other"},
        "changes": {
            "old_issue": {"number": 7},
            "old_repository": {"full_name": "acme/desk"},
        },
    }
    await desks.send("github", ({"x-github-delivery": "moved"}, moved))

    assert await stream(desks.process, ticket_id("github", "acme/other#7")) == []
    assert len(await stream(desks.process, ticket_id("github", name))) == 2


async def test_a_ticket_that_goes_on_from_another_is_its_own_and_names_it(
    desks: Connecting,
) -> None:
    desks.connect("zendesk")
    _, told = LIVES["zendesk"][1]()[0]
    source = {"rel": "follow_up", "from": {"ticket_id": 4711, "subject": "Checkout is down"}}
    told["detail"]["via"] = {"channel": "web", "source": source}
    assert (await desks.send("zendesk", ({}, told))).json()["taken"] == 1

    (opened, *_) = await stream(desks.process, ticket_id("zendesk", "5158"))
    assert isinstance(opened.body, Ticket.Opened)
    assert opened.body.given["extra"] == {"follows": "4711"}


async def test_whoever_has_signed_is_known_by_the_address_for_some_days(desks: Connecting) -> None:
    """And nobody who has not, or need not."""
    here = "127.0.0.1"
    desks.connect("github")
    desks.connect("freshdesk", unsigned=True)
    await desks.send("freshdesk", LIVES["freshdesk"][1]()[0])
    await desks.http.post("/connect/github", json={})
    assert not desks.acquainted.knows(here)

    await desks.send("github", LIVES["github"][1]()[0])

    assert desks.acquainted.knows(here)
    desks.process.clock.set(8 * 24 * 60)
    assert not desks.acquainted.knows(here)


async def test_no_secret_is_kept_with_a_delivery(desks: Connecting) -> None:
    desks.connect("servicenow", token={"header": "X-Shop-Auth"})
    record = LIVES["servicenow"][1]()[0][1]
    told = {
        "x-shop-auth": "a secret",
        "x-original-uri": "/connect/servicenow?token=a%20secret",
        "x-request-id": "17",
    }
    await desks.send("servicenow", (told, record))
    async with desks.process.pool.connection() as conn:
        ((kept,),) = await (await conn.execute("select headers from deliveries")).fetchall()
    assert kept == {"x-request-id": "17"} | {n: kept[n] for n in kept if n in ("user-agent",)}


@pytest.mark.parametrize("kind", ["agent_assignment", "group_assignment"])
async def test_that_nobody_has_it_any_more_is_read(desks: Connecting, kind: str) -> None:
    desks.connect("zendesk")
    told = LIVES["zendesk"][1]()[1][1]
    told["type"] = f"zen:event-type:ticket.{kind}_changed"
    told["event"] = {"current": None, "previous": "8000"}
    body = encoded(told)
    headers = signed("zendesk", body, desks.process.now().isoformat())
    answer = await desks.http.post("/connect/zendesk?dry_run=1", content=body, headers=headers)

    (observed,) = answer.json()["observed"]
    name = "assigned_to" if kind == "agent_assignment" else "team"
    assert observed["item"][name] is None
