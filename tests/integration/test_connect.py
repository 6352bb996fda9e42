"""Desks send what they send, in any order and again: the clocks are the same, nothing is lost."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from psycopg import AsyncConnection

from command_side.addressing import resolve
from command_side.connect import api
from command_side.connect.acquainted import Acquainted
from command_side.connect.catching_up import CatchingUp
from command_side.connect.inbox import Connected, Inbox
from command_side.connect.source import Source
from command_side.deciding.events import ticket_id
from command_side.desk import TicketUnknown
from command_side.event_store import Recorded, read_streams
from command_side.intake.writer import Writer
from ops.http import problems
from tests.support.desk import Process
from tests.support.desks import OURS, SECRET, signed
from tests.support.items import NINE, at
from tests.support.lives import LIVES, MINUTES, STEPS, Told, encoded
from tests.support.web import calling

CONFIG = """
sla_targets:
  GOLD:
    P1: {response: 30m, resolution: 2h, escalation: {}}
    P2: {response: 30m, resolution: 4h, escalation: {}}
"""
RESPONSE, RESOLUTION = MINUTES["answered"], 120 - 30 - 20
"""Minutes: until the first answer; open in all, but for what it waited and was solved."""
BY_STATUS = {"servicenow": MINUTES["assigned"]}
"""It is in progress as soon as somebody has it, which answers as well."""


def source(desk: str, **given: Any) -> Source:
    return Source.model_validate({**OURS[desk], **given})


class Connecting:
    """A process with desks connected to it."""

    def __init__(
        self,
        process: Process,
        inbox: Inbox,
        http: httpx.AsyncClient,
        catching_up: CatchingUp,
        acquainted: Acquainted,
    ) -> None:
        self.process, self.inbox, self.http = process, inbox, http
        self.catching_up, self.acquainted = catching_up, acquainted

    def connect(self, desk: str, **given: Any) -> None:
        connected = Connected(source(desk, **given), [SECRET])
        self.inbox.connected = {**self.inbox.connected, desk: connected}

    async def send(self, desk: str, told: Told, **how: Any) -> httpx.Response:
        body = encoded(told[1])
        stamp = self.process.now().isoformat()
        headers = {**signed(desk, body, stamp), **told[0], **how}
        return await self.http.post(f"/connect/{desk}", content=body, headers=headers)

    async def clocks(self, desk: str, name: str) -> dict[str, tuple[str, int]]:
        """By name: how it stands, and minutes elapsed."""
        events = await stream(self.process, ticket_id(desk, name))
        found: dict[str, tuple[str, int]] = {}
        for event in events:
            facts = getattr(event.body, "facts", None)
            for one in () if facts is None else facts.cycles:
                found[one.clock] = one.state, one.elapsed // 60_000_000
        return found


@asynccontextmanager
async def connecting(process: Process) -> AsyncGenerator[Connecting]:
    await process.offer(CONFIG)
    writer = Writer(process.pool, process.intake, process.now, capacity=1000)
    inbox = Inbox(process.pool, writer, process.now, process.book)
    catching_up = CatchingUp(process.pool, writer, process.now, "one")
    app, acquainted = FastAPI(), Acquainted(process.now)
    app.include_router(api.build(inbox, process.now, acquainted, public_url="", max_bytes=100_000))
    app.include_router(api.build_reads(inbox, process.pool, process.now))
    app.include_router(
        api.build_commands(
            *(inbox, process.pool, catching_up, process.now),
            correlation_id=lambda: "asked",
        )
    )
    problems.install(app, {})
    stop = asyncio.Event()
    running = asyncio.create_task(writer.run(stop))
    try:
        async with calling(app) as http:
            yield Connecting(process, inbox, http, catching_up, acquainted)
    finally:
        stop.set()
        await running


@pytest_asyncio.fixture
async def desks(process: Process) -> AsyncGenerator[Connecting]:
    async with connecting(process) as found:
        yield found


@pytest.mark.parametrize("desk", LIVES)
async def test_a_tickets_life_is_told_by_its_desk(desks: Connecting, desk: str) -> None:
    desks.connect(desk)
    name, life = LIVES[desk]
    for step, told in zip(STEPS, life(), strict=True):
        desks.process.clock.set(MINUTES[step])
        answer = await desks.send(desk, told)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["taken"], answer.json()["parked"]) == (1, 0), answer.text

    assert await desks.clocks(desk, name) == {
        "response": ("met", BY_STATUS.get(desk, RESPONSE)),
        "resolution": ("met", RESOLUTION),
    }


@pytest.mark.parametrize("how", ["shuffled", "doubled", "three at once"])
@pytest.mark.parametrize("desk", [one for one in LIVES if one != "freshdesk"])
async def test_in_any_order_and_again_the_clocks_are_the_same(
    desks: Connecting, desk: str, how: str
) -> None:
    """But for a desk that tells no time: of that, the order of arrival is all that is known."""
    desks.connect(desk)
    name, life = LIVES[desk]
    desks.process.clock.set(130)
    told = list(life())
    if how != "three at once":
        Random(desk).shuffle(told)
    if how == "doubled":
        told = [each for each in told for _ in range(2)]
    await in_groups(desks, desk, told, size=3 if how == "three at once" else 1)

    assert await desks.clocks(desk, name) == {
        "response": ("met", BY_STATUS.get(desk, RESPONSE)),
        "resolution": ("met", RESOLUTION),
    }


async def test_a_desk_that_tells_no_time_may_repeat_itself(desks: Connecting) -> None:
    """As one does that heard no answer: each delivery twice, one after the other."""
    desks.connect("freshdesk")
    name, life = LIVES["freshdesk"]
    for step, told in zip(STEPS, life(), strict=True):
        desks.process.clock.set(MINUTES[step])
        await in_groups(desks, "freshdesk", [told, told], size=2)

    assert await desks.clocks("freshdesk", name) == {
        "response": ("met", RESPONSE),
        "resolution": ("met", RESOLUTION),
    }


async def in_groups(desks: Connecting, desk: str, told: Sequence[Told], *, size: int) -> None:
    for start in range(0, len(told), size):
        group = [desks.send(desk, each) for each in told[start : start + size]]
        for answer in await asyncio.gather(*group):
            assert answer.status_code == 200
            assert answer.json()["parked"] == 0, answer.text


async def test_a_mistake_in_a_reading_loses_nothing(desks: Connecting) -> None:
    desks.connect("jira", tiers={})
    name, life = LIVES["jira"]
    desks.process.clock.set(130)
    for told in life():
        answer = (await desks.send("jira", told)).json()
        assert (answer["taken"], answer["parked"]) == (0, 1)
        assert "customer_tier: required on a ticket's first observation" in " ".join(
            answer["because"]
        )
    connected = (await desks.http.get("/connect")).json()["sources"]
    assert [(one["source"], one["parked"], one["taken"]) for one in connected] == [("jira", 9, 0)]
    kept = (await desks.http.get("/connect/parked?source=jira")).json()["deliveries"]
    assert len(kept) == len(life())

    desks.connect("jira")
    replayed = await desks.http.post("/connect/parked/replay")

    again = replayed.json()
    assert (again["tried"], again["parked"]) == (9, 0)
    assert (await desks.clocks("jira", name))["resolution"] == ("met", RESOLUTION)
    connected = (await desks.http.get("/connect")).json()["sources"]
    assert (connected[0]["taken"], connected[0]["parked"]) == (9, 0)


async def test_what_is_not_the_desks_is_refused_and_leaves_nothing(desks: Connecting) -> None:
    desks.connect("zendesk")
    _, life = LIVES["zendesk"]
    told = life()[0]
    stale = (NINE - timedelta(minutes=10)).isoformat()
    old = signed("zendesk", encoded(told[1]), stale)
    for refused in (
        await desks.http.post("/connect/zendesk", json=told[1]),
        await desks.http.post("/connect/nobody", json=told[1]),
        await desks.http.post("/connect/zendesk", content=encoded(told[1]), headers=old),
        await desks.send("zendesk", told, **{"x-zendesk-webhook-signature": "AAAA"}),
    ):
        assert refused.status_code == 401
        assert refused.json()["detail"] == "Not accepted."
    assert await count(desks) == 0


async def test_what_was_wrong_with_a_request_is_told_to_those_who_run_it(
    desks: Connecting, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has sent it hears nothing of it; else a wrong secret looks as if nothing had come."""
    desks.connect("zendesk")
    body = encoded(LIVES["zendesk"][1]()[0][1])
    stale = signed("zendesk", body, (NINE - timedelta(minutes=10)).isoformat())
    fresh = signed("zendesk", body, NINE.isoformat())
    told: list[tuple[int, str]] = []
    for headers in ({}, {**fresh, "x-zendesk-webhook-signature": "AAAA"}, stale):
        await desks.http.post("/connect/zendesk", content=body, headers=headers)
        (one,) = (await desks.http.get("/connect")).json()["sources"]
        told.append((one["refused"], one["refused_because"]))
    await desks.http.post("/connect/zendsek", content=body, headers=fresh)

    assert told == [
        (1, "it brought no proof that it is the desk's: the header X-Zendesk-Webhook-Signature"),
        (2, "it was made with another secret, or changed on its way"),
        (
            3,
            "the signature holds, and says that it was made at '2026-01-05T08:50:00+00:00': more"
            " than 300 seconds from now",
        ),
    ]
    logged = [vars(one) for one in caplog.records if one.message == "a delivery was refused"]
    assert [(one["source"], one["because"]) for one in logged] == [
        ("zendesk", told[0][1]),  # and then once a minute
        ("zendsek", "no desk is connected under this name"),
    ]
    desks.process.clock.set(NINE + timedelta(days=1))
    (one,) = (await desks.http.get("/connect")).json()["sources"]
    assert (one["refused"], one["refused_at"], one["refused_because"]) == (0, None, None)


async def test_whoever_guesses_is_slowed_down_and_the_desk_is_not(desks: Connecting) -> None:
    desks.connect("github")
    _, life = LIVES["github"]
    answers = [await desks.http.post("/connect/github", json={}) for _ in range(61)]

    assert {one.status_code for one in answers[:60]} == {401}
    assert answers[60].status_code == 429
    assert (await desks.send("github", life()[0])).status_code == 200


async def test_what_a_delivery_would_become_is_told_without_storing_it(desks: Connecting) -> None:
    desks.connect("zendesk")
    body = encoded(LIVES["zendesk"][1]()[3][1])
    headers = signed("zendesk", body, desks.process.now().isoformat())
    answer = await desks.http.post("/connect/zendesk?dry_run=1", content=body, headers=headers)

    (observed,) = answer.json()["observed"]
    assert observed["item"]["status"] == "PENDING"
    assert observed["first"]["priority"] == "P2"
    assert await count(desks) == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"\xff"', b'{"a": NaN}'])
async def test_what_cannot_be_read_is_kept_with_the_reason(desks: Connecting, body: bytes) -> None:
    desks.connect("jira")
    headers = signed("jira", body, "")
    answer = await desks.http.post("/connect/jira", content=body, headers=headers)

    assert answer.status_code == 200
    assert (answer.json()["parked"], len(answer.json()["because"])) == (1, 1)


async def test_a_form_that_holds_json_is_read_and_another_says_what_it_is(
    desks: Connecting,
) -> None:
    """GitHub sends one where nobody chooses `application/json`: it is the first of its choices."""
    told = LIVES["github"][1]()[0]
    form = {"content-type": "application/x-www-form-urlencoded"}
    desks.connect("github")
    taken = urlencode({"payload": encoded(told[1]).decode()}).encode()
    headers = {**told[0], **signed("github", taken, ""), **form}
    answer = await desks.http.post("/connect/github", content=taken, headers=headers)
    assert (answer.json()["taken"], answer.json()["because"]) == (1, [])

    desks.connect("freshdesk")
    for body in (b"ticket_id=7&status=open", b"payload=7%"):
        headers = {**signed("freshdesk", body, ""), **form}
        answer = await desks.http.post("/connect/freshdesk", content=body, headers=headers)
        assert (answer.status_code, answer.json()["parked"]) == (200, 1)
        assert answer.json()["because"][0].startswith(
            "it is a form and not JSON: choose JSON (application/json) in the desk"
        )


@pytest.mark.parametrize("where", ["subject", "id", "status", "assignee_id"])
async def test_what_no_database_takes_is_kept_all_the_same(desks: Connecting, where: str) -> None:
    desks.connect("zendesk")
    told = LIVES["zendesk"][1]()[0][1]
    told["detail"][where] = "half\0"
    told["id"] = "of\0its own"
    answer = await desks.send("zendesk", ({}, told))

    assert answer.status_code == 200
    assert answer.json()["parked"] == 1
    assert "NUL" in " ".join(answer.json()["because"])


async def test_what_was_stored_and_not_read_into_the_log_is_taken_up(desks: Connecting) -> None:
    """As if the process had been killed in between."""
    desks.connect("github")
    name, life = LIVES["github"]
    await desks.send("github", life()[0])
    async with desks.process.pool.connection() as conn:
        await forget_the_log(conn)
    desks.process.clock.set(at(0) + timedelta(minutes=5))

    await desks.inbox.take_up()

    assert await stream(desks.process, ticket_id("github", name))
    assert await state(desks) == "taken"


async def test_an_issue_that_is_moved_goes_on_as_the_ticket_that_it_was(desks: Connecting) -> None:
    desks.connect("jira")
    _, life = LIVES["jira"]
    desks.process.clock.set(130)
    opened, *_, closed = life()
    await desks.send("jira", opened)
    items = [{"field": "Key", "fromString": "HELP-7", "toString": "OPS-3"}]
    moved: dict[str, Any] = {**closed[1], "changelog": {"id": "20000", "items": items}}
    moved["issue"] = {**moved["issue"], "key": "OPS-3"}
    comment: dict[str, Any] = {**life()[2][1], "issue": {**moved["issue"], "fields": {}}}
    await desks.send("jira", (closed[0], moved))
    await desks.send("jira", ({"x-atlassian-webhook-identifier": "later"}, comment))

    assert await stream(desks.process, ticket_id("jira", "OPS-3")) == []
    ticket = ticket_id("jira", "HELP-7")
    assert len(await stream(desks.process, ticket)) == 3
    async with desks.process.pool.connection() as conn:
        assert await resolve(conn, "OPS-3", None) == ticket
        with pytest.raises(TicketUnknown):
            await resolve(conn, "OPS-3", "another")


async def stream(process: Process, ticket: UUID) -> Sequence[Recorded]:
    async with process.pool.connection() as conn:
        return (await read_streams(conn, [ticket]))[ticket]


async def forget_the_log(conn: AsyncConnection[Any]) -> None:
    await conn.execute("alter table events disable trigger user")
    await conn.execute("truncate events, heads cascade")
    await conn.execute("alter table events enable trigger user")
    await conn.execute(
        "update deliveries set state = 'read',"
        """ items = replace(items::text, '"taken"', '"read"')::jsonb"""
    )


async def state(desks: Connecting) -> str:
    async with desks.process.pool.connection() as conn:
        cursor = await conn.execute("select state from deliveries")
        ((found,),) = await cursor.fetchall()
        return found


async def count(desks: Connecting) -> int:
    async with desks.process.pool.connection() as conn:
        cursor = await conn.execute("select count(*) from deliveries")
        ((found,),) = await cursor.fetchall()
        return found
