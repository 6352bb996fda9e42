"""What a request asks by its query is read, or refused with what it was meant to be."""

from collections.abc import AsyncGenerator, Generator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from pydantic import SecretStr

from config.settings import Settings
from ops.wiring import Service

SETTINGS = Settings(database_url=SecretStr(""), api_tokens=SecretStr(""), api_tokens_file=None)
Json = dict[str, Any]
SILENCE = "7f6bb0b6-6d5a-4b8e-9d7f-3a0e6a5b1c2d"


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """The whole application, of which nothing runs: what it refuses, it refuses before."""
    return Service(SETTINGS).app


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


def routes(app: FastAPI) -> Generator[tuple[str, set[str]]]:
    """Path and methods of each, with an id where it wants one."""
    for one in app.routes:
        found: Any = getattr(one, "effective_route_contexts", lambda one=one: [one])()
        for route in found:
            original = getattr(route, "original_route", route)
            if isinstance(original, APIRoute):
                path = route.path.replace("{id:path}", "T-1").replace("{silence_id}", SILENCE)
                yield path, set(route.methods or ())
            elif isinstance(original, APIWebSocketRoute):
                yield route.path or original.path, {"WEBSOCKET"}


async def closed(app: FastAPI, query: str, subprotocols: tuple[str, ...] = ()) -> list[Any]:
    """What is said to a subscriber who asks so."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/ws/alerts",
        "headers": [],
        "query_string": query.encode(),
        "subprotocols": list(subprotocols),
    }
    await app(scope, receive, send)
    return sent


async def test_every_route_refuses_a_parameter_that_it_does_not_read(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    walked: set[str] = set()
    for path, methods in routes(app):
        for method in methods:
            walked.add(f"{method} {path}")
            if method == "WEBSOCKET":
                assert (await closed(app, "prority=P0"))[-1]["code"] == 1008
                continue
            answer = await client.request(method, path, params={"prority": "P0"})
            if path == "/" or path.startswith("/views/"):  # filters that another view reads
                assert answer.status_code == 200
                continue
            if path.startswith("/answer/"):  # others may have lengthened a link
                assert answer.status_code in (404, 429)
                continue
            assert answer.status_code == 422, f"{method} {path}"
            if method != "HEAD":
                assert answer.json()["errors"][0]["loc"] == ["query", "prority"]
    assert {
        "GET /dashboard",
        "POST /tickets",
        "POST /tickets/",
        "POST /tickets/T-1/snooze",
        "GET /tickets/T-1",
        "HEAD /health",
        "GET /metrics",
        f"DELETE /silences/{SILENCE}",
        "WEBSOCKET /ws/alerts",
    } <= walked
    assert len(walked) > 30


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("/dashboard?prority=P0", "nothing reads it; did you mean 'priority'?"),
        ("/dashboard?SIZE=5", "nothing reads it; did you mean 'size'?"),
        ("/reports/attainment?frm=2026-01-01", "nothing reads it; did you mean 'from'?"),
        ("/conflicts?xyz", "nothing reads it; the known ones: after, ticket_id, limit, wait_for"),
        ("/health?xyz=1", "nothing reads it"),
        ("/dashboard?page=1&page=2", "is given 2 times: say it once"),
        ("/dashboard?format=csv&sla_state=warning&sla_state=critical", "nothing reads it; "),
        ("/alerts?token=secret", "nothing reads it; "),
    ],
)
async def test_what_was_meant_is_suggested(
    client: httpx.AsyncClient, asked: str, said: str
) -> None:
    answer = await client.get(asked)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    [error] = answer.json()["errors"]
    assert error["msg"].startswith(said)


@pytest.mark.parametrize(
    "asked",
    [
        "/dashboard?sla_state=bad",
        "/dashboard?phase=bad",
        "/dashboard?sort=bad",
        "/alerts?severity=bad",
        "/alerts?after=abc",
        "/alerts/stream?severity=warning,bad",
        "/alerts/stream?after=abc",
        "/reports/attainment?group_by=bad",
        "/reports/attainment?format=bad",
    ],
)
async def test_a_value_that_nothing_can_match_is_refused(
    client: httpx.AsyncClient, asked: str
) -> None:
    answer = await client.get(asked)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][:2] == ["query", asked.partition("?")[2].split("=")[0]]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("severity=bad", "query.severity.0: must be 'compliant', 'warning', 'critical' or 'b"),
        ("after=abc", "query.after: must be a valid integer"),
        ("sevrity=warning", "query.sevrity: nothing reads it; did you mean 'severity'?"),
        ("after=1&after=2", "query.after: is given 2 times: say it once"),
        ("severity=%00", "query: text must not contain NUL characters"),
        ("%C3%A4" * 200 + "=1", "query.äää"),
    ],
)
async def test_a_subscriber_can_read_why_it_is_refused(
    app: FastAPI, query: str, reason: str
) -> None:
    accepted, refused = await closed(app, query, ("bearer", "secret"))

    assert (accepted["type"], accepted["subprotocol"]) == ("websocket.accept", "bearer")
    assert (refused["type"], refused["code"]) == ("websocket.close", 1008)
    assert refused["reason"].startswith(reason)
    assert len(refused["reason"].encode()) <= 123


async def test_a_command_of_which_a_part_would_be_forgotten_is_refused(
    client: httpx.AsyncClient,
) -> None:
    wrong: dict[str, tuple[Json, str, str]] = {
        "/silences": ({"reson": "x"}, "reson", "nothing reads it; did you mean 'reason'?"),
        "/tickets": ({"tickets": [{}], "dry": 1}, "dry", "nothing reads it; the known ones: t"),
    }
    for path, (body, member, said) in wrong.items():
        answer = await client.post(path, json=body)
        assert answer.status_code == 422
        [error] = [one for one in answer.json()["errors"] if one["loc"] == ["body", member]]
        assert error["msg"].startswith(said)


@pytest.mark.parametrize(
    ("matchers", "member", "said"),
    [
        ({"priorty": ["P0"]}, "priorty", "nothing reads it; did you mean 'priority'?"),
        ({"mood": ["bad"]}, "mood", "nothing reads it; the known ones: external_id, "),
        ({"priority": "P0"}, "priority", "must be a list, in square brackets"),
    ],
)
async def test_a_matcher_that_is_none_is_told_in_words(
    client: httpx.AsyncClient, matchers: Json, member: str, said: str
) -> None:
    body = {"matchers": matchers, "until": "2099-01-01T00:00:00Z", "by": "jo", "reason": "x"}
    answer = await client.post("/silences", json=body)

    [error] = answer.json()["errors"]
    assert (answer.status_code, error["loc"]) == (422, ["body", "matchers", member])
    assert error["msg"].startswith(said)


async def test_the_document_is_asked_as_any_route(client: httpx.AsyncClient) -> None:
    answer = await client.get("/openapi.json", params={"version": "2"})
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["query", "version"])


THEIRS = ("take_delivery", "press_in_slack", "answer_from_pagerduty")
"""What a desk sends, Slack, or PagerDuty, is in a form of theirs."""


async def test_every_body_is_read_to_the_last_member(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    bodies = [
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
        for path in document["paths"].values()
        for operation in path.values()
        if "requestBody" in operation and operation["operationId"] not in THEIRS
    ]
    schemas = document["components"]["schemas"]
    assert len(bodies) > 3
    assert [one for one in bodies if schemas[one].get("additionalProperties") is not False] == []
