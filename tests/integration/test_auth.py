"""Who holds a token may do what its scopes say; a bad token is never shown."""

import os
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, get_args

import httpx
import pytest
import pytest_asyncio
from fastapi import Depends, FastAPI, WebSocket
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from command_side.deciding.tokens import SCOPES, Scope, TokenBook
from config.settings import Settings
from ops.http import auth, door, problems
from ops.http.auth import BadTokens, Token
from ops.http.door import Door
from tests.support.items import NINE
from tests.support.serving import serving

SECRET = "5b6e-a-long-secret"


def settings(tokens: str = "", file: Path | None = None) -> Settings:
    return Settings(api_tokens=SecretStr(tokens), api_tokens_file=file)


def known(tokens: str, file: Path | None = None) -> tuple[Token, ...]:
    return auth.tokens(settings(tokens, file))


def test_without_tokens_there_are_none() -> None:
    assert known("") == ()


def test_tokens_are_kept_as_hashes_with_their_scopes() -> None:
    one, two = known(f"{SECRET}:read,write\n with:colons:admin")

    assert (one.scopes, two.scopes) == ({"read", "write"}, {"admin"})
    assert SECRET not in repr((one, two))
    assert one.hash != two.hash


def test_a_file_holds_more_of_them_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"\ufeff# the dashboard\r\n\n  {SECRET}:read  \r\nwith spaces:audit\n")

    assert [token.scopes for token in known("first:write", file)] == [
        {"write"},
        {"read"},
        {"audit"},
    ]


@pytest.mark.parametrize(
    "entry",
    [SECRET, f"{SECRET}:", f"{SECRET}:root", f"{SECRET}:read,", f"{SECRET}:read,root", ":read"],
)
def test_a_token_that_cannot_be_read_is_named_by_its_place_alone(entry: str) -> None:
    with pytest.raises(BadTokens) as refused:
        known(f"good:read {entry}")

    assert str(refused.value).startswith("token 2: write <token>:<scope>,<scope>; the scopes are")
    assert SECRET not in str(refused.value)
    assert SECRET not in repr(refused.value.__cause__ or refused.value.__context__)


@pytest.mark.parametrize("secret", ["sesam öffne", f"{SECRET} ", f"{SECRET}\x07"])
def test_a_token_that_nobody_could_send_is_refused(secret: str, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"{secret}:read\n")
    with pytest.raises(BadTokens, match="token 1: nobody could send it") as refused:
        known("", file)
    assert SECRET not in str(refused.value)


def test_a_file_that_cannot_be_read_is_an_error_and_not_an_open_door(tmp_path: Path) -> None:
    with pytest.raises(BadTokens, match="cannot be read: No such file"):
        known("", tmp_path / "none")
    with pytest.raises(BadTokens, match="cannot be read: Is a directory, not a file"):
        known("", tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadTokens, match="cannot be read: Is a named pipe, not a file"):
        known("", tmp_path / "pipe")
    empty = tmp_path / "empty"
    empty.write_text("# nothing yet\n")
    with pytest.raises(BadTokens, match="has no token"):
        known("", empty)
    binary = tmp_path / "binary"
    binary.write_bytes(SECRET.encode() + b"\xff")
    with pytest.raises(BadTokens, match="no UTF-8") as refused:
        known("", binary)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("blank", [" ", "\n", "\t \r\n"])
def test_a_secret_that_was_left_blank_is_an_error_and_not_an_open_door(
    blank: str, tmp_path: Path
) -> None:
    with pytest.raises(BadTokens, match="API_TOKENS is set and holds no token"):
        known(blank)
    file = tmp_path / "tokens"
    file.write_text(blank)
    with pytest.raises(BadTokens, match="API_TOKENS_FILE has no token"):
        known("good:read", file)


def door_of(tokens: str, home: str = "", hosts: Sequence[str] = ()) -> Door:
    return Door(
        known(tokens),
        TokenBook(),
        lambda token_id, at: None,
        lambda: NINE,
        monotonic,
        home=home,
        hosts=hosts,
    )


def app_of(tokens: str, home: str = "", hosts: Sequence[str] = ()) -> FastAPI:
    """One route for each scope, and a WebSocket for readers."""
    app, entry = FastAPI(), door_of(tokens, home, hosts)
    for scope in SCOPES:

        async def answer() -> str:
            return "welcome"

        needed = [Depends(entry.requires(scope))]
        app.api_route(f"/{scope}", methods=["GET", "POST"], dependencies=needed)(answer)

    needed = [Depends(entry.requires("read"))]

    @app.websocket("/live", dependencies=needed)
    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("welcome")
        await websocket.close()

    assert live
    problems.install(app, {})
    return app


@pytest_asyncio.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    tokens = (
        "reader:read writer:write both:read,write auditor:audit chief:admin twice:read twice:audit"
    )
    transport = httpx.ASGITransport(app_of(tokens))
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("token", "scopes"),
    [
        ("reader", {"read"}),
        ("writer", {"write"}),
        ("both", {"read", "write"}),
        ("auditor", {"audit"}),
        ("chief", {"read", "write", "audit", "admin"}),
        ("twice", {"read", "audit"}),
    ],
)
async def test_a_token_opens_what_its_scopes_say(
    client: httpx.AsyncClient, token: str, scopes: set[str]
) -> None:
    for scope in get_args(Scope):
        response = await client.get(f"/{scope}", headers=bearer(token))
        assert response.status_code == (200 if scope in scopes else 403)
        if scope not in scopes:
            assert response.json()["detail"] == f"The token lacks the scope {scope}."


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ({}, "A token is needed: send Authorization: Bearer <token>."),
        ({"Authorization": "Basic reader"}, "A token is needed"),
        ({"Authorization": "Bearer "}, "A token is needed"),
        ({"Authorization": "reader"}, "A token is needed"),
        (bearer("stranger"), "The token is not known."),
        (bearer("Reader"), "The token is not known."),
        (bearer("reader:read"), "The token is not known."),
        ({"Authorization": "Bearer r\xe9ader".encode("latin-1")}, "The token is not known."),
    ],
)
async def test_whoever_has_no_good_token_is_told_so_as_a_problem(
    client: httpx.AsyncClient, headers: Any, detail: str
) -> None:
    response = await client.get("/read", headers=headers)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["detail"].startswith(detail)
    assert "stranger" not in response.text


async def test_a_scheme_is_spelled_in_any_case(client: httpx.AsyncClient) -> None:
    response = await client.get("/read", headers={"Authorization": "bearer reader"})

    assert response.status_code == 200


async def test_over_http_a_token_in_the_address_opens_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/read?token=reader")).status_code == 401


async def test_where_there_are_no_tokens_nobody_needs_one() -> None:
    transport = httpx.ASGITransport(app_of(""))
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        assert (await client.get("/admin")).status_code == 200
        assert (await client.get("/admin", headers=bearer("any"))).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://sla", 200),
        ("HTTP://SLA", 200),
        ("https://sla.example", 200),  # where PUBLIC_URL says that people reach it
        ("http://sla:8001", 403),
        ("https://evil.example", 403),
        ("http://[", 403),
        ("null", 403),
    ],
)
async def test_without_tokens_pages_of_other_sites_may_not_command(
    origin: str, status: int
) -> None:
    asked = {"Origin": origin}
    transport = httpx.ASGITransport(app_of("", home="https://sla.example/desk"))
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        answer = await client.post("/write", headers=asked)
        assert answer.status_code == status
        assert status == 200 or "there are none: make one" in answer.json()["detail"]
        assert (await client.get("/read", headers=asked)).status_code == 200
    transport = httpx.ASGITransport(app_of("any:write"))
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        answer = await client.post("/write", headers={**asked, **bearer("any")})
        assert answer.status_code == 200


async def test_every_configured_token_is_compared_and_none_in_a_time_that_tells(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever is right: how long it takes says nothing of how much of it was."""
    compared: list[bytes] = []
    real = door.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return real(one, other)

    monkeypatch.setattr(door, "compare_digest", compare)
    each: list[list[bytes]] = []
    for token in ("reader", "chief", "stranger"):
        compared.clear()
        await client.get("/read", headers=bearer(token))
        each.append(list(compared))
    assert each[0] == each[1] == each[2]
    assert len(each[0]) == 7


async def test_without_tokens_pages_of_other_sites_may_not_listen() -> None:
    async with serving(app_of("")) as address:
        url = f"ws://{address}/live"
        async with connect(url, origin=Origin(f"http://{address}")) as websocket:
            assert await websocket.recv() == "welcome"
        with pytest.raises(InvalidStatus):
            async with connect(url, origin=Origin("https://evil.example")):
                pass


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("sla.localhost", 200),
        ("LocalHost.", 200),
        ("127.0.0.1:8000", 200),
        ("10.2.3.4", 200),
        ("[::1]:8000", 200),
        ("sla-service:8000", 200),  # as services of one Compose file call each other
        ("desk.example:8443", 200),  # the host of PUBLIC_URL, behind any port
        ("SLA.internal", 200),  # of ALLOWED_HOSTS
        ("evil.example", 421),
        ("evil.example:8000", 421),
        ("desk.example.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("evil.example@localhost", 421),
        ("[::1]evil.example", 421),
        ("", 421),
    ],
)
async def test_without_tokens_nobody_is_answered_under_a_name_that_a_stranger_may_own(
    host: str, status: int
) -> None:
    asked = {"Host": host, "Origin": f"http://{host}"}
    app = app_of("", home="https://desk.example/", hosts=["sla.internal"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        assert (await client.get("/read", headers=asked)).status_code == status
        answer = await client.post("/write", headers={"Host": host})
        assert answer.status_code == status
        assert status == 200 or "ALLOWED_HOSTS" in answer.json()["detail"]
    transport = httpx.ASGITransport(app_of("any:read"))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.get("/read", headers={**asked, **bearer("any")})
        assert answer.status_code == 200


async def test_without_tokens_nobody_may_listen_under_a_name_that_a_stranger_may_own() -> None:
    async with serving(app_of("")) as address:
        host, port = address.split(":")
        with pytest.raises(InvalidStatus):
            async with connect("ws://evil.example/live", host=host, port=int(port)):
                pass


async def test_a_websocket_takes_its_token_in_three_ways() -> None:
    async with serving(app_of("reader:read writer:write odd/to=ken:read pl+us/==:read")) as address:
        url = f"ws://{address}/live"
        for opening in (
            connect(url, additional_headers=bearer("reader")),
            connect(f"{url}?token=reader"),
            connect(f"{url}?token=pl+us/=="),
            connect(f"{url}?token=pl%2Bus%2F%3D%3D"),
            connect(url, subprotocols=[Subprotocol("bearer"), Subprotocol("reader")]),
            connect(url, subprotocols=[Subprotocol("bearer"), Subprotocol("odd%2Fto%3Dken")]),
        ):
            async with opening as websocket:
                assert await websocket.recv() == "welcome"
        for refused in (url, f"{url}?token=writer", f"{url}?token=stranger"):
            with pytest.raises(InvalidStatus):
                async with connect(refused):
                    pass
