"""Whoever has nothing to show takes little: of memory, of time, of connections."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ops.http import connections
from ops.http.connections import most_connections
from ops.http.openapi import PROBLEM
from ops.http.serving import listener, serving
from tests.support.house import eventually
from tests.support.patience import PATIENCE

GET = b"GET /held HTTP/1.1\r\nHost: localhost\r\n"
ASK = b"GET /ask HTTP/1.1\r\nHost: localhost\r\n\r\n"
PROBE = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /take HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
FEW = 4
SHORT = 0.5
"""Seconds: enough for whoever does go on, on a machine that is busy with others."""


class Peer:
    """A connection of a stranger."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def flood(self, piece: bytes, most: int) -> None:
        """The piece again and again, until nobody takes it any more."""
        for _ in range(most // len(piece)):
            self._writer.write(piece)
            try:
                await self._writer.drain()
            except ConnectionError:
                return
        raise AssertionError(f"{most} bytes were taken")

    async def heard(self) -> bytes:
        """All until the other side closes."""
        try:
            return await self._reader.read()
        except ConnectionError:
            return b""

    async def answer(self) -> bytes:
        """One, without a body; the connection stays."""
        return await self._reader.readuntil(b"\r\n\r\n")

    def leave(self) -> None:
        self._writer.transport.abort()


class Service:
    """A server, and what became of those who came."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.holds = 0
        self.let_go = asyncio.Event()
        self.peers: list[Peer] = []

    async def peer(self, data: bytes = b"") -> Peer:
        peer = Peer(*await asyncio.open_connection("127.0.0.1", self._port))
        self.peers.append(peer)
        peer.send(data)
        return peer

    async def held(self, head: bytes) -> None:
        """Until it is busy with this one: who has not asked yet makes room for the next."""
        before = self.holds
        await self.peer(head)
        await eventually(lambda: self.holds > before)

    async def ask(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse("")

    async def hold(self, request: Request) -> PlainTextResponse:
        self.holds += 1
        await self.let_go.wait()
        return PlainTextResponse("")

    async def take(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    async def refuse(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse("no", 401)


@asynccontextmanager
async def served() -> AsyncGenerator[Service]:
    bound = listener("127.0.0.1", 0)
    service = Service(bound.getsockname()[1])
    routes = [
        Route("/ask", service.ask),
        Route("/health", service.ask),
        *(Route(path, service.hold) for path in ("/held", "/metrics")),
        Route("/take", service.take, methods=["POST"]),
        Route("/refuse", service.refuse, methods=["POST"]),
    ]
    async with asyncio.timeout(PATIENCE), serving(Starlette(routes=routes), bound):
        try:
            yield service
        finally:
            service.let_go.set()
            for peer in service.peers:
                peer.leave()


@pytest.fixture
async def service() -> AsyncGenerator[Service]:
    async with served() as service:
        yield service


@pytest.fixture
async def hurried(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Service]:
    """A service whose patience is short."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "LINGER_SECONDS"):
        monkeypatch.setattr(connections, name, SHORT)
    monkeypatch.setattr("ops.http.serving._KEEP_ALIVE", SHORT)
    async with served() as service:
        yield service


@pytest.fixture
async def small(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Service]:
    """A service that lets few in."""
    monkeypatch.setattr(connections, "MOST", FEW)
    monkeypatch.setattr(connections, "SPARE", 2)
    async with served() as service:
        yield service


def status(said: bytes) -> int:
    return int(said.split(b" ", 2)[1])


ENDLESS = {
    "an address": (b"GET /", b"a" * 65536),
    "a header": (GET + b"X: ", b"a" * 65536),
    "the name of a header": (GET, b"a" * 65536),
    "headers": (GET, b"".join(b"X-%d: y\r\n" % number for number in range(6000))),
    "headers after a body": (CHUNKED + b"0\r\n", b"X-Y: z\r\n" * 8000),
    "a header after a body": (CHUNKED + b"0\r\nX: ", b"a" * 65536),
    "what says how long a piece is": (CHUNKED + b"1;", b"a" * 65536),
    "empty lines": (b"", b"\r\n" * 32768),
}


@pytest.mark.parametrize(("begin", "piece"), ENDLESS.values(), ids=ENDLESS)
async def test_a_head_without_an_end_is_not_kept(
    service: Service, begin: bytes, piece: bytes
) -> None:
    peer = await service.peer(begin)
    await peer.flood(piece, 100_000_000)


async def test_a_head_that_is_too_large_is_refused_in_words(service: Service) -> None:
    peer = await service.peer(GET + b"X: " + b"a" * connections.HEAD_BYTES + b"\r\n\r\n")
    said = await peer.heard()
    assert status(said) == 431
    assert b"problem+json" in said
    answer = json.loads(said.split(b"\r\n\r\n", 1)[1])
    assert answer["status"] == 431
    assert answer.keys() == set(PROBLEM["required"])


async def test_too_many_headers_are_refused_in_words(service: Service) -> None:
    peer = await service.peer(GET + b"X: y\r\n" * connections.HEADERS + b"\r\n")
    assert status(await peer.heard()) == 431


async def test_a_large_head_in_many_pieces_is_taken(service: Service) -> None:
    peer = await service.peer(b"GET /ask HTTP/1.1\r\nHost: localhost\r\nCookie: ")
    for _ in range(30):
        peer.send(b"a" * 1000)
        await asyncio.sleep(0)
    peer.send(b"\r\n\r\n")
    assert status(await peer.answer()) == 200


async def test_of_many_requests_at_once_few_are_kept(service: Service) -> None:
    peer = await service.peer(GET + b"\r\n")
    peer.send(ASK * 1000)
    assert await peer.heard() == b""


@pytest.mark.parametrize(
    "head",
    [
        b"GET /ask HTTP/1.1\r\n\r\n",
        b"GET /ask HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /ask HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    ],
)
async def test_a_request_names_one_host(service: Service, head: bytes) -> None:
    assert status(await (await service.peer(head)).heard()) == 400


async def test_a_probe_of_an_old_kind_needs_no_host(service: Service) -> None:
    peer = await service.peer(b"GET /health HTTP/1.0\r\n\r\n")
    assert status(await peer.heard()) == 200


LATE: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 0),
    "half a head": (GET, 408),
    "an empty line": (b"\r\n", 408),
    "half a body": (POST + b"Content-Length: 100\r\n\r\nhalf", 408),
    "half a body in pieces": (CHUNKED + b"4\r\nhalf\r\n", 408),
    "half a head after an answer": (ASK + GET, 200),
    "nothing after an answer": (ASK, 200),
    "half a body that nobody wants": (
        b"POST /refuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf",
        401,
    ),
}


async def test_who_does_not_go_on_is_let_go(hurried: Service) -> None:
    peers = {name: await hurried.peer(sent) for name, (sent, _) in LATE.items()}
    heard = {name: await peer.heard() for name, peer in peers.items()}
    told = {name: status(said) if said else 0 for name, said in heard.items()}
    assert told == {name: expected for name, (_, expected) in LATE.items()}


async def test_who_waits_for_an_answer_is_not_let_go(hurried: Service) -> None:
    peer = await hurried.peer(GET + b"\r\n")
    assert status(await (await hurried.peer(GET)).heard()) == 408  # all have been looked at
    hurried.let_go.set()
    assert status(await peer.answer()) == 200


async def test_a_body_that_comes_steadily_may_take_its_time(
    hurried: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BODY_BYTES_A_SECOND", 1.0)
    peer = await hurried.peer(POST + b"Content-Length: 100\r\n\r\n" + b"a" * 99)
    assert status(await (await hurried.peer(GET)).heard()) == 408  # all have been looked at
    peer.send(b"a")
    assert status(await peer.answer()) == 200


async def test_who_says_nothing_makes_room_for_others(small: Service) -> None:
    silent = [await small.peer() for _ in range(3 * FEW)]
    polite = await small.peer(ASK)
    assert status(await polite.answer()) == 200
    silent += [await small.peer() for _ in range(3 * FEW)]
    for peer in silent[:-FEW]:
        assert await peer.heard() == b""
    polite.send(ASK)  # whoever has asked once is let go last
    assert status(await polite.answer()) == 200


async def test_when_all_are_busy_probes_are_still_answered(small: Service) -> None:
    busy = [await small.peer(GET + b"\r\n") for _ in range(FEW)]
    await eventually(lambda: small.holds == FEW)
    assert status(await (await small.peer(PROBE)).answer()) == 200
    refused = await (await small.peer(ASK)).heard()
    assert status(refused) == 503
    assert b"retry-after: 1\r\n" in refused
    small.let_go.set()
    for peer in busy:
        assert status(await peer.answer()) == 200


async def test_no_more_are_let_in_than_there_is_room_for(small: Service) -> None:
    for head in [GET + b"\r\n"] * FEW + [b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"] * 2:
        await small.held(head)
    assert await (await small.peer(PROBE)).heard() == b""


def test_the_limit_of_open_files_leaves_room_for_all_else() -> None:
    resource = pytest.importorskip("resource", reason="only Unix limits open files")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (600, before[1]))
        assert most_connections(100) == connections.MOST + 100
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > connections.MOST + 100
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
