"""What surrounds every route: correlation ids, tokens, problems, also on the short cut."""

import asyncio
import re
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, Request, Response
from pydantic import SecretStr
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from command_side.deciding.problems import Problem
from command_side.deciding.tokens import TokenBook
from command_side.intake.item import Malformed
from command_side.silence_api import NewSilence
from config.settings import Settings
from ops.http import auth, bodies
from ops.http.application import Desks, Routes, application, straight
from ops.http.auth import Token
from ops.http.bodies import BoundedBody
from ops.http.door import Door
from ops.http.held import Streams
from query_side import webhooks
from query_side.api import Routers
from tests.support.house import eventually
from tests.support.items import NINE
from tests.support.pages import is_guarded

TOKENS = auth.tokens(Settings(api_tokens=SecretStr("writer:write reader:read")))

WRITER = {"Authorization": "Bearer writer"}


def door(tokens: Sequence[Token]) -> Door:
    return Door(
        tokens,
        TokenBook(),
        lambda token_id, at: None,
        lambda: NINE,
        monotonic,
        hosts=("sla.test",),
    )


def commands() -> APIRouter:
    router = APIRouter()

    @router.post("/tickets", summary="Report the state of tickets")
    async def ingest(request: Request) -> Response:
        match await request.body():
            case b"malformed":
                raise Malformed([Problem(("body",), "it is")])
            case b"broken":
                raise RuntimeError("no such table")
            case body:
                return Response(body)

    @router.post("/tickets/{id}/acknowledge")
    async def acknowledge(id: str, by: Annotated[str, Body()] = "") -> str:
        return id

    @router.post("/silences")
    async def silence(body: Annotated[NewSilence, Body()]) -> str:
        return body.by

    return router


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    yield


def app(*, guarded: bool = False, signed: APIRouter | None = None) -> FastAPI:
    nothing = APIRouter()
    queries = Routers(webhooks.build(), nothing, nothing, nothing)
    return application(
        Routes(
            commands(),
            nothing,
            nothing,
            Desks(nothing, nothing, nothing),
            queries,
            (),
            nothing,
            signed or nothing,
        ),
        entry := door(TOKENS if guarded else ()),
        Streams(entry),
        lifespan,
        max_bytes=1000,
        app_name="Desk & Co",
        probes_only=False,
        debug=False,
        replica=lambda: None,
    )


def client(*, guarded: bool = False, signed: APIRouter | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app(guarded=guarded, signed=signed), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://sla.test")


@pytest.mark.parametrize("path", ["/tickets", "/tickets/T-1/acknowledge"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"Authorization": "Bearer reader"}, 403), (WRITER, 200)],
)
async def test_every_command_asks_for_the_same_token(
    path: str, headers: dict[str, str], status: int
) -> None:
    answer = await client(guarded=True).post(path, headers=headers)
    assert answer.status_code == status


async def test_what_a_webhook_receives_is_described_to_everyone() -> None:
    answer = await client(guarded=True).get("/webhooks/schema.json")
    assert answer.headers["Content-Type"] == "application/schema+json"
    assert answer.json()["properties"]["schema_version"] == {"const": 1}


@pytest.mark.parametrize("path", ["/tickets", "/tickets/T-1/acknowledge"])
async def test_every_command_refuses_nul(path: str) -> None:
    answer = await client().post(f"{path}?source=%00")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["query"]


async def test_what_goes_wrong_is_a_problem_with_the_id_of_the_request() -> None:
    for body, status in {b"malformed": 422, b"broken": 500}.items():
        answer = await client().post("/tickets", content=body)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers.get_list("X-Correlation-ID") == [answer.json()["correlation_id"]]


@pytest.mark.parametrize("path", ["/tickets", "/tickets/T-1/acknowledge"])
async def test_no_command_takes_more_than_the_limit(path: str) -> None:
    async def pieces() -> AsyncGenerator[bytes]:
        for _ in range(100):
            yield b" " * 100

    for content in (pieces(), b" " * 1001):
        answer = await client().post(path, content=content)
        assert answer.status_code == 413
        assert answer.json()["detail"].startswith("at most 1000 bytes")


def post(path: str, *headers: tuple[bytes, bytes]) -> Scope:
    given = [(b"host", b"sla.test"), *headers]
    return {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": given}


@pytest.mark.parametrize("path", ["/tickets", "/tickets/T-1/acknowledge"])
@pytest.mark.parametrize("length", [(b"content-length", b"900"), (b"transfer-encoding", b"x")])
@pytest.mark.parametrize("token", [b"", b"Bearer stranger"])
async def test_of_who_has_no_token_nothing_is_read(
    path: str, length: tuple[bytes, bytes], token: bytes
) -> None:
    said: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("it was read")

    async def send(message: Message) -> None:
        said.append(message)

    scope = post(path, length, (b"authorization", token))
    await app(guarded=True)(scope, receive, send)
    assert said[0]["status"] == 401
    assert (b"www-authenticate", b"Bearer") in said[0]["headers"]


async def test_what_says_to_be_too_large_is_not_read() -> None:
    said: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("it was read")

    async def send(message: Message) -> None:
        said.append(message)

    for path in ("/tickets", "/tickets/T-1/acknowledge"):
        await app()(post(path, (b"content-length", b"1001")), receive, send)
        assert said.pop(0)["status"] == 413
        said.clear()


async def test_of_many_large_bodies_at_once_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SMALL", 100)
    rest = asyncio.Event()
    begun = 0

    async def half() -> AsyncGenerator[bytes]:
        nonlocal begun
        yield b"a" * 999
        begun += 1
        await rest.wait()
        yield b"a"

    async with client() as asking:
        large = [asyncio.create_task(asking.post("/tickets", content=half())) for _ in range(4)]
        await eventually(lambda: begun == len(large))
        answer = await asking.post("/tickets", content=b"a" * 900)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert (await asking.post("/tickets", content=b"a" * 100)).status_code == 200
        rest.set()
        assert {(await one).status_code for one in large} == {200}
        assert (await asking.post("/tickets", content=b"a" * 900)).status_code == 200


async def test_what_strangers_send_leaves_room_for_desks_that_have_signed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "SMALL", 100)
    rest = asyncio.Event()
    begun = 0

    async def taken(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        while message.get("more_body"):
            message = await receive()

    def half() -> Receive:
        told = iter([True, False])

        async def receive() -> Message:
            nonlocal begun
            more = next(told)
            if not more:
                begun += 1
                await rest.wait()
            return {"type": "http.request", "body": b"a" * 999 if more else b"", "more_body": more}

        return receive

    async def whole() -> Message:
        return {"type": "http.request", "body": b"a" * 999, "more_body": False}

    async def send(message: Message) -> None:
        raise AssertionError("nobody answers here")

    bounded = BoundedBody(taken, 1000, door(()), knows=lambda address: address == "10.0.0.1")

    def ask(path: str, address: str, receive: Receive) -> Coroutine[Any, Any, None]:
        return bounded({**post(path), "client": (address, 1)}, receive, send)

    strangers = [asyncio.create_task(ask("/connect/eu", "10.0.0.9", half())) for _ in range(4)]
    await eventually(lambda: begun == len(strangers))
    with pytest.raises(HTTPException, match="503"):
        await ask("/connect/eu", "10.0.0.8", whole)
    with pytest.raises(HTTPException, match="503"):
        await ask("/slack/actions", "10.0.0.1", whole)
    await ask("/connect/eu", "10.0.0.1", whole)
    await ask("/tickets", "10.0.0.8", whole)
    rest.set()
    await asyncio.gather(*strangers)
    await ask("/connect/eu", "10.0.0.8", whole)


async def test_nothing_is_wrong_with_a_sender_who_leaves(caplog: pytest.LogCaptureFixture) -> None:
    received: list[Message] = [
        {"type": "http.request", "body": b'{"tick', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return received.pop(0)

    async def send(_: Message) -> None:
        pass

    headers = [(b"host", b"sla.test")]
    scope: Scope = {"type": "http", "method": "POST", "path": "/tickets", "query_string": b""}
    await app()({**scope, "headers": headers}, receive, send)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_other_methods_are_refused_and_the_document_names_the_route_once() -> None:
    answer = await client().get("/tickets")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    document = (await client().get("/openapi.json")).json()
    assert document["paths"]["/tickets"].keys() == {"post"}
    assert document["paths"]["/tickets"]["post"]["summary"] == "Report the state of tickets"


async def test_the_document_is_headed_with_the_name_of_this_installation() -> None:
    async with client() as asking:
        document = (await asking.get("/openapi.json")).json()
    assert document["info"]["title"] == "Desk & Co"


async def test_a_senders_correlation_id_is_echoed() -> None:
    answer = await client().post("/tickets", headers={"X-Correlation-ID": "order-66"})
    assert answer.headers["X-Correlation-ID"] == "order-66"


@pytest.mark.parametrize("given", ["", "a" * 129, "tab\there", "caf\u00e9"])
async def test_an_id_that_cannot_be_logged_as_it_is_is_replaced(given: str) -> None:
    headers = [(b"X-Correlation-ID", given.encode("latin-1"))]
    ids = {(await client().post("/", headers=headers)).headers["X-Correlation-ID"] for _ in "12"}
    assert len(ids) == 2
    assert given not in ids


def test_a_route_that_wants_more_than_the_request_gets_no_short_cut() -> None:
    router = APIRouter()

    @router.post("/tickets")
    async def ingest(request: Request, page: int) -> int:
        return page

    with pytest.raises(TypeError, match="/tickets wants more"):
        straight(FastAPI(), router, "/tickets")


async def test_a_short_cut_keeps_the_checks_of_the_router_and_of_the_route() -> None:
    met: list[str] = []

    async def house(request: Request) -> None:
        met.append("house")

    async def door(request: Request) -> None:
        met.append("door")

    async def inner(request: Request) -> None:
        met.append("route")

    router = APIRouter(dependencies=[Depends(door)])

    @router.post("/tickets", dependencies=[Depends(inner)])
    async def ingest(request: Request) -> Response:
        return Response()

    served = FastAPI(dependencies=[Depends(house)])
    straight(served, router, "/tickets")
    transport = httpx.ASGITransport(served)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla.test") as http:
        assert (await http.post("/tickets")).status_code == 200
    assert met == ["house", "door", "route"]


async def test_the_page_of_the_api_needs_nothing_from_elsewhere() -> None:
    async with client() as http:
        page = (await http.get("/docs")).text
        named = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(named) == 3
        for address in named:
            assert (await http.get(address)).status_code == 200, address


async def test_the_page_of_the_api_is_nobodys_frame_and_there_is_no_other() -> None:
    async with client() as http:
        assert is_guarded(await http.get("/docs"))
        assert (await http.get("/redoc")).status_code == 404  # it loaded from elsewhere


async def test_what_slack_signs_needs_no_token() -> None:
    router = APIRouter()

    @router.post("/slack/actions")
    async def take(request: Request) -> int:
        return len(await request.body())

    async with client(guarded=True, signed=router) as slack:
        assert (await slack.post("/slack/actions", content=b"x" * 900)).json() == 900
        assert (await slack.post("/slack/actions", content=b"x" * 1001)).status_code == 413
        assert (await slack.post("/tickets", content=b"x")).status_code == 401
