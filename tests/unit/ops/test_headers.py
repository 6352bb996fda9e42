"""What every answer tells the browser, whatever it is, and whoever made it."""

import httpx
import pytest
from fastapi import FastAPI

from ops.http import openapi, problems
from ops.http.headers import Headers
from tests.support.pages import is_guarded

BARE = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


async def answer(method: str, path: str, *, https: bool = False) -> httpx.Response:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(Headers, https=https)
    problems.install(app, {})
    openapi.install(app)

    @app.get("/broken")
    async def broken() -> None:
        raise LookupError

    assert broken
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla.test") as client:
        return await client.request(method, path)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/openapi.json", 200),
        ("GET", "/nowhere", 404),
        ("PUT", "/openapi.json", 405),
        ("GET", "/broken", 500),
    ],
)
async def test_every_answer_is_guarded_whatever_it_is(method: str, path: str, status: int) -> None:
    found = await answer(method, path)
    assert found.status_code == status
    assert {name: found.headers.get_list(name) for name in BARE} == {
        name: [value] for name, value in BARE.items()
    }
    assert "Strict-Transport-Security" not in found.headers


def test_a_connection_that_is_refused_is_told_so_under_guard() -> None:
    said = problems.problem(431, "too large")
    assert {name: said.headers[name] for name in BARE} == BARE


async def test_what_says_more_of_itself_is_left_alone() -> None:
    page = await answer("GET", "/docs")
    assert is_guarded(page)
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    style = await answer("GET", "/docs/ui/swagger-ui.css")
    assert "ETag" in style.headers
    assert "Cache-Control" not in style.headers


async def test_where_people_come_by_https_browsers_never_leave_it() -> None:
    found = await answer("GET", "/openapi.json", https=True)
    assert found.headers["Strict-Transport-Security"] == "max-age=31536000"
