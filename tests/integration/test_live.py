"""The live log: in order, without gap or repetition, over real connections."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from command_side.event_store.resuming import resume
from query_side import sql
from tests.support.house import House, eventually
from tests.support.live import alerts, live, messages
from tests.support.plans import rows_looked_at
from tests.support.recorded import (
    acknowledged,
    at,
    escalated,
    opened,
    raised,
    retracted,
)
from tests.support.serving import serving


async def test_an_alert_is_told_with_all_that_the_contract_names(house: House) -> None:
    async with live(house) as (address, _), connect(f"ws://{address}/ws/alerts?after=0") as socket:
        await alerts(house, 1)
        [message] = await messages(socket, 1)

    assert message.pop("ticket_id")
    assert message == {
        "type": "alert",
        "position": 2,
        "alert_id": "T-1-resolution-warning",
        "external_id": "T-1",
        "source": "zendesk",
        "clock": "resolution",
        "severity": "warning",
        "milestone": "warning",
        "escalation_level": 1,
        "due_at": "2026-01-05T10:00:00Z",
        "raised_at": "2026-01-05T09:51:00Z",
        "remaining_seconds": 540.0,
        "customer_tier": "enterprise",
        "priority": "P1",
        "title": "Outage T-1",
    }


async def test_a_subscriber_that_resumes_gets_everything_once_and_in_order(house: House) -> None:
    expected = await alerts(house, *range(30))
    async with live(house) as (address, _):
        await house.applied(expected[-1])
        got: list[int] = []
        for part in range(3):
            after = got[-1] if got else 0
            async with connect(f"ws://{address}/ws/alerts?after={after}") as socket:
                got += [message["position"] for message in await messages(socket, 15)]
                expected += await alerts(house, *range(30 + part * 10, 40 + part * 10))
        async with connect(f"ws://{address}/ws/alerts?after={got[-1]}") as socket:
            await house.append("x", opened("x"), raised("x", suppressed="snoozed"))
            expected += await alerts(house, 100)
            rest = await messages(socket, len(expected) - len(got))

    assert got + [message["position"] for message in rest] == expected


async def test_resuming_while_alerts_pour_in_leaves_no_gap(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("query_side.messages.PAGE", 7)
    expected = await alerts(house, *range(40))

    async def pour() -> None:
        for number in range(40, 120):
            expected.extend(await alerts(house, number))

    async with live(house) as (address, _):
        await house.applied(expected[-1])
        async with connect(f"ws://{address}/ws/alerts?after=0") as socket:
            pouring = asyncio.create_task(pour())
            got = [message["position"] for message in await messages(socket, 120)]
            await pouring

    assert got == expected


async def test_without_a_position_only_what_is_new_is_told(house: House) -> None:
    old = await alerts(house, 1)
    async with live(house) as (address, tailer):
        await house.applied(old[-1])
        async with connect(f"ws://{address}/ws/alerts") as socket:
            await eventually(lambda: tailer.open_streams == 1)
            new = await alerts(house, 2)
            [message] = await messages(socket, 1)

    assert message["position"] == new[0]


async def test_neither_suppressed_alerts_nor_their_withdrawals_are_told_and_the_rest_is(
    house: House,
) -> None:
    async with live(house) as (address, _), connect(f"ws://{address}/ws/alerts?after=0") as socket:
        await house.append(
            "T-1",
            opened("T-1"),
            raised("T-1", suppressed="backfill"),
            retracted("T-1", suppressed="backfill"),
            escalated("T-1", 2, at(52)),
            acknowledged("T-1", at(53)),
            retracted("T-1", because="excused"),
        )
        found = await messages(socket, 3)

    assert [message["type"] for message in found] == ["escalation", "acknowledged", "retracted"]
    escalation, acknowledgement, retraction = found
    assert (escalation["escalation_level"], escalation["level_name"]) == (2, "Level 2")
    assert acknowledgement["acknowledged_by"] == "jane"
    assert retraction["reason"] == "it was resolved before"
    assert retraction["because"] == "excused"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("severity=breached", ["T-2"]),
        ("severity=breached,critical", ["T-2", "T-3"]),
        ("severity=breached&severity=CRITICAL", ["T-2", "T-3"]),
        ("customer_tier=Standard", ["T-3"]),
        ("priority=p0&severity=warning", ["T-1"]),
    ],
)
async def test_a_subscriber_gets_what_it_asked_for(
    house: House, filters: str, expected: list[str]
) -> None:
    await house.tell("T-1", opened("T-1"), raised("T-1", priority="P0"))
    await house.tell("T-2", opened("T-2"), raised("T-2", severity="breached"))
    changes: dict[str, Any] = {"severity": "critical", "customer_tier": "standard"}
    await house.tell("T-3", opened("T-3"), raised("T-3", **changes))
    end: dict[str, Any] = {"priority": "P0", "customer_tier": "standard"}

    async with (
        live(house) as (address, _),
        connect(f"ws://{address}/ws/alerts?after=0&{filters}") as socket,
    ):
        got = await messages(socket, len(expected))
        for severity in ("warning", "critical", "breached"):
            await house.append(f"E-{severity}", opened("E"), raised("E", severity=severity, **end))
        [last] = await messages(socket, 1)

    assert [message["external_id"] for message in got] == expected
    assert last["external_id"] == "E"


async def test_a_position_beyond_the_end_is_answered_with_a_reset(house: House) -> None:
    positions = await alerts(house, 1)
    async with live(house) as (address, _):
        await house.applied(positions[-1])
        async with connect(f"ws://{address}/ws/alerts?after=99") as socket:
            [reset] = await messages(socket, 1)
            await alerts(house, 2)
            [message] = await messages(socket, 1)

    assert reset == {"type": "reset", "position": 2}
    assert message["external_id"] == "T-2"


async def test_a_position_that_a_restore_has_lost_is_answered_with_a_reset(house: House) -> None:
    known = (await alerts(house, 1))[-1]
    async with house.conn.transaction():
        resumed = await resume(house.conn, now=house.now, until=house.now)
    latest = (await alerts(house, 2))[-1]
    async with live(house) as (address, _):
        await house.applied(latest)
        async with connect(f"ws://{address}/ws/alerts?after={known + 1}") as socket:
            [reset] = await messages(socket, 1)
        async with connect(f"ws://{address}/ws/alerts?after={known}") as socket:
            [message] = await messages(socket, 1)

    assert known < resumed.position < latest
    assert reset == {"type": "reset", "position": latest}
    assert message["external_id"] == "T-2"


async def test_a_silent_stream_sends_heartbeats_to_resume_from(house: House) -> None:
    positions = await alerts(house, 1)
    async with live(house, heartbeat_seconds=0.05) as (address, _):
        await house.applied(positions[-1])
        async with connect(f"ws://{address}/ws/alerts?after=0&severity=breached") as socket:
            [beat] = await messages(socket, 1)

    assert beat == {"type": "heartbeat", "position": 2, "at": "2026-01-05T09:00:00Z"}


async def closed(socket: ClientConnection) -> int | None:
    with suppress(ConnectionClosed):  # that is waited for
        async for _ in socket:
            pass  # what was sent before
    return socket.close_code


async def test_a_slow_consumer_is_closed_and_can_resume(house: House) -> None:
    tailer = house.tailer(queue_size=5)
    stop = asyncio.Event()
    running = asyncio.create_task(tailer.run(stop))
    async with serving(house.app(tailer)) as address:
        async with connect(f"ws://{address}/ws/alerts?after=0") as socket:
            await house.tell("T-0", opened("T-0"), raised("T-0"))
            [first] = await messages(socket, 1)
            expected = await alerts(house, *range(1, 51))  # fifty at once into a queue of five
            await house.runner.catch_up()
            tailer.wake()
            assert await closed(socket) == 1013
        async with connect(f"ws://{address}/ws/alerts?after={first['position']}") as socket:
            got = [message["position"] for message in await messages(socket, 50)]
    stop.set()
    await running

    assert got == expected


async def test_a_consumer_that_takes_nothing_any_more_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("query_side.streams.SEND_SECONDS", 0.01)
    await house.tell("T-1", opened("T-1"), raised("T-1"))
    tailer = house.tailer()
    said = iter([{"type": "websocket.connect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(said, None) or await asyncio.Future[Any]()

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "websocket.send":
            await asyncio.Future[None]()  # the other side's buffers are full

    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/ws/alerts",
        "headers": [],
        "query_string": b"after=0",
    }
    async with house.running(tailer):
        await house.app(tailer)(scope, receive, send)

    assert [message["type"].rpartition(".")[2] for message in sent] == ["accept", "send", "close"]
    assert sent[-1]["code"] == 1013


async def test_over_the_limit_a_connection_is_closed_and_places_come_back(house: House) -> None:
    async with live(house, limit=1) as (address, tailer):
        async with connect(f"ws://{address}/ws/alerts?after=0"):
            await eventually(lambda: tailer.open_streams == 1)
            async with connect(f"ws://{address}/ws/alerts") as second:
                assert await closed(second) == 1013
        await eventually(lambda: tailer.open_streams == 0)
        async with connect(f"ws://{address}/ws/alerts?after=0") as third:
            await alerts(house, 1)
            assert len(await messages(third, 1)) == 1


async def test_streams_end_when_the_service_stops(house: House) -> None:
    tailer = house.tailer()
    async with serving(house.app(tailer)) as address:
        async with house.running(tailer):
            socket = await connect(f"ws://{address}/ws/alerts?after=0")
            await eventually(lambda: tailer.open_streams == 1)
        assert await closed(socket) == 1012


async def test_the_first_subprotocol_offered_is_accepted(house: House) -> None:
    offered = [Subprotocol("sla"), Subprotocol("token")]
    async with (
        live(house) as (address, _),
        connect(f"ws://{address}/ws/alerts", subprotocols=offered) as socket,
    ):
        assert socket.subprotocol == "sla"


async def events(
    client: httpx.AsyncClient, count: int, headers: dict[str, str] | None = None, path: str = ""
) -> list[tuple[str | None, dict[str, Any]]]:
    """(id, data) of that many server-sent events."""
    found: list[tuple[str | None, dict[str, Any]]] = []
    event_id: str | None = None
    data: dict[str, Any] = {}
    async with client.stream("GET", f"/alerts/stream{path}", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                event_id = line[4:]
            elif line.startswith("data: "):
                data = json.loads(line[6:])
            elif not line:
                found.append((event_id, data))
                event_id = None
                if len(found) == count:
                    break
    return found


async def test_server_sent_events_resume_from_the_last_event(house: House) -> None:
    await alerts(house, 1, 2, 3)
    async with (
        live(house) as (address, _),
        httpx.AsyncClient(base_url=f"http://{address}") as client,
    ):
        first = await events(client, 2, path="?after=0")
        rest = await events(client, 1, {"Last-Event-ID": first[-1][0] or ""}, "?after=0")

    assert [event_id for event_id, _ in first + rest] == ["2", "4", "6"]
    assert [data["external_id"] for _, data in first + rest] == ["T-1", "T-2", "T-3"]


async def test_server_sent_events_count_as_streams_and_a_browser_may_come_back(
    house: House,
) -> None:
    async with (
        live(house, limit=1) as (address, tailer),
        httpx.AsyncClient(base_url=f"http://{address}") as client,
    ):
        async with connect(f"ws://{address}/ws/alerts"):
            await eventually(lambda: tailer.open_streams == 1)
            full = await client.get("/alerts/stream")
            assert tailer.open_streams == 1
        await eventually(lambda: tailer.open_streams == 0)
        await alerts(house, 1)
        assert len(await events(client, 1, path="?after=0")) == 1

    assert (full.status_code, full.headers["content-type"].split(";")[0]) == (
        200,
        "text/event-stream",
    )
    assert full.text == ": 1 streams are open; try again later\nretry: 5000\n\n"


async def test_looking_for_what_is_new_does_not_read_what_nobody_is_told_of(house: House) -> None:
    await house.tell("T-1", opened("T-1"), raised("T-1"))
    await house.conn.execute(
        "INSERT INTO alerts (position, type, ticket_id, external_id, escalation_level, raised_at,"
        " occurred_at, recorded_at, priority, customer_tier, suppressed)"
        " SELECT 2 + n, type, ticket_id, external_id, escalation_level, raised_at, occurred_at,"
        " recorded_at, priority, customer_tier, 'backfill' FROM alerts, generate_series(1, 3000) n"
    )
    await house.conn.execute("ANALYZE alerts")
    asked = {"after": 2, "limit": 500}
    assert await rows_looked_at(house.conn, sql.load("live"), asked) == 0
