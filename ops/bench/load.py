"""The load generator: a process that posts, and says how fast the answers came."""

import asyncio
import resource
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import uvicorn
from pydantic_core import from_json, to_json

from ops.bench.figures import percentile
from ops.bench.helpers import Begin
from ops.bench.tickets import Updates, Workload
from ops.bench.wire import Exchange, connect, post

Answer = TypeVar("Answer")

TICKETS_A_CLIENT = 20


@dataclass(frozen=True, slots=True)
class Posting:
    """A workload's batches over some connections; with `every`, one each so many seconds.

    With `in_order` each connection sends batches of its own: the first, the one that comes so many
    connections later, and so on.
    """

    host: str
    port: int
    work: Workload
    connections: int
    every: float | None = None
    in_order: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """`seconds` from the first request to the last answer."""

    seconds: float
    accepted: int
    duplicates: int
    cpu_seconds: float
    """Of this process."""


@dataclass(frozen=True, slots=True)
class Clients:
    """Clients that each send one ticket at a time and wait for the answer."""

    host: str
    port: int
    path: str
    work: Updates
    """Its `step` is where the clients' steps begin; `count` and `size` do not matter."""
    clients: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Served:
    """What the clients saw; times in milliseconds."""

    rate: float
    p50: float
    p99: float
    own_cpu_share: float
    """Of one core, between 0 and 1."""


def fastest(main: Coroutine[Any, Any, Answer]) -> Answer:
    """Runs it on the event loop that the service uses too."""
    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        return runner.run(main)


def posted(spec: Posting, begin: Begin) -> Posted:
    """Everything is prepared before it begins."""
    return fastest(posting(spec, begin))


async def posting(spec: Posting, begin: Begin = lambda: 0.0) -> Posted:
    """The same in this process, where nobody looks at the speed."""
    requests = [
        post(spec.host, spec.port, "/tickets", to_json({"tickets": spec.work.batch(number)}))
        for number in range(spec.work.batches)
    ]
    exchanges = [await connect(spec.host, spec.port) for _ in range(spec.connections)]
    begin()
    began, cpu = time.monotonic(), _cpu()
    together = list(enumerate(requests))[::-1]
    answers: list[bytes] = []

    async def send(lane: int, exchange: Exchange) -> None:
        waiting = together
        if spec.in_order:
            waiting = [one for one in together if one[0] % spec.connections == lane]
        while waiting:
            number, request = waiting.pop()
            if spec.every is not None:
                await asyncio.sleep(began + number * spec.every - time.monotonic())
            answers.append(await exchange.ask(request))

    await asyncio.gather(*(send(lane, exchange) for lane, exchange in enumerate(exchanges)))
    seconds, cpu = time.monotonic() - began, _cpu() - cpu
    for exchange in exchanges:
        exchange.close()
    said = [from_json(answer) for answer in answers]
    return Posted(
        seconds,
        sum(one["accepted"] for one in said),
        sum(one["duplicates"] for one in said),
        cpu,
    )


def clients(spec: Clients, begin: Begin) -> Served:
    return fastest(_clients(spec, begin))


async def _clients(spec: Clients, begin: Begin) -> Served:
    exchanges = [await connect(spec.host, spec.port) for _ in range(spec.clients)]
    begin()
    began, cpu = time.monotonic(), _cpu()
    ends = began + spec.seconds
    latencies: list[float] = []

    async def send(client: int, exchange: Exchange) -> None:
        step, sent = spec.work.step, began
        while sent < ends:
            ticket = client * TICKETS_A_CLIENT + step % TICKETS_A_CLIENT
            body = to_json({"tickets": [spec.work.item(ticket, step)]})
            await exchange.ask(post(spec.host, spec.port, spec.path, body))
            answered = time.monotonic()
            latencies.append(answered - sent)
            sent, step = answered, step + 1

    await asyncio.gather(*(send(client, one) for client, one in enumerate(exchanges)))
    seconds, cpu = time.monotonic() - began, _cpu() - cpu
    for exchange in exchanges:
        exchange.close()
    return Served(
        len(latencies) / seconds,
        percentile(latencies, 50) * 1000,
        percentile(latencies, 99) * 1000,
        cpu / seconds,
    )


def _cpu() -> float:
    """Seconds of processor time that this process has had."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Echo(asyncio.Protocol):
    """A server that does nothing: what the generator could do if nobody held it up."""

    ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """A request of this bench comes in one piece, or ends with the last one."""
        if data.endswith(b"}"):
            self._transport.write(self.ANSWER)
