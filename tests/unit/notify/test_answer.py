"""What a receiver answers can neither take the service down nor tell a secret."""

import gzip
import json
import socket
from asyncio import IncompleteReadError, StreamReader, StreamWriter, start_server
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import escape
from itertools import chain, repeat
from urllib.parse import quote

import httpx
import pytest

from engine.notify import answer
from engine.notify.answer import Beginning, words
from engine.notify.message import Delivered, Outcome, Rejected, Retry
from engine.notify.post import http_client, post

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FEW = 4 << 20
"""Bytes: what the buffers of two sockets may hold, with room."""
MUCH = 64 << 20
ENDLESS = b"x" * 65_536


class Talker:
    """Sends these pieces in answer to each request, and counts what it could get rid of."""

    def __init__(self, start: bytes, piece: bytes = b"", *, stays: bool = False) -> None:
        self.sent = 0
        self.asked = b""
        self.url = ""
        self._start, self._piece, self._stays = start, piece, stays
        self._writers: list[StreamWriter] = []

    async def talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._writers.append(writer)
        try:
            self.asked = await reader.readuntil(b"{}")
            for piece in chain((self._start,), repeat(self._piece) if self._piece else ()):
                writer.write(piece)
                await writer.drain()
                self.sent += len(piece)
                if self.sent > MUCH:
                    break
            if self._stays:
                await reader.read()
        except (ConnectionError, IncompleteReadError):
            pass
        finally:
            writer.close()

    def leave(self) -> None:
        """What is still on its way to somebody who has left is not waited for."""
        for writer in self._writers:
            writer.transport.abort()


@asynccontextmanager
async def talking(talker: Talker) -> AsyncGenerator[Talker]:
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    server = await start_server(talker.talk, sock=listening)
    async with server:
        talker.url = f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
        yield talker
    talker.leave()


async def told(talker: Talker, yes: bytes | None = None) -> Outcome:
    async with talking(talker), http_client() as client:
        return await post(client, talker.url, b"{}", {}, lambda: NOW, yes=yes)


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode()


ANSWERS = {
    "endless": head("200 OK"),
    "endless and packed": head("200 OK", "Content-Encoding: gzip"),
    "endless in chunks": head("200 OK", "Transfer-Encoding: chunked") + b"ffffffff\r\n",
    "of unknown letters": head("200 OK", "Content-Type: text/plain; charset=klingon"),
}


@pytest.mark.parametrize("start", ANSWERS.values(), ids=ANSWERS)
async def test_of_an_endless_answer_some_kilobytes_are_read(start: bytes) -> None:
    talker = Talker(start, ENDLESS)
    assert await told(talker) == Delivered()
    assert talker.sent < FEW


async def test_endless_headers_are_not_waited_for() -> None:
    talker = Talker(b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n" * 5000)
    assert await told(talker) == Retry("no answer: RemoteProtocolError")
    assert talker.sent < FEW


async def test_a_small_answer_that_would_unpack_to_much_is_not_unpacked() -> None:
    packed = gzip.compress(bytes(1 << 20))
    start = head("404 Not Found", "Content-Encoding: gzip", f"Content-Length: {len(packed)}")
    talker = Talker(start + packed)
    assert await told(talker) == Rejected("404 (compressed)")
    assert b"accept-encoding: identity\r\n" in talker.asked.lower()


async def test_a_refusal_in_unknown_letters_is_a_refusal() -> None:
    refusal = head("410 Gone", "Content-Type: text/plain; charset=klingon") + b"g\xf6ne \x00\x1b[2J"
    assert await told(Talker(refusal)) == Rejected("410 g\ufffdne [2J")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "READ_WITHIN_SECONDS", 0.05)


@pytest.mark.usefixtures("impatient")
async def test_a_yes_whose_body_never_comes_is_a_yes() -> None:
    assert await told(Talker(head("200 OK", "Content-Length: 9"), stays=True)) == Delivered()


@pytest.mark.usefixtures("impatient")
async def test_where_the_body_says_yes_it_is_asked_for_again() -> None:
    broken = Talker(head("200 OK", "Content-Length: 9") + b"o", stays=True)
    assert await told(broken, yes=b"ok") == Retry("200, but the answer broke off")


async def test_no_cookie_is_kept() -> None:
    talker = Talker(head("200 OK", "Set-Cookie: session=1; Path=/", "Content-Length: 0"))
    async with talking(talker), http_client() as client:
        for _ in range(2):
            assert await post(client, talker.url, b"{}", {}, lambda: NOW) == Delivered()
        assert len(client.cookies.jar) == 0
    assert b"cookie" not in talker.asked.lower()


TOKEN = "550e8400-e29b-41d4-XyZ"
URL = f"https://me:pass%21word@hooks.example.com/services/T0AB12/{TOKEN}?key=S%C3%BCss&to=ops"
ECHOES = {
    "as it is": URL,
    "its path": f"/services/T0AB12/{TOKEN}?key=S%C3%BCss",
    "a part": f"the token {TOKEN} is unknown",
    "in small letters": URL.lower(),
    "within JSON": json.dumps({"url": URL}).replace("/", "\\/"),
    "within HTML": escape(URL),
    "quoted": quote(URL, safe=""),
    "its login": "Basic bWU6cGFzcyF3b3Jk",
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_an_answer_that_repeats_the_address_does_not_tell_it(echo: str) -> None:
    said = words(httpx.Response(404), Beginning(f"no hook: {echo}".encode(), whole=True), URL)
    assert said.startswith("no hook: ") or said.startswith("no hook: …")
    secret = (TOKEN.lower(), "e29b", "t0ab12", "pass", "bwu6", "ss&")
    assert not [part for part in secret if part in said.lower()]


def test_nor_where_it_is_cut() -> None:
    for length in range(1, len(URL)):
        said = words(httpx.Response(404), Beginning(URL[:length].encode(), whole=False), URL)
        assert said in ("", "…"), length


def test_honest_words_are_kept_and_not_too_many() -> None:
    raw = ("no_service " + "x" * 500).encode()
    said = words(httpx.Response(404), Beginning(raw, whole=True), "https://hooks.example.com/")
    assert said == ("no_service " + "x" * 500)[:200]
