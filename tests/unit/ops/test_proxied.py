"""A proxy's word is taken if it is signed, for this service, and new; else nobody is let in."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from starlette.requests import HTTPConnection

from command_side import acting
from command_side.deciding.tokens import TokenBook, hashed
from ops.http import problems
from ops.http.auth import Token
from ops.http.door import Door, Holder
from tests.support.items import NINE

KEY, OLDER = "k" * 32, "o" * 32
NOW = NINE.timestamp()
SAID: dict[str, Any] = {
    "sub": "ann@example.com",
    "aud": "sla-tracker",
    "iat": NOW,
    "exp": NOW + 60,
}
TOKEN = Token(hashed("reader"), frozenset({"read"}), "configured 1")


def text(what: Any) -> str:
    return urlsafe_b64encode(json.dumps(what).encode()).decode().rstrip("=")


def sworn(key: str = KEY, header: Any = None, **changes: Any) -> str:
    signed = f"{text(header or {'alg': 'HS256', 'typ': 'JWT'})}.{text({**SAID, **changes})}"
    signature = hmac.digest(key.encode(), signed.encode(), "sha256")
    return f"{signed}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


class Clock:
    now: datetime = NINE


def door(*keys: str, clock: Clock | None = None) -> Door:
    shown = clock or Clock()
    return Door(
        [TOKEN],
        TokenBook(),
        lambda token_id, at: None,
        lambda: shown.now,
        lambda: 0.0,
        home="https://sla.example.com",
        proxy_keys=keys,
    )


def app(entry: Door) -> FastAPI:
    made = FastAPI()

    @made.get("/read", dependencies=[Depends(entry.requires("read"))])
    async def read() -> list[str | None]:
        return [acting.said("somebody else"), acting.through()]

    @made.post("/write", dependencies=[Depends(entry.requires("write"))])
    async def write() -> str | None:
        return acting.said("somebody else")

    @made.post("/admin", dependencies=[Depends(entry.requires("admin"))])
    async def admin() -> None: ...

    assert all((read, write, admin))
    problems.install(made, {})
    return made


async def asked(
    word: str | list[str], path: str = "/read", *keys: str, **headers: str
) -> httpx.Response:
    words = [word] if isinstance(word, str) else word
    transport = httpx.ASGITransport(app(door(*(keys or (KEY,)))))
    method = "GET" if path == "/read" else "POST"
    sent = [*(("X-SLA-User", one) for one in words), *headers.items()]
    async with httpx.AsyncClient(transport=transport, base_url="https://sla.example.com") as client:
        return await client.request(method, path, headers=sent)


async def test_who_is_known_so_is_the_one_who_does_it() -> None:
    assert (await asked(sworn())).json() == ["ann@example.com", "proxy"]
    assert (await asked(sworn(), "/write")).json() == "ann@example.com"
    assert (await asked(sworn(), "/admin")).status_code == 403
    assert (await asked(sworn(scope="read admin root"), "/admin")).status_code == 200
    assert (await asked(sworn(scope=""))).status_code == 403


async def test_a_key_is_replaced_while_both_are_known() -> None:
    assert (await asked(sworn(OLDER), "/read", KEY, OLDER)).status_code == 200
    assert (await asked(sworn(OLDER), "/read", KEY)).status_code == 401


def changed(word: str) -> str:
    header, payload, signature = word.split(".")
    claims = {**SAID, "sub": "eve@example.com"}
    return ".".join((header, text(claims), signature)) if payload else word


@pytest.mark.parametrize(
    "word",
    [
        pytest.param(sworn("x" * 32), id="of another key"),
        pytest.param(changed(sworn()), id="another name under it"),
        pytest.param(sworn(header={"alg": "none"}), id="alg none, signed"),
        pytest.param(f"{text({'alg': 'none'})}.{text(SAID)}.", id="alg none"),
        pytest.param(sworn(header={"alg": "RS256"}), id="another algorithm"),
        pytest.param(sworn(header=["HS256"]), id="a head that is none"),
        pytest.param(sworn(aud="other"), id="for another service"),
        pytest.param(sworn(aud=None), id="for no service"),
        pytest.param(sworn(exp=NOW), id="over"),
        pytest.param(sworn(exp=NOW + 9999, iat=NOW - 300), id="old, whatever it says"),
        pytest.param(sworn(iat=NOW + 31, exp=NOW + 60), id="from the future"),
        pytest.param(sworn(iat=None), id="of no time"),
        pytest.param(sworn(exp="soon"), id="without an end"),
        pytest.param(sworn(iat=float("nan")), id="a time that is no number"),
        pytest.param(sworn(sub=""), id="nobody"),
        pytest.param(sworn(sub=7), id="a number"),
        pytest.param(sworn(sub="ann\neve"), id="two lines"),
        pytest.param(sworn(sub="a" * 256), id="a long name"),
        pytest.param(sworn(scope=["admin"]), id="scopes in a list"),
        pytest.param(sworn(more="x" * 5000), id="long"),
        pytest.param("ann@example.com", id="a bare name"),
        pytest.param("..", id="nothing in it"),
        pytest.param("a.b.c", id="no base64"),
        pytest.param("", id="empty"),
        pytest.param([sworn(), sworn(sub="eve")], id="two, of which one is the client's"),
    ],
)
async def test_what_is_no_good_word_lets_nobody_in(word: str | list[str]) -> None:
    answer = await asked(word)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "What the proxy says is not signed, or too old."
    assert "example.com" not in answer.text


async def test_without_a_key_nobody_is_believed_and_with_one_nobody_comes_without() -> None:
    entry = door()
    transport = httpx.ASGITransport(app(entry))
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        answer = await client.get("/read", headers={"X-SLA-User": sworn()})
    assert (answer.status_code, answer.json()["detail"][:17]) == (401, "A token is needed")
    alone = Door(
        (), TokenBook(), lambda token_id, at: None, lambda: NINE, lambda: 0.0, proxy_keys=[KEY]
    )
    assert alone.is_closed


async def test_a_token_that_comes_with_it_wins() -> None:
    answer = await asked(sworn(), "/read", KEY, Authorization="Bearer reader")
    assert answer.json() == ["somebody else", "token:configured 1"]
    answer = await asked(sworn(), "/read", KEY, Authorization="Bearer stranger")
    assert answer.status_code == 401


async def test_a_page_of_another_site_may_not_use_the_session_with_the_proxy() -> None:
    for origin, status in (("https://evil.example", 403), ("https://sla.example.com", 200)):
        assert (await asked(sworn(), "/write", KEY, Origin=origin)).status_code == status


def test_what_somebody_opened_ends_after_a_quarter_of_an_hour() -> None:
    clock = Clock()
    entry = door(KEY, clock=clock)
    scope = {"type": "http", "headers": [(b"x-sla-user", sworn().encode())]}
    holder: Holder = entry.holder(HTTPConnection(scope))
    clock.now = NINE + timedelta(minutes=15, microseconds=-1)
    assert entry.stands(holder)
    clock.now = NINE + timedelta(minutes=15)
    assert not entry.stands(holder)
