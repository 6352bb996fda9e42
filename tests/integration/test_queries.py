"""What the queries answer, over HTTP."""

import asyncio
import re
from urllib.parse import urljoin
from uuid import UUID

import httpx
import pytest

from command_side.deciding.events import Ticket, ticket_id
from command_side.event_store.resuming import resume
from query_side import reading, web
from query_side.errors import Ambiguous, Lost, NotFound, NotYet
from query_side.web import FILES, VERSION, VIEWS
from tests.support.house import House, get
from tests.support.pages import is_guarded
from tests.support.recorded import (
    NINE,
    SOURCE,
    acknowledged,
    at,
    delivered,
    escalated,
    opened,
    plain,
    raised,
    retracted,
    text,
)

SVG = "http://www.w3.org/2000/svg"
"""A name, which nobody asks for."""
ONE, TWO = UUID(int=1), UUID(int=2)


async def test_a_ticket_is_found_by_its_id_and_by_its_external_id(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("T-1", opened("T-1"), acknowledged("T-1", at(5)))
    house.now = at(30)

    by_id = await get(client, f"/tickets/{ticket_id(SOURCE, 'T-1')}")

    assert await get(client, "/tickets/T-1") == by_id
    assert await get(client, "/tickets/T-1", source=SOURCE) == by_id
    assert by_id == {
        "ticket_id": str(ticket_id(SOURCE, "T-1")),
        "external_id": "T-1",
        "source": SOURCE,
        "title": "Outage T-1",
        "description": "down",
        "status": "open",
        "phase": "waiting",
        "priority": "P1",
        "customer_tier": "enterprise",
        "rule": None,
        "on_purpose": False,
        "team": None,
        "type": None,
        "organization": None,
        "assigned_to": "john.doe",
        "updated_by": "jane",
        "tags": ["emea"],
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-01-05T09:00:00Z",
        "sla_state": "compliant",
        "due_at": "2026-01-05T10:00:00Z",
        "resumes_at": None,
        "due_in_seconds": 1800.0,
        "next_due_at": "2026-01-05T10:00:00Z",
        "next_due_in_seconds": 1800.0,
        "next_clock": "resolution",
        "escalation_level": 0,
        "acknowledged_at": "2026-01-05T09:05:00Z",
        "acknowledged_by": "jane",
        "acknowledged_until": "2026-01-05T10:00:00Z",
        "snoozed_until": None,
        "policy_version": 1,
        "observations": 1,
        "late": 0,
        "position": 2,
    }


async def test_an_external_id_that_several_sources_use_needs_a_source(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("T-1", opened("T-1"))
    await house.tell("T-1", opened("T-1", source="jira"), source="jira")

    with pytest.raises(Ambiguous) as refusal:
        await client.get("/tickets/T-1")
    assert refusal.value.sources == ["jira", "zendesk"]
    assert (await get(client, "/tickets/T-1", source="jira"))["source"] == "jira"
    with pytest.raises(NotFound):
        await client.get("/tickets/T-2")
    with pytest.raises(NotFound):
        await client.get("/tickets/T-1", params={"source": "other"})


async def test_an_external_id_may_look_like_an_id_of_ours(
    house: House, client: httpx.AsyncClient
) -> None:
    sys_id = "0c5f3cece1b12010f877971dea0b1449"
    body = {"updated_at": text(NINE), "revision": 0, "given": {"status": "closed"}}
    other = {"given": {"title": "Other"}}
    for name in (sys_id, "T-1"):
        conflicted = plain(Ticket.Conflicted.TOPIC, body, other)
        await house.tell(name, opened(name), raised(name), conflicted)

    for path in ("/alerts", "/conflicts"):
        for name in (sys_id, str(ticket_id(SOURCE, sys_id))):
            (found,) = (await get(client, path, ticket_id=name))["items"]
            assert found["external_id"] == sys_id


async def test_the_stored_events_are_answered_as_they_are(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.append("T-1", opened("T-1"), raised("T-1"))
    own_id = ticket_id(SOURCE, "T-1")

    unprojected = await get(client, f"/tickets/{own_id}/events")

    assert await get(client, "/tickets/T-1/events") == unprojected
    assert [event["topic"] for event in unprojected["events"]] == [
        Ticket.Opened.TOPIC,
        Ticket.AlertRaised.TOPIC,
    ]
    first = unprojected["events"][0]
    assert first["payload"]["given"]["tags"] == ["emea"]
    assert first["payload"]["personal"]["given"]["title"] == "Outage T-1"
    assert (first["position"], first["version"], first["correlation_id"]) == (1, 1, "test")
    assert (first["occurred_at"], first["recorded_at"]) == (text(NINE), text(NINE))
    with pytest.raises(NotFound):
        await client.get("/tickets/T-2/events")


async def test_conflicts_are_listed_with_what_was_refused(
    house: House, client: httpx.AsyncClient
) -> None:
    body = {"updated_at": text(NINE), "revision": 0, "given": {"status": "closed"}}
    await house.tell(
        "T-1", opened("T-1"), plain(Ticket.Conflicted.TOPIC, body, {"given": {"title": "Other"}})
    )

    found = await get(client, "/conflicts")

    [item] = found["items"]
    assert (item["external_id"], item["content"]) == (
        "T-1",
        {"status": "closed", "title": "Other"},
    )
    assert found["next_after"] == 2
    assert (await get(client, "/conflicts", after=2))["items"] == []
    assert (await get(client, "/conflicts", ticket_id="T-1"))["items"] == [item]
    assert (await get(client, "/conflicts", ticket_id="T-2"))["items"] == []


async def test_the_log_of_alerts_is_read_page_by_page(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("T-1", opened("T-1"), raised("T-1"), delivered("T-1", at(52)))
    await house.tell(
        "T-2", opened("T-2"), raised("T-2", severity="breached", suppressed="backfill")
    )
    await house.tell("T-2", escalated("T-2", 2, at(60)))
    await house.tell("T-2", retracted("T-2", because="excused"))

    first = await get(client, "/alerts", limit=1)
    rest = await get(client, "/alerts", after=first["next_after"])

    assert first["next_after"] == 2
    assert [
        (item["type"], item["external_id"], item["suppressed"], item["because"], item["sent_at"])
        for item in first["items"] + rest["items"]
    ] == [
        ("alert", "T-1", None, None, "2026-01-05T09:52:00Z"),
        ("alert", "T-2", "backfill", None, None),
        ("escalation", "T-2", None, None, None),
        ("retracted", "T-2", None, "excused", None),
    ]
    assert (first["items"][0]["cycle"], first["items"][0]["generation"]) == (1, 0)
    assert rest["next_after"] == 7
    assert await get(client, "/alerts", after=7) == {"items": [], "next_after": 7}
    only = await get(client, "/alerts", severity="breached,critical")
    assert [item["position"] for item in only["items"]] == [5]
    own_id = str(ticket_id(SOURCE, "T-2"))
    for key in ("T-2", own_id):
        assert len((await get(client, "/alerts", ticket_id=key))["items"]) == 3


async def test_of_the_log_of_alerts_the_newest_that_were_to_be_sent_can_be_asked_for(
    house: House, client: httpx.AsyncClient
) -> None:
    for number in range(1, 5):
        name, why = f"T-{number}", "backfill" if number % 2 else None
        await house.tell(name, opened(name), raised(name, suppressed=why))

    async def positions(**asked: str) -> list[int]:
        found = await get(client, "/alerts", **asked)
        return [item["position"] for item in found["items"]]

    assert await positions(latest="true", limit="2") == [6, 8]
    assert await positions(latest="true", limit="1", suppressed="false") == [8]
    assert await positions(suppressed="false") == [4, 8]
    assert await positions(latest="true", suppressed="true") == [2, 6]


async def test_the_configuration_in_force_is_the_newest(
    house: House, client: httpx.AsyncClient
) -> None:
    with pytest.raises(NotFound):
        await client.get("/config")
    for version in (1, 2):
        body = {
            "version": version,
            "content": f"# {version}",
            "hash": f"hash-{version}",
            "author": "sla_config.yaml",
            "accepted_at": text(at(version)),
            "apply_to": "open_tickets",
        }
        await house.tell("policy", plain("policy.accepted.v1", body), source="")

    current = await get(client, "/config")
    history = await get(client, "/config/history")

    assert (current["version"], current["content"]) == (2, "# 2")
    assert (current["since"], current["reason"]) == (None, "")
    assert [item["version"] for item in history["items"]] == [2, 1]
    second = await get(client, "/config/history", limit=1, page=2)
    assert [item["version"] for item in second["items"]] == [1]
    assert (second["page"], second["total"]) == (2, 2)


async def test_silences_say_whether_they_are_in_force(
    house: House, client: httpx.AsyncClient
) -> None:
    for name, until in ((str(ONE), at(10)), (str(TWO), at(60))):
        body = {
            "silence_id": name,
            "matchers": {"priority": ["p1"]},
            "until": text(until),
            "reason": "work",
        }
        await house.tell(name, plain("silence.created.v1", body, {"by": "jane"}), source="")
    house.now = at(30)

    found = await get(client, "/silences")

    assert {item["silence_id"]: item["active"] for item in found["items"]} == {
        str(ONE): False,
        str(TWO): True,
    }
    first = await get(client, "/silences", limit=1)
    assert ([item["silence_id"] for item in first["items"]], first["total"]) == ([str(ONE)], 2)
    beyond = await get(client, "/silences", limit=1, page=3)
    assert (beyond["items"], beyond["page"], beyond["total"]) == ([], 3, 2)


async def test_a_query_waits_for_the_position_it_is_asked_for(
    house: House, client: httpx.AsyncClient
) -> None:
    position = await house.append("T-1", opened("T-1"))

    asked = asyncio.create_task(get(client, "/tickets/T-1", wait_for=position))
    await asyncio.sleep(0.05)
    assert not asked.done()
    await house.runner.catch_up()

    assert (await asked)["position"] == position


async def test_a_position_that_does_not_come_is_not_waited_for_for_ever(
    house: House, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LONGEST_WAIT_SECONDS", 0.05)
    await house.tell("T-1", opened("T-1"))

    for path in ("/tickets/T-1", "/tickets/T-1/history", "/tickets/T-1/events", "/dashboard"):
        with pytest.raises(NotYet) as refusal:
            await client.get(path, params={"wait_for": 2})
        assert (refusal.value.wanted, refusal.value.reached) == (2, 1)
    for path in ("/alerts", "/conflicts", "/config", "/silences"):
        with pytest.raises(NotYet):
            await client.get(path, params={"wait_for": 2})


async def test_a_position_that_a_restore_has_lost_is_never_waited_for(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("T-1", opened("T-1"))
    async with house.conn.transaction():
        resumed = await resume(house.conn, now=house.now, until=house.now)
    await house.runner.catch_up()

    for path in ("/tickets/T-1", "/dashboard", "/alerts", "/silences"):
        with pytest.raises(Lost, match="position 2 was lost"):
            await client.get(path, params={"wait_for": 2})
        await client.get(path, params={"wait_for": resumed.position})


async def test_parameters_that_make_no_sense_are_refused(client: httpx.AsyncClient) -> None:
    for path in (
        "/dashboard?page=0",
        "/dashboard?due_within_seconds=0",
        "/dashboard/facets?horizon=1,x",
        "/dashboard?size=100000",
        "/dashboard?sla_state=angry",
        "/dashboard?sort=colour",
        "/alerts?severity=loud",
        "/alerts?after=-1",
        "/tickets/T-1?wait_for=soon",
    ):
        assert (await client.get(path)).status_code == 422, path


async def test_the_page_needs_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    asked: set[str] = set()
    for view in VIEWS:
        page = await client.get(web.address(view))
        assert is_guarded(page)
        asked |= set(re.findall(r'(?:href|src)="(/web/[^"]+)"', page.text))
        assert "<h1>Desk &amp; Co</h1>" in page.text
        assert page.text.count(' aria-current="page">') == 1
    imported: set[str] = set()
    for path in asked:
        answer = await client.get(path)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["Cache-Control"]
        found = re.findall(r'(?:\bfrom|\bimport) "(\.[^"]+)"', answer.text)
        imported |= {urljoin(path, name) for name in found}
        elsewhere = re.findall(r'https?://[^"]+', answer.text.replace(SVG, ""))
        assert "/vendor/" in path or not elsewhere, path

    assert imported <= asked
    assert asked <= {f"/web/{VERSION}/{name}" for name in FILES}
    assert "<title>Desk &amp; Co</title>" in (await client.get("/")).text


async def test_a_file_of_another_version_is_the_one_that_is_there_and_is_not_kept(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/web/older/shared/api.js")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    plain = await client.get("/web/older/shared/api.js", headers={"Accept-Encoding": "identity"})
    assert plain.text == answer.text
    assert "Content-Encoding" in answer.headers
    assert "Content-Encoding" not in plain.headers
    assert (await client.get(f"/web/{VERSION}/shared/../__init__.py")).status_code == 404


async def test_every_route_is_described_for_people(house: House) -> None:
    operations = [
        (path, operation)
        for path, methods in house.app().openapi()["paths"].items()
        for operation in methods.values()
    ]

    assert len(operations) == 22
    for path, operation in operations:
        assert operation["summary"], path
        assert operation["description"], path
