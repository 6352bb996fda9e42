"""The commands over HTTP: each item answered, each request to be found again in the log."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
from asgi_correlation_id import CorrelationIdMiddleware, correlation_id
from fastapi import FastAPI

from command_side import api
from command_side.deciding.events import Ticket
from command_side.intake.writer import Writer
from ops.http import problems
from tests.support.desk import Process, somebody_waits_for_a_lock
from tests.support.items import identity, opening, text, update


@asynccontextmanager
async def serving(process: Process, *, capacity: int = 100) -> AsyncGenerator[httpx.AsyncClient]:
    """The command routes of this process, its writer at work."""
    writer = Writer(process.pool, process.intake, process.now, capacity=capacity)
    app = FastAPI()
    app.add_middleware(CorrelationIdMiddleware, header_name="X-Correlation-ID", validator=None)
    app.include_router(
        api.build(
            process.pool,
            process.desk,
            writer,
            process.silences,
            process.now,
            max_items=5,
            max_bytes=2000,
            correlation_id=correlation_id.get,
        )
    )
    problems.install(app, {})
    stop = asyncio.Event()
    running = asyncio.create_task(writer.run(stop))
    transport = httpx.ASGITransport(app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
            yield client
    finally:
        stop.set()
        await running


@pytest_asyncio.fixture
async def client(process: Process) -> AsyncGenerator[httpx.AsyncClient]:
    async with serving(process) as client:
        yield client


async def post(
    client: httpx.AsyncClient, *items: Any, correlation: str | None = None
) -> httpx.Response:
    headers = {"X-Correlation-ID": correlation} if correlation else {}
    return await client.post("/tickets", json={"tickets": items}, headers=headers)


async def test_every_item_is_answered_in_its_place(
    process: Process, client: httpx.AsyncClient
) -> None:
    await post(client, opening(0, "T-1"))
    process.clock.set(10)

    response = await post(
        client,
        opening(0, "T-1"),
        update(5, "T-1", status="pending"),
        update(2, "T-1", priority="P2"),
        opening(0, "T-1", title="Other"),
        {"external_id": "T-2", "revision": -1},
    )

    assert response.status_code == 207
    body = response.json()
    results = body.pop("results")
    assert body == {
        "accepted": 2,
        "duplicates": 1,
        "unchanged": 0,
        "conflicts": 1,
        "rejected": 1,
        "position": 5,
    }
    assert [one["index"] for one in results] == [0, 1, 2, 3, 4]
    assert [one["outcome"] for one in results] == [
        "duplicate",
        "accepted",
        "accepted",
        "conflict",
        "rejected",
    ]
    assert [one["late"] for one in results] == [False, False, True, False, False]
    assert results[1]["ticket_id"] == str(identity())
    assert results[4] == {
        "index": 4,
        "external_id": "T-2",
        "ticket_id": None,
        "outcome": "rejected",
        "late": False,
        "error": "revision: must be greater than or equal to 0",
        "errors": [{"loc": ["revision"], "msg": "must be greater than or equal to 0"}],
    }


async def test_where_all_is_well_the_answer_is_200(client: httpx.AsyncClient) -> None:
    for expected in ({"accepted": 1}, {"duplicates": 1}):
        response = await post(client, opening(0))
        assert response.status_code == 200
        assert {name: response.json()[name] for name in expected} == expected
    response = await post(client, opening(None))
    assert (response.status_code, response.json()["unchanged"]) == (200, 1)
    assert response.json()["position"] is None


async def test_where_nothing_is_the_answer_is_a_problem(client: httpx.AsyncClient) -> None:
    response = await post(
        client, {"external_id": "T-1", "source": ""}, update(0, "T-2"), correlation="mine"
    )

    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["rejected"], body["correlation_id"]) == (422, 2, "mine")
    assert [one["outcome"] for one in body["results"]] == ["rejected", "rejected"]
    assert [one["loc"] for one in body["errors"]] == [
        ["body", "tickets", 0, "source"],
        ["body", "tickets", 1, "priority"],
        ["body", "tickets", 1, "customer_tier"],
        ["body", "tickets", 1, "status"],
    ]


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"tickets": [opening(0)] * 6}, 413, "6 items, at most 5"),
        ({"tickets": [opening(0, description="x" * 2000)]}, 413, "at most 2000 bytes"),
        ({"tickets": []}, 422, "the batch is empty"),
        ([opening(0)], 422, "expected an object with a list"),
    ],
)
async def test_what_is_too_large_or_none_is_refused_as_a_whole(
    process: Process, client: httpx.AsyncClient, body: Any, status: int, detail: str
) -> None:
    response = await client.post("/tickets", json=body)

    assert response.status_code == status
    assert response.json()["detail"].startswith(detail)
    assert await process.stream() == []


async def test_what_streams_in_without_a_length_is_cut_off_too(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncGenerator[bytes]:
        while True:
            yield b" " * 500

    response = await client.post("/tickets", content=endless())

    assert response.status_code == 413


async def test_every_event_bears_the_correlation_id_of_its_request(
    process: Process, client: httpx.AsyncClient
) -> None:
    process.clock.set(10)
    first, second, third = await asyncio.gather(
        post(client, opening(0), correlation="one"),
        post(client, opening(0, "T-2"), update(1, "T-2", status="pending"), correlation="two"),
        post(client, opening(0, "T-3")),
    )
    await post(client, opening(0, title="Other"), correlation="four")
    acknowledge = {"by": "jane"}
    await client.post(
        "/tickets/T-1/acknowledge", json=acknowledge, headers={"X-Correlation-ID": "five"}
    )

    given = third.headers["X-Correlation-ID"]
    assert [r.headers["X-Correlation-ID"] for r in (first, second)] == ["one", "two"]
    assert len(given) >= 32
    by_ticket = {
        name: [event.correlation_id for event in await process.stream(name)]
        for name in ("T-1", "T-2", "T-3")
    }
    assert by_ticket == {"T-1": ["one", "four", "five"], "T-2": ["two", "two"], "T-3": [given]}


async def test_a_full_queue_asks_for_patience(process: Process) -> None:
    async with serving(process, capacity=2) as client:
        await post(client, opening(0, "T-1"))
        async with process.pool.connection() as conn, conn.transaction():
            await conn.execute("select from heads for update")
            waiting = asyncio.create_task(
                post(client, update(1, "T-1", status="open"), opening(0, "T-2"))
            )
            await somebody_waits_for_a_lock(process.pool)
            refused = await post(client, opening(0, "T-3"))
        assert (await waiting).status_code == 200
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert "More is waiting" in refused.json()["detail"]


async def test_a_ticket_may_be_acknowledged_and_snoozed_by_its_name(
    process: Process, client: httpx.AsyncClient
) -> None:
    await post(client, opening(0, source="zendesk"))

    one = await client.post("/tickets/T-1/acknowledge?source=zendesk", json={"by": "jane"})
    two = await client.post(
        f"/tickets/{identity('T-1', 'zendesk')}/snooze", json={"by": "jane", "until": text(60)}
    )

    assert (one.status_code, two.status_code) == (200, 200)
    assert one.json() == {"ticket_id": str(identity("T-1", "zendesk")), "position": 3}
    log = await process.log()
    assert [event.topic for event in log[2:]] == [Ticket.Acknowledged.TOPIC, Ticket.Snoozed.TOPIC]


async def test_a_snooze_that_is_over_already_is_refused(client: httpx.AsyncClient) -> None:
    """In words that show a clock that is wrong: what time it is here."""
    await post(client, opening(0))
    for until in ("2026-01-04T09:00:00Z", text(0)):
        answer = await client.post("/tickets/T-1/snooze", json={"by": "jane", "until": until})
        assert answer.status_code == 422
        wrong = "must lie ahead: it is 2026-01-05T09:00:00+00:00 here"
        assert answer.json()["errors"] == [{"loc": ["body", "until"], "msg": wrong}]


async def test_commands_about_what_there_is_not_are_refused(client: httpx.AsyncClient) -> None:
    await post(client, opening(0, source="a"), opening(0, source="b"))

    unknown = await client.post("/tickets/T-2/acknowledge", json={"by": "jane"})
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "There is no ticket T-2.")
    several = await client.post("/tickets/T-1/acknowledge", json={"by": "jane"})
    assert several.status_code == 409
    nobody = await client.post("/tickets/T-1/acknowledge?source=a", json={})
    assert nobody.json()["errors"] == [{"loc": ["body", "by"], "msg": "Field required"}]
    noted = {"by": "jane", "notes": "on it"}
    forgotten = await client.post("/tickets/T-1/acknowledge?source=a", json=noted)
    assert forgotten.json()["errors"] == [
        {"loc": ["body", "notes"], "msg": "nothing reads it; did you mean 'note'?"}
    ]
    silence = await client.delete(f"/silences/{identity()}")
    assert silence.status_code == 404


async def test_what_nothing_reads_of_an_item_is_said_in_its_result(
    client: httpx.AsyncClient,
) -> None:
    misspelt = opening(0) | {"assigend_to": "jane", "cost": 5}
    answer = await post(client, misspelt, misspelt, opening(1), {"externalid": "T-9"})

    results = answer.json()["results"]
    assert [one["outcome"] for one in results] == [
        "accepted",
        "duplicate",
        "accepted",
        "rejected",
    ]
    told = [(one.get("ignored"), one.get("suggestions")) for one in results]
    assert told[:2] == [(["assigend_to", "cost"], {"assigend_to": "assigned_to"})] * 2
    assert told[2:] == [(None, None), (["externalid"], {"externalid": "external_id"})]


async def test_a_silence_is_made_and_ended(process: Process, client: httpx.AsyncClient) -> None:
    body = {"matchers": {"severity": ["warning"]}, "until": text(60), "by": "jane", "reason": "x"}

    made = await client.post("/silences", json=body)

    assert made.status_code == 201
    (silence,) = process.silences.in_force()
    assert made.json()["silence_id"] == str(silence.silence_id)
    ended = await client.delete(f"/silences/{silence.silence_id}")
    assert ended.status_code == 200
    assert list(process.silences.in_force()) == []


@pytest.mark.parametrize(
    ("wrong", "place", "said"),
    [
        ({"matchers": {"colour": ["red"]}}, ["matchers", "colour"], "nothing reads it"),
        ({"matchers": {}}, ["matchers"], "must not be empty"),
        ({"matchers": {"severity": []}}, ["matchers", "severity"], "must not be empty"),
        (
            {"matchers": {"severity": ["loud"]}},
            ["matchers", "severity", 0],
            "no alert ever has the severity 'loud'; it is one of breached, compliant, critical,",
        ),
        (
            {"matchers": {"type": ["alert", "retracted"]}},
            ["matchers", "type", 1],
            "no alert ever has the type 'retracted'; it is one of alert, escalation",
        ),
        (
            {"matchers": {"customer_tier": ["Gold", "golt"]}},
            ["matchers", "customer_tier", 1],
            "no alert ever has the customer_tier 'golt'; did you mean 'gold'?",
        ),
        (
            {"matchers": {"priority": ["P17"]}},
            ["matchers", "priority", 0],
            "no alert ever has the priority 'P17'; did you mean",
        ),
        (
            {"matchers": {"clock": ["update"]}},
            ["matchers", "clock", 0],
            "no alert ever has the clock 'update'; it is one of",
        ),
        ({"until": text(0)}, ["until"], "must lie ahead: it is 2026-01-05T09:00:00+00:00 here"),
        ({"until": "2026-01-05T10:00:00"}, ["until"], "needs a time zone, such as"),
        ({"until": 17}, ["until"], "write the time as RFC 3339 text"),
        ({"by": ""}, ["by"], "must not be empty"),
        ({"by": " \u2003\n"}, ["by"], "must not be empty"),
        ({"reason": " "}, ["reason"], "must not be empty"),
        ({"by": 5}, ["by"], "must be a valid string"),
        ({"reason": None}, ["reason"], "must be a valid string"),
    ],
)
async def test_a_silence_that_would_mute_nothing_is_refused(
    client: httpx.AsyncClient, wrong: dict[str, Any], place: list[str | int], said: str
) -> None:
    body = {"matchers": {"severity": ["warning"]}, "until": text(60), "by": "jane", "reason": "x"}

    answer = await client.post("/silences", json={**body, **wrong})

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["loc"] == ["body", *place]
    assert error["msg"].startswith(said)


async def test_a_command_that_is_no_json_says_where(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/tickets/T-1/acknowledge",
        content=b'{"by":',
        headers={"Content-Type": "application/json"},
    )
    (error,) = answer.json()["errors"]
    assert error == {"loc": ["body", 6], "msg": "not valid JSON: Expecting value"}
    await client.post("/tickets", json={"tickets": [opening()]})
    answer = await client.post("/tickets/T-1/acknowledge", json=[])
    assert answer.json()["errors"] == [{"loc": ["body"], "msg": "must be an object"}]
