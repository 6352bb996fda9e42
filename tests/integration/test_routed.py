"""Who would be told of what, before anything happens: the same routes, and nothing is sent."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from typer import Exit

from command_side.desk import TicketUnknown
from engine.notify.port import Unreachable
from ops.commands import notifications
from ops.http import problems
from query_side.audit import routed
from tests.support.desk import CONFIG, Process, working
from tests.support.items import opening
from tests.support.web import JSON, UNFIT, calling

BEFORE, AFTER = CONFIG.index("  routes:"), CONFIG.index("\n  channels:")
ROUTES = """  routes:
    - {name: Directors, match: {level: ">=4"}, to: [urgent, slack], continue: true}
    - {match: {team: payments, tags: vip}, unless: {fields.region: test}, to: [urgent]}
    - {name: Ends, match: {type: ended, status: null}, to: [urgent]}
    - {match: {team: "*"}, to: [slack]}"""
LACKING = {"urgent": Unreachable("URGENT_URL is not set")}


@pytest.fixture
async def process(database_url: str) -> AsyncIterator[Process]:
    async with working(database_url, CONFIG[:BEFORE] + ROUTES + CONFIG[AFTER:]) as process:
        yield process


@pytest.fixture
async def client(process: Process) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(routed.build(process.pool, process.book, process.now, lambda _: LACKING))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        yield client


async def preview(client: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await client.post("/notifications/preview", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_of_facts_alone_it_says_which_routes_match_why_the_others_do_not_and_what_is_sent(
    client: httpx.AsyncClient,
) -> None:
    found = await preview(
        client, severity="breached", level=4, team="Payments", tags=["eu"], priority="P1"
    )
    assert found["routes"] == [
        {"name": "Directors", "matched": True, "because": "level is 4"},
        {"name": "2", "matched": False, "because": "tags is eu, not vip"},
        {"name": "Ends", "matched": False, "because": "type is alert, not ended"},
        {"name": "4", "matched": True, "because": "team is Payments"},
    ]
    assert [(one["channel"], one["people"], one["unreachable"]) for one in found["messages"]] == [
        ("urgent", [], "URGENT_URL is not set"),
        ("slack", [], None),
    ]
    assert "EXAMPLE-1" in found["messages"][0]["text"]
    assert "resolution" in found["messages"][0]["text"]


async def test_what_is_left_out_and_what_comes_too_late_is_said(client: httpx.AsyncClient) -> None:
    found = await preview(client, team="payments", tags=["VIP"], fields={"region": "test"}, level=0)
    assert [one["because"] for one in found["routes"]] == [
        "level is 0, not >=4",
        "region is test, which it leaves out",
        "type is alert, not ended",
        "team is payments",
    ]
    found = await preview(client, team="payments", tags=["VIP"], level=0)
    assert [one["because"] for one in found["routes"]][2:] == ["2 takes it before"] * 2
    found = await preview(client, type="ended", status="open")
    assert [one["because"] for one in found["routes"]] == [
        "it names no type, and what is ended goes to routes that do",
        "it names no type, and what is ended goes to routes that do",
        "status is open, not nothing",
        "it names no type, and what is ended goes to routes that do",
    ]
    assert found["messages"] == []


async def test_of_a_ticket_everything_is_as_it_has_it_but_what_is_named(
    process: Process, client: httpx.AsyncClient
) -> None:
    given: dict[str, Any] = {"team": "payments", "tags": ["vip"], "region": "test"}
    await process.post(opening(0, priority="P2", title="Checkout is down", **given))
    await process.run(52)
    position = len(await process.log())

    found = await preview(client, ticket="T-1")
    assert [one["because"] for one in found["routes"]][:2] == [
        "level is 4",
        "region is test, which it leaves out",
    ]
    assert "Checkout is down" in found["messages"][0]["text"]
    assert "warning" in found["messages"][0]["text"]
    found = await preview(
        client, ticket="T-1", fields={"region": "emea"}, level=1, type="transition"
    )
    assert found["messages"] == []
    assert len(await process.log()) == position
    with pytest.raises(TicketUnknown):
        await preview(client, ticket="T-9")
    assert (await client.post("/notifications/preview", json={"taem": "x"})).status_code == 422


async def test_fields_that_no_ticket_can_have_are_refused(process: Process) -> None:
    app = FastAPI()
    app.include_router(routed.build(process.pool, process.book, process.now, lambda _: LACKING))
    problems.install(app, {})
    async with calling(app) as client:
        for written, wrong in UNFIT:
            said = f'{{"fields": {written}}}'.replace("team", "region").encode()
            answer = await client.post("/notifications/preview", content=said, headers=JSON)
            assert answer.status_code == 422, answer.text
            assert wrong.replace("team", "region") in answer.json()["errors"][0]["msg"]


async def test_the_command_shows_the_same(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [
        await preview(client, level=4),
        await preview(client, type="ended", status="open"),
        await preview(client, level=0, team="payments", tags=["VIP"]),
    ]

    def ask(*asked: object, scope: str) -> dict[str, Any]:
        return found.pop(0)

    monkeypatch.setattr(notifications, "ask", ask)
    codes = [
        notifications.preview({}, url="http://sla", token=None, as_json=False) for _ in range(3)
    ]
    assert codes == [0, 1, 1]
    shown = capsys.readouterr().out
    assert "+ Directors: level is 4" in shown
    assert "- 4: it has no team, not anything" in shown
    assert "Nobody would be told." in shown
    assert shown.count("It is not sent: URGENT_URL is not set.") == 2
    assert notifications.fields(["region=emea", "a=b=c"]) == {"region": "emea", "a": "b=c"}
    with pytest.raises(Exit):
        notifications.fields(["region"])


async def test_a_route_that_gathers_says_by_what_and_for_how_long(
    process: Process, client: httpx.AsyncClient
) -> None:
    routes = """  routes:
    - {match: {level: 4}, to: [urgent], continue: true, group_wait: 1m}
    - {match: {}, to: [slack], group_by: [team, fields.floor]}"""
    await process.offer(CONFIG[:BEFORE] + routes + CONFIG[AFTER:])
    found = await preview(client, level=4)
    assert [one["because"] for one in found["routes"]] == [
        "level is 4; gathered for 60 s",
        "it takes everything; gathered by team, floor for 10 s",
    ]
