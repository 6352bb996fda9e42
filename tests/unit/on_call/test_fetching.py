"""A calendar is fetched once for each change, in time, and from nowhere within."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from engine import reaching
from engine.notify.post import http_client
from engine.on_call import fetching
from engine.on_call.fetching import Copy, Fetcher, NotFetched
from engine.on_call.reading import MOST_BYTES
from tests.support.web import serving

TEXT = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


@asynccontextmanager
async def publishing() -> AsyncGenerator[tuple[str, list[str]]]:
    """Its address, and every path that was asked for, with the tag that was sent."""
    app, asked, over = FastAPI(openapi_url=None), list[str](), asyncio.Event()

    async def calendar(request: Request) -> Response:
        tag = request.headers.get("If-None-Match", "")
        asked.append(f"calendar {tag}".strip())
        if tag == '"one"':
            return Response(status_code=304)
        return Response(TEXT, media_type="text/calendar", headers={"ETag": '"one"'})

    async def gone() -> Response:
        return Response("the secret is hush", status_code=410)

    async def moved() -> Response:
        return RedirectResponse("/calendar")

    async def round_and_round() -> Response:
        return RedirectResponse("/round")

    async def inside() -> Response:
        asked.append("inside")
        return RedirectResponse("http://169.254.169.254/latest/meta-data")

    async def large() -> Response:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(8):
                yield b"x" * 1_000_000

        return StreamingResponse(parts())

    async def silent() -> Response:
        await over.wait()
        return Response()

    for path, handler in {
        "/calendar": calendar,
        "/gone": gone,
        "/moved": moved,
        "/round": round_and_round,
        "/inside": inside,
        "/large": large,
        "/silent": silent,
    }.items():
        app.add_api_route(path, handler, methods=["GET"])
    async with serving(app) as url:
        yield url, asked
        over.set()


async def test_what_has_not_changed_is_not_sent_again() -> None:
    async with publishing() as (url, asked), http_client() as client:
        fetcher = Fetcher(client, private=True)
        first = await fetcher.fetch(f"{url}/calendar")
        assert first == Copy(TEXT, '"one"')
        assert await fetcher.fetch(f"{url}/calendar", first) is first
        assert await fetcher.fetch(f"{url}/moved", Copy(b"", None)) == first
        assert asked == ["calendar", 'calendar "one"', "calendar"]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/gone", "answers 410 Gone"),
        ("/round", "is redirected more than 3 times"),
        ("/large", f"is larger than {MOST_BYTES:,} bytes"),
        ("/silent", "took longer than 0.2 seconds"),
    ],
)
async def test_why_there_is_no_newer_copy_is_said_without_the_address(
    path: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if path == "/silent":
        monkeypatch.setattr(fetching, "SECONDS", 0.2)
    async with publishing() as (url, _), http_client() as client:
        with pytest.raises(NotFetched) as refused:
            await Fetcher(client, private=True).fetch(f"{url}{path}?token=hush")
    assert str(refused.value) == why


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/c.ics",
        "webcal://localhost:1/c.ics",
        "http://[::1]:1/c.ics",
        "http://10.1.2.3/c.ics",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:192.168.0.1]/c.ics",
        "http://[64:ff9b::c0a8:1]/c.ics",
        "http://[2002:c0a8:1::]/c.ics",
        "http://[64:ff9b:1::c0a8:1]/c.ics",
        "http://[::ffff:0:192.168.0.1]/c.ics",
        "http://[::192.168.0.1]/c.ics",
        "http://[fec0::1]/c.ics",
        "http://0.0.0.0:1/c.ics",
    ],
)
async def test_no_address_of_a_network_of_ones_own_is_asked(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with http_client() as client:
        with pytest.raises(NotFetched, match="is in a private network"):
            await Fetcher(client).fetch(address)


async def test_a_redirect_leads_to_no_private_address_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def is_public(text: str) -> bool:
        return text == "127.0.0.1"

    monkeypatch.setattr(reaching, "is_public", is_public)
    async with publishing() as (url, asked), http_client() as client:
        assert (await Fetcher(client).fetch(f"{url}/moved")).text == TEXT
        with pytest.raises(NotFetched, match="is in a private network"):
            await Fetcher(client).fetch(f"{url}/inside")
    assert asked == ["calendar", "inside"]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("ftp://example.com/c.ics", "the address is no http(s) URL"),
        ("http://127.0.0.1:1/c.ics", "no answer: ConnectError"),
        ("http://[::1", "the address is no http(s) URL"),
        (f"https://{'a' * 64}.example/c.ics", "its host is not known"),
    ],
)
async def test_an_address_of_no_use_is_said(address: str, why: str) -> None:
    async with http_client() as client:
        with pytest.raises(NotFetched) as refused:
            await Fetcher(client, private="127.0.0.1" in address).fetch(address)
    assert str(refused.value) == why
