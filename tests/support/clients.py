"""Clients of a running service: one that posts and remembers, one that listens and resumes."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from math import inf
from typing import Any, Protocol

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from ops.wiring import now
from tests.support.patience import PATIENCE
from tests.support.service import Program

Json = dict[str, Any]


def item(external_id: str, status: str = "open", **facts: Any) -> Json:
    """One item of POST /tickets; instants are written as RFC 3339."""
    said = {"priority": "P0", "customer_tier": "enterprise", "status": status, **facts}
    written = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in said.items()
    }
    return {"external_id": external_id, **written}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Client:
    """Plain requests to a service, wherever it listens now."""

    def __init__(self, program: Program, http: httpx.AsyncClient) -> None:
        self.program = program
        self.http = http

    async def get(self, path: str, **parameters: Any) -> Json:
        """Also of a service that is too busy to answer, or to apply what is waited for, in time."""
        give_up = time.monotonic() + PATIENCE
        while True:
            answer = await self.http.get(self.program.url + path, params=parameters)
            if answer.status_code not in (503, 504) or time.monotonic() > give_up:
                assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
                return answer.json()
            await asyncio.sleep(int(answer.headers.get("Retry-After", 1)))

    async def post(self, *items: Json) -> Json:
        """Everything must be accepted, or known already."""
        answer = await self.http.post(f"{self.program.url}/tickets", json={"tickets": items})
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()

    async def command(self, path: str, body: Json) -> Json:
        answer = await self.http.post(self.program.url + path, json=body)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def alerts(self, ticket: str | None = None) -> list[Json]:
        """The whole log of alerts, suppressed ones too; of one ticket, or of all."""
        found: list[Json] = []
        after = 0
        asked: Json = {} if ticket is None else {"ticket_id": ticket}
        while items := (await self.get("/alerts", after=after, limit=1000, **asked))["items"]:
            found += items
            after = items[-1]["position"]
        return found

    async def until(self, true: Callable[[], Any], what: str) -> None:
        """Asks (an async question) until the answer is yes."""
        give_up = time.monotonic() + PATIENCE
        while not await true():
            assert time.monotonic() < give_up, f"still not after {PATIENCE} s: {what}"
            await asyncio.sleep(0.05)


@asynccontextmanager
async def client_of(program: Program) -> AsyncGenerator[Client]:
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        yield Client(program, http)


class Slack:
    """What arrived at a mock Slack."""

    def __init__(self, program: Program) -> None:
        self.url = program.url

    async def received(self) -> list[Json]:
        """All of them, oldest first."""
        async with httpx.AsyncClient() as http:
            return (await http.get(f"{self.url}/received")).json()["messages"]

    async def messages(self, path: str) -> list[Json]:
        """Those to one address, oldest first."""
        return [one for one in await self.received() if one.get("path") == path]

    async def notices(self, path: str) -> list[Json]:
        """What those messages tell, with `received_at` and `dedup_key`, in their order."""
        told: list[Json] = []
        for message in await self.messages(path):
            about = message["payload"]["metadata"]["event_payload"]
            for notice in about.get("alerts") or [about]:
                told.append({**notice, "received_at": instant(message["received_at"])})
        return told

    async def behave(self, **orders: Any) -> None:
        async with httpx.AsyncClient() as http:
            (await http.post(f"{self.url}/behave", json=orders)).raise_for_status()


@dataclass
class Listener:
    """A subscriber of `/ws/alerts` that resumes where it stopped, for as long as it is open."""

    program: Program
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    messages: list[Json] = field(default_factory=list[Json])
    """Without heartbeats; each with `received_at`."""
    connections: int = 0
    after: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until cancelled, over any number of connections."""
        while True:
            # Whatever ends a connection, the next one begins.
            with suppress(OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                await self.listen()
            await asyncio.sleep(0.05)

    async def listen(self, *, most: float = inf) -> None:
        """One connection, until it breaks, or has told so much."""
        query = "&".join(
            f"{name}={value}" for name, value in {"after": self.after, **self.filters}.items()
        )
        url = f"{self.program.url.replace('http', 'ws', 1)}/ws/alerts?{query}"
        async with connect(url, proxy=None, open_timeout=PATIENCE, close_timeout=1) as socket:
            self.connections += 1
            async for text in socket:
                message = json.loads(text)
                assert message["type"] != "reset"
                if message["type"] == "heartbeat":
                    continue
                self.after = message["position"]
                self.messages.append({**message, "received_at": now()})
                self.changed.set()
                if (most := most - 1) < 1:
                    return

    def about(self, external_id: str) -> list[Json]:
        return [one for one in self.messages if one["external_id"] == external_id]

    async def until(self, enough: Callable[[], bool], what: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not enough():
                self.changed.clear()
                await self.changed.wait()
        assert enough(), what

    async def has_seen_all(self, client: Client) -> None:
        """Of what the log of alerts holds by now: in order, without gap or repetition."""
        told = [one["position"] for one in await client.alerts() if one["suppressed"] is None]
        assert told
        await self.until(lambda: self.after >= told[-1], f"position {told[-1]}")
        assert [one["position"] for one in self.messages][: len(told)] == told


@asynccontextmanager
async def listening(
    program: Program, *, after: int = 0, **filters: str
) -> AsyncGenerator[Listener]:
    """A listener that works meanwhile."""
    listener = Listener(program, filters, after=after)
    task = asyncio.create_task(listener.run())
    try:
        yield listener
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


@dataclass
class Poster:
    """Posts batches one after another, each until it is acknowledged, and remembers."""

    client: Client
    batches: Callable[[int], Sequence[Json]]
    """The n-th batch; asked for once."""
    pause: float = 0.02
    acknowledged: list[tuple[Json, Json]] = field(default_factory=list[tuple[Json, Json]])
    """Each item with its result."""
    refusals: Counter[str] = field(default_factory=Counter[str])
    got_through: asyncio.Event = field(default_factory=asyncio.Event)
    """Of the requests that begin now; set by their acknowledgement."""
    longest: float = 0.0
    """Seconds that the slowest answer took."""

    async def run(self, stop: asyncio.Event) -> None:
        """Finishes the batch that is under way when `stop` is set."""
        number = 0
        batch: Sequence[Json] = ()
        while batch or not stop.is_set():
            batch = batch or self.batches(number)
            if await self._post(batch):
                batch, number = (), number + 1
            await asyncio.sleep(self.pause)

    async def gets_through(self) -> None:
        """A request that begins after this call is acknowledged.

        One that was under way may be answered by what has been killed meanwhile.
        """
        self.got_through = asyncio.Event()
        await self.got_through.wait()

    async def _post(self, batch: Sequence[Json]) -> bool:
        began, got_through = time.monotonic(), self.got_through
        try:
            answer = await self.client.http.post(
                f"{self.client.program.url}/tickets", json={"tickets": batch}
            )
        except httpx.HTTPError as error:
            self.refusals[type(error).__name__] += 1
            return False
        self.longest = max(self.longest, time.monotonic() - began)
        if answer.status_code == 503:
            assert_put_off(answer)
            self.refusals["503"] += 1
            return False
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        results = answer.json()["results"]
        assert len(results) == len(batch)
        self.acknowledged += zip(batch, results, strict=True)
        got_through.set()
        return True


class Rate:
    """How many updates a second are acknowledged, over one stretch or some."""

    def __init__(self, poster: Poster) -> None:
        self._poster = poster
        self.updates, self.seconds = 0, 0.0

    async def during(self, done: Callable[[], Any], what: str, *, patience: float) -> None:
        """Until an async question is answered by yes, or for so many seconds at most."""
        before, began = len(self._poster.acknowledged), time.monotonic()
        while not await done():
            assert time.monotonic() < began + patience, f"still not: {what}"
            await asyncio.sleep(0.05)
        self.updates += len(self._poster.acknowledged) - before
        self.seconds += time.monotonic() - began

    def __float__(self) -> float:
        return self.updates / self.seconds


def assert_put_off(answer: httpx.Response) -> None:
    """A 503 says when to come back, as a problem."""
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 503


@dataclass
class Reader:
    """Asks one thing after another, again and again."""

    client: Client
    paths: Sequence[str]
    answers: Counter[int] = field(default_factory=Counter[int])
    longest: float = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Every answer is good, or says when to come back; the service is never gone."""
        for path in cycle(self.paths):
            if stop.is_set():
                return
            began = time.monotonic()
            answer = await self.client.http.get(self.client.program.url + path)
            self.longest = max(self.longest, time.monotonic() - began)
            self.answers[answer.status_code] += 1
            if answer.status_code == 503:
                assert_put_off(answer)
            else:
                assert answer.status_code in (200, 404), f"{path} {answer.text}"
            await asyncio.sleep(0.02)


class Working(Protocol):
    """A poster, a reader, or what a test makes of them."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        ...


@asynccontextmanager
async def busy(*clients: Working) -> AsyncGenerator[None]:
    """They work meanwhile; at the end each poster has its last batch acknowledged."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for client in clients:
            tasks.create_task(client.run(stop))
        try:
            yield
        finally:
            stop.set()


def seconds_late(happened: datetime, due: datetime) -> float:
    return (happened - due) / timedelta(seconds=1)
