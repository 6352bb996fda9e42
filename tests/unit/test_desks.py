"""A desk's API is asked patiently, and only where it is."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from engine.desks import calling
from engine.desks.calling import Api, Later, NotThere, Refused, listed
from engine.desks.known import DESKS
from engine.notify.post import http_client
from tests.support.items import at
from tests.support.web import serving


@asynccontextmanager
async def asking(**given: bool) -> AsyncGenerator[tuple[Api, list[str]]]:
    """An API below a path, and what was asked of it."""
    app, asked = FastAPI(), list[str]()

    async def answer(path: str, request: Request) -> Response:
        asked.append(f"{path} {request.headers.get('authorization', '')}".strip())
        match path:
            case "moved":
                return RedirectResponse("/api/there")
            case "round":
                return RedirectResponse("/api/round")
            case "away":
                return RedirectResponse(str(request.url.replace(hostname="localhost", path="/")))
            case "text":
                return Response("<html>")
            case "large":
                return Response(b"[" + b"1," * 200 + b"1]")
            case "paged":
                return JSONResponse([], headers={"Link": '</api/there?page=2>; rel="next"'})
            case "elsewhere":
                return JSONResponse([], headers={"Link": '<http://a.example/2>; rel="next"'})
            case _ if path.isdecimal():
                return JSONResponse({}, int(path))
            case _:
                return JSONResponse({"page": request.query_params.get("page")})

    app.add_api_route("/api/{path}", answer, methods=["GET"], response_model=None)
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    async with serving(app) as url, http_client() as client:
        headers = {"Authorization": "Bearer s3cret"}
        private = given.get("private", True)
        yield Api(client, f"{url}/api", headers, lambda: at(0), private, pause), asked


async def test_redirects_are_followed_on_the_desks_own_host_alone() -> None:
    async with asking() as (api, asked):
        assert (await api.get("/moved")).body == {"page": None}
        with pytest.raises(Refused, match="to another host: api_url has to name that one"):
            await api.get("/away")
        with pytest.raises(Refused, match="more than 3 times"):
            await api.get("/round")
    assert asked[:3] == ["moved Bearer s3cret", "there Bearer s3cret", "away Bearer s3cret"]


async def test_the_next_page_is_asked_for_on_the_same_host_alone() -> None:
    async with asking() as (api, _):
        following = (await api.get("/paged")).following
        assert following is not None
        assert (await api.get(following)).body == {"page": "2"}
        with pytest.raises(Refused, match="another host"):
            await api.get("/elsewhere")


@pytest.mark.parametrize(
    ("path", "kind", "why"),
    [
        ("/401", Refused, "answers 401 Unauthorized: the variables"),
        ("/403", Refused, "answers 403 Forbidden"),
        ("/404", NotThere, "answers 404 Not Found"),
        ("/409", Refused, "answers 409 Conflict"),
        ("/429", Later, "answers 429 Too Many Requests"),
        ("/500", Later, "answers 500 Internal Server Error"),
        ("/text", Later, "answers with what is no JSON"),
        ("/large", Refused, "answers with more than 100 bytes"),
    ],
)
async def test_what_stands_in_the_way_is_said(
    path: str, kind: type[Exception], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "MOST_BYTES", 100)
    async with asking() as (api, _):
        with pytest.raises(kind, match=why):
            await api.get(path)


async def test_no_address_within_a_network_of_ones_own_is_asked() -> None:
    async with asking(private=False) as (api, asked):
        with pytest.raises(Refused, match="api_url is in a private network; api_private: true"):
            await api.get("/there")
    assert asked == []


async def test_a_desk_that_is_not_there_is_asked_later() -> None:
    async with http_client() as client:
        waited: list[float] = []

        async def pause(seconds: float) -> None:
            waited.append(seconds)

        api = Api(client, "http://127.0.0.1:1", {}, lambda: at(0), True, pause)
        with pytest.raises(Later, match="does not answer: ConnectError"):
            await api.get("/")
    assert waited == [1, 2, 4, 8]


def test_an_answer_of_another_api_is_refused() -> None:
    bodies: list[object] = [{}, [], {"issues": {}}]
    for body in bodies:
        with pytest.raises(Refused, match="is api_url that of the desk"):
            listed(body, "issues")


def test_a_token_is_sent_as_its_desk_wants_it() -> None:
    assert DESKS["github"].headers(None, "t") == {"Authorization": "Bearer t"}
    basic = httpx.BasicAuth("ann@example.com/token", "t")
    request = next(basic.auth_flow(httpx.Request("GET", "http://a.example")))
    assert DESKS["zendesk"].headers("ann@example.com", "t") == {
        "Authorization": request.headers["Authorization"]
    }
